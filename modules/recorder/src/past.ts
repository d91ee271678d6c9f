// Answers questions about the past, from what stands in the store and what does not yet. A range is read from the coarsest level
// that is fine enough for its points, and that still reaches back so far.

import { ANSWER_BYTES_MAX } from '@ganglion/kernel';
import {
  type Birth,
  type Cause,
  type Death,
  type PastAnswered,
  type PastAnswerOf,
  type PastAsked,
  type PastFigure,
  type PastMachine,
  packNumbers,
} from '@ganglion/topics';
import { COUNT, columnOf, figureOf, LAST, LAST_TIME, MAX, MIN, SUM, TIME } from './block.ts';
import { besides, between, joinTables, NO_ROWS, rollCells, rollSamples, type Table } from './cells.ts';
import { rangeInvalid } from './errors.ts';
import { EVENT_FAMILIES } from './events.ts';
import { BAND_ENDING } from './figures.ts';
import { blockStart, LEVELS, levelAt, SAMPLE_LEVEL, TOP_LEVEL } from './levels.ts';
import type { Names } from './names.ts';
import type { Shelf, Wanted } from './shelf.ts';
import type { Store } from './store.ts';

const SECOND_MS = 1_000;
const MINUTE_MS = 60 * SECOND_MS;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;

/** The widths that points of a range may have: round ones, and each a whole number of cells of some level. */
const WIDTHS_MS: readonly number[] = [
  ...[1, 2, 5, 10, 20, 30].map((n) => n * SECOND_MS),
  ...[1, 2, 5, 10, 15, 30].map((n) => n * MINUTE_MS),
  ...[1, 2, 3, 6, 12].map((n) => n * HOUR_MS),
  ...[1, 2, 5, 10, 30, 60, 180, 365, 730, 3_650, 7_300].map((n) => n * DAY_MS),
];

/** What the frame of an answer may take, and what a range says besides its figures. */
const FRAME_BYTES = 64 * 1_024;

/** Work of one question between two pauses, so that what comes meanwhile is taken. */
const TURN_MS = 8;

/** Blocks, or machines, that are asked for at once: a store may be far away. */
const ABREAST = 16;

/** Blocks before that of a moment in which what was said last is looked for: minutes where there are samples. */
const BLOCKS_BACK = [4, 1, 1, 1, 1];

/** A machine that is gone is told for so long after its death. */
const GONE_MS = DAY_MS;

const FIGURES_OF_RANGE: ReadonlySet<number> = new Set([MIN, MAX, SUM, COUNT]);
const FIGURES_OF_MOMENT: Wanted = { stats: new Set([LAST, COUNT]) };

export interface PastOptions {
  readonly names: Names;
  readonly shelf: Shelf;
  readonly store: Store;
  /** The clock. Default: the system's. */
  readonly now?: () => number;
}

export class Past {
  readonly #names: Names;
  readonly #shelf: Shelf;
  readonly #store: Store;
  readonly #now: () => number;

  constructor({ names, shelf, store, now = Date.now }: PastOptions) {
    this.#names = names;
    this.#shelf = shelf;
    this.#store = store;
    this.#now = now;
  }

  /**
   * Answers a question.
   *
   * @throws CodedError `PAST_RANGE_INVALID`
   */
  answer(asked: PastAsked): Promise<PastAnswered> {
    switch (asked.what) {
      case 'range':
        return this.#range(asked);
      case 'instant':
        return this.#instant(asked.at_ms);
      case 'events':
        return this.#events(asked);
      case 'extent':
        return this.#extent();
    }
  }

  async #range(asked: Extract<PastAsked, { what: 'range' }>): Promise<PastAnswerOf<'range'>> {
    const { machine, points_max } = asked;
    checkRange(asked);
    const oldest_ms = await this.#shelf.oldest();
    // Of what was never recorded nothing is read, and no points are spared for it.
    const from_ms = Math.max(asked.from_ms, oldest_ms ?? 0);
    const to_ms = Math.min(asked.to_ms, this.#now() + DAY_MS);
    const { level, width_ms } = this.#choose(from_ms, Math.max(to_ms, from_ms + 1), points_max);
    const none: PastAnswerOf<'range'> = { what: 'range', machine, width_ms, times_ms: '', figures: [], left_out: 0 };
    if (oldest_ms === undefined || to_ms <= from_ms) return none;

    // What it measured, and beside it how that was judged.
    const place = { from_ms, to_ms, level, width_ms };
    const measured = await this.#readRange(this.#names.track('measure', machine), place, this.#wanted(asked.figures));
    const bands = this.#wanted((asked.figures ?? this.#names.paths).filter((path) => path.endsWith(BAND_ENDING)));
    const judged = await this.#readRange(this.#names.track('analysis', machine), place, bands);
    if (level === SAMPLE_LEVEL) {
      const samples = besides(between(measured, from_ms, to_ms), between(judged, from_ms, to_ms));
      if (samples.rows <= points_max) return { ...none, width_ms: 0, ...this.#told(samples, true) };
      return { ...none, ...this.#told(besides(rollSamples(measured, width_ms), rollSamples(judged, width_ms)), false) };
    }
    const cells = (table: Table) => (levelAt(level).width_ms < width_ms ? rollCells(table, width_ms) : table);
    return { ...none, ...this.#told(besides(cells(measured), cells(judged)), false) };
  }

  #wanted(paths: readonly string[] | undefined): Wanted {
    const figures = paths?.flatMap((path) => this.#names.figure(path) ?? []);
    return { stats: FIGURES_OF_RANGE, figures: figures === undefined ? undefined : new Set(figures) };
  }

  /** What a track holds of a range, at a level. The first and the last cell are whole, so that they are the same in whichever range. */
  async #readRange(
    track: number | undefined,
    { from_ms, to_ms, level, width_ms }: { from_ms: number; to_ms: number; level: number; width_ms: number },
    wanted: Wanted,
  ): Promise<Table> {
    if (track === undefined) return NO_ROWS;
    const parts: Table[] = [];
    const turn = new Turn();
    const first_ms = Math.floor(from_ms / width_ms) * width_ms;
    const last_ms = Math.ceil(to_ms / width_ms) * width_ms;
    const { span_ms } = levelAt(level);
    for (let at_ms = blockStart(level, first_ms); at_ms < last_ms; at_ms += span_ms * ABREAST) {
      const count = Math.min(ABREAST, Math.ceil((last_ms - at_ms) / span_ms));
      const starts = Array.from({ length: count }, (_, i) => at_ms + i * span_ms);
      const read = starts.map((start_ms) => this.#shelf.rows({ level, track, start_ms }, wanted));
      for (const part of await Promise.all(read)) if (part.rows > 0) parts.push(between(part, first_ms, last_ms));
      await turn.pass();
    }
    return joinTables(parts);
  }

  /** The level to read, and the width of the points to make of it. */
  #choose(from_ms: number, to_ms: number, points_max: number): { readonly level: number; readonly width_ms: number } {
    let finest = SAMPLE_LEVEL;
    while (finest < TOP_LEVEL && this.#shelf.floor(finest) > from_ms) finest++;
    const points = (width_ms: number) => Math.floor((to_ms - 1) / width_ms) - Math.floor(from_ms / width_ms) + 1;
    const fits = (width_ms: number) => width_ms >= levelAt(finest).width_ms && points(width_ms) <= points_max;
    const width_ms = WIDTHS_MS.find(fits) ?? (WIDTHS_MS.at(-1) as number);
    let level = TOP_LEVEL;
    while (level > finest && (levelAt(level).width_ms > width_ms || width_ms % levelAt(level).width_ms !== 0)) level--;
    return { level, width_ms };
  }

  /** Points as they are told, as far as they fit. */
  #told(points: Table, is_samples: boolean) {
    const figures: PastFigure[] = [];
    let left_out = 0;
    let bytes_left = ANSWER_BYTES_MAX - FRAME_BYTES;
    for (const figure of figuresIn(points)) {
      const columns = is_samples ? { mean: column(points, figure, LAST) } : cellsOf(points, figure);
      if (columns.mean.every(Number.isNaN)) continue;
      const path = this.#names.pathOf(figure);
      // Of a damaged file even a name may be lost.
      if (path === undefined || path === '') continue;
      const texts = Object.values(columns).map(packNumbers);
      const bytes = texts.reduce((sum, { length }) => sum + length, path.length * 6 + 60);
      if (bytes > bytes_left) {
        left_out++;
        continue;
      }
      bytes_left -= bytes;
      const [mean = '', minimum, maximum] = texts;
      figures.push({
        path,
        mean,
        ...(minimum !== undefined && { minimum }),
        ...(maximum !== undefined && { maximum }),
      });
    }
    return { times_ms: packNumbers(times(points, TIME)), figures, left_out };
  }

  async #instant(at_ms: number): Promise<PastAnswerOf<'instant'>> {
    const machines: PastMachine[] = [];
    const turn = new Turn();
    let left_out = 0;
    let bytes_left = ANSWER_BYTES_MAX - FRAME_BYTES;
    const tracks = [...this.#names.tracksOf('analysis')];
    for (let first = 0; first < tracks.length; first += ABREAST) {
      const some = tracks.slice(first, first + ABREAST);
      const read = await Promise.all(some.map(({ number, source }) => this.#machineAt(number, source, at_ms)));
      await turn.pass();
      for (const machine of read) {
        if (machine === undefined) continue;
        const bytes = JSON.stringify(machine).length + 1;
        // Names may have letters of several bytes.
        if (bytes * 2 > bytes_left) left_out++;
        else {
          bytes_left -= bytes;
          machines.push(machine);
        }
      }
    }
    return { what: 'instant', at_ms, machines, left_out };
  }

  /** A machine at a moment; undefined when it was not there, nor gone shortly before. */
  async #machineAt(track: number, machine: string, at_ms: number): Promise<PastMachine | undefined> {
    const [died, born, said_last] = await Promise.all([
      this.#store.lastEvent('death', machine, at_ms),
      this.#store.lastEvent('birth', machine, at_ms),
      this.#saidLast(track, at_ms),
    ]);
    let said = said_last;
    const death = died === undefined || died.time_ms < at_ms - GONE_MS ? undefined : readBody<Death>(died.body);
    const is_gone = death !== undefined && died !== undefined && (born === undefined || born.time_ms <= died.time_ms);
    const is_back = is_gone && said !== undefined && said.time_ms > died.time_ms;
    if (said === undefined && is_gone) said = await this.#saidLast(track, died.time_ms);
    if (said === undefined) return undefined;
    const birth = born === undefined ? undefined : readBody<Birth>(born.body);
    const interval_ms = numberIn(birth?.interval_ms) ?? said.interval_ms;
    const labels = labelsIn(birth?.about);
    const gone = is_gone && !is_back ? { cause: causeIn(death?.cause), died_ms: died.time_ms } : undefined;
    return {
      machine,
      time_ms: said.time_ms,
      ...(interval_ms !== undefined && { interval_ms }),
      ...(gone !== undefined && { gone }),
      ...(labels !== undefined && { labels }),
      figures: said.figures,
    };
  }

  /** What a track said last before a moment, not too long before. Where there are only cells, what the moment's cell ends with. */
  async #saidLast(track: number, at_ms: number) {
    let level = SAMPLE_LEVEL;
    while (level < TOP_LEVEL && this.#shelf.floor(level) > at_ms) level++;
    const { span_ms } = levelAt(level);
    for (let back = 0; back <= (BLOCKS_BACK[level] as number); back++) {
      const start_ms = blockStart(level, at_ms) - back * span_ms;
      if (start_ms < 0) return undefined;
      const table = await this.#shelf.rows({ level, track, start_ms }, FIGURES_OF_MOMENT);
      const starts = times(table, TIME);
      let row = table.rows - 1;
      while (row >= 0 && (starts[row] as number) > at_ms) row--;
      if (row < 0) continue;
      const figures: Record<string, number> = {};
      for (const figure of figuresIn(table)) {
        const value = column(table, figure, LAST)[row] as number;
        const path = this.#names.pathOf(figure);
        if (path !== undefined && Number.isFinite(value)) figures[path] = value;
      }
      const said_ms = level === SAMPLE_LEVEL ? (starts[row] as number) : (times(table, LAST_TIME)[row] as number);
      const apart_ms = level === SAMPLE_LEVEL && row > 0 ? said_ms - (starts[row - 1] as number) : 0;
      return { time_ms: Math.min(said_ms, at_ms), figures, interval_ms: apart_ms > 0 ? apart_ms : undefined };
    }
    return undefined;
  }

  async #events(asked: Extract<PastAsked, { what: 'events' }>): Promise<PastAnswerOf<'events'>> {
    checkRange(asked);
    const { from_ms, to_ms, limit, machine, families = EVENT_FAMILIES } = asked;
    const found = await this.#store.events({ from_ms, to_ms, families, source: machine, limit });
    const events: PastAnswerOf<'events'>['events'] = [];
    let { left_out } = found;
    let bytes_left = ANSWER_BYTES_MAX - FRAME_BYTES;
    // From the newest back, since the oldest are left out.
    for (const { time_ms, family, source, body } of found.events.toReversed()) {
      const read = readBody<Record<string, unknown>>(body);
      const known = EVENT_FAMILIES.find((each) => each === family);
      bytes_left -= Buffer.byteLength(body) + Buffer.byteLength(JSON.stringify(source)) + 100;
      if (read === undefined || known === undefined || bytes_left < 0) left_out++;
      else events.push({ time_ms, family: known, source, body: read });
    }
    return { what: 'events', events: events.reverse(), left_out };
  }

  async #extent(): Promise<PastAnswerOf<'extent'>> {
    const oldest_ms = await this.#shelf.oldest();
    const first_ms = least(oldest_ms, await this.#store.oldestEvent());
    const levels = LEVELS.map(({ width_ms }, level) => ({
      width_ms,
      from_ms: Math.max(this.#shelf.floor(level), oldest_ms ?? this.#now()),
    }));
    return {
      what: 'extent',
      ...(first_ms !== undefined && { oldest_ms: first_ms, newest_ms: this.#now() }),
      levels,
    };
  }
}

/** Lets others have a turn. */
class Turn {
  #began_ms = performance.now();

  async pass(): Promise<void> {
    if (performance.now() - this.#began_ms < TURN_MS) return;
    await new Promise((resolve) => setImmediate(resolve));
    this.#began_ms = performance.now();
  }
}

function checkRange({ from_ms, to_ms }: { readonly from_ms: number; readonly to_ms: number }): void {
  if (!(to_ms > from_ms)) throw rangeInvalid(from_ms, to_ms);
}

function figuresIn({ columns }: Table): Set<number> {
  const figures = new Set<number>();
  for (const number of columns.keys()) if (figureOf(number) > 0) figures.add(figureOf(number));
  return figures;
}

function times({ columns, rows }: Table, by: number): Float64Array {
  return (columns.get(by) ?? new Float64Array(0)).subarray(0, rows);
}

function column({ columns, rows }: Table, figure: number, stat: number): Float64Array {
  return columns.get(columnOf(figure, stat))?.subarray(0, rows) ?? new Float64Array(rows).fill(Number.NaN);
}

function cellsOf(table: Table, figure: number) {
  const sum = column(table, figure, SUM);
  const count = column(table, figure, COUNT);
  const mean = new Float64Array(table.rows);
  for (let row = 0; row < mean.length; row++) {
    const many = count[row] as number;
    mean[row] = many > 0 ? (sum[row] as number) / many : Number.NaN;
  }
  return { mean, minimum: column(table, figure, MIN), maximum: column(table, figure, MAX) };
}

function least(one: number | undefined, other: number | undefined): number | undefined {
  if (one === undefined || other === undefined) return one ?? other;
  return Math.min(one, other);
}

/** It was checked when it came; what is damaged since is none. */
function readBody<Body extends object>(body: string): Partial<Body> | undefined {
  try {
    const read: unknown = JSON.parse(body);
    return typeof read === 'object' && read !== null ? (read as Partial<Body>) : undefined;
  } catch {
    return undefined;
  }
}

const CAUSES: readonly Cause[] = ['stopped', 'connection_lost', 'silent'];

function causeIn(said: unknown): Cause {
  return CAUSES.find((cause) => cause === said) ?? 'silent';
}

function numberIn(said: unknown): number | undefined {
  return typeof said === 'number' && said >= 0 ? said : undefined;
}

/** Labels at most, and characters of each; as on the page. */
const LABELS_MAX = 16;
const LABEL_CHARACTERS_MAX = 64;

function labelsIn(about: unknown): Record<string, string> | undefined {
  const said = typeof about === 'object' && about !== null && 'labels' in about ? about.labels : undefined;
  if (typeof said !== 'object' || said === null) return undefined;
  const labels = Object.entries(said).filter(
    (label): label is [string, string] =>
      typeof label[1] === 'string' &&
      label[0].length <= LABEL_CHARACTERS_MAX &&
      label[1].length <= LABEL_CHARACTERS_MAX,
  );
  return labels.length === 0 ? undefined : Object.fromEntries(labels.slice(0, LABELS_MAX));
}
