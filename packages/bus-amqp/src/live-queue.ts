// One queue on the broker for all live subscriptions of this process that ask for the same: what comes over the network once need not
// come twice to one process. Each has its own limits; a slow one holds up no other.

import {
  BoundedQueue,
  type Envelope,
  type EnvelopeHandler,
  type SubscribeOptions,
  type Subscription,
} from '@ganglion/kernel';
import type { Connection } from './connection.ts';
import { Consumer, type ConsumerOptions } from './consumer.ts';
import { keptName } from './queue.ts';

const TAKEN = Promise.resolve();

export class LiveQueue {
  readonly #options: SubscribeOptions;
  readonly #exchange: string;
  readonly #consumer: Consumer;
  readonly #ears = new Set<Ear>();

  /**
   * Makes the queue that `options` asks for, without anybody who listens.
   *
   * @throws CodedError `SUBSCRIPTION_INVALID`
   */
  constructor(options: SubscribeOptions, consuming: ConsumerOptions) {
    this.#options = options;
    this.#exchange = consuming.exchange;
    const hear = (envelope: Envelope) => {
      for (const ear of this.#ears) ear.hear(envelope);
      return TAKEN;
    };
    // It waits for nobody: what it hands over, waits with who is slow.
    this.#consumer = new Consumer({ ...options, in_flight_max: Number.MAX_SAFE_INTEGER }, hear, consuming);
  }

  /** Whether all that some other subscription wants comes here, and as much of it as it wants to have wait on the broker. */
  carries({ pattern, from, delivery, limit_messages }: SubscribeOptions): boolean {
    const own = this.#options;
    return (
      delivery === 'live' &&
      this.#ears.size > 0 &&
      own.pattern === pattern &&
      own.from === from &&
      own.limit_messages >= limit_messages
    );
  }

  /** @throws CodedError `SUBSCRIPTION_INVALID` */
  listen(options: SubscribeOptions, handler: EnvelopeHandler): Subscription {
    keptName(this.#exchange, options);
    const ear = new Ear(options, handler);
    this.#ears.add(ear);
    let cancelled: Promise<void> | undefined;
    const cancel = () => {
      ear.close();
      this.#ears.delete(ear);
      return this.#ears.size === 0 ? this.#consumer.cancel() : TAKEN;
    };
    return {
      ready: this.#consumer.ready,
      cancel: () => {
        cancelled ??= cancel();
        return cancelled;
      },
    };
  }

  /** As {@link Consumer.serve}. */
  serve(connection: Connection): Promise<void> {
    return this.#consumer.serve(connection);
  }

  /** As {@link Consumer.close}. */
  close(): Promise<void> {
    for (const ear of this.#ears) ear.close();
    this.#ears.clear();
    return this.#consumer.close();
  }
}

/** One who listens. */
class Ear {
  readonly #options: SubscribeOptions;
  readonly #handler: EnvelopeHandler;
  readonly #waiting: BoundedQueue<Envelope>;
  #unsettled = 0;
  #closed = false;

  constructor(options: SubscribeOptions, handler: EnvelopeHandler) {
    this.#options = options;
    this.#handler = handler;
    this.#waiting = new BoundedQueue(options.limit_messages);
  }

  hear(envelope: Envelope): void {
    if (this.#unsettled < this.#options.in_flight_max && this.#waiting.size === 0) {
      this.#hand(envelope);
      return;
    }
    const evicted = this.#waiting.push(envelope);
    if (evicted !== undefined) this.#options.onDrop(evicted.key, 'queue_full');
  }

  /** Calls no handler any more; what those under way come to still counts. */
  close(): void {
    this.#closed = true;
    this.#waiting.clear();
  }

  #hand(envelope: Envelope): void {
    this.#unsettled++;
    call(this.#handler, envelope).then(
      () => this.#settled(),
      () => {
        this.#options.onDrop(envelope.key, 'refused');
        this.#settled();
      },
    );
  }

  #settled(): void {
    this.#unsettled--;
    while (!this.#closed && this.#unsettled < this.#options.in_flight_max) {
      const next = this.#waiting.shift();
      if (next === undefined) return;
      this.#hand(next);
    }
  }
}

/** A handler should reject instead of throwing; a throw must not keep the others from their message. */
function call(handler: EnvelopeHandler, envelope: Envelope): Promise<void> {
  try {
    return handler(envelope);
  } catch (error) {
    return Promise.reject(error);
  }
}
