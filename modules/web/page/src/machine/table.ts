// The last minutes of one machine: rows by time, a column for each figure. What the server remembers and what comes live
// is one table; the same sample told twice is one row.

import { PAST_MS } from '../../../wire/frames.ts';

/** Rows kept: {@link PAST_MS} at ten samples a second, the fastest that a tracker measures. */
export const ROWS_MAX = 9_000;

/** Figures kept. With {@link ROWS_MAX} rows they take 22 MB; a tracker's 150 at one a second take less than 1 MB. */
export const COLUMNS_MAX = 600;

/** Rows there is room for at first. */
const ROWS_FIRST = 1_024;

/** A live row so much older than the newest was measured after the machine's clock was set back. */
const SET_BACK_MS = 60_000;

/** One figure over time. */
export interface Column {
  /** By row, as the table's `times_ms`; NaN where the sample has none. */
  values: Float32Array<ArrayBuffer>;
  /** When it was first and last known, of the rows that were ever in the table. */
  since_ms: number;
  last_ms: number;
  /** The largest it was, in size. */
  peak: number;
  /** The value it had first, and whether it has ever had another. */
  readonly first: number;
  moved: boolean;
}

export class Table {
  /** When each row was measured, by the machine's clock; ascending from `start` to `end`. */
  times_ms = new Float64Array(ROWS_FIRST);
  /** The first row, and the one after the last. */
  start = 0;
  end = 0;
  readonly columns = new Map<string, Column>();
  /** Grows when a column comes or goes, or a column moves for the first time: what is drawn may be another. */
  shape = 0;
  /** Rows younger than {@link PAST_MS} that had to go. */
  dropped_rows = 0;
  /** Names of figures beyond {@link COLUMNS_MAX}; so many of them are counted at most. */
  readonly #left_out = new Set<string>();

  get rows(): number {
    return this.end - this.start;
  }

  /** Figures that are not kept because there are too many; 1,000 says so many or more. */
  get left_out(): number {
    return this.#left_out.size;
  }

  get first_ms(): number | undefined {
    return this.rows === 0 ? undefined : this.times_ms[this.start];
  }

  get newest_ms(): number | undefined {
    return this.rows === 0 ? undefined : this.times_ms[this.end - 1];
  }

  /** Puts the figures of one sample in; one of the same time gets them added. Only what is finite is a figure. */
  add(time_ms: number, figures: Iterable<readonly [path: string, value: number]>): void {
    const newest_ms = this.newest_ms;
    if (newest_ms !== undefined && time_ms < newest_ms - SET_BACK_MS) this.#dropFrom(time_ms);
    const row = this.#rowFor(time_ms);
    if (row === GONE) return;
    for (const [path, value] of figures) {
      if (!Number.isFinite(value)) continue;
      const figure = Math.fround(value);
      const column = this.#columnFor(path, figure);
      if (column !== undefined) this.#put(column, row, time_ms, figure);
    }
  }

  /** Puts in what the server remembers; ascending times, of each path a value for each. */
  merge(times_ms: Float64Array, paths: readonly string[], columns: readonly Float32Array[]): void {
    if (times_ms.length === 0) return;
    const rows = this.#mergeTimes(times_ms);
    for (const [i, path] of paths.entries()) {
      const values = columns[i];
      const first = values?.find(Number.isFinite);
      if (values === undefined || first === undefined) continue;
      const column = this.#columnFor(path, first);
      if (column === undefined) continue;
      for (let k = 0; k < rows.length; k++) {
        const row = rows[k] as number;
        const value = values[k] as number;
        // What came live is newer than what is remembered of it.
        if (row === GONE || !Number.isFinite(value) || !Number.isNaN(column.values[row] as number)) continue;
        this.#put(column, row, times_ms[k] as number, value);
      }
    }
  }

  /** Lets go of what is older than {@link PAST_MS}, and of columns that nobody has told of since. */
  forgetOld(): void {
    const newest_ms = this.newest_ms;
    if (newest_ms === undefined) return;
    while (this.start < this.end && (this.times_ms[this.start] as number) < newest_ms - PAST_MS) this.start++;
    for (const [path, { last_ms }] of this.columns) {
      if (last_ms >= newest_ms - PAST_MS) continue;
      this.columns.delete(path);
      this.shape++;
    }
  }

  /** The first row that is not before a time; `end` when all are. */
  rowFrom(time_ms: number): number {
    let low = this.start;
    let high = this.end;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.times_ms[middle] as number) < time_ms) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  /** The row nearest to a time; undefined when there is none. */
  rowNear(time_ms: number): number | undefined {
    if (this.rows === 0) return undefined;
    const after = this.rowFrom(time_ms);
    if (after === this.start) return after;
    if (after === this.end) return after - 1;
    const nearer_before = time_ms - (this.times_ms[after - 1] as number) <= (this.times_ms[after] as number) - time_ms;
    return nearer_before ? after - 1 : after;
  }

  /** A figure as it was at a row or shortly before it, NaN when it was not known. */
  valueAt(path: string, row: number, patience_ms: number): number {
    const column = this.columns.get(path);
    if (column === undefined) return Number.NaN;
    const from_ms = (this.times_ms[row] as number) - patience_ms;
    for (let i = row; i >= this.start && (this.times_ms[i] as number) >= from_ms; i--) {
      const value = column.values[i] as number;
      if (!Number.isNaN(value)) return value;
    }
    return Number.NaN;
  }

  #put(column: Column, row: number, time_ms: number, value: number): void {
    if (!column.moved && value !== column.first) {
      column.moved = true;
      this.shape++;
    }
    column.values[row] = value;
    column.since_ms = Math.min(column.since_ms, time_ms);
    column.last_ms = Math.max(column.last_ms, time_ms);
    column.peak = Math.max(column.peak, Math.abs(value));
  }

  #columnFor(path: string, first: number): Column | undefined {
    const known = this.columns.get(path);
    if (known !== undefined) return known;
    if (this.columns.size >= COLUMNS_MAX) {
      if (this.#left_out.size < LEFT_OUT_COUNTED_MAX) this.#left_out.add(path);
      return undefined;
    }
    const column: Column = {
      values: new Float32Array(this.times_ms.length).fill(Number.NaN),
      since_ms: Number.POSITIVE_INFINITY,
      last_ms: Number.NEGATIVE_INFINITY,
      peak: 0,
      first,
      moved: false,
    };
    this.columns.set(path, column);
    this.shape++;
    return column;
  }

  /** The row of a time, a new one if there is none yet; {@link GONE} if it is too old to be kept. */
  #rowFor(time_ms: number): number {
    const at = this.#rowAt(time_ms);
    if (at !== GONE) return at;
    if (this.newest_ms !== undefined && time_ms < this.newest_ms) {
      return this.#mergeTimes(Float64Array.of(time_ms))[0] as number;
    }
    if (this.rows >= ROWS_MAX) {
      this.start++;
      this.dropped_rows++;
    }
    if (this.end === this.times_ms.length) this.#makeRoom();
    this.times_ms[this.end] = time_ms;
    for (const { values } of this.columns.values()) values[this.end] = Number.NaN;
    return this.end++;
  }

  #rowAt(time_ms: number): number {
    const at = this.rowFrom(time_ms);
    return at < this.end && this.times_ms[at] === time_ms ? at : GONE;
  }

  #makeRoom(): void {
    const room = this.start > this.times_ms.length / 4 ? this.times_ms.length : this.times_ms.length * 2;
    const times_ms = new Float64Array(room);
    times_ms.set(this.times_ms.subarray(this.start, this.end));
    for (const column of this.columns.values()) {
      const values = new Float32Array(room).fill(Number.NaN);
      values.set(column.values.subarray(this.start, this.end));
      column.values = values;
    }
    this.times_ms = times_ms;
    this.end -= this.start;
    this.start = 0;
  }

  /** Makes a row for each of some times; returns which row each is, {@link GONE} for those that are too old to be kept. */
  #mergeTimes(more_ms: Float64Array): Int32Array {
    // What is remembered comes in several frames, each with other columns of the same rows.
    const known = more_ms.map((time_ms) => this.#rowAt(time_ms));
    if (!known.includes(GONE)) return Int32Array.from(known);
    const known_ms = this.times_ms.subarray(this.start, this.end);
    const all_ms = [...new Set([...known_ms, ...more_ms])].filter(Number.isFinite).sort((a, b) => a - b);
    const kept_ms = all_ms.slice(-ROWS_MAX);
    this.dropped_rows += all_ms.length - kept_ms.length;
    const row_of = new Map(kept_ms.map((time_ms, row) => [time_ms, row]));
    let room = ROWS_FIRST;
    while (room < kept_ms.length) room *= 2;
    const times_ms = new Float64Array(room);
    times_ms.set(kept_ms);
    for (const column of this.columns.values()) {
      const values = new Float32Array(room).fill(Number.NaN);
      for (let i = 0; i < known_ms.length; i++) {
        const row = row_of.get(known_ms[i] as number);
        if (row !== undefined) values[row] = column.values[this.start + i] as number;
      }
      column.values = values;
    }
    this.times_ms = times_ms;
    this.start = 0;
    this.end = kept_ms.length;
    return Int32Array.from(more_ms, (time_ms) => row_of.get(time_ms) ?? GONE);
  }

  #dropFrom(time_ms: number): void {
    const end = this.rowFrom(time_ms);
    this.dropped_rows += this.end - end;
    this.end = end;
    for (const column of this.columns.values()) column.last_ms = Math.min(column.last_ms, time_ms);
  }
}

const GONE = -1;

/** Names that are counted of what is left out. */
const LEFT_OUT_COUNTED_MAX = 1_000;
