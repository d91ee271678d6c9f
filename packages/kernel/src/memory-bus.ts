// The in-memory bus: the whole contract inside one process.

import {
  type Bus,
  type BusStatus,
  type Envelope,
  type EnvelopeHandler,
  QUESTIONS_MAX,
  type Share,
  type ShareHolder,
  type SubscribeOptions,
  type Subscription,
} from './bus.ts';
import { DeadLetters } from './dead-letters.ts';
import { busClosed, noAnswer, reasonOf, shareLost } from './errors.ts';
import { type Log, silentLog } from './log.ts';
import { compilePattern } from './pattern.ts';
import { BoundedQueue } from './queue.ts';
import { openStates, States } from './states.ts';

const TAKEN = Promise.resolve();

export interface MemoryBusOptions {
  /**
   * Folder for what shared subscriptions remember, so that it outlives the process. One process uses it at a time. Default: it
   * is remembered in memory.
   */
  readonly states?: string | undefined;
  readonly log?: Log | undefined;
}

/** Makes a bus that lives in this process. All sources of a shared subscription are in one part. */
export function memoryBus({ states: folder, log = silentLog }: MemoryBusOptions = {}): Bus {
  // A live subscription is a queue of its own; kept ones of one name take turns at one queue.
  const queues = new Map<string, Queue>();
  const status: BusStatus = { connected: true, since_ms: Date.now() };
  const stores = folder === undefined ? undefined : openStates(folder, log);
  let closed = false;
  let serial = 0;
  /** By correlation: what to do with the answer. */
  const asked = new Map<string, (payload: Uint8Array) => void>();
  let questions = 0;

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

    ask(envelope, timeout_ms) {
      if (closed) return Promise.reject(busClosed());
      if (asked.size >= QUESTIONS_MAX) {
        return Promise.reject(noAnswer(envelope.key, `${QUESTIONS_MAX} questions wait for an answer already`));
      }
      const correlation = String(++questions);
      return new Promise((resolve, reject) => {
        const timer = setTimeout(() => {
          asked.delete(correlation);
          reject(noAnswer(envelope.key, `none came within ${timeout_ms} ms`));
        }, timeout_ms);
        asked.set(correlation, (payload) => {
          clearTimeout(timer);
          resolve(payload);
        });
        void this.publish({ ...envelope, asker: { reply_to: '', correlation } });
      });
    },

    async answer({ correlation }, payload) {
      const take = asked.get(correlation);
      asked.delete(correlation);
      take?.(payload);
    },

    subscribe(options, handler) {
      if (closed) throw busClosed();
      const name = options.delivery === 'kept' ? options.name : `${options.name}#${serial++}`;
      const queue = queues.get(name) ?? new Queue(options.limit_messages, () => stores?.of(name) ?? new States());
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
      await stores?.close();
    },
  };
}

interface Consumer {
  readonly options: SubscribeOptions;
  readonly handler: EnvelopeHandler;
  unsettled: number;
  /** Called when the last of those has been settled, after it was cancelled. */
  onIdle: (() => void) | undefined;
}

/** The one share of a queue whose sources are shared: the listener that came first has it, and after it the next. */
interface Sole {
  readonly share: Share;
  readonly consumer: Consumer;
  readonly holder: ShareHolder;
}

class Queue {
  /** What its listeners have refused; only a kept one's is ever asked for. */
  readonly dead = new DeadLetters();
  readonly #waiting: BoundedQueue<Envelope>;
  readonly #consumers: Consumer[] = [];
  readonly #patterns: { pattern: string; matches: (key: string) => boolean }[] = [];
  readonly #makeStates: () => States;
  /** What is remembered, where sources are shared. */
  #states: States | undefined;
  #sole: Sole | undefined;
  #turn = 0;
  #scheduled = false;

  constructor(limit_messages: number, makeStates: () => States) {
    this.#waiting = new BoundedQueue(limit_messages);
    this.#makeStates = makeStates;
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
    const consumer: Consumer = { options, handler, unsettled: 0, onIdle: undefined };
    this.#consumers.push(consumer);
    let end: () => void = () => {};
    const ended = new Promise<void>((resolve) => {
      end = resolve;
    });
    // A binding outlives its consumer, as on a broker: a kept queue goes on filling.
    const is_here = options.from === undefined;
    if (is_here && !this.#patterns.some(({ pattern }) => pattern === options.pattern)) {
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
        this.#giveUp(consumer).then(end);
      },
      ended: options.sharing && ended,
    };
  }

  close(): void {
    this.#consumers.length = 0;
    this.#waiting.clear();
    this.#lose();
  }

  /** Gives the share up in order, if that listener has it: to the next, if there is one. */
  async #giveUp(consumer: Consumer): Promise<void> {
    const sole = this.#sole;
    if (sole?.consumer !== consumer) return;
    if (consumer.unsettled > 0) {
      await new Promise<void>((resolve) => {
        consumer.onIdle = resolve;
      });
    }
    await sole.holder.give(sole.share);
    this.#lose();
    this.#schedule();
  }

  #lose(): void {
    const sole = this.#sole;
    this.#sole = undefined;
    sole?.holder.lose(sole.share);
  }

  /** The listener that has the share, which the first takes if nobody has it. */
  #owner(consumer: Consumer, holder: ShareHolder): Consumer {
    if (this.#sole !== undefined) return this.#sole.consumer;
    this.#states ??= this.#makeStates();
    const states = this.#states;
    const share: Share = {
      remember: (source, state) => {
        if (this.#sole?.share !== share) return Promise.reject(shareLost());
        return states.put(source, state);
      },
    };
    this.#sole = { share, consumer, holder };
    holder.take(share, states.all);
    return consumer;
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
    const [first] = this.#consumers;
    const holder = first?.options.sharing?.holder;
    const owner = first !== undefined && holder !== undefined ? this.#owner(first, holder) : undefined;
    while (this.#waiting.size > 0) {
      const consumer = owner === undefined ? this.#nextFree() : this.#isFree(owner) ? owner : undefined;
      if (consumer === undefined) return;
      const envelope = this.#waiting.shift() as Envelope;
      consumer.unsettled++;
      const settle = () => {
        consumer.unsettled--;
        if (consumer.unsettled === 0) consumer.onIdle?.();
        if (this.#waiting.size > 0) this.#schedule();
      };
      call(consumer.handler, envelope, this.#sole?.share).then(settle, (error) => {
        if (consumer.options.delivery === 'kept') {
          this.dead.add({ envelope, why: reasonOf(error), time_ms: Date.now() });
        }
        consumer.options.onDrop(envelope.key, 'refused');
        settle();
      });
    }
  }

  #isFree(consumer: Consumer): boolean {
    return consumer.unsettled < consumer.options.in_flight_max && this.#consumers.includes(consumer);
  }

  #nextFree(): Consumer | undefined {
    for (let i = 0; i < this.#consumers.length; i++) {
      const consumer = this.#consumers[(this.#turn + i) % this.#consumers.length] as Consumer;
      if (this.#isFree(consumer)) {
        this.#turn = (this.#turn + i + 1) % this.#consumers.length;
        return consumer;
      }
    }
    return undefined;
  }
}

/** Calls a handler; one that throws at once has refused, and must not keep the others from their messages. */
function call(handler: EnvelopeHandler, envelope: Envelope, share: Share | undefined): Promise<void> {
  try {
    return handler(envelope, share);
  } catch (error) {
    return Promise.reject(error);
  }
}
