// The in-memory bus: the whole contract inside one process.

import type { Bus, BusStatus, Envelope, EnvelopeHandler, SubscribeOptions, Subscription } from './bus.ts';
import { DeadLetters } from './dead-letters.ts';
import { busClosed, reasonOf } from './errors.ts';
import { compilePattern } from './pattern.ts';
import { BoundedQueue } from './queue.ts';

const TAKEN = Promise.resolve();

/** Makes a bus that lives in this process. */
export function memoryBus(): Bus {
  // A live subscription is a queue of its own; kept ones of one name take turns at one queue.
  const queues = new Map<string, Queue>();
  const status: BusStatus = { connected: true, since_ms: Date.now() };
  let closed = false;
  let serial = 0;

  return {
    name: '',
    status,

    onStatus: () => () => {},

    publish(envelope) {
      if (closed) return Promise.reject(busClosed());
      for (const queue of queues.values()) {
        if (queue.hears(envelope.key)) queue.push(envelope);
      }
      return TAKEN;
    },

    subscribe(options, handler) {
      if (closed) throw busClosed();
      const name = options.delivery === 'kept' ? options.name : `${options.name}#${serial++}`;
      const queue = queues.get(name) ?? new Queue(options.limit_messages);
      queues.set(name, queue);
      return queue.add(options, handler, () => {
        if (options.delivery === 'live') queues.delete(name);
      });
    },

    dead: async (name) => queues.get(name)?.dead.all ?? [],

    flush: () => TAKEN,

    async close() {
      closed = true;
      for (const queue of queues.values()) queue.close();
      queues.clear();
    },
  };
}

interface Consumer {
  readonly options: SubscribeOptions;
  readonly handler: EnvelopeHandler;
  unsettled: number;
}

class Queue {
  /** What its listeners have refused; only a kept one's is ever asked for. */
  readonly dead = new DeadLetters();
  readonly #waiting: BoundedQueue<Envelope>;
  readonly #consumers: Consumer[] = [];
  readonly #patterns: { pattern: string; matches: (key: string) => boolean }[] = [];
  #turn = 0;
  #scheduled = false;

  constructor(limit_messages: number) {
    this.#waiting = new BoundedQueue(limit_messages);
  }

  hears(key: string): boolean {
    return this.#patterns.some(({ matches }) => matches(key));
  }

  push(envelope: Envelope): void {
    const evicted = this.#waiting.push(envelope);
    if (evicted !== undefined) this.#consumers[0]?.options.onDrop(evicted.key, 'queue_full');
    this.#schedule();
  }

  add(options: SubscribeOptions, handler: EnvelopeHandler, onCancel: () => void): Subscription {
    const consumer: Consumer = { options, handler, unsettled: 0 };
    this.#consumers.push(consumer);
    // A binding outlives its consumer, as on a broker: a kept queue goes on filling.
    if (!this.#patterns.some(({ pattern }) => pattern === options.pattern)) {
      this.#patterns.push({ pattern: options.pattern, matches: compilePattern(options.pattern) });
    }
    this.#schedule();
    return {
      ready: TAKEN,
      cancel: async () => {
        const at = this.#consumers.indexOf(consumer);
        if (at === -1) return;
        this.#consumers.splice(at, 1);
        onCancel();
      },
    };
  }

  close(): void {
    this.#consumers.length = 0;
    this.#waiting.clear();
  }

  /** Delivers after the publisher's call has returned, and lets timers and sockets in between full rounds. */
  #schedule(): void {
    if (this.#scheduled) return;
    this.#scheduled = true;
    setImmediate(() => {
      this.#scheduled = false;
      this.#deliver();
    });
  }

  #deliver(): void {
    while (this.#waiting.size > 0) {
      const consumer = this.#nextFree();
      if (consumer === undefined) return;
      const envelope = this.#waiting.shift() as Envelope;
      consumer.unsettled++;
      const settle = () => {
        consumer.unsettled--;
        if (this.#waiting.size > 0) this.#schedule();
      };
      call(consumer.handler, envelope).then(settle, (error) => {
        if (consumer.options.delivery === 'kept') {
          this.dead.add({ envelope, why: reasonOf(error), time_ms: Date.now() });
        }
        consumer.options.onDrop(envelope.key, 'refused');
        settle();
      });
    }
  }

  #nextFree(): Consumer | undefined {
    for (let i = 0; i < this.#consumers.length; i++) {
      const consumer = this.#consumers[(this.#turn + i) % this.#consumers.length] as Consumer;
      if (consumer.unsettled < consumer.options.in_flight_max) {
        this.#turn = (this.#turn + i + 1) % this.#consumers.length;
        return consumer;
      }
    }
    return undefined;
  }
}

/** Calls a handler; one that throws at once has refused, and must not keep the others from their messages. */
function call(handler: EnvelopeHandler, envelope: Envelope): Promise<void> {
  try {
    return handler(envelope);
  } catch (error) {
    return Promise.reject(error);
  }
}
