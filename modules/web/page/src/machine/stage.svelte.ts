// All that the charts of one machine share: what is known, which stretch of time is shown, where the cursor is, and the one
// moment in which they are drawn.

import {
  type Look,
  type Machine,
  type MeasureFrame,
  PAST_MS,
  type PastFrame,
  type Resource,
} from '../../../wire/frames.ts';
import { eachLeaf } from '../../../wire/leaves.ts';
import type { Feed } from '../feed.ts';
import { rankOf } from '../live/judge.ts';
import { type Age, Ages } from './ages.ts';
import { MOMENT_MS_MIN, type Plan, planOf } from './plan.ts';
import { Table } from './table.ts';
import { readTheme, type Theme } from './theme.ts';

/** Texts and booleans of a measure that are kept. */
export const WORDS_MAX = 200;

/** Leaves of one measure that are looked at. */
const LEAVES_MAX = 2_000;

/** Stretches of time that are offered. */
export const SPANS_MS: readonly number[] = [60_000, 300_000, PAST_MS];

/** What is shown while less is known than the span: a step that is longer, so that curves do not stretch with each sample. */
const GROWING_MS = [60_000, 120_000, 300_000, 600_000, PAST_MS];

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
  readonly table = new Table();
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
  /** Charts of figures at 0 that are drawn all the same, by resource. */
  unquiet: ReadonlySet<string> = $state.raw(new Set());

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
    return () => {
      for (const end of ends) end();
      document.removeEventListener('visibilitychange', shown);
      this.#cancelDraw?.();
    };
  }

  /** Takes in what the fleet knows of it: its bands, and, while its measures do not come, its headlines. */
  learn(): void {
    const known = this.feed.machine(this.machine);
    if (known === undefined) return;
    this.#interval_ms = known.interval_ms ?? this.#interval_ms;
    const newest_ms = this.table.newest_ms;
    // Its clock was set back since: what was judged before is from another time.
    if (newest_ms !== undefined && known.time_ms < newest_ms - PAST_MS) return;
    const figures: [string, number][] = [];
    for (const [resource, { band, percentage }] of Object.entries(known.resources)) {
      if (band !== undefined) figures.push([`${resource}_result`, rankOf(band)]);
      if (percentage !== undefined && !this.measured) figures.push([`${resource}_percentage`, percentage]);
    }
    this.table.add(known.time_ms, figures);
    this.redraw();
  }

  /** A machine as the fleet knows it, with the headlines of the newest measure: while one is looked at, only its bands are told. */
  withNewest(known: Machine): Machine {
    const { table } = this;
    if (!this.measured || table.rows === 0) return known;
    const resources: Record<string, Resource> = {};
    for (const [name, resource] of Object.entries(known.resources)) {
      const percentage = this.valueAt(`${name}_percentage`, table.end - 1);
      resources[name] = Number.isNaN(percentage) ? resource : { ...resource, percentage };
    }
    return { ...known, resources };
  }

  /** What is shown; undefined while nothing is known. */
  get range(): Range | undefined {
    if (this.held !== undefined) return this.held;
    const { newest_ms, first_ms } = this.table;
    if (newest_ms === undefined || first_ms === undefined) return undefined;
    const known_ms = newest_ms - first_ms;
    const span_ms = GROWING_MS.find((step) => step >= known_ms && step <= this.span_ms) ?? this.span_ms;
    return { from_ms: newest_ms - span_ms, to_ms: newest_ms };
  }

  /** The row that figures are read from: the cursor's, or the newest that is shown. */
  get row(): number | undefined {
    const { range, table } = this;
    if (range === undefined) return undefined;
    const at_ms = this.cursor_ms === undefined ? range.to_ms : this.cursor_ms;
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
    return this.table.valueAt(path, row, this.#interval_ms * PATIENCE_INTERVALS);
  }

  /** When the first figure came that is no headline; undefined while none has. */
  get details_ms(): number | undefined {
    let first_ms = Number.POSITIVE_INFINITY;
    for (const [path, { since_ms }] of this.table.columns)
      if (path.includes('/')) first_ms = Math.min(first_ms, since_ms);
    return Number.isFinite(first_ms) ? first_ms : undefined;
  }

  /** A moment as the newest measure tells it, epoch milliseconds. */
  momentOf(path: string): number | undefined {
    return this.#moments.get(path);
  }

  get gap_ms(): number {
    return Math.max(GAP_MS_MIN, this.#interval_ms * GAP_INTERVALS);
  }

  /** Samples that came since time was held. */
  get waiting(): number {
    return this.held === undefined ? 0 : this.table.end - this.table.rowFrom(this.held.seen_ms + 1);
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
      const at = SPANS_MS.indexOf(this.span_ms);
      this.show(SPANS_MS[Math.min(SPANS_MS.length - 1, Math.max(0, at + (factor > 1 ? 1 : -1)))] ?? PAST_MS);
      return;
    }
    const around_ms = this.cursor_ms ?? (held.from_ms + held.to_ms) / 2;
    const from_ms = around_ms - (around_ms - held.from_ms) * factor;
    const to_ms = around_ms + (held.to_ms - around_ms) * factor;
    if (to_ms - from_ms <= PAST_MS) this.zoom(from_ms, Math.min(to_ms, this.table.newest_ms ?? to_ms));
  }

  /** Draws the quiet charts of a resource too. */
  unquieten(resource: string): void {
    this.unquiet = new Set([...this.unquiet, resource]);
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
    const { table } = this;
    // What somebody looks at stays; the table is bounded by its rows all the same.
    if (this.held === undefined) table.forgetOld();
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
    this.table.merge(times_ms, paths, columns);
    if (last === true) this.remembered = true;
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
    this.table.add(time_ms, figures);
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
    this.held = { from_ms, to_ms, zoomed, seen_ms: this.held?.seen_ms ?? this.table.newest_ms ?? to_ms };
    this.#writeAddress();
    this.redraw();
  }

  #writeAddress(): void {
    const { held, span_ms } = this;
    this.feed.router.set({
      from: held && String(Math.round(held.from_ms)),
      to: held && String(Math.round(held.to_ms)),
      minutes: span_ms === PAST_MS ? undefined : String(span_ms / 60_000),
    });
  }

  #readAddress(): void {
    const { query } = this.feed.router;
    const [from_ms, to_ms, minutes] = ['from', 'to', 'minutes'].map((name) => Number(query.get(name) ?? Number.NaN));
    const span_ms = SPANS_MS.find((span) => span / 60_000 === minutes);
    if (span_ms !== undefined) this.span_ms = span_ms;
    if (from_ms === undefined || to_ms === undefined || !(from_ms < to_ms)) return;
    this.held = { from_ms, to_ms, zoomed: true, seen_ms: to_ms };
  }
}
