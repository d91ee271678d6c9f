// The way in: one subscription, from its queue on the broker to its handler and back.

import {
  BoundedQueue,
  type EnvelopeHandler,
  type Log,
  reasonOf,
  type SubscribeOptions,
  type Subscription,
} from '@ganglion/kernel';
import { type Channel, type ChannelModel, type ConsumeMessage, IllegalOperationError } from 'amqplib';
import { Acknowledgements } from './acknowledgements.ts';
import { Complaints } from './complaints.ts';
import type { Connection } from './connection.ts';
import { bury, deadName } from './dead-letters.ts';
import { deadLetterLost, queueDiffers, subscriptionLost } from './errors.ts';
import { keptName, liveName, makeQueue } from './queue.ts';
import type { QueueType } from './queue-type.ts';
import { type Backoff, repeat } from './retry.ts';
import { Together } from './together.ts';
import { readMessage } from './wire.ts';

/** The most a channel's prefetch can be: 16 bits. */
const PREFETCH_MAX = 65_535;

/**
 * Acknowledgements of a busy subscription go out together, at most this late: a write of its own for each costs more than
 * its message's whole way through a module. A listener that is killed meanwhile gets that much more again.
 */
const ACK_TOGETHER_MS = 5;

/** There is one on a channel. */
const CONSUMER_TAG = 'messages';

export interface ConsumerOptions {
  readonly exchange: string;
  /** Who listens; stands in the names of live queues. */
  readonly instance: string;
  /** What durable queues are made as. */
  readonly queue_type: QueueType;
  readonly log: Log;
  /** Makes the waits between two attempts over one connection. */
  readonly backoff: () => Backoff;
  /**
   * Where sources are shared: the queue of one part, which is there; whom to tell when it cannot be listened to; and when to
   * acknowledge, together with the other parts.
   */
  readonly part?: { readonly queue: string; readonly onFailed: () => void; readonly together: Together } | undefined;
  /** Called when it was cancelled and has nothing more to acknowledge. */
  readonly onFinished: () => void;
}

/** One channel of a subscription. Each subscription has its own, so that none is ended by another's mistake. */
interface Session {
  readonly channel: Channel;
  /** The connection that it is on. */
  readonly model: ChannelModel;
  /** What the broker waits to hear about; a live subscription is never asked. */
  readonly acks: Acknowledgements<ConsumeMessage> | undefined;
  /** Resolves when the channel is closed. */
  readonly ended: Promise<void>;
  over: boolean;
  /** Why it ended, where that is known. */
  reason: unknown;
  /** Messages settled that the broker has not been told of. */
  untold: number;
  /** Tells it. */
  readonly flush: () => void;
  /** Settles when we have closed it; undefined while we have not begun to. */
  closed: Promise<void> | undefined;
}

interface Delivery {
  readonly session: Session;
  readonly message: ConsumeMessage;
}

export class Consumer implements Subscription {
  readonly #subscription: SubscribeOptions;
  readonly #handler: EnvelopeHandler;
  readonly #options: ConsumerOptions;
  readonly #kept_name: string;
  readonly #complaints: Complaints;
  readonly #stopping = new AbortController();
  readonly #waiting: BoundedQueue<Delivery>;
  readonly #together: Together;
  #ready: Promise<void>;
  #made: () => void = () => {};
  #session: Session | undefined;
  /** Handed to the handler and not settled, also from channels that have ended. */
  #unsettled = 0;
  /** Settles when the last message that was refused is a dead letter: one after the other, they stay in order. */
  #burying: Promise<unknown> = Promise.resolve();
  #cancelled: Promise<void> | undefined;
  #closing = false;
  #said_differs = false;

  /** @throws CodedError `SUBSCRIPTION_INVALID` */
  constructor(subscription: SubscribeOptions, handler: EnvelopeHandler, options: ConsumerOptions) {
    this.#subscription = subscription;
    this.#handler = handler;
    this.#options = options;
    this.#kept_name = keptName(options.exchange, subscription);
    this.#complaints = new Complaints(options.log);
    this.#together = options.part?.together ?? new Together(ACK_TOGETHER_MS);
    this.#waiting = new BoundedQueue(this.#kept ? subscription.in_flight_max : subscription.limit_messages);
    this.#ready = this.#untilMade();
  }

  /**
   * Until the broker has it, now. Stays pending when the subscription is cancelled, or the bus closed, before that.
   */
  get ready(): Promise<void> {
    return this.#ready;
  }

  /**
   * Listens over this connection until it ends, and again whenever the broker ends it. Resolves when it is there, or
   * when the first attempt has failed. Never throws.
   */
  serve({ model, over }: Connection): Promise<void> {
    const waits = this.#options.backoff();
    return new Promise((resolve) => {
      repeat(
        AbortSignal.any([over, this.#stopping.signal]),
        waits,
        async () => {
          let session: Session;
          try {
            session = await this.#open(model);
          } finally {
            resolve();
          }
          waits.opened();
          await this.#hold(session);
        },
        (error) => {
          this.#complaints.raise(subscriptionLost(this.#subscription.name, reasonOf(error), error));
          this.#options.part?.onFailed();
        },
      ).then(resolve);
    });
  }

  cancel(): Promise<void> {
    this.#cancelled ??= this.#cancel();
    return this.#cancelled;
  }

  /**
   * Cancels because the bus closes. What is settled by now is still acknowledged; the rest the broker gives to another
   * listener. Resolves when the broker has heard it.
   */
  async close(): Promise<void> {
    this.#closing = true;
    await this.cancel();
    const session = this.#session;
    if (session === undefined) return;
    this.#flush(session);
    // Closing the channel, not only the connection: the library lets the end of a connection overtake acknowledgements.
    await closeChannel(session);
  }

  get #kept(): boolean {
    return this.#subscription.delivery === 'kept';
  }

  async #open(model: ChannelModel): Promise<Session> {
    const name = this.#options.part?.queue ?? (await this.#makeQueue(model));
    const channel = await model.createChannel();
    const session = newSession(model, channel, this.#kept, (session) => this.#flush(session));
    channel.on('handler-error', (error) =>
      this.#options.log.error({}, `${this.#subscription.name} failed, ${reasonOf(error)}`),
    );
    try {
      if (this.#kept) await channel.prefetch(Math.min(this.#subscription.in_flight_max, PREFETCH_MAX));
      // From now on messages may come, and it may be cancelled.
      if (this.#cancelled === undefined) this.#session = session;
      await channel.consume(name, (message) => this.#delivered(session, message), {
        noAck: !this.#kept,
        consumerTag: CONSUMER_TAG,
      });
      return session;
    } catch (error) {
      this.#session = undefined;
      await closeChannel(session);
      throw error;
    }
  }

  /** Returns its name. */
  async #makeQueue(model: ChannelModel): Promise<string> {
    const { exchange, instance, queue_type, log } = this.#options;
    const queue = await makeQueue(
      model,
      exchange,
      this.#kept ? this.#kept_name : liveName(this.#kept_name, instance),
      this.#subscription,
      queue_type,
    );
    if (queue.differs !== undefined && !this.#said_differs) {
      this.#said_differs = true;
      const error = queueDiffers(queue.name, reasonOf(queue.differs));
      log.warn({ code: error.code }, error.message);
    }
    return queue.name;
  }

  #untilMade(): Promise<void> {
    return new Promise((resolve) => {
      this.#made = resolve;
    });
  }

  async #hold(session: Session): Promise<void> {
    this.#made();
    this.#complaints.settle(`subscription "${this.#subscription.name}" is there again`);
    // Cancelled before anything could come.
    if (this.#session !== session) closeChannel(session);
    await session.ended;
    this.#session = undefined;
    this.#ready = this.#untilMade();
    // What was kept comes again over the next channel; what is live is ours already.
    if (this.#kept) this.#waiting.clear();
    throw session.reason ?? new Error('its channel was closed');
  }

  #delivered(session: Session, message: ConsumeMessage | null): void {
    if (message === null) {
      session.reason = new Error('the broker ended it, as it does when the queue is deleted');
      closeChannel(session);
      return;
    }
    if (this.#cancelled !== undefined && !this.#kept) return;
    session.acks?.delivered(message);
    if (
      this.#unsettled < this.#subscription.in_flight_max &&
      this.#waiting.size === 0 &&
      this.#cancelled === undefined
    ) {
      this.#hand(session, message);
      return;
    }
    const evicted = this.#waiting.push({ session, message });
    if (evicted !== undefined) this.#subscription.onDrop(evicted.message.fields.routingKey, 'queue_full');
  }

  #hand(session: Session, message: ConsumeMessage): void {
    this.#unsettled++;
    this.#handle(message).then(
      () => this.#settled(session, message, 'taken'),
      (error) => this.#refused(session, message, error),
    );
  }

  /** A message that was refused has a place with the dead letters before the broker hears that we are through with it. */
  async #refused(session: Session, message: ConsumeMessage, error: unknown): Promise<void> {
    if (!this.#kept || session.over || this.#closing) {
      this.#settled(session, message, 'refused');
      return;
    }
    const { queue_type } = this.#options;
    const dead = deadName(this.#kept_name);
    const buried = this.#burying.then(() => bury(session.model, dead, queue_type, message, reasonOf(error)));
    this.#burying = buried.catch(() => {});
    try {
      await buried;
      this.#complaints.settle(`dead letters of "${this.#subscription.name}" are kept again`);
      this.#settled(session, message, 'buried');
    } catch (failure) {
      // When the connection has ended, the message comes again.
      if (!session.over) this.#complaints.raise(deadLetterLost(this.#subscription.name, reasonOf(failure), failure));
      this.#settled(session, message, 'refused');
    }
  }

  #handle(message: ConsumeMessage): Promise<void> {
    try {
      return this.#handler(readMessage(message));
    } catch (error) {
      // A handler should reject instead; a throw must not end the channel.
      return Promise.reject(error);
    }
  }

  #settled(session: Session, message: ConsumeMessage, outcome: 'taken' | 'buried' | 'refused'): void {
    this.#unsettled--;
    const { acks } = session;
    // Of a channel that is over the broker wants to hear nothing: it gives the message again. So does one that closes
    // when it hears nothing.
    const told = acks === undefined || (!session.over && (outcome !== 'refused' || !this.#closing));
    if (told && outcome !== 'taken') this.#subscription.onDrop(message.fields.routingKey, 'refused');
    if (told && acks !== undefined) {
      if (outcome === 'refused') acks.refused(message);
      else acks.done(message);
      this.#scheduleFlush(session);
    }
    if (this.#cancelled === undefined) this.#handNext();
    else if (this.#unsettled === 0 && this.#session !== undefined) this.#scheduleFlush(this.#session);
  }

  #handNext(): void {
    while (this.#unsettled < this.#subscription.in_flight_max) {
      const next = this.#waiting.shift();
      if (next === undefined) return;
      this.#hand(next.session, next.message);
    }
  }

  /**
   * Acknowledges all that is settled in this turn of the event loop at once; and when the last time was just now, what is
   * settled a little later too, unless the broker would wait for it with its next message.
   */
  #scheduleFlush(session: Session): void {
    session.untold++;
    const is_awaited = session.untold * 2 >= this.#subscription.in_flight_max || this.#cancelled !== undefined;
    this.#together.schedule(session.flush, is_awaited);
  }

  #flush(session: Session): void {
    session.untold = 0;
    const { channel, acks } = session;
    if (acks === undefined || session.over) return;
    const { refused, up_to, single } = acks.take();
    whileOpen(() => {
      for (const message of refused) channel.nack(message, false, false);
      if (up_to !== undefined) channel.ack(up_to, true);
      for (const message of single) channel.ack(message);
    });
    if (this.#unsettled === 0 && this.#cancelled !== undefined) this.#finish(session);
  }

  async #cancel(): Promise<void> {
    this.#stopping.abort();
    const session = this.#session;
    if (!this.#kept) this.#waiting.clear();
    if (session === undefined) {
      this.#options.onFinished();
      return;
    }
    try {
      await session.channel.cancel(CONSUMER_TAG);
    } catch {
      // The channel has ended meanwhile, and with it all that came over it.
    }
    // Given back only now: the broker would have sent it to us again.
    for (const { message } of this.#waiting.clear()) {
      session.acks?.returned(message);
      whileOpen(() => session.channel.nack(message, false, true));
    }
    if (!this.#kept || this.#unsettled === 0) {
      this.#flush(session);
      await this.#finish(session);
    }
  }

  async #finish(session: Session): Promise<void> {
    await closeChannel(session);
    this.#options.onFinished();
  }
}

function newSession(model: ChannelModel, channel: Channel, kept: boolean, flush: (session: Session) => void): Session {
  let end: () => void = () => {};
  const session: Session = {
    channel,
    model,
    acks: kept ? new Acknowledgements() : undefined,
    ended: new Promise((resolve) => {
      end = resolve;
    }),
    over: false,
    reason: undefined,
    untold: 0,
    flush: () => flush(session),
    closed: undefined,
  };
  channel.on('error', (error) => {
    session.reason = error;
  });
  channel.on('close', () => {
    session.over = true;
    end();
  });
  return session;
}

/** Closes it once, after what was said on it has been heard. Never rejects: it may end by itself at the same moment. */
function closeChannel(session: Session): Promise<void> {
  if (session.over) return session.ended;
  session.closed ??= session.channel.close().catch((error: unknown) => {
    session.reason ??= error;
  });
  return session.closed;
}

/** Tells the broker something, unless the channel is being closed: then it wants to hear nothing more. */
function whileOpen(tell: () => void): void {
  try {
    tell();
  } catch (error) {
    if (!(error instanceof IllegalOperationError)) throw error;
  }
}
