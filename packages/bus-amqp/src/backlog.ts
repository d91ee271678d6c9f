// The backlog: messages that memory does not hold while the broker is away wait in a store that outlives the process,
// and go out beside the live ones when it is back: a few at a time, so that nothing live waits behind them.

import { CodedError, compilePattern, type Envelope, type Outcome } from '@ganglion/kernel';

/** Replayed messages that are not confirmed yet, at most. */
const IN_FLIGHT_MAX = 100;

/** The time between two helpings. */
const HELPING_INTERVAL_MS = 50;

/**
 * Where messages wait besides memory: a bounded store which keeps what it has taken until that is confirmed, also beyond
 * this process. `@ganglion/spool` is one. None of its verbs throws.
 */
export interface MessageStore {
  /** Messages that wait, those handed out and not confirmed among them. */
  readonly size: number;
  /** Why the last `append` was refused; undefined when it was not. */
  readonly fault: string | undefined;
  /** Set by the bus; called for each message that the store had to let go. */
  onDrop: (key: string, reason: 'spool_full' | 'too_old') => void;
  /** Takes a message over; false when it cannot. */
  append(envelope: Envelope): boolean;
  /** Hands out the oldest message that was not handed out yet. */
  next(): StoredMessage | undefined;
  /** Lets go of a message that was handed out. */
  confirm(message: StoredMessage): void;
  /** Hands out again, in order, what was handed out and not confirmed. */
  rewind(): void;
  /** The bus is closed. What waits stays. */
  close(): void;
}

/** A message that a store handed out. */
export interface StoredMessage {
  readonly envelope: Envelope;
}

/** What waits in a store, and how much of it in memory. */
export interface SpoolOptions {
  readonly store: MessageStore;
  /** The keys of the messages that are worth it, as a binding pattern: others wait in memory alone. */
  readonly pattern: string;
  /** Of those, how many wait in memory while the broker is away: what a kill then costs at most. At least 0. */
  readonly memory_messages: number;
  /** Messages a second that are sent beside the live ones when the broker is back, at most. At least 20. */
  readonly replay_per_second: number;
}

export interface BacklogOptions extends SpoolOptions {
  /** Sends a message; settles when the broker has it or when it was given up. */
  readonly send: (envelope: Envelope) => Promise<void>;
  /** How many messages can be sent now without any live one having to wait for them. */
  readonly room: () => number;
  /** Told what became of messages after they were taken over. */
  readonly onOutcome: (key: string, outcome: Outcome) => void;
}

export class Backlog {
  readonly memory_messages: number;
  /** Whether messages with this key are worth a place in the store. */
  readonly keeps: (key: string) => boolean;
  readonly #options: BacklogOptions;
  readonly #store: MessageStore;
  readonly #helping: number;
  #in_flight = 0;
  /** Something came back unsent: the store hands it out again once nothing is under way any more. */
  #rewind_due = false;
  #timer: NodeJS.Timeout | undefined;
  #closed = false;

  constructor(options: BacklogOptions) {
    this.#options = options;
    this.#store = options.store;
    this.#store.onDrop = (key, reason) => options.onOutcome(key, { dropped: reason });
    this.#helping = Math.max(1, Math.floor((options.replay_per_second * HELPING_INTERVAL_MS) / 1000));
    this.memory_messages = options.memory_messages;
    this.keeps = compilePattern(options.pattern);
  }

  /** Messages in the store. */
  get size(): number {
    return this.#store.size;
  }

  get fault(): string | undefined {
    return this.#store.fault;
  }

  /** Takes a message over; false when the store cannot. */
  take(envelope: Envelope): boolean {
    const taken = this.#store.append(envelope);
    if (!taken) this.#options.onOutcome(envelope.key, { failed: 'spool_unwritable' });
    return taken;
  }

  /** There may be room for some of it now. Costs next to nothing when there is nothing to send. */
  wake(): void {
    if (this.#timer !== undefined || this.#closed || this.#store.size <= this.#in_flight) return;
    if (this.#options.room() <= 0) return;
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      this.#help();
    }, HELPING_INTERVAL_MS);
  }

  /** What is under way stays in the store. */
  close(): void {
    this.#closed = true;
    clearTimeout(this.#timer);
    this.#store.close();
  }

  /** Sends one helping. */
  #help(): void {
    const most = Math.min(this.#helping, IN_FLIGHT_MAX - this.#in_flight, this.#options.room());
    for (let n = 0; n < most && !this.#rewind_due; n++) {
      const message = this.#store.next();
      if (message === undefined) break;
      this.#in_flight++;
      this.#options.send(message.envelope).then(
        () => this.#settled(message, undefined),
        (error: unknown) => this.#settled(message, error),
      );
    }
    this.wake();
  }

  #settled(message: StoredMessage, error: unknown): void {
    this.#in_flight--;
    if (error === undefined) {
      this.#store.confirm(message);
    } else if (error instanceof CodedError && error.code === 'MESSAGE_REFUSED') {
      this.#options.onOutcome(message.envelope.key, { dropped: 'refused' });
      this.#store.confirm(message);
    } else {
      this.#rewind_due = true;
    }
    if (this.#rewind_due && this.#in_flight === 0) {
      this.#rewind_due = false;
      this.#store.rewind();
    }
    this.wake();
  }
}
