// What has changed in a sample, for a tracker that tells no more than that: a figure within the dead band of what was told
// last is left out. Now and then the sample goes out whole.

import type { Measure } from '@ganglion/topics';

/**
 * What a figure is of the size of, by the end of its name: a change smaller than the dead band's share of it is none, however
 * large it is beside a small figure. The longest end counts.
 */
const SIZES: readonly (readonly [end: string, size: number])[] = [
  ['_bytes_per_second', 200_000],
  ['_per_second', 200],
  ['_percentage', 20],
  ['_percentages', 20],
  ['_bytes', 20_000_000],
  ['_cores', 0.2],
  ['_celsius', 20],
  ['_watts', 10],
  ['_ms', 20],
];

/** When it was read is told with what was read, never alone. */
const READ_TIME = 'read_ms';

/** A sample as it goes out. */
export interface Report {
  readonly body: Measure;
  /** What it is called; see `Draft` in the kernel. */
  readonly version: string;
  /** What it builds on; undefined when it is whole. */
  readonly since: string | undefined;
}

export interface ChangesOptions {
  /** The share of a figure by which it must move to be told. 0 to 1. */
  readonly dead_band: number;
  /** The time after which a sample goes out whole. */
  readonly whole_ms: number;
}

type Fields = Readonly<Record<string, unknown>>;

export class Changes {
  readonly #dead_band: number;
  readonly #whole_ms: number;
  readonly #now: () => number;
  /** What listeners know, and what they call it. */
  #told: Fields | undefined;
  #version = 0;
  #whole_at_ms = Number.NEGATIVE_INFINITY;

  /** @param now milliseconds that never go back */
  constructor({ dead_band, whole_ms }: ChangesOptions, now: () => number = () => performance.now()) {
    this.#now = now;
    this.#dead_band = dead_band;
    this.#whole_ms = whole_ms;
  }

  /**
   * What to tell of a sample.
   *
   * @param whole whether it must be told whole: what was told before may not have come
   */
  next(sample: Measure, whole = false): Report {
    const now_ms = this.#now();
    const since = String(this.#version);
    const version = String(++this.#version);
    const told = this.#told;
    if (told !== undefined && !whole && now_ms - this.#whole_at_ms < this.#whole_ms) {
      const changes = this.#changesIn(told, sample);
      if (changes !== WHOLE) {
        // Foreign listeners know a measure by it.
        const body = { ...changes, cpu_percentage: sample.cpu_percentage };
        this.#told = together(told, body);
        return { body, version, since };
      }
    }
    this.#told = { ...sample };
    this.#whole_at_ms = now_ms;
    return { body: sample, version, since: undefined };
  }

  /** What differs; undefined when nothing does. */
  #changesIn(told: Fields, now: Fields): Record<string, unknown> | undefined | typeof WHOLE {
    let changes: Record<string, unknown> | undefined;
    for (const name in told) {
      if (name in now) continue;
      // What is gone is told by null, as in RFC 7396; but a headline is a number, or there is none.
      if (name.endsWith('_percentage')) return WHOLE;
      changes ??= {};
      changes[name] = null;
    }
    for (const name in now) {
      if (name === READ_TIME) continue;
      const [before, after] = [told[name], now[name]];
      let change: unknown;
      if (isFields(before) && isFields(after)) {
        change = this.#changesIn(before, after);
        if (change === WHOLE) return WHOLE;
      } else if (!this.#isSame(name, before, after)) {
        if (hasNull(after)) return WHOLE;
        change = after;
      }
      if (change === undefined) continue;
      changes ??= {};
      changes[name] = change;
    }
    if (changes !== undefined && READ_TIME in now) changes[READ_TIME] = now[READ_TIME];
    return changes;
  }

  #isSame(name: string, before: unknown, after: unknown): boolean {
    if (typeof before === 'number' && typeof after === 'number') {
      return Math.abs(after - before) <= this.#dead_band * Math.max(Math.abs(before), sizeOf(name));
    }
    if (Array.isArray(before) && Array.isArray(after)) {
      return before.length === after.length && before.every((each, n) => this.#isSame(name, each, after[n]));
    }
    if (isFields(before) && isFields(after)) {
      const names = Object.keys(after);
      return (
        names.length === Object.keys(before).length &&
        names.every((each) => this.#isSame(each, before[each], after[each]))
      );
    }
    return before === after;
  }
}

const WHOLE = Symbol('it cannot be told by changes');

function sizeOf(name: string): number {
  return SIZES.find(([end]) => name.endsWith(end))?.[1] ?? 0;
}

/** As the kernel of a listener puts them together. */
function together(told: Fields, changes: Fields): Fields {
  const result: Record<string, unknown> = { ...told };
  for (const name in changes) {
    const [before, after] = [told[name], changes[name]];
    if (after === null) delete result[name];
    else result[name] = isFields(before) && isFields(after) ? together(before, after) : after;
  }
  return result;
}

/** Whether null stands in it where it would say that a field is gone. */
function hasNull(value: unknown): boolean {
  return value === null || (isFields(value) && Object.values(value).some(hasNull));
}

function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
