// What a series usually is at this time of the day, or of the week: a mean for each slice of it, learnt once the slice is
// over, so that a value is compared with earlier days alone.

import type { Desk } from './state.ts';

/** As far as visits are counted. */
const VISITS_MAX = 255;

/** What comes on every visit is learnt in such steps, and forgotten at once. */
const LARGEST_STEP = 2;

/** What a profile is told. */
export interface ProfileOptions {
  /** How many slices the period has. */
  readonly slices: number;
  /** Where on the desk they are: a mean and the visits of each, and what of them is in the making. */
  readonly means_at: number;
  readonly visits_at: number;
  readonly slice_at: number;
  readonly period_ms: number;
  /** How much of the mean the newest visit is, of 1. */
  readonly rate: number;
  /** Visits before it says anything. */
  readonly visits_min: number;
  /** Whether it goes evenly from the middle of one slice to the next: for long slices. */
  readonly even: boolean;
  /** Whether it learns how large the largest value is on every visit, and not the mean. */
  readonly largest: boolean;
}

/** Of the numbers of the slice in the making. */
const SLICE = 0;
const SUM = 1;
const COUNT = 2;

/** See above. It keeps nothing of its own. Times are finite. */
export class Profile {
  readonly #desk: Desk;
  readonly #options: ProfileOptions;

  constructor(desk: Desk, options: ProfileOptions) {
    this.#desk = desk;
    this.#options = options;
  }

  /** What is usual at this time; NaN while that is not known. */
  expect(time_ms: number): number {
    const slice = this.#sliceOf(time_ms);
    if (!this.#knows(slice)) return Number.NaN;
    const { even, period_ms, slices } = this.#options;
    const mean = this.#meanOf(slice);
    if (!even) return mean;
    const past_middle = (time_ms / period_ms) * slices - 0.5;
    const part = past_middle - Math.floor(past_middle);
    // The middle of this slice is behind us or ahead.
    const other = (part < 0.5 ? slice + 1 : slice + slices - 1) % slices;
    if (!this.#knows(other)) return mean;
    const share = part < 0.5 ? part : 1 - part;
    return mean + share * (this.#meanOf(other) - mean);
  }

  /** The largest of what is usual now and in the slices beside it; NaN while none is known. */
  expectNearby(time_ms: number): number {
    const { slices } = this.#options;
    const slice = this.#sliceOf(time_ms);
    let largest = Number.NaN;
    for (let away = slices - 1; away <= slices + 1; away++) {
      const other = (slice + away) % slices;
      const mean = this.#meanOf(other);
      if (this.#knows(other) && !(mean <= largest)) largest = mean;
    }
    return largest;
  }

  /** The mean of all slices that are known; NaN while none is. */
  mean(): number {
    let sum = 0;
    let count = 0;
    for (let slice = 0; slice < this.#options.slices; slice++) {
      if (!this.#knows(slice)) continue;
      sum += this.#meanOf(slice);
      count++;
    }
    return sum / count;
  }

  /** Takes a value in. */
  learn(time_ms: number, value: number): void {
    const { numbers } = this.#desk;
    const { slice_at, largest } = this.#options;
    const slice = this.#sliceOf(time_ms);
    if (numbers[slice_at + SLICE] !== slice && this.#now(COUNT) > 0) {
      this.#close();
      numbers[slice_at + SUM] = 0;
      numbers[slice_at + COUNT] = 0;
    }
    numbers[slice_at + SLICE] = slice;
    if (!largest) {
      numbers[slice_at + SUM] = this.#now(SUM) + value;
      numbers[slice_at + COUNT] = this.#now(COUNT) + 1;
    } else if (this.#now(COUNT) === 0 || value > this.#now(SUM)) {
      numbers[slice_at + SUM] = value;
      numbers[slice_at + COUNT] = 1;
    }
  }

  #close(): void {
    const { means_at, visits_at, largest, rate } = this.#options;
    const slice = this.#now(SLICE);
    const sum = this.#now(SUM);
    const count = this.#visitsOf(slice) + 1;
    if (count <= VISITS_MAX) this.#desk.visits[visits_at + slice] = count;
    const before = this.#meanOf(slice);
    this.#desk.floats[means_at + slice] = largest
      ? Math.min(sum, before + LARGEST_STEP)
      : before + Math.max(rate, 1 / count) * (sum / this.#now(COUNT) - before);
  }

  #now(number: number): number {
    return this.#desk.numbers[this.#options.slice_at + number] ?? 0;
  }

  #meanOf(slice: number): number {
    return this.#desk.floats[this.#options.means_at + slice] ?? 0;
  }

  #visitsOf(slice: number): number {
    return this.#desk.visits[this.#options.visits_at + slice] ?? 0;
  }

  #knows(slice: number): boolean {
    return this.#visitsOf(slice) >= this.#options.visits_min;
  }

  #sliceOf(time_ms: number): number {
    const { period_ms, slices } = this.#options;
    const turns = time_ms / period_ms;
    const slice = Math.floor((turns - Math.floor(turns)) * slices);
    return slice < slices ? slice : 0;
  }
}
