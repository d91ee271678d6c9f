// All that a detector knows of its series: some figures, the tables of its tails, the profiles of day and week, and when it
// was last surprised how much. 4 KB hold it, and it can be carried elsewhere as bytes.

import { TAIL_FLOATS } from './tail.ts';

/** Bytes of a snapshot, at most. */
export const STATE_BYTES_MAX = 4_096;

export const TAILS = 7;
export const DAY_SLICES = 96;
export const WEEK_SLICES = 168;
export const HABIT_SLICES = 24;

/** Levels of surprise, of half a nat each, that are remembered. */
export const LEVELS = 40;

/** Past this row, rows are counted anew: the levels are kept in floats that hold no larger whole numbers. */
const ROWS_MAX = 2 ** 23;
const ROWS_KEPT = 2 ** 22;

/** The layout that a snapshot was written with. */
const LAYOUT = 2;

/** What is known as single figures. Values are told relative to `origin`. */
export interface Figures {
  rows: number;
  origin: number;
  last: number;
  /** Levels of several memories. */
  jump: number;
  near: number;
  base: number;
  drift_now: number;
  drift_before: number;
  /** How much the series moves from row to row. */
  motion_now: number;
  motion_before: number;
  /** The middle of the values, the usual distance from it, and two levels of what is pressed between them. */
  middle: number;
  distance: number;
  level_now: number;
  level_before: number;
  /** The forecast's weights, the usual size of what they weigh, and of its errors. */
  weight_last: number;
  weight_jump: number;
  weight_near: number;
  weight_season: number;
  power: number;
  error: number;
  /** What the season does not explain, quick and slow; and how well each profile did. */
  unexplained: number;
  unexplained_slow: number;
  day_error: number;
  week_error: number;
  compared: number;
  /** How well the better profile did; and the rows of that, as far as they count. */
  season_error: number;
  seasons: number;
  highest: number;
  lowest: number;
  /** The largest surprise lately, fading. */
  heard: number;
  /** What was told last, in nats, and at which row. */
  told: number;
  told_row: number;
}

/** What of a profile is in the making: the slice, and the sum and count of what came in it. */
export interface Slice {
  slice: number;
  sum: number;
  count: number;
}

/** See above. Whoever holds it reads and writes its fields. */
export class State {
  readonly figures: Figures = {
    rows: 0,
    origin: 0,
    last: 0,
    jump: 0,
    near: 0,
    base: 0,
    drift_now: 0,
    drift_before: 0,
    motion_now: 0,
    motion_before: 0,
    middle: 0,
    distance: 0,
    level_now: 0,
    level_before: 0,
    weight_last: 0.3,
    weight_jump: 0.5,
    weight_near: 0.1,
    weight_season: 0.1,
    power: 0,
    error: 0,
    unexplained: 0,
    unexplained_slow: 0,
    day_error: 0,
    week_error: 0,
    compared: 0,
    season_error: 0,
    seasons: 0,
    highest: 0,
    lowest: 0,
    heard: 0,
    told: 0,
    told_row: 0,
  };
  readonly day_slice: Slice = { slice: 0, sum: 0, count: 0 };
  readonly week_slice: Slice = { slice: 0, sum: 0, count: 0 };
  readonly habit_slice: Slice = { slice: 0, sum: 0, count: 0 };
  readonly tails = new Float32Array(TAILS * TAIL_FLOATS);
  readonly day_means = new Float32Array(DAY_SLICES);
  readonly week_means = new Float32Array(WEEK_SLICES);
  readonly habit_means = new Float32Array(HABIT_SLICES);
  readonly day_visits = new Uint8Array(DAY_SLICES);
  readonly week_visits = new Uint8Array(WEEK_SLICES);
  readonly habit_visits = new Uint8Array(HABIT_SLICES);
  /** The row at which a surprise was last above each level. */
  readonly surprised = new Float32Array(LEVELS);

  /** Counts a row; returns how many there were before it, as far as that matters. */
  countRow(): number {
    if (this.figures.rows >= ROWS_MAX) {
      this.figures.rows -= ROWS_KEPT;
      this.figures.told_row -= ROWS_KEPT;
      for (let level = 0; level < LEVELS; level++) {
        const row = (this.surprised[level] ?? 0) - ROWS_KEPT;
        this.surprised[level] = Math.max(row, 0);
      }
    }
    return this.figures.rows++;
  }

  /** A copy, the same on every machine that stores the low byte first, as all that Node runs on do. */
  toBytes(): Uint8Array {
    const numbers = this.#records().flatMap((record) => Object.values(record));
    return Uint8Array.from([
      LAYOUT,
      ...bytesOf(Float64Array.from(numbers)),
      ...this.#arrays().flatMap((array) => [...bytesOf(array)]),
    ]);
  }

  /** Throws a RangeError when the bytes are no snapshot. */
  static from(bytes: Uint8Array): State {
    const state = new State();
    const size = state.toBytes().length;
    if (bytes[0] !== LAYOUT || bytes.length !== size) {
      throw new RangeError(`a snapshot has ${size} bytes and layout ${LAYOUT}`);
    }
    let at = 1;
    const take = (array: Float64Array | Float32Array | Uint8Array) => {
      bytesOf(array).set(bytes.subarray(at, at + array.byteLength));
      at += array.byteLength;
    };
    for (const record of state.#records()) {
      const values = new Float64Array(Object.keys(record).length);
      take(values);
      Object.assign(record, Object.fromEntries(Object.keys(record).map((key, index) => [key, values[index]])));
    }
    for (const array of state.#arrays()) take(array);
    return state;
  }

  #records(): object[] {
    return [this.figures, this.day_slice, this.week_slice, this.habit_slice];
  }

  #arrays(): (Float32Array | Uint8Array)[] {
    return [
      this.tails,
      this.day_means,
      this.week_means,
      this.habit_means,
      this.surprised,
      this.day_visits,
      this.week_visits,
      this.habit_visits,
    ];
  }
}

function bytesOf(array: Float64Array | Float32Array | Uint8Array): Uint8Array {
  return new Uint8Array(array.buffer, array.byteOffset, array.byteLength);
}
