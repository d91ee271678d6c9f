// Messages that the broker has not confirmed yet, in the order in which they were published, within two bounds.

import type { Envelope } from '@ganglion/kernel';

/** One message on its way to the broker. */
export class Outgoing {
  readonly envelope: Envelope;
  /** What it counts against the bound in bytes: key and body. */
  readonly size_bytes: number;
  /**
   * Where else it can wait: `spools`, in the backlog's store; `replayed`, it comes from there and is there still;
   * `nowhere`.
   */
  readonly elsewhere: 'nowhere' | 'spools' | 'replayed';
  /** Settles when the broker or the store has taken it over, or when it was given up. */
  readonly promise: Promise<void>;
  resolve: () => void = ignore;
  reject: (error: Error) => void = ignore;

  /** `waiting` to be sent; set `aside` until someone listens or the broker can store it; `sent` and not confirmed. */
  state: 'waiting' | 'aside' | 'sent' = 'waiting';
  /** Whether the broker gave it back because no queue was there for it. */
  returned = false;
  /** How often the broker broke off over it. */
  strikes = 0;
  /** How often the broker could not store it. */
  refusals = 0;

  previous: Outgoing | undefined;
  next: Outgoing | undefined;

  constructor(envelope: Envelope, elsewhere: Outgoing['elsewhere'] = 'nowhere') {
    this.envelope = envelope;
    this.elsewhere = elsewhere;
    this.size_bytes = envelope.key.length + envelope.payload.byteLength;
    this.promise = new Promise((resolve, reject) => {
      this.resolve = resolve;
      this.reject = reject;
    });
  }
}

/**
 * A linked list, so that a confirmed message leaves in constant time from wherever it stands, and all that is left after
 * a broken connection is in order without sorting. A cursor stands on the first message that waits.
 */
export class Outbox {
  readonly limit_messages: number;
  readonly limit_bytes: number;

  #first: Outgoing | undefined;
  #last: Outgoing | undefined;
  #cursor: Outgoing | undefined;
  #size = 0;
  #size_bytes = 0;

  /** @param limit_messages at least 1 */
  constructor(limit_messages: number, limit_bytes: number) {
    this.limit_messages = limit_messages;
    this.limit_bytes = limit_bytes;
  }

  get size(): number {
    return this.#size;
  }

  get size_bytes(): number {
    return this.#size_bytes;
  }

  /**
   * Adds a message at the end. Past a bound the oldest that is not on the wire goes, the new one itself if all others
   * are; returns those that went.
   */
  add(outgoing: Outgoing): readonly Outgoing[] {
    outgoing.previous = this.#last;
    if (this.#last === undefined) this.#first = outgoing;
    else this.#last.next = outgoing;
    this.#last = outgoing;
    this.#cursor ??= outgoing;
    this.#size++;
    this.#size_bytes += outgoing.size_bytes;
    return this.#size > this.limit_messages || this.#size_bytes > this.limit_bytes ? this.#evict() : NONE;
  }

  /** The first message that waits; it stays where it is. */
  peek(): Outgoing | undefined {
    while (this.#cursor !== undefined && this.#cursor.state !== 'waiting') this.#cursor = this.#cursor.next;
    return this.#cursor;
  }

  /** Takes a message out: it was confirmed or given up. */
  remove(outgoing: Outgoing): void {
    const { previous, next } = outgoing;
    if (previous === undefined) this.#first = next;
    else previous.next = next;
    if (next === undefined) this.#last = previous;
    else next.previous = previous;
    if (this.#cursor === outgoing) this.#cursor = next;
    outgoing.previous = undefined;
    outgoing.next = undefined;
    this.#size--;
    this.#size_bytes -= outgoing.size_bytes;
  }

  /** Makes one message wait again, in its old place. */
  again(outgoing: Outgoing): void {
    outgoing.state = 'waiting';
    this.#cursor = this.#first;
  }

  /** Makes those set aside wait again, and with `sent` those on the wire too. */
  rewind(which: 'aside' | 'sent'): void {
    for (const outgoing of this) {
      if (outgoing.state === 'aside' || which === 'sent') outgoing.state = 'waiting';
    }
    this.#cursor = this.#first;
  }

  /** Those of a kind that are not on the wire, oldest first. */
  waiting(elsewhere: Outgoing['elsewhere']): Outgoing[] {
    return Array.from(this).filter((outgoing) => outgoing.elsewhere === elsewhere && outgoing.state !== 'sent');
  }

  *[Symbol.iterator](): Generator<Outgoing> {
    for (let outgoing = this.#first; outgoing !== undefined; ) {
      const { next } = outgoing;
      yield outgoing;
      outgoing = next;
    }
  }

  #evict(): Outgoing[] {
    const evicted: Outgoing[] = [];
    for (const outgoing of this) {
      if (outgoing.state === 'sent') continue;
      this.remove(outgoing);
      evicted.push(outgoing);
      if (this.#size <= this.limit_messages && this.#size_bytes <= this.limit_bytes) break;
    }
    return evicted;
  }
}

const NONE: readonly Outgoing[] = [];
const ignore = () => {};
