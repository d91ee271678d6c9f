// How unusual each value of one series is, as it comes. Eight simple looks each say how rare what they see is among all
// they saw before; together they are the surprise. docs/anomaly.md says what each is for, and after whom.

import { Profile } from './profile.ts';
import { DEFAULTS, type Part, type Settings } from './settings.ts';
import {
  DAY_MEANS_AT,
  DAY_SLICE_AT,
  DAY_SLICES,
  DAY_VISITS_AT,
  type Desk,
  type Figures,
  figuresOn,
  HABIT_MEANS_AT,
  HABIT_SLICE_AT,
  HABIT_SLICES,
  HABIT_VISITS_AT,
  LEVELS,
  State,
  SURPRISED_AT,
  WEEK_MEANS_AT,
  WEEK_SLICE_AT,
  WEEK_SLICES,
  WEEK_VISITS_AT,
} from './state.ts';
import { TAIL_FLOATS, Tail } from './tail.ts';

/** What a detector may be told; nothing is needed. */
export interface DetectorOptions {
  /** Other figures than those for all series. */
  readonly settings?: Partial<Settings>;
  /** Parts to leave out, to see what they are good for. */
  readonly without?: readonly Part[];
}

const DAY_MS = 86_400_000;

/** Values are judged as no larger than this, so that no square of them is infinite. */
const VALUE_MAX = 1e100;

/** Rows before anything is told. */
const START_ROWS = 30;

/** Rows before the jumps are judged, and before the forecast learns. */
const JUMP_ROWS = 4;
const LEARN_ROWS = 6;

/** A profile is asked from its second day, or week, on. */
const VISITS_MIN = 1;

/** Days until a habit counts. */
const HABITS_MIN = 2;

/** Smaller surprises are not told anyway, and need not be looked up. */
const HABIT_NATS_MIN = 5;

/** What comes at an hour has to be so much more than at the usual hour to be a habit. */
const HABIT_MARGIN_NATS = 3.5;

/** The week's profile is asked instead of the day's once its error, over so many rows, is this much smaller. */
const WEEK_BETTER = 0.8;
const COMPARE_ROWS = 300;

/** Memories of the forecast's usual error and inputs; it never learns from more than some usual errors. */
const ERROR_ROWS = 100;
const POWER_ROWS = 200;
const ERRORS_MAX = 3;

/** What lies outside the range that was seen counts from this part of the range on, and this much at most. */
const OUTSIDE_MIN = 0.02;
const OUTSIDE_STEPS = 20;
const OUTSIDE_NATS_MAX = 12;

/** The first rows, from which the usual distance from the middle is taken as it is. */
const DISTANCE_ROWS = 20;

/** Surprises are remembered in levels of half a nat; see state.ts. */
const LEVELS_PER_NAT = 2;

/** Rows since the last surprise as large: so many neither add to it nor take from it, the fewest that
 * count and the most. */
const RARE_ROWS = 1_000;
const SOON_ROWS = 50;
const LONG_ROWS = 4_000;

/** How steeply the score rises at one half, per nat. */
const STEEPNESS = 0.9;

/** Who is told rests, unless it grows by so much. */
const GROWN_NATS = 1;

/** Past this row, rows are counted anew: the levels are kept in floats that hold no larger whole numbers. */
const ROWS_MAX = 2 ** 23;
const ROWS_KEPT = 2 ** 22;

/** The forecast's weights at first. */
const WEIGHT_LAST = 0.3;
const WEIGHT_JUMP = 0.5;
const WEIGHT_NEAR = 0.1;
const WEIGHT_SEASON = 0.1;

/**
 * Judges any number of series, each by what is known of it alone: a {@link State} of at most 4 KB, however long the series is.
 * `next` allocates nothing.
 */
export class Detector {
  readonly #settings: Settings;
  readonly #has: Readonly<Record<Part, boolean>>;
  readonly #rates: ReturnType<typeof ratesOf>;
  /** What is known of the series whose value is judged. */
  readonly #desk: Desk;
  readonly #figures: Figures;
  readonly #day: Profile;
  readonly #week: Profile;
  readonly #habit: Profile;
  /** What the quick and the slow look at the season said of the value that is judged. */
  #season_nats = 0;
  #slow_season_nats = 0;
  readonly #tails: Readonly<
    Record<'forecast' | 'jump' | 'level' | 'drift' | 'motion' | 'season' | 'slow_season', Tail>
  >;

  constructor(options: DetectorOptions = {}) {
    const settings = { ...DEFAULTS, ...options.settings };
    const has = (part: Part) => options.without?.includes(part) !== true;
    this.#settings = settings;
    this.#rates = ratesOf(settings);
    this.#has = {
      forecast: has('forecast'),
      jump: has('jump'),
      level: has('level'),
      drift: has('drift'),
      motion: has('motion'),
      season: has('season'),
      'slow season': has('slow season'),
      week: has('week'),
      range: has('range'),
      signs: has('signs'),
      'other side': has('other side'),
      quiet: has('quiet'),
      rarity: has('rarity'),
      habit: has('habit'),
      rest: has('rest'),
    };
    this.#desk = { ...new State() };
    this.#figures = figuresOn(this.#desk);
    const season = { rate: settings.season_rate, even: false, largest: false, visits_min: VISITS_MIN };
    this.#day = new Profile(this.#desk, {
      ...season,
      period_ms: DAY_MS,
      slices: DAY_SLICES,
      means_at: DAY_MEANS_AT,
      visits_at: DAY_VISITS_AT,
      slice_at: DAY_SLICE_AT,
    });
    this.#week = new Profile(this.#desk, {
      ...season,
      period_ms: 7 * DAY_MS,
      slices: WEEK_SLICES,
      means_at: WEEK_MEANS_AT,
      visits_at: WEEK_VISITS_AT,
      slice_at: WEEK_SLICE_AT,
      even: true,
    });
    this.#habit = new Profile(this.#desk, {
      ...season,
      period_ms: DAY_MS,
      slices: HABIT_SLICES,
      means_at: HABIT_MEANS_AT,
      visits_at: HABIT_VISITS_AT,
      slice_at: HABIT_SLICE_AT,
      visits_min: HABITS_MIN,
      largest: true,
    });
    const signed = has('signs');
    const other_side = has('other side') ? settings.other_side : 0;
    const tail = (index: number, other: number) =>
      new Tail(this.#desk, index * TAIL_FLOATS, { ...settings, signed, other_side: other });
    this.#tails = {
      // A single value up is of another kind than one down.
      forecast: tail(0, 0),
      jump: tail(1, 0),
      level: tail(2, other_side),
      drift: tail(3, other_side),
      motion: tail(4, other_side),
      season: tail(5, other_side),
      slow_season: tail(6, other_side),
    };
  }

  /**
   * Judges the next value by those before it, then learns it. What is no number is told as 0 and not learnt.
   *
   * @param state what is known of the series; a new one knows nothing
   * @param time_ms since 1970. It only says where in the day and the week the value stands, so gaps, repeats and steps
   * back do no harm; when it is no number, the value is judged without it
   * @returns from 0 for what is as ever to 1; from about one half on a person should look. An onset is told: what goes
   * on in the same way is 0
   */
  next(state: State, time_ms: number, value: number): number {
    if (!Number.isFinite(value)) return 0;
    this.#desk.numbers = state.numbers;
    this.#desk.floats = state.floats;
    this.#desk.visits = state.visits;
    const figures = this.#figures;
    const rows = this.#countRow();
    const bounded = value > VALUE_MAX ? VALUE_MAX : Math.max(value, -VALUE_MAX);
    // Relative to the first value: how large the values are does not matter, and small changes of large ones are not lost.
    if (rows === 0) this.#begin(bounded);
    const surprise = this.#surprise(time_ms, bounded - figures.origin, rows);
    const rarity = this.#has.rarity ? this.#rarity(surprise, rows) : 0;
    const habit = this.#has.habit && Number.isFinite(time_ms) ? this.#habitual(time_ms, surprise) : 0;
    const nats = surprise + rarity - habit;
    const is_onset = surprise > figures.heard || !this.#has.quiet;
    const faded = figures.heard * this.#rates.fade;
    figures.heard = Math.max(surprise, faded);
    if (!is_onset || rows < START_ROWS || nats <= 0) return 0;
    if (this.#has.rest && this.#rests(nats, rows)) return 0;
    return 1 / (1 + Math.exp(STEEPNESS * (this.#settings.told_nats - nats)));
  }

  /** Counts a row; returns how many there were before it, as far as that matters. */
  #countRow(): number {
    const figures = this.#figures;
    if (figures.rows >= ROWS_MAX) {
      figures.rows -= ROWS_KEPT;
      figures.told_row -= ROWS_KEPT;
      const { floats } = this.#desk;
      for (let at = SURPRISED_AT; at < SURPRISED_AT + LEVELS; at++) {
        floats[at] = Math.max((floats[at] ?? 0) - ROWS_KEPT, 0);
      }
    }
    return figures.rows++;
  }

  #begin(value: number): void {
    const figures = this.#figures;
    figures.origin = value;
    figures.weight_last = WEIGHT_LAST;
    figures.weight_jump = WEIGHT_JUMP;
    figures.weight_near = WEIGHT_NEAR;
    figures.weight_season = WEIGHT_SEASON;
  }

  /** What a surprise loses because one comes every day at about this hour, and not at others. */
  #habitual(time_ms: number, surprise: number): number {
    const excess =
      surprise < HABIT_NATS_MIN ? 0 : this.#habit.expectNearby(time_ms) - this.#habit.mean() - HABIT_MARGIN_NATS;
    this.#habit.learn(time_ms, surprise);
    return Number.isNaN(excess) ? 0 : Math.max(excess, 0);
  }

  /** Whether it was told a few rows ago and is hardly larger now: one event is told once, though it grows. */
  #rests(nats: number, rows: number): boolean {
    const figures = this.#figures;
    const { told_nats, rest_rows } = this.#settings;
    if (nats < told_nats) return false;
    if (rows - figures.told_row < rest_rows && nats < figures.told + GROWN_NATS) return true;
    figures.told = nats;
    figures.told_row = rows;
    return false;
  }

  /** What all looks see together, in nats: nearly that of the one which is most surprised. */
  #surprise(time_ms: number, x: number, rows: number): number {
    const has = this.#has;
    const known_time = Number.isFinite(time_ms);
    const asks_season = known_time && (has.season || has['slow season']);
    const usual = asks_season ? this.#day.expect(time_ms) : Number.NaN;

    // With the first rows a mean is that of all of them.
    const young = 1 / (rows + 1);
    const forecast = this.#forecast(x, usual, rows, young);
    const jump = this.#jump(x, rows, young);
    this.#follow(x, young);
    const drift = this.#drift(x, young);
    const motion = this.#motion(x, young);
    if (asks_season) this.#season(time_ms, x, usual);
    const range = this.#range(x);
    const level = this.#level(x, rows, young);

    let sum = 0;
    if (has.forecast) sum += raise(forecast);
    if (has.jump) sum += raise(jump);
    if (has.drift) sum += raise(drift);
    if (has.motion) sum += raise(motion);
    if (has.level) sum += raise(level);
    if (has.range) sum += raise(range);
    if (asks_season && has.season) sum += raise(this.#season_nats);
    if (asks_season && has['slow season']) sum += raise(this.#slow_season_nats);
    return lower(sum);
  }

  /** The error of a forecast from the last value, two levels and the season, whose weights follow its errors. */
  #forecast(x: number, usual: number, rows: number, young: number): number {
    const figures = this.#figures;
    const last = figures.last - figures.base;
    const jump = figures.jump - figures.base;
    const near = figures.near - figures.base;
    const season = Number.isNaN(usual) ? 0 : usual - figures.base;
    const forecast =
      figures.base +
      last * figures.weight_last +
      jump * figures.weight_jump +
      near * figures.weight_near +
      season * figures.weight_season;
    const error = x - forecast;
    const power = last * last + jump * jump + near * near + season * season;
    figures.power += Math.max(this.#rates.power, young) * (power - figures.power);
    if (rows >= LEARN_ROWS) {
      // What is far off is an anomaly and no lesson.
      const limit = ERRORS_MAX * figures.error;
      const lesson = error > limit ? limit : Math.max(error, -limit);
      const gain = (this.#settings.forecast_rate * lesson) / (power + figures.power + Number.MIN_VALUE);
      if (Number.isFinite(gain)) {
        figures.weight_last += gain * last;
        figures.weight_jump += gain * jump;
        figures.weight_near += gain * near;
        figures.weight_season += gain * season;
      }
    }
    figures.error += Math.max(this.#rates.error, young) * (Math.abs(error) - figures.error);
    return rows < JUMP_ROWS ? 0 : this.#tails.forecast.next(error);
  }

  /** How far the value is from the last few. */
  #jump(x: number, rows: number, young: number): number {
    const figures = this.#figures;
    if (rows === 0) figures.jump = x;
    const away = x - figures.jump;
    figures.jump += Math.max(this.#rates.jump, young) * away;
    return rows < JUMP_ROWS ? 0 : this.#tails.jump.next(away);
  }

  /** Levels that the forecast is made of. */
  #follow(x: number, young: number): void {
    const figures = this.#figures;
    figures.near += Math.max(this.#rates.near, young) * (x - figures.near);
    figures.base += Math.max(this.#rates.base, young) * (x - figures.base);
  }

  /** How far the level of the last hours is from that of the last days, at five minutes a row. */
  #drift(x: number, young: number): number {
    const figures = this.#figures;
    figures.drift_now += Math.max(this.#rates.drift_now, young) * (x - figures.drift_now);
    const shift = figures.drift_now - figures.drift_before;
    figures.drift_before += Math.max(this.#rates.drift_before, young) * (x - figures.drift_before);
    return this.#tails.drift.next(shift);
  }

  /** How much more, or less, the series moves than it did. */
  #motion(x: number, young: number): number {
    const figures = this.#figures;
    const moved = Math.abs(x - figures.last);
    figures.last = x;
    figures.motion_now += Math.max(this.#rates.motion_now, young) * (moved - figures.motion_now);
    const now = figures.motion_now;
    const before = figures.motion_before;
    figures.motion_before += Math.max(this.#rates.motion_before, young) * (moved - before);
    return now > 0 && before > 0 ? this.#tails.motion.next(Math.log(now / before)) : 0;
  }

  /** How far the last values are from what is usual at this time of the day, or of the week where that tells more. */
  #season(time_ms: number, x: number, usual: number): void {
    const figures = this.#figures;
    this.#season_nats = 0;
    this.#slow_season_nats = 0;
    if (!Number.isNaN(usual)) {
      let away = x - usual;
      const usual_in_week = this.#has.week ? this.#week.expect(time_ms) : Number.NaN;
      if (!Number.isNaN(usual_in_week)) {
        figures.day_error += (Math.abs(away) - figures.day_error) * this.#rates.compare;
        figures.week_error += (Math.abs(x - usual_in_week) - figures.week_error) * this.#rates.compare;
        if (figures.compared <= COMPARE_ROWS) figures.compared++;
        else if (figures.week_error < WEEK_BETTER * figures.day_error) away = x - usual_in_week;
      }
      if (figures.seasons <= COMPARE_ROWS) figures.seasons++;
      figures.unexplained += (away - figures.unexplained) * this.#rates.season;
      figures.unexplained_slow += (away - figures.unexplained_slow) * this.#rates.season_slow;
      // In usual errors of late, so that a season which has become less regular surprises less.
      if (figures.season_error > 0) {
        this.#season_nats = this.#tails.season.next(figures.unexplained / figures.season_error);
      }
      this.#slow_season_nats = this.#tails.slow_season.next(figures.unexplained_slow);
      figures.season_error +=
        Math.max(this.#rates.compare, 1 / figures.seasons) * (Math.abs(away) - figures.season_error);
    }
    this.#day.learn(time_ms, x);
    if (this.#has.week) this.#week.learn(time_ms, x);
  }

  /** How far the value is outside all that was seen, as a part of that range. */
  #range(x: number): number {
    const figures = this.#figures;
    const range = figures.highest - figures.lowest;
    let outside = 0;
    if (x > figures.highest) {
      outside = x - figures.highest;
      figures.highest = x;
    } else if (x < figures.lowest) {
      outside = figures.lowest - x;
      figures.lowest = x;
    }
    figures.highest += (x - figures.highest) * this.#rates.range;
    figures.lowest += (x - figures.lowest) * this.#rates.range;
    if (outside <= OUTSIDE_MIN * range) return 0;
    const nats =
      range > 0 ? this.#settings.range_nats * Math.log(1 + (OUTSIDE_STEPS * outside) / range) : OUTSIDE_NATS_MAX;
    return Math.min(nats, OUTSIDE_NATS_MAX);
  }

  /** How far the level is from what it was, on values pressed together so that a few large ones do not decide. */
  #level(x: number, rows: number, young: number): number {
    const figures = this.#figures;
    const pressed = this.#press(x, rows, young) / this.#settings.press_distances;
    const value = pressed / (1 + Math.abs(pressed));
    figures.level_now += Math.max(this.#rates.near, young) * (value - figures.level_now);
    const shift = figures.level_now - figures.level_before;
    figures.level_before += Math.max(this.#rates.base, young) * (value - figures.level_before);
    return this.#tails.level.next(shift);
  }

  /** How many usual distances the value is from the middle. Both go a step towards each value, whatever its size. */
  #press(x: number, rows: number, young: number): number {
    const figures = this.#figures;
    const away = x - figures.middle;
    const size = Math.abs(away);
    if (rows < DISTANCE_ROWS) figures.distance += (size - figures.distance) * young;
    const distance = figures.distance;
    const rate = Math.max(this.#rates.press, young);
    if (away !== 0) figures.middle += Math.sign(away) * rate * distance;
    figures.distance = distance === 0 ? size : size > distance ? distance * (1 + rate) : distance / (1 + rate);
    if (size === 0) return 0;
    return distance > 0 ? away / distance : Math.sign(away) * VALUE_MAX;
  }

  /** What it adds to a surprise that nothing as large came for long, or takes from it that something just did. */
  #rarity(surprise: number, rows: number): number {
    const { floats } = this.#desk;
    const at = SURPRISED_AT + Math.min(LEVELS - 1, Math.floor(surprise * LEVELS_PER_NAT));
    const rows_since = Math.min(rows - (floats[at] ?? 0), LONG_ROWS);
    for (let below = at - 1; below >= SURPRISED_AT && floats[below] !== rows; below--) floats[below] = rows;
    return this.#settings.rarity_nats * Math.log((rows_since + SOON_ROWS) / RARE_ROWS);
  }
}

/** How far each mean goes towards a new value, of 1. */
function ratesOf(settings: Settings) {
  return {
    jump: 1 / settings.jump_rows,
    near: 1 / settings.level_rows,
    base: 1 / settings.level_before_rows,
    drift_now: 1 / settings.drift_rows,
    drift_before: 1 / settings.drift_before_rows,
    motion_now: 1 / settings.motion_rows,
    motion_before: 1 / settings.motion_before_rows,
    season: 1 / settings.season_rows,
    season_slow: 1 / settings.season_slow_rows,
    range: 1 / settings.range_rows,
    press: settings.press_rate,
    error: 1 / ERROR_ROWS,
    power: 1 / POWER_ROWS,
    compare: 1 / COMPARE_ROWS,
    /** What is left of a surprise a row later. */
    fade: 2 ** (-1 / settings.quiet_rows),
  };
}

/** The fourth power, in which surprises are added, and its root: between their sum and the largest of them. */
function raise(nats: number): number {
  const square = nats * nats;
  return square * square;
}

function lower(sum: number): number {
  return Math.sqrt(Math.sqrt(sum));
}
