// Listens in on everything for a moment now and then, to find who publishes without a pulse.

import type { Context, Subscription } from '@ganglion/kernel';
import type { Found, Strangers } from './strangers.ts';

/** Between the beginnings of two surveys. */
const EVERY_MS = 5_000;

/** Before the first: by then everybody who pulses has done so, and is no stranger. */
const FIRST_MS = 1_200;

/** A survey is over after so long, or so many messages. */
const SURVEY_MS = 1_000;
const MESSAGES_MAX = 2_000;

export class Survey {
  readonly #strangers: Strangers;
  readonly #tap: Context['tap'];
  readonly #onFound: (found: Found) => void;
  #timer: NodeJS.Timeout;
  #subscription: Subscription | undefined;
  #began_ms = 0;
  #messages = 0;

  constructor(strangers: Strangers, tap: Context['tap'], onFound: (found: Found) => void) {
    this.#strangers = strangers;
    this.#tap = tap;
    this.#onFound = onFound;
    this.#timer = setTimeout(() => this.#begin(), FIRST_MS);
  }

  close(): void {
    clearTimeout(this.#timer);
    this.#cancel();
  }

  #begin(): void {
    this.#messages = 0;
    const subscription = this.#tap('#', { limit_messages: MESSAGES_MAX, onDrop: () => {} }, (envelope) => {
      if (this.#subscription !== subscription) return;
      this.#strangers.hear(envelope);
      if (++this.#messages === MESSAGES_MAX) this.#end(true);
    });
    this.#subscription = subscription;
    // While the bus is away there is nothing to be heard: it begins when it is back.
    subscription.ready.then(() => {
      if (this.#subscription !== subscription) return;
      this.#began_ms = performance.now();
      this.#timer = setTimeout(() => this.#end(false), SURVEY_MS);
    });
  }

  #end(cut: boolean): void {
    clearTimeout(this.#timer);
    this.#cancel();
    const took_ms = performance.now() - this.#began_ms;
    this.#onFound(this.#strangers.end(took_ms, cut, Date.now()));
    this.#timer = setTimeout(() => this.#begin(), Math.max(0, EVERY_MS - took_ms));
  }

  #cancel(): void {
    this.#subscription?.cancel().catch(() => {});
    this.#subscription = undefined;
  }
}
