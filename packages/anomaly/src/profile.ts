// What a series usually is at this time of the day, or of the week: a mean for each slice of it, learnt once the slice is
// over, so that a value is compared with earlier days alone.

import type { Slice } from './state.ts';

/** As far as visits are counted. */
const VISITS_MAX = 255;

/** What comes on every visit is learnt in such steps, and forgotten at once. */
const LARGEST_STEP = 2;

/** What a profile keeps; it holds nothing of its own. */
export interface ProfileState {
  /** One for each slice. */
  readonly means: Float32Array;
  readonly visits: Uint8Array;
  readonly now: Slice;
}

/** What a profile is told. */
export interface ProfileOptions {
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

/** See above. Times are finite. */
export class Profile {
  readonly #state: ProfileState;
  readonly #options: ProfileOptions;

  constructor(state: ProfileState, options: ProfileOptions) {
    this.#state = state;
    this.#options = options;
  }

  /** What is usual at this time; NaN while that is not known. */
  expect(time_ms: number): number {
    const slice = this.#sliceOf(time_ms);
    if (!this.#knows(slice)) return Number.NaN;
    const { means } = this.#state;
    const mean = means[slice] ?? 0;
    if (!this.#options.even) return mean;
    const past_middle = (time_ms / this.#options.period_ms) * means.length - 0.5;
    const part = past_middle - Math.floor(past_middle);
    // The middle of this slice is behind us or ahead.
    const other = (part < 0.5 ? slice + 1 : slice + means.length - 1) % means.length;
    if (!this.#knows(other)) return mean;
    const share = part < 0.5 ? part : 1 - part;
    return mean + share * ((means[other] ?? 0) - mean);
  }

  /** The largest of what is usual now and in the slices beside it; NaN while none is known. */
  expectNearby(time_ms: number): number {
    const { means } = this.#state;
    const slice = this.#sliceOf(time_ms);
    let largest = Number.NaN;
    for (let away = means.length - 1; away <= means.length + 1; away++) {
      const other = (slice + away) % means.length;
      const mean = means[other] ?? 0;
      if (this.#knows(other) && !(mean <= largest)) largest = mean;
    }
    return largest;
  }

  /** The mean of all slices that are known; NaN while none is. */
  mean(): number {
    let sum = 0;
    let count = 0;
    for (let slice = 0; slice < this.#state.means.length; slice++) {
      if (!this.#knows(slice)) continue;
      sum += this.#state.means[slice] ?? 0;
      count++;
    }
    return sum / count;
  }

  /** Takes a value in. */
  learn(time_ms: number, value: number): void {
    const { now } = this.#state;
    const slice = this.#sliceOf(time_ms);
    if (now.slice !== slice && now.count > 0) {
      this.#close();
      now.sum = 0;
      now.count = 0;
    }
    now.slice = slice;
    if (!this.#options.largest) {
      now.sum += value;
      now.count++;
    } else if (now.count === 0 || value > now.sum) {
      now.sum = value;
      now.count = 1;
    }
  }

  #knows(slice: number): boolean {
    return (this.#state.visits[slice] ?? 0) >= this.#options.visits_min;
  }

  #close(): void {
    const { means, visits, now } = this.#state;
    const count = (visits[now.slice] ?? 0) + 1;
    if (count <= VISITS_MAX) visits[now.slice] = count;
    const before = means[now.slice] ?? 0;
    means[now.slice] = this.#options.largest
      ? Math.min(now.sum, before + LARGEST_STEP)
      : before + Math.max(this.#options.rate, 1 / count) * (now.sum / now.count - before);
  }

  #sliceOf(time_ms: number): number {
    const { length } = this.#state.means;
    const turns = time_ms / this.#options.period_ms;
    const slice = Math.floor((turns - Math.floor(turns)) * length);
    return slice < length ? slice : 0;
  }
}
