// Saying what is wrong once, and once when it is over: an outage of an hour is two lines in the log.

import type { CodedError, Log } from '@ganglion/kernel';

/** What has been said about one thing since it last worked. */
export class Complaints {
  readonly #log: Log;
  readonly #said = new Set<string>();

  constructor(log: Log) {
    this.#log = log;
  }

  /** Warns, unless this code has been said since it last worked. `meanwhile`: what goes on all the same. */
  raise(error: CodedError, meanwhile?: string): void {
    const text = meanwhile === undefined ? error.message : `${error.message}; ${meanwhile}`;
    if (this.#said.has(error.code)) {
      this.#log.debug({ code: error.code }, text);
      return;
    }
    this.#said.add(error.code);
    this.#log.warn({ code: error.code }, text);
  }

  /** It works; says so if anything was wrong, and returns whether it did. */
  settle(text: string): boolean {
    if (this.#said.size === 0) return false;
    this.#said.clear();
    this.#log.info({}, text);
    return true;
  }
}
