// What is usual for a figure: how high and how low its level goes, over some seconds, some minutes and a quarter of an hour. A
// short peak is held against short peaks and a long stretch against long ones, so that it takes no model to know a burst.
// All of a machine's ranges stand in one array of numbers: that keeps them small, and they can be saved as they are.

/** Memories of the levels, in milliseconds. */
const SCALES_MS = [15_000, 120_000, 900_000] as const;

/** What is usual does not include this much of the past: a slow rise is held against what was before it. */
export const BLOCK_MS = 600_000;

/** A level follows one value by no more than this, so that one alone is never enough, however seldom they come. */
const GAIN_MAX = 0.5;

/** Beyond what is usual and so many times what is far, all values are alike. */
const FAR_MAX = 2;

const LEVEL = 0;
const HIGH = 1;
const LOW = 2;
const NOW_HIGH = 3;
const NOW_LOW = 4;
const BEFORE_HIGH = 5;
const BEFORE_LOW = 6;
const SCALE_FLOATS = 7;

/** Rows that were taken in, and for how long, in milliseconds. */
const ROWS = SCALES_MS.length * SCALE_FLOATS;
const KNOWN_MS = ROWS + 1;

/** Numbers that a range takes. */
export const RANGE_FLOATS = KNOWN_MS + 1;

/** What counts as far, beside the figure's own `least`. */
export interface Limits {
  /** As a part of the usual range, from its low to its high. */
  readonly beyond: number;
  /** How fast a range is forgotten that is not filled any more: half of what is too much in this time. */
  readonly memory_ms: number;
  /** Until this is known of a figure it has to be twice as far, and less and less from then on. */
  readonly warm_up_ms: number;
}

/** The ranges of one machine. They keep nothing but what stands in the array. */
export class Ranges {
  readonly #limits: Limits;
  /** Of the row that comes: how far each level goes towards it. */
  readonly #gains = SCALES_MS.map(() => 0);
  #elapsed_ms = 0;
  #far = 0;
  #scale = 0;
  #is_high = false;

  constructor(limits: Limits) {
    this.#limits = limits;
  }

  /** An array for so many figures of which nothing is known. */
  static begin(figures: number): Float64Array {
    return new Float64Array(figures * RANGE_FLOATS);
  }

  /** Says how much time the rows that come stand for. */
  elapse(elapsed_ms: number): void {
    if (elapsed_ms === this.#elapsed_ms) return;
    this.#elapsed_ms = elapsed_ms;
    for (const [scale, memory_ms] of SCALES_MS.entries()) {
      this.#gains[scale] = Math.min(GAIN_MAX, 1 - Math.exp(-elapsed_ms / memory_ms));
    }
  }

  /** How long the figure is known, in milliseconds. */
  known_ms(array: Float64Array, figure: number): number {
    return array[figure * RANGE_FLOATS + KNOWN_MS] ?? 0;
  }

  /** One of the figure's levels, no further outside than counts. */
  level(array: Float64Array, figure: number, scale: number): number {
    return read(array, figure * RANGE_FLOATS + scale * SCALE_FLOATS + LEVEL);
  }

  /** How low and how high that level usually is; NaN while that is not known. */
  low(array: Float64Array, figure: number, scale: number): number {
    return read(array, figure * RANGE_FLOATS + scale * SCALE_FLOATS + LOW);
  }

  high(array: Float64Array, figure: number, scale: number): number {
    return read(array, figure * RANGE_FLOATS + scale * SCALE_FLOATS + HIGH);
  }

  /**
   * Takes a value in, and tells how far the figure is outside its range then, as a multiple of what is far: 0 for inside.
   *
   * @param scale_min the shortest of the levels that count
   */
  next(array: Float64Array, figure: number, value: number, least: number, scale_min: number): number {
    const first = figure * RANGE_FLOATS;
    const rows = read(array, first + ROWS);
    const known_ms = read(array, first + KNOWN_MS) + this.#elapsed_ms;
    array[first + ROWS] = rows + 1;
    array[first + KNOWN_MS] = known_ms;
    this.#far = 0;
    this.#scale = 0;
    for (let scale = 0; scale < SCALES_MS.length; scale++) {
      const at = first + scale * SCALE_FLOATS;
      const gain = Math.max(this.#gains[scale] ?? 0, 1 / (rows + 1));
      const before = read(array, at + LEVEL);
      if (rows === 0) for (let each = HIGH; each < SCALE_FLOATS; each++) array[at + each] = Number.NaN;
      const high = read(array, at + HIGH);
      const low = read(array, at + LOW);
      let level: number;
      if (Number.isNaN(high)) level = before + gain * (value - before);
      else {
        const far = this.#farOf(high - low, known_ms, least);
        const bounded = Math.min(high + FAR_MAX * far, Math.max(low - FAR_MAX * far, value));
        level = before + gain * (bounded - before);
        if (scale >= scale_min) this.#hold(scale, Math.max(level - high, low - level) / far, level > high);
      }
      array[at + LEVEL] = level;
      // A level that is not yet one of its time goes further than any later.
      if (known_ms < (SCALES_MS[scale] ?? 0)) continue;
      if (!(level <= read(array, at + NOW_HIGH))) array[at + NOW_HIGH] = level;
      if (!(level >= read(array, at + NOW_LOW))) array[at + NOW_LOW] = level;
    }
    return this.#far;
  }

  /** Of the last `next`: which level is so far outside, and on which side. */
  get scale(): number {
    return this.#scale;
  }

  get is_high(): boolean {
    return this.#is_high;
  }

  /** How far one level is outside now, below 0 when it is inside. */
  farAt(array: Float64Array, figure: number, scale: number, least: number): number {
    const at = figure * RANGE_FLOATS + scale * SCALE_FLOATS;
    const [level, high, low] = [read(array, at + LEVEL), read(array, at + HIGH), read(array, at + LOW)];
    const far = this.#farOf(high - low, this.known_ms(array, figure), least);
    return Math.max(level - high, low - level) / far;
  }

  /** Once in a block: what is a block old becomes usual, and what is usual is forgotten a little. */
  roll(array: Float64Array, figure: number): void {
    const kept = 2 ** (-BLOCK_MS / this.#limits.memory_ms);
    for (let scale = 0; scale < SCALES_MS.length; scale++) {
      const at = figure * RANGE_FLOATS + scale * SCALE_FLOATS;
      const high = read(array, at + HIGH);
      const low = read(array, at + LOW);
      const middle = (high + low) / 2;
      array[at + HIGH] = middle + (high - middle) * kept;
      array[at + LOW] = middle + (low - middle) * kept;
      this.#widen(array, at, read(array, at + BEFORE_HIGH), read(array, at + BEFORE_LOW));
      array[at + BEFORE_HIGH] = read(array, at + NOW_HIGH);
      array[at + BEFORE_LOW] = read(array, at + NOW_LOW);
      array[at + NOW_HIGH] = Number.NaN;
      array[at + NOW_LOW] = Number.NaN;
    }
  }

  /**
   * All that was seen is usual from now on.
   *
   * @param value one that is usual, too: a level never goes as far as a value that is very far
   */
  learn(array: Float64Array, figure: number, value = Number.NaN): void {
    for (let scale = 0; scale < SCALES_MS.length; scale++) {
      const at = figure * RANGE_FLOATS + scale * SCALE_FLOATS;
      this.#widen(array, at, value, value);
      this.#widen(array, at, read(array, at + BEFORE_HIGH), read(array, at + BEFORE_LOW));
      this.#widen(array, at, read(array, at + NOW_HIGH), read(array, at + NOW_LOW));
    }
  }

  #widen(array: Float64Array, at: number, high: number, low: number): void {
    if (Number.isNaN(high)) return;
    if (!(high <= read(array, at + HIGH))) array[at + HIGH] = high;
    if (!(low >= read(array, at + LOW))) array[at + LOW] = low;
  }

  #farOf(width: number, known_ms: number, least: number): number {
    const { beyond, warm_up_ms } = this.#limits;
    return Math.max(least, beyond * width) * (1 + warm_up_ms / Math.max(known_ms, warm_up_ms));
  }

  #hold(scale: number, far: number, is_high: boolean): void {
    if (far <= this.#far) return;
    this.#far = far;
    this.#scale = scale;
    this.#is_high = is_high;
  }
}

function read(array: Float64Array, at: number): number {
  return array[at] ?? Number.NaN;
}
