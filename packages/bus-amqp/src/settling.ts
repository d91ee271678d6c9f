// Settling: for a short time after a (re)connect the listeners may come back later than the publishers.
//
// At first everything waits, about as long as the others may still wait before they try to connect. Then what nobody
// hears is kept and offered again, family by family, until someone hears it or the time is over. The first message of a
// family is its scout: those behind it wait until the broker has taken the scout, or given it back as unroutable. In the
// second case the family is set aside for a while and the others go on, so that what nobody hears holds up nothing, and
// the order within a family is kept.

/** Families told apart; of further ones every message may go. */
export const FAMILIES_MAX = 1000;

/** Waits before what was given back is offered again: doubled each time, from the first to the last. */
const AGAIN_FIRST_MS = 50;
const AGAIN_LAST_MS = 500;

/** `heard`; `aside`: given back, to be tried again; an object: the scout under way. */
type Family = 'heard' | 'aside' | object;

export interface SettlingOptions {
  /** How long everything waits at first. */
  readonly hold_ms: number;
  /** How long it lasts in all. */
  readonly duration_ms: number;
  /** What waits, or was set aside, may be offered again. */
  readonly onAgain: () => void;
  /** The time is over: every message may go. */
  readonly onOver: () => void;
}

/** The gate for one settling time. */
export class Settling {
  readonly #families = new Map<string, Family>();
  readonly #onAgain: () => void;
  readonly #onOver: () => void;
  readonly #over_timer: NodeJS.Timeout;
  /** Runs while everything waits, and while a family is aside. */
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

  /**
   * Whether a message with this key may `go` now, as one of a family that is heard or as its scout; has to `wait`, and
   * with it all that comes after; or is to be set `aside`.
   */
  verdict(key: string, message: object): 'go' | 'wait' | 'aside' {
    if (this.#holding) return 'wait';
    const name = familyOf(key);
    const family = this.#families.get(name);
    if (family === 'aside') return 'aside';
    if (family === undefined) {
      if (this.#families.size < FAMILIES_MAX) this.#families.set(name, message);
      return 'go';
    }
    return family === 'heard' || family === message ? 'go' : 'wait';
  }

  /** The broker has taken a message and not given it back. */
  taken(key: string, message: object): void {
    const name = familyOf(key);
    if (this.#families.get(name) === message) this.#families.set(name, 'heard');
  }

  /** The broker gave a message back: nobody hears its family yet. False when it is not worth keeping. */
  returned(key: string): boolean {
    const name = familyOf(key);
    if (!this.#families.has(name)) return false;
    this.#families.set(name, 'aside');
    if (this.#again_timer === undefined) {
      this.#again_timer = setTimeout(() => this.#again(), this.#again_ms);
      this.#again_ms = Math.min(AGAIN_LAST_MS, this.#again_ms * 2);
    }
    return true;
  }

  /** A message was given up: if it was a scout, another may go. */
  gone(key: string, message: object): void {
    const name = familyOf(key);
    if (this.#families.get(name) === message) this.#families.delete(name);
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
      if (family === 'aside') this.#families.delete(name);
    }
    this.#onAgain();
  }
}

/** The last word of a routing key. */
function familyOf(key: string): string {
  return key.slice(key.lastIndexOf('.') + 1);
}
