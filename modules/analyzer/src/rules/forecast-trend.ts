// When something is full, as far as its level so far tells: the level folded at five widths of time, a straight line through each
// that does not care about single values far off (Theil–Sen), and how far the slopes between the points lie apart (Kendall). Plain
// data and pure functions; the memory of one level is little more than a kilobyte, however long it is watched.

/** How wide a bucket is, and how many are kept of each width: from six minutes to four days and a half. */
const WIDTHS_MS = [10_000, 60_000, 300_000, 1_800_000, 10_800_000] as const;
const BUCKETS = 36;

/** A line goes through so many points, and over so many buckets, at least. */
const POINTS_MIN = 8;

/** How far the slopes may lie apart: of a hundred lines, 99 are within. And nothing ahead is known better than this. */
const CONFIDENCE = 2.58;
const DOUBT_MIN = 0.15;

/** A trend that may be so many times slower than it seems carries nothing. */
const SLOWER_MAX = 3;

/** How far the points may lie off the line, and the last of them below it, as a share of what has been added over the line. */
const SCATTER_MAX = 0.1;
const BELOW_MAX = 0.12;

/** One value alone is far below the line when it is so many times further. */
const FAR_BELOW = 3;

/** The last sixth of a line is at least so steep, as a share of the whole: what slows down comes to rest before it is full. */
const LAST_STEEPNESS_MIN = 0.6;

/** A fall by so much of the whole, of the rise before it, and of what it usually moves from minute to minute, is one. */
const FALL_MIN = 0.01;
const FALL_SHARE_MIN = 0.2;
const FALL_STEPS_MIN = 8;

/** The width at which it is followed from turn to turn. */
const TURNS = 1;

/** How much of a new step goes into the usual one, and how many of those it counts as at most. */
const STEP_SHARE = 0.02;
const STEPS_MAX = 4;

/** A rise and its fall are remembered ten times as long as they took, and at most a week. */
const CYCLES_REMEMBERED = 10;
const CYCLE_MS_MAX = 604_800_000;

/** What has risen and fallen before is to rise past where it fell, or so many times as fast. */
const PAST_CYCLE = 0.02;
const FASTER_THAN_CYCLE = 2;

/**
 * What goes up and down with the work of a machine does so by the day: before a day of it is known, it is foreseen only to be full
 * within this.
 */
const DAY_KNOWN_MS = 93_600_000;
const DAY_UNKNOWN_AHEAD_MS = 7_200_000;

/** And before a whole hour is known, a few minutes carry half as far. */
const HOUR_UNKNOWN_REACH = 0.5;

/** Of so many hours the highest ten seconds are remembered: what comes again each hour or each day is no news. */
const HOURS = 26;
const HOUR_MS = 3_600_000;

/** What has come so far has run out: its rise excuses none after it. */
const RAN_OUT = 0.97;

/** How something fills up. */
export interface Nature {
  /** How much further than it has come it is believed to go on. */
  readonly reach: number;
  /** Whether it goes up and down with the work of the machine; what it once was again and again is then no news. */
  readonly is_work: boolean;
}

/** A level over time, folded. */
export interface Level {
  /** When it was first taken. */
  begin_ms: number;
  /** Means by width, each a ring; NaN where nothing came. */
  readonly means: Float32Array;
  /** The bucket of each width that is filled now, by its number since 1970; 0 before the first value. */
  readonly open: number[];
  /** The highest ten seconds of each hour that is remembered, a ring; NaN where nothing came. */
  readonly tops: Float32Array;
  /** The hour that is watched now, by its number since 1970. */
  hour: number;
  readonly sum: number[];
  readonly count: number[];
  /** The last value that was followed, and how far from the one before it one usually is. */
  last: number;
  step: number;
  /** The turns between which it is. */
  low: number;
  low_ms: number;
  high: number;
  high_ms: number;
  is_rising: boolean;
  /** The highest turn that is remembered: where, how fast it had got there, a millisecond, and for how long it counts. */
  peak: number;
  peak_rate: number;
  peak_until_ms: number;
  /** What each width says, when it says anything. */
  readonly trends: (Trend | undefined)[];
}

/** A level that goes up until it is full. */
export interface Trend {
  readonly full_ms: number;
  readonly earliest_ms: number;
  readonly latest_ms: number;
  /** The line: its level at a time, what it adds a millisecond, and how far a level may be below it. */
  readonly at_ms: number;
  readonly level: number;
  readonly slope: number;
  readonly tolerance: number;
  /** How often in a row it was seen. */
  readonly seen: number;
}

export function beginLevel(): Level {
  const zeros = () => WIDTHS_MS.map(() => 0);
  return {
    begin_ms: 0,
    means: new Float32Array(WIDTHS_MS.length * BUCKETS).fill(Number.NaN),
    tops: new Float32Array(HOURS).fill(Number.NaN),
    hour: 0,
    open: zeros(),
    sum: zeros(),
    count: zeros(),
    last: Number.NaN,
    step: 0,
    low: 0,
    low_ms: 0,
    high: 0,
    high_ms: 0,
    is_rising: true,
    peak: 0,
    peak_rate: 0,
    peak_until_ms: 0,
    trends: WIDTHS_MS.map(() => undefined),
  };
}

/**
 * Takes the level now.
 *
 * @param value share of the whole, from 0 to 1
 * @param time_ms never earlier than the one before; a level that goes back in time begins anew
 */
export function addLevel(level: Level, value: number, time_ms: number, nature: Nature): void {
  if (time_ms < (level.open[0] as number) * WIDTHS_MS[0]) Object.assign(level, beginLevel());
  if (level.open[0] === 0) {
    for (const [scale, width_ms] of WIDTHS_MS.entries()) level.open[scale] = Math.floor(time_ms / width_ms);
    level.begin_ms = time_ms;
    level.low = level.high = value;
    level.low_ms = level.high_ms = time_ms;
  }
  let given = value;
  let given_ms = time_ms;
  for (const [scale, width_ms] of WIDTHS_MS.entries()) {
    const bucket = level.open[scale] as number;
    const closed = fold(level, scale, given, given_ms);
    if (closed === undefined) return;
    forgetBehind(level, scale, closed, time_ms);
    if (scale === TURNS) turn(level, closed, time_ms);
    if (scale === 0) top(level, closed, (bucket + 0.5) * width_ms);
    level.trends[scale] = trendOf(level, scale, time_ms, nature) ?? stillSo(level.trends[scale], scale, time_ms);
    given = closed;
    given_ms = (bucket + 0.5) * width_ms;
  }
}

/** What says that it is full the soonest, of what was seen more than once. */
export function soonest({ trends }: Level): Trend | undefined {
  let first: Trend | undefined;
  for (const trend of trends) {
    if (trend !== undefined && trend.seen > 1 && trend.full_ms < (first?.full_ms ?? Number.POSITIVE_INFINITY))
      first = trend;
  }
  return first;
}

/** What falls behind its line has stopped. A line is held against values that are folded nearly as wide, or are far off. */
function forgetBehind({ trends }: Level, scale: number, value: number, time_ms: number): void {
  for (const [index, trend] of trends.entries()) {
    if (trend === undefined || index < scale) continue;
    const tolerance = trend.tolerance * (index > scale + 1 ? FAR_BELOW : 1);
    const expected = trend.level + trend.slope * (time_ms - trend.at_ms);
    if (value < Math.min(1, expected) - tolerance) trends[index] = undefined;
  }
}

/** A trend that cannot be seen any more goes on while the level goes along its line, for as long as it was watched at most. */
function stillSo(trend: Trend | undefined, scale: number, time_ms: number): Trend | undefined {
  if (trend === undefined || trend.seen < 2) return undefined;
  return time_ms - trend.at_ms < BUCKETS * (WIDTHS_MS[scale] as number) ? trend : undefined;
}

/** Adds a value to the open bucket of a width; when it is the first of another bucket, returns the mean of the one that is closed. */
function fold(level: Level, scale: number, value: number, time_ms: number): number | undefined {
  const bucket = Math.floor(time_ms / (WIDTHS_MS[scale] as number));
  const before = level.open[scale] as number;
  let closed: number | undefined;
  if (bucket !== before) {
    closed = (level.sum[scale] as number) / (level.count[scale] as number);
    const ring = scale * BUCKETS;
    level.means[ring + (before % BUCKETS)] = closed;
    const skipped = Math.min(bucket - before, BUCKETS);
    for (let i = 1; i < skipped; i++) level.means[ring + ((before + i) % BUCKETS)] = Number.NaN;
    // The one that is filled now holds nothing to look at yet.
    level.means[ring + (bucket % BUCKETS)] = Number.NaN;
    level.open[scale] = bucket;
    level.sum[scale] = level.count[scale] = 0;
    if (Number.isNaN(closed)) closed = undefined;
  }
  level.sum[scale] = (level.sum[scale] as number) + value;
  level.count[scale] = (level.count[scale] as number) + 1;
  return closed;
}

/** Remembers a rise that has come down. */
function remember(level: Level, time_ms: number): void {
  if (level.high >= level.peak || time_ms > level.peak_until_ms) {
    level.peak = level.high;
    level.peak_rate = (level.high - level.low) / Math.max(level.high_ms - level.low_ms, WIDTHS_MS[TURNS]);
  }
  const remembered_ms = Math.min(CYCLES_REMEMBERED * (time_ms - level.low_ms), CYCLE_MS_MAX);
  level.peak_until_ms = Math.max(level.peak_until_ms, time_ms + remembered_ms);
}

/** Remembers the highest of each hour, but none of a rise that has run out. */
function top(level: Level, value: number, time_ms: number): void {
  const { tops } = level;
  const hour = Math.floor(time_ms / HOUR_MS);
  if (hour !== level.hour) {
    forgetTops(level, level.hour + 1, hour);
    level.hour = hour;
  }
  if (value >= RAN_OUT) forgetTops(level, Math.floor(level.low_ms / HOUR_MS), hour);
  else if (!(value <= (tops[hour % HOURS] as number))) tops[hour % HOURS] = value;
}

function forgetTops({ tops }: Level, from: number, until: number): void {
  for (let hour = Math.max(from, until - HOURS + 1); hour <= until; hour++) tops[hour % HOURS] = Number.NaN;
}

/** Follows the level from turn to turn, and remembers the highest from which it has come down. */
function turn(level: Level, value: number, time_ms: number): void {
  const step = Number.isNaN(level.last) ? 0 : Math.abs(value - level.last);
  level.step += STEP_SHARE * (Math.min(step, STEPS_MAX * level.step + FALL_MIN / 10) - level.step);
  level.last = value;
  const least = Math.max(FALL_MIN, FALL_STEPS_MIN * level.step);
  if (level.is_rising) {
    if (value >= level.high) {
      level.high = value;
      level.high_ms = time_ms;
    } else if (value < level.high - Math.max(least, FALL_SHARE_MIN * (level.high - level.low))) {
      if (level.high < RAN_OUT) remember(level, time_ms);
      level.is_rising = false;
      level.low = value;
      level.low_ms = time_ms;
    }
  } else if (value <= level.low) {
    level.low = value;
    level.low_ms = time_ms;
  } else if (value > level.low + least) {
    level.is_rising = true;
    level.high = value;
    level.high_ms = time_ms;
  }
}

function trendOf(level: Level, scale: number, time_ms: number, { reach, is_work }: Nature): Trend | undefined {
  const width_ms = WIDTHS_MS[scale] as number;
  const open = level.open[scale] as number;
  const begin = Math.max(0, open - BUCKETS + 1);
  let n = 0;
  for (let bucket = begin; bucket < open; bucket++) if (!Number.isNaN(meanAt(level, scale, bucket))) n++;
  if (n < POINTS_MIN) return undefined;
  // What has added too little to be believed that far is most of what there is: it costs no more than this.
  const sixth = Math.max(2, Math.floor(n / 6));
  const end = meanFrom(level, scale, open - 1, -1, sixth);
  const added = end - meanFrom(level, scale, begin, 1, sixth);
  if (added <= 0 || 1 - end > 1.5 * reach * added) return undefined;

  const xs: number[] = [];
  const ys: number[] = [];
  for (let bucket = begin; bucket < open; bucket++) {
    const mean = meanAt(level, scale, bucket);
    if (Number.isNaN(mean)) continue;
    xs.push(bucket - open);
    ys.push(mean);
  }
  const first = xs[0] as number;
  const last = xs[n - 1] as number;
  if (last - first < POINTS_MIN - 1) return undefined;

  const slopes = slopesOf(xs, ys);
  const slope = slopes[slopes.length >> 1] as number;
  const apart = (CONFIDENCE * Math.sqrt((n * (n - 1) * (2 * n + 5)) / 18)) / 2;
  const slowest = slopes[Math.floor(slopes.length / 2 - apart)];
  const fastest = slopes[Math.ceil(slopes.length / 2 + apart)];
  if (slowest === undefined || fastest === undefined || slope <= 0 || slope > SLOWER_MAX * slowest) return undefined;

  const offsets = Float64Array.from(ys, (y, i) => y - slope * (xs[i] as number)).sort();
  const offset = offsets[n >> 1] as number;
  const line_added = slope * (last - first);
  const scatter = Float64Array.from(ys, (y, i) => Math.abs(y - offset - slope * (xs[i] as number))).sort()[
    n >> 1
  ] as number;
  if (scatter > SCATTER_MAX * line_added) return undefined;
  const tolerance = BELOW_MAX * line_added + 3 * scatter;
  if ((ys[n - 1] as number) < offset + slope * last - tolerance) return undefined;
  const before_end = meanOf(ys, n - 2 * sixth, n - sixth);
  const steps = meanOf(xs, n - sixth, n) - meanOf(xs, n - 2 * sixth, n - sixth);
  if (end - before_end < LAST_STEEPNESS_MIN * slope * steps) return undefined;

  // A bucket's mean is what the level was in its middle.
  const at_ms = (open + last + 0.5) * width_ms;
  const now = offset + slope * (last + (time_ms - at_ms) / width_ms);
  const left = 1 - now;
  if (left <= 0 || left > reach * line_added || isOfCycle(level, now, slope / width_ms, time_ms)) return undefined;
  const full_in_ms = (left / slope) * width_ms;
  if (is_work) {
    const known_ms = time_ms - level.begin_ms;
    if (known_ms < DAY_KNOWN_MS && full_in_ms > DAY_UNKNOWN_AHEAD_MS) return undefined;
    if (scale < TURNS && known_ms < 2 * HOUR_MS && left > HOUR_UNKNOWN_REACH * reach * line_added) return undefined;
  }
  if (is_work || scale <= TURNS) {
    const highest = highestBefore(level, scale, (open + first) * width_ms);
    if (Math.min(now, ys[n - 1] as number) < highest + PAST_CYCLE) return undefined;
  }
  const earliest_in_ms = Math.min(((left - scatter) / fastest) * width_ms, full_in_ms * (1 - DOUBT_MIN));
  const latest_in_ms = Math.max(((left + scatter) / slowest) * width_ms, full_in_ms * (1 + DOUBT_MIN));
  return {
    full_ms: time_ms + full_in_ms,
    earliest_ms: time_ms + Math.max(0, earliest_in_ms),
    latest_ms: time_ms + latest_in_ms,
    at_ms,
    level: offset + slope * last,
    slope: slope / width_ms,
    tolerance,
    seen: Math.min((level.trends[scale]?.seen ?? 0) + 1, 2),
  };
}

/** Whether it has risen like this before and come down again, as logs do that are thrown away when they are old. */
function isOfCycle({ peak, peak_rate, peak_until_ms }: Level, now: number, rate: number, time_ms: number): boolean {
  return time_ms <= peak_until_ms && now < peak + PAST_CYCLE && rate < FASTER_THAN_CYCLE * peak_rate;
}

/**
 * The highest that is known of a level from before a time: of its ten seconds for a line that goes over less than an hour, and of the
 * means of wider buckets for a longer one.
 */
function highestBefore({ means, open, tops, hour }: Level, scale: number, before_ms: number): number {
  let highest = 0;
  if (scale <= TURNS) {
    for (let each = hour - HOURS + 1; (each + 1) * HOUR_MS <= before_ms; each++) {
      const top = tops[each % HOURS] as number;
      if (top > highest) highest = top;
    }
    return highest;
  }
  for (let wider = scale + 1; wider < WIDTHS_MS.length; wider++) {
    const last = Math.floor(before_ms / (WIDTHS_MS[wider] as number));
    for (let bucket = Math.max(0, (open[wider] as number) - BUCKETS + 1); bucket < last; bucket++) {
      const mean = means[wider * BUCKETS + (bucket % BUCKETS)] as number;
      if (mean > highest) highest = mean;
    }
  }
  return highest;
}

/** The slopes of the lines through any two points, in order. */
function slopesOf(xs: readonly number[], ys: readonly number[]): Float64Array {
  const n = xs.length;
  const slopes = new Float64Array((n * (n - 1)) / 2);
  let at = 0;
  for (let i = 0; i < n; i++) {
    const x = xs[i] as number;
    const y = ys[i] as number;
    for (let j = i + 1; j < n; j++) slopes[at++] = ((ys[j] as number) - y) / ((xs[j] as number) - x);
  }
  return slopes.sort();
}

function meanAt({ means }: Level, scale: number, bucket: number): number {
  return means[scale * BUCKETS + (bucket % BUCKETS)] as number;
}

/** The mean of so many points from a bucket on, upwards or downwards. There have to be as many. */
function meanFrom(level: Level, scale: number, from: number, step: 1 | -1, points: number): number {
  let sum = 0;
  for (let bucket = from, left = points; left > 0; bucket += step) {
    const mean = meanAt(level, scale, bucket);
    if (Number.isNaN(mean)) continue;
    sum += mean;
    left--;
  }
  return sum / points;
}

function meanOf(values: readonly number[], from: number, until: number): number {
  let sum = 0;
  for (let i = from; i < until; i++) sum += values[i] as number;
  return sum / (until - from);
}
