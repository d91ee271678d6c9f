// What a module may say. pino fits this; a test passes its own.

/** A structured log: fields first, then one sentence. */
export interface Log {
  debug(fields: object, text: string): void;
  info(fields: object, text: string): void;
  warn(fields: object, text: string): void;
  error(fields: object, text: string): void;
}

/** A log that says nothing. */
export const silentLog: Log = { debug() {}, info() {}, warn() {}, error() {} };

/**
 * Lets each key pass at most once an interval, so that a flood of bad messages is not a flood of lines. What was held
 * back is told with the next line that passes, as `held_back`. Holds at most `keys_max` keys; past that, all share one.
 */
export class LogLimiter {
  readonly #last = new Map<string, { at_ms: number; held_back: number }>();
  readonly #interval_ms: number;
  readonly #keys_max: number;

  constructor(interval_ms = 1000, keys_max = 100) {
    this.#interval_ms = interval_ms;
    this.#keys_max = keys_max;
  }

  /** The number of lines held back since the last one of this key, or undefined when this one is held back too. */
  pass(key: string, now_ms = Date.now()): number | undefined {
    const name = this.#last.has(key) || this.#last.size < this.#keys_max ? key : 'other';
    const entry = this.#last.get(name);
    if (entry === undefined) {
      this.#last.set(name, { at_ms: now_ms, held_back: 0 });
      return 0;
    }
    if (now_ms - entry.at_ms < this.#interval_ms) {
      entry.held_back++;
      return undefined;
    }
    const { held_back } = entry;
    entry.at_ms = now_ms;
    entry.held_back = 0;
    return held_back;
  }
}
