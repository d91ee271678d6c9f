// All that the charts of one machine share: what is known, which stretch of time is shown, where the cursor is, and the one
// moment in which they are drawn.

import {
  type AlertRow,
  type Look,
  type Machine,
  type MeasureFrame,
  PAST_MS,
  type PastFrame,
  type Resource,
} from '../../../wire/frames.ts';
import { eachLeaf } from '../../../wire/leaves.ts';
import type { Feed } from '../feed.ts';
import { ANOMALY, rankOf } from '../live/judge.ts';
import { COMPARISONS, SPANS_MS as LONG_SPANS_MS } from '../time/times.svelte.ts';
import { type Age, Ages } from './ages.ts';
import { MOMENT_MS_MIN, type Plan, planOf } from './plan.ts';
import { POINTS_MAX, Recalled } from './recalled.ts';
import { Table } from './table.ts';
import { readTheme, type Theme } from './theme.ts';

/** A stretch that is dragged about is asked for when it stands still. */
const RECALL_AFTER_MS = 120;

/** While what is recorded is shown up to now, it is asked for again this often at most. */
const RECALL_AGAIN_MS = 60_000;

/** Texts and booleans of a measure that are kept. */
export const WORDS_MAX = 200;

/** Leaves of one measure that are looked at. */
const LEAVES_MAX = 2_000;

/** Stretches of time that are offered. */
export const SPANS_MS: readonly number[] = [60_000, 300_000, PAST_MS];

/** What is shown while less is known than the span: a step that is longer, so that curves do not stretch with each sample. */
const GROWING_MS = [60_000, 120_000, 300_000, 600_000, PAST_MS];

/** The longest that can be shown of what is recorded. */
const LONGEST_MS = Math.max(...LONG_SPANS_MS);

/** The shortest stretch that can be zoomed to. */
const ZOOM_MS_MIN = 2_000;

/** A pause of a few intervals is drawn through; a longer one is a gap. */
const GAP_INTERVALS = 3;
const GAP_MS_MIN = 2_500;

/** Measures of one picture whose age is measured. */
const JOURNEYS_MAX = 64;

/** After drawing, so many times as long is left to everything else: a machine that is measured often is drawn less often. */
const RESTS = 3;

/** How long a figure that is not in a sample is taken from the ones before. */
const PATIENCE_INTERVALS = 1.5;

/** A stretch of time, by the machine's clock. */
interface Range {
  readonly from_ms: number;
  readonly to_ms: number;
}

/** A stretch that stays while the machine goes on. */
interface Held extends Range {
  /** What came after this waits. */
  readonly seen_ms: number;
  /** Whether it was chosen, and is not just where time stood still. */
  readonly zoomed: boolean;
}

/** What is drawn with each picture. */
export interface Drawable {
  /** Whether it is on the screen or near it. */
  readonly near: boolean;
  /** May throw: then it alone is not drawn. */
  draw(theme: Theme): void;
  fail(thrown: unknown): void;
}

export class Stage {
  /** What came here: the last minutes. */
  readonly live = new Table();
  readonly feed: Feed;
  readonly machine: string;

  plan: Plan = $state.raw({ groups: [], left_out: 0 });
  /** Grows with each picture; read it to be told anew. */
  pictures = $state(0);
  /** The same, once a second: for what is not on the screen. */
  seconds = $state(0);
  theme: Theme = $state.raw(readTheme());
  /** Texts and booleans, by path. */
  words: ReadonlyMap<string, string | boolean> = $state.raw(new Map());
  span_ms: number = $state(PAST_MS);
  held: Held | undefined = $state.raw();
  /** Where the cursor stands, by the machine's clock. */
  cursor_ms: number | undefined = $state();
  age: Age | undefined = $state.raw();
  /** Why the server does not show its measures. */
  refused: string | undefined = $state();
  /** Whether a measure, and all that is remembered, has come. */
  measured = $state(false);
  remembered = $state(false);
  /** Alerts of this machine that are marked in its charts. */
  alerts: readonly AlertRow[] = [];
  /** Charts of figures at 0 that are drawn all the same, by resource. */
  unquiet: ReadonlySet<string> = $state.raw(new Set());

  /** What was recorded of the stretch that is shown; undefined while the last minutes hold all of it. */
  #recalled: Recalled | undefined;
  /** What was recorded a day or a week before it. */
  #before: Recalled | undefined;
  /** The same stretch was asked for last. */
  #asked = '';
  #asked_ms = 0;
  #ask_timer: ReturnType<typeof setTimeout> | undefined;
  /** Why what was recorded is not shown. */
  untold: string | undefined = $state();
  readonly #look: Look;
  /** Figures that are moments, to the millisecond: a column does not hold them so exactly. */
  readonly #moments = new Map<string, number>();
  readonly #drawables = new Set<Drawable>();
  readonly #ages = new Ages();
  #journeys: { measured_ms: number; received_ms: number; arrived_ms: number }[] = [];
  #interval_ms = 1_000;
  #shape = -1;
  #second = 0;
  #rests_until_ms = 0;
  #cancelDraw: (() => void) | undefined;

  /** @param look what brings its past and its measures */
  constructor(feed: Feed, machine: string, look: Look = { view: 'machine', machine }) {
    this.feed = feed;
    this.machine = machine;
    this.#look = look;
    this.#readAddress();
  }

  /** Listens until the function that it returns is called. */
  open(): () => void {
    const { feed, machine } = this;
    const ends = [
      feed.on('past', (frame) => frame.machine === machine && this.#takePast(frame)),
      feed.on('measure', (frame, arrived_ms) => frame.machine === machine && this.#takeMeasure(frame, arrived_ms)),
      feed.on('refused', ({ what, why }) => {
        if (what === 'machine') this.refused = why;
      }),
    ];
    feed.look(this.#look);
    const shown = () => this.redraw();
    document.addEventListener('visibilitychange', shown);
    // Letters are larger on a wider screen.
    const sized = () => this.recolour();
    addEventListener('resize', sized);
    return () => {
      for (const end of ends) end();
      clearTimeout(this.#ask_timer);
      document.removeEventListener('visibilitychange', shown);
      removeEventListener('resize', sized);
      this.#cancelDraw?.();
    };
  }

  /** Follows the address: the time may be another, or what it is held against. */
  follow(): void {
    this.#readAddress();
    this.#askSoon();
    this.redraw();
  }

  #askSoon(): void {
    clearTimeout(this.#ask_timer);
    this.#ask_timer = setTimeout(() => void this.#ask(), RECALL_AFTER_MS);
  }

  /** Asks for what was recorded, where what came here does not hold all that is shown. */
  async #ask(): Promise<void> {
    const { feed, range, live, machine } = this;
    if (!feed.is_recorded || range === undefined) return;
    const against = feed.times.against;
    const to_ms = Math.max(range.to_ms, this.held === undefined ? feed.now_ms : 0);
    const from_ms = this.held === undefined ? to_ms - this.span_ms : range.from_ms;
    const has_all = (this.details_of_live_ms ?? Number.POSITIVE_INFINITY) <= from_ms + this.gap_ms;
    const asked = has_all && against === undefined ? '' : [this.held === undefined, from_ms, to_ms, against].join();
    if (asked === this.#asked) return;
    this.#asked = asked;
    this.#asked_ms = performance.now();
    if (asked === '') {
      this.#recalled = undefined;
      this.#before = undefined;
      this.redraw();
      return;
    }
    const recall = (shift_ms: number) =>
      feed.recall({
        what: 'range',
        machine,
        from_ms: Math.round(from_ms - shift_ms),
        to_ms: Math.round(to_ms - shift_ms),
        points_max: POINTS_MAX,
      });
    try {
      const shift_ms = against === undefined ? 0 : COMPARISONS[against];
      const [then, before] = await Promise.all([
        has_all ? undefined : recall(0),
        shift_ms === 0 ? undefined : recall(shift_ms),
      ]);
      if (this.#asked !== asked) return;
      this.untold = undefined;
      this.#before = before && new Recalled(before, { from_ms: from_ms - shift_ms, to_ms: to_ms - shift_ms }, shift_ms);
      if (then === undefined) this.#recalled = undefined;
      else if (then.width_ms === 0 && to_ms - from_ms <= PAST_MS && this.held === undefined) {
        // The samples themselves: from now on it is as if they had come here.
        live.merge(then.times_ms, then.paths, then.means);
        this.#recalled = undefined;
      } else {
        this.#recalled = new Recalled(then, { from_ms, to_ms });
        this.#recalled.goOn(live);
      }
    } catch (error) {
      if (this.#asked !== asked) return;
      this.untold = error instanceof Error ? error.message : String(error);
      // Another look asks again.
      this.#asked = 'none';
    }
    this.#shape = -1;
    this.redraw();
  }

  /** Takes in what the fleet knows of it: its bands, and, while its measures do not come, its headlines. */
  learn(): void {
    const known = this.feed.machine(this.machine);
    if (known === undefined) return;
    this.#interval_ms = known.interval_ms ?? this.#interval_ms;
    const newest_ms = this.live.newest_ms;
    // Its clock was set back since: what was judged before is from another time.
    if (newest_ms !== undefined && known.time_ms < newest_ms - PAST_MS) return;
    const figures: [string, number][] = [];
    for (const [resource, { band, percentage }] of Object.entries(known.resources)) {
      if (band !== undefined) figures.push([`${resource}_result`, rankOf(band)]);
      // How unusual it is, no measure says.
      if (percentage !== undefined && (!this.measured || resource === ANOMALY))
        figures.push([`${resource}_percentage`, percentage]);
    }
    this.live.add(known.time_ms, figures);
    this.redraw();
  }

  /** A machine as the fleet knows it, with the headlines of the newest measure: while one is looked at, only its bands are told. */
  withNewest(known: Machine): Machine {
    const { live: table } = this;
    if (this.feed.times.stretch !== undefined && this.feed.is_recorded) return known;
    if (!this.measured || table.rows === 0) return known;
    const resources: Record<string, Resource> = {};
    for (const [name, resource] of Object.entries(known.resources)) {
      const percentage = table.valueAt(`${name}_percentage`, table.end - 1, this.#interval_ms * PATIENCE_INTERVALS);
      resources[name] = Number.isNaN(percentage) ? resource : { ...resource, percentage };
    }
    return { ...known, resources };
  }

  /** What is drawn: the last minutes, or what was recorded and what has come since. */
  get table(): Table {
    return this.#recalled?.table ?? this.live;
  }

  /** How far the cells of what was recorded reached; undefined where there are none. */
  get reach(): { readonly least: Table; readonly most: Table } | undefined {
    return this.#recalled === undefined || this.#recalled.width_ms === 0 ? undefined : this.#recalled;
  }

  /** What was recorded a day or a week before, at the times of what is drawn; undefined while nobody wants to see it. */
  get before(): Table | undefined {
    return this.#before?.table;
  }

  /** The width of a cell of what is drawn; 0 where that are samples. */
  get width_ms(): number {
    return this.#recalled?.width_ms ?? 0;
  }

  /** What is shown; undefined while nothing is known. */
  get range(): Range | undefined {
    if (this.held !== undefined) return this.held;
    const { newest_ms, first_ms } = this.live;
    if (this.feed.is_recorded && (this.span_ms > PAST_MS || newest_ms === undefined)) {
      const now_ms = newest_ms ?? this.feed.now_ms;
      return { from_ms: now_ms - this.span_ms, to_ms: now_ms };
    }
    if (newest_ms === undefined || first_ms === undefined) return undefined;
    const known_ms = newest_ms - first_ms;
    const span_ms = GROWING_MS.find((step) => step >= known_ms && step <= this.span_ms) ?? this.span_ms;
    return { from_ms: newest_ms - span_ms, to_ms: newest_ms };
  }

  /** Where the cursor stands: where it was put, or at the moment of the past that is shown. */
  get pointed_ms(): number | undefined {
    const { times, is_recorded } = this.feed;
    return this.cursor_ms ?? (is_recorded && this.held !== undefined ? times.at_ms : undefined);
  }

  /** The row that figures are read from: the cursor's, or the newest that is shown. */
  get row(): number | undefined {
    const { range, table } = this;
    if (range === undefined) return undefined;
    const at_ms = this.pointed_ms ?? range.to_ms;
    return table.rowNear(Math.min(range.to_ms, Math.max(range.from_ms, at_ms)));
  }

  /** The newest row that is shown. */
  get last_row(): number | undefined {
    const { range, table } = this;
    return range === undefined ? undefined : table.rowNear(range.to_ms);
  }

  /** A figure at a row; NaN where it is not known. */
  valueAt(path: string, row: number | undefined): number {
    if (row === undefined) return Number.NaN;
    return this.table.valueAt(path, row, Math.max(this.#interval_ms, this.width_ms) * PATIENCE_INTERVALS);
  }

  /** When the first figure came that is no headline; undefined while none has. */
  get details_ms(): number | undefined {
    return detailsIn(this.table);
  }

  get details_of_live_ms(): number | undefined {
    return detailsIn(this.live);
  }

  /** A moment as the newest measure tells it, epoch milliseconds. */
  momentOf(path: string): number | undefined {
    return this.#moments.get(path);
  }

  get gap_ms(): number {
    return Math.max(GAP_MS_MIN, this.#interval_ms * GAP_INTERVALS, this.width_ms * GAP_INTERVALS);
  }

  /** Samples that came since time was held. */
  get waiting(): number {
    return this.held === undefined ? 0 : this.live.end - this.live.rowFrom(this.held.seen_ms + 1);
  }

  /** Puts the cursor on the sample nearest to a time; undefined takes it away. */
  point(time_ms: number | undefined): void {
    const row = time_ms === undefined ? undefined : this.table.rowNear(time_ms);
    this.cursor_ms = row === undefined ? undefined : this.table.times_ms[row];
  }

  /** Moves the cursor by samples, from the newest if there is none. */
  step(samples: number): void {
    const { range, table } = this;
    const row = this.row;
    if (range === undefined || row === undefined) return;
    const least = Math.min(table.rowFrom(range.from_ms), table.end - 1);
    const to = Math.min(table.rowNear(range.to_ms) ?? row, Math.max(least, row + samples));
    this.cursor_ms = table.times_ms[to];
  }

  pause(): void {
    const { range } = this;
    if (range !== undefined) this.#hold(range, false);
  }

  goLive(): void {
    this.held = undefined;
    this.cursor_ms = undefined;
    this.#writeAddress();
    this.redraw();
  }

  /** Shows the last minutes, live. */
  show(span_ms: number): void {
    this.span_ms = span_ms;
    this.goLive();
  }

  zoom(from_ms: number, to_ms: number): void {
    const middle_ms = (from_ms + to_ms) / 2;
    const half_ms = Math.max(ZOOM_MS_MIN, to_ms - from_ms) / 2;
    this.#hold({ from_ms: Math.round(middle_ms - half_ms), to_ms: Math.round(middle_ms + half_ms) }, true);
  }

  /** Longer or shorter: the next span while live, around the cursor or the middle while held. */
  scale(factor: number): void {
    const { held } = this;
    if (held === undefined) {
      const spans_ms = this.feed.is_recorded ? [...SPANS_MS, ...LONG_SPANS_MS] : SPANS_MS;
      const at = spans_ms.indexOf(this.span_ms);
      this.show(spans_ms[Math.min(spans_ms.length - 1, Math.max(0, at + (factor > 1 ? 1 : -1)))] ?? PAST_MS);
      return;
    }
    const around_ms = this.cursor_ms ?? (held.from_ms + held.to_ms) / 2;
    const from_ms = around_ms - (around_ms - held.from_ms) * factor;
    const to_ms = around_ms + (held.to_ms - around_ms) * factor;
    const longest_ms = this.feed.is_recorded ? LONGEST_MS : PAST_MS;
    if (to_ms - from_ms <= longest_ms) this.zoom(from_ms, Math.min(to_ms, this.live.newest_ms ?? this.feed.now_ms));
  }

  /** Draws the quiet charts of a resource too. */
  unquieten(resource: string): void {
    this.unquiet = new Set([...this.unquiet, resource]);
  }

  /** Marks these alerts, and no others, in the charts of what they are about. */
  mark(alerts: readonly AlertRow[]): void {
    this.alerts = alerts;
    this.redraw();
  }

  /** Lets something be drawn until the function that it returns is called. */
  add(drawable: Drawable): () => void {
    this.#drawables.add(drawable);
    return () => this.#drawables.delete(drawable);
  }

  /** The colours may be others. */
  recolour(): void {
    this.theme = readTheme();
    this.redraw();
  }

  /** Draws with the next picture, however often it is called until then; not at all while nobody sees it. */
  redraw(): void {
    if (document.hidden || this.#cancelDraw !== undefined) return;
    const wait_ms = this.#rests_until_ms - performance.now();
    if (wait_ms > 0) {
      const timer = setTimeout(() => this.#drawNext(), wait_ms);
      this.#cancelDraw = () => clearTimeout(timer);
    } else {
      this.#drawNext();
    }
  }

  #drawNext(): void {
    const request = requestAnimationFrame(() => {
      this.#cancelDraw = undefined;
      const began_ms = performance.now();
      this.#draw();
      const ended_ms = performance.now();
      this.#rests_until_ms = ended_ms + (ended_ms - began_ms) * RESTS;
    });
    this.#cancelDraw = () => cancelAnimationFrame(request);
  }

  #draw(): void {
    const { live, held } = this;
    // What somebody looks at stays; the table is bounded by its rows all the same.
    if (held === undefined) live.forgetOld();
    if (held === undefined && this.#recalled !== undefined) {
      this.#recalled.goOn(live);
      const again_ms = Math.min(RECALL_AGAIN_MS, Math.max(this.width_ms, 10_000));
      if (performance.now() - this.#asked_ms > again_ms) void this.#ask();
    }
    const { table } = this;
    if (table.shape !== this.#shape) {
      this.#shape = table.shape;
      this.plan = planOf(table.columns, this.words);
    }
    this.pictures++;
    const second = Math.floor(Date.now() / 1000);
    if (second !== this.#second) {
      this.#second = second;
      this.seconds++;
      this.age = this.#ages.median(this.feed.ahead_ms) ?? this.age;
    }
    for (const drawable of this.#drawables) {
      if (!drawable.near) continue;
      try {
        drawable.draw(this.theme);
      } catch (thrown) {
        drawable.fail(thrown);
      }
    }
    const journeys = this.#journeys;
    this.#journeys = [];
    if (journeys.length === 0) return;
    // A task after an animation frame runs when the frame was handed over to be drawn.
    setTimeout(() => {
      const drawn_ms = Date.now();
      for (const journey of journeys) this.#ages.add({ ...journey, drawn_ms });
      this.age ??= this.#ages.median(this.feed.ahead_ms);
    });
  }

  #takePast({ times_ms, paths, columns, last }: PastFrame): void {
    this.live.merge(times_ms, paths, columns);
    if (last === true) {
      this.remembered = true;
      this.#askSoon();
    }
    this.redraw();
  }

  #takeMeasure({ time_ms, received_ms, body }: MeasureFrame, arrived_ms: number): void {
    const figures: [string, number][] = [];
    let words: Map<string, string | boolean> | undefined;
    eachLeaf(
      body,
      (path, value) => {
        if (figures.length < LEAVES_MAX) figures.push([path, value]);
        if (value >= MOMENT_MS_MIN && this.#moments.size < WORDS_MAX) this.#moments.set(path, value);
      },
      (path, value) => {
        if (this.words.get(path) === value) return;
        words ??= new Map(this.words);
        if (words.has(path) || words.size < WORDS_MAX) words.set(path, value);
      },
    );
    this.live.add(time_ms, figures);
    if (words !== undefined) {
      if (words.size !== this.words.size) this.#shape = -1;
      this.words = words;
    }
    this.measured = true;
    this.refused = undefined;
    if (document.hidden) return;
    if (this.#journeys.length < JOURNEYS_MAX) this.#journeys.push({ measured_ms: time_ms, received_ms, arrived_ms });
    this.redraw();
  }

  #hold({ from_ms, to_ms }: Range, zoomed: boolean): void {
    this.held = { from_ms, to_ms, zoomed, seen_ms: this.held?.seen_ms ?? this.live.newest_ms ?? to_ms };
    this.#writeAddress();
    this.redraw();
  }

  #writeAddress(): void {
    const { held, span_ms } = this;
    this.feed.router.set({
      from: held && String(Math.round(held.from_ms)),
      to: held && String(Math.round(held.to_ms)),
      at: undefined,
      minutes: span_ms === PAST_MS ? undefined : String(span_ms / 60_000),
    });
  }

  #readAddress(): void {
    const { query } = this.feed.router;
    const [from_ms, to_ms, minutes] = ['from', 'to', 'minutes'].map((name) => Number(query.get(name) ?? Number.NaN));
    this.span_ms = [...SPANS_MS, ...LONG_SPANS_MS].find((span) => span / 60_000 === minutes) ?? PAST_MS;
    if (from_ms === undefined || to_ms === undefined || !(from_ms < to_ms)) {
      this.held = undefined;
      return;
    }
    const { held } = this;
    if (held !== undefined && Math.round(held.from_ms) === from_ms && Math.round(held.to_ms) === to_ms) return;
    this.held = { from_ms, to_ms, zoomed: true, seen_ms: held?.seen_ms ?? this.live.newest_ms ?? to_ms };
  }
}

function detailsIn({ columns }: Table): number | undefined {
  let first_ms = Number.POSITIVE_INFINITY;
  for (const [path, { since_ms }] of columns) if (path.includes('/')) first_ms = Math.min(first_ms, since_ms);
  return Number.isFinite(first_ms) ? first_ms : undefined;
}
