// Settling: for a short time after a (re)connect the listeners may come back later than the publishers.
//
// At first everything is held back, about as long as the others may still wait before they try to connect. Then what
// nobody hears is kept and offered again, family by family, until someone hears it or the time is over. The first message
// of a family is its scout; those behind it wait until the broker has taken the scout without giving it back as
// unroutable. So the order within a family is kept, and a family that nobody hears holds up no other.

/** Families told apart; of further ones every message may go. */
export const FAMILIES_MAX = 1000;

/** Waits before what was given back is offered again: doubled each time, from the first to the last. */
const AGAIN_FIRST_MS = 50;
const AGAIN_LAST_MS = 500;

/** `open`: heard. An object: the scout under way. `closed`: not heard, to be tried again. */
type Family = 'open' | 'closed' | object;

export interface SettlingOptions {
  /** How long everything is held back. */
  readonly hold_ms: number;
  /** How long it lasts in all. */
  readonly duration_ms: number;
  /** Messages that were held may go now, if they are admitted. */
  readonly onAgain: () => void;
  /** The time is over: no message needs to be held any more. */
  readonly onOver: () => void;
}

/** The gate for one settling time. */
export class Settling {
  readonly #families = new Map<string, Family>();
  readonly #onAgain: () => void;
  readonly #onOver: () => void;
  readonly #over_timer: NodeJS.Timeout;
  /** Runs while everything is held, and while a family is closed. */
  #again_timer: NodeJS.Timeout | undefined;
  #again_ms = AGAIN_FIRST_MS;
  #holding = true;

  constructor(options: SettlingOptions) {
    this.#onAgain = options.onAgain;
    this.#onOver = options.onOver;
    this.#over_timer = setTimeout(() => this.end(), options.duration_ms);
    if (options.hold_ms > 0) this.#again_timer = setTimeout(() => this.#again(), options.hold_ms);
    else this.#holding = false;
  }

  /** Whether a message with this key may go now, as one of a family that is heard, or as its scout. */
  admits(key: string, message: object): boolean {
    if (this.#holding) return false;
    const name = familyOf(key);
    const family = this.#families.get(name);
    if (family !== undefined) return family === 'open' || family === message;
    if (this.#families.size < FAMILIES_MAX) this.#families.set(name, message);
    return true;
  }

  /** The broker has taken a message and not given it back; true when that opens its family. */
  taken(key: string, message: object): boolean {
    const name = familyOf(key);
    if (this.#families.get(name) !== message) return false;
    this.#families.set(name, 'open');
    return true;
  }

  /** The broker gave a message back: nobody hears its family yet. False when it is not worth keeping. */
  returned(key: string): boolean {
    const name = familyOf(key);
    if (!this.#families.has(name)) return false;
    this.#families.set(name, 'closed');
    if (this.#again_timer === undefined) {
      this.#again_timer = setTimeout(() => this.#again(), this.#again_ms);
      this.#again_ms = Math.min(AGAIN_LAST_MS, this.#again_ms * 2);
    }
    return true;
  }

  /** A message was given up; true when it was a scout, so that another may go. */
  gone(key: string, message: object): boolean {
    const name = familyOf(key);
    return this.#families.get(name) === message && this.#families.delete(name);
  }

  /** Ends it before its time. Safe to call twice. */
  end(): void {
    this.stop();
    this.#onOver();
  }

  /** Forgets it without a word: the connection has gone. */
  stop(): void {
    clearTimeout(this.#over_timer);
    clearTimeout(this.#again_timer);
  }

  #again(): void {
    this.#again_timer = undefined;
    this.#holding = false;
    for (const [name, family] of this.#families) {
      if (family === 'closed') this.#families.delete(name);
    }
    this.#onAgain();
  }
}

/** The last word of a routing key. */
function familyOf(key: string): string {
  return key.slice(key.lastIndexOf('.') + 1);
}
