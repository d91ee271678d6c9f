// The way in: an envelope becomes a message, the module's handler takes it in its turn, and its answer goes out.

import type { Envelope, Share } from './bus.ts';
import { BODY_BYTES_MAX, decode, readTime } from './codec.ts';
import { oneLine, reasonOf, shareLost } from './errors.ts';
import { type Log, LogLimiter } from './log.ts';
import type { Listening } from './module.ts';
import type { Publisher } from './publisher.ts';
import type { PulseCounts } from './pulse.ts';
import { RecentIds } from './recent-ids.ts';
import type { Remembering } from './remembering.ts';
import { type Message, splitKey, type Unread } from './topic.ts';
import { Versions } from './versions.ts';

/** Waits between the tries of one message: doubled each time, from the first to the last. */
const RETRY_FIRST_MS = 100;
const RETRY_LAST_MS = 5000;

/** What a module does with a message, or with one that is {@link Unread}. */
export type Handler = (message: never) => unknown;

/** What a handler's answer has come to: it was offered to the bus, which may not have confirmed it yet. */
interface Answered {
  readonly taken: Promise<void>;
}

/** Serves one subscription of one instance. */
export class Listener {
  readonly #listening: Listening;
  readonly #handler: (message: Message | Unread) => unknown;
  readonly #publisher: Publisher;
  readonly #counts: PulseCounts;
  readonly #log: Log;
  readonly #stopping: AbortSignal;
  readonly #versions = new Versions();
  readonly #limiter = new LogLimiter();
  /** What a kept subscription has handled: it may come again. */
  readonly #handled: RecentIds | undefined;
  /** What it is handling, by sender and id. At most `in_flight_max`. */
  readonly #handling = new Map<string, Promise<void>>();
  /** Where sources are shared: what is remembered of them. */
  readonly #remembering: Remembering | undefined;
  /** Where sources are shared: answers that the bus has not taken over. At most `in_flight_max` of each share. */
  readonly #answers = new Set<Promise<void>>();
  /** Settles when the message under way has been handled; undefined when none is. */
  #turn: Promise<void> | undefined;

  constructor(
    listening: Listening,
    handler: Handler,
    publisher: Publisher,
    counts: PulseCounts,
    log: Log,
    stopping: AbortSignal,
    remembering?: (answers: Iterable<Promise<void>>) => Remembering,
  ) {
    this.#listening = listening;
    // Which of the two it takes, follows from how it listens.
    this.#handler = handler as (message: Message | Unread) => unknown;
    this.#publisher = publisher;
    this.#counts = counts;
    this.#log = log;
    this.#stopping = stopping;
    this.#handled = listening.delivery === 'live' ? undefined : new RecentIds();
    this.#remembering = remembering?.(this.#answers);
  }

  /**
   * Takes one envelope. Resolves when its work is done, now or when it came before; rejects when it is refused after all
   * its tries.
   */
  take(envelope: Envelope, share?: Share): Promise<void> {
    const { topic, unread } = this.#listening;
    if (unread) return this.#takeUnread(envelope);
    const message = this.#read(envelope, Date.now());
    if (message === undefined) return DONE;
    this.#counts.in(topic.family);
    this.#remembering?.heard(share, message.source);
    // A foreign message without an id cannot be told from its repetition.
    if (this.#handled === undefined || message.id === '') return this.#work(message, share);
    return this.#handleOnce(message, this.#handled, share);
  }

  #read(envelope: Envelope, received_ms: number): Message | undefined {
    const message = decode(this.#listening.topic, envelope, received_ms, this.#versions);
    if (!('refused' in message)) return message;
    this.#failed(message.refused, { key: oneLine(envelope.key, 255) }, `refused, ${message.detail}`);
    return undefined;
  }

  #takeUnread(envelope: Envelope): Promise<void> {
    const { family } = this.#listening.topic;
    const { key, properties } = envelope;
    const { time, version } = properties;
    const parts = splitKey(key);
    const received_ms = Date.now();
    // What tells but changes is put together as it comes; and what no one is about, or is too large to keep, is refused.
    const is_kept = parts !== undefined && version === undefined && envelope.payload.byteLength <= BODY_BYTES_MAX;
    let message = is_kept ? undefined : this.#read(envelope, received_ms);
    if (!is_kept && message === undefined) return DONE;
    // A copy, since the bus's bytes are a part of what came with them; as a text, since many small buffers keep the collector busy.
    let waiting = is_kept ? latin1(envelope.payload) : undefined;
    this.#counts.in(family);
    try {
      this.#handler({
        family,
        source: message?.source ?? parts?.source ?? '',
        time_ms: readTime(time) ?? received_ms,
        received_ms,
        read: () => {
          if (waiting !== undefined) {
            message = this.#read({ key, properties, payload: Buffer.from(waiting, 'latin1') }, received_ms);
          }
          waiting = undefined;
          return message;
        },
      });
    } catch (error) {
      this.#failed('handler', { source: oneLine(key, 255) }, `handler failed, ${reasonOf(error)}`);
    }
    return DONE;
  }

  /** What comes again while it is being handled waits for the outcome, and is handled again only if that failed. */
  #handleOnce(message: Message, handled: RecentIds, share: Share | undefined): Promise<void> {
    const { sender, id } = message;
    if (handled.has(sender, id)) return this.#duplicate();
    const name = `${sender}\n${id}`;
    const first = this.#handling.get(name);
    if (first !== undefined) {
      return first.then(
        () => this.#duplicate(),
        () => this.#handleOnce(message, handled, share),
      );
    }
    const work = this.#work(message, share);
    this.#handling.set(name, work);
    work.then(
      () => {
        this.#handling.delete(name);
        handled.add(sender, id);
      },
      () => this.#handling.delete(name),
    );
    return work;
  }

  #duplicate(): Promise<void> {
    this.#counts.dropped(this.#listening.topic.family, 'duplicate');
    return DONE;
  }

  /** Handles a message; resolves when what it has led to is taken over by the bus, and then remembered where that is asked for. */
  #work(message: Message, share: Share | undefined): Promise<void> {
    const remembering = this.#remembering;
    if (remembering === undefined) return this.#handle(message);
    const taken = this.#handle(message, () => remembering.has(share));
    this.#answers.add(taken);
    const done = () => this.#answers.delete(taken);
    taken.then(done, done);
    return taken.then(() => remembering.pending(message.source));
  }

  /** @param isOurs whether it is still to be handled when its turn has come; default: always */
  #handle(message: Message, isOurs = always): Promise<void> {
    if (this.#listening.overlaps === true) {
      const answered = this.#try(message, isOurs);
      return answered instanceof Promise ? answered.then(({ taken }) => taken) : answered.taken;
    }
    if (this.#turn !== undefined) return this.#inTurn(this.#turn.then(() => this.#try(message, isOurs)));
    const answered = this.#try(message, isOurs);
    // A handler that returns at once, as most do, costs no promise of its own.
    return answered instanceof Promise ? this.#inTurn(answered) : answered.taken;
  }

  /** Makes the next message wait for this one's handler, but not for the bus to take over its answer. */
  #inTurn(work: Promise<Answered>): Promise<void> {
    const turn = work
      .then(
        () => {},
        () => {},
      )
      .then(() => {
        if (this.#turn === turn) this.#turn = undefined;
      });
    this.#turn = turn;
    return work.then((answered) => answered.taken);
  }

  #try(message: Message, isOurs: () => boolean): Answered | Promise<Answered> {
    if (!isOurs()) return Promise.reject(shareLost());
    try {
      const output = this.#handler(message);
      if (!(output instanceof Promise)) return this.#answer(message, output);
      return output.then(
        (value) => this.#answer(message, value),
        (error) => this.#tryAgain(message, isOurs, error),
      );
    } catch (error) {
      return this.#tryAgain(message, isOurs, error);
    }
  }

  async #tryAgain(message: Message, isOurs: () => boolean, thrown: unknown): Promise<Answered> {
    let error = thrown;
    for (let tried = 1; ; tried++) {
      this.#failed('handler', { source: oneLine(message.source, 255), tried }, `handler failed, ${reasonOf(error)}`);
      if (tried >= this.#listening.attempts_max || this.#stopping.aborted) throw error;
      await pause(Math.min(RETRY_LAST_MS, RETRY_FIRST_MS * 2 ** (tried - 1)), this.#stopping);
      if (!isOurs()) throw shareLost();
      try {
        return this.#answer(message, await this.#handler(message));
      } catch (again) {
        error = again;
      }
    }
  }

  #answer(message: Message, output: unknown): Answered {
    return { taken: this.#publisher.answer(message, output, this.#listening.delivery !== 'live') };
  }

  #failed(reason: string, fields: object, text: string): void {
    const { family } = this.#listening.topic;
    this.#counts.failed(family, reason);
    const held_back = this.#limiter.pass(reason);
    if (held_back !== undefined) this.#log.warn({ family, reason, ...fields, held_back }, `${family} ${text}`);
  }
}

const DONE = Promise.resolve();
const always = () => true;

/** Bytes as characters, one for one. */
function latin1({ buffer, byteOffset, byteLength }: Uint8Array): string {
  return Buffer.from(buffer, byteOffset, byteLength).toString('latin1');
}

/** Waits, but no longer than until the stop. */
function pause(duration_ms: number, stopping: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const end = () => {
      clearTimeout(timer);
      stopping.removeEventListener('abort', end);
      resolve();
    };
    const timer = setTimeout(end, duration_ms);
    stopping.addEventListener('abort', end);
  });
}
