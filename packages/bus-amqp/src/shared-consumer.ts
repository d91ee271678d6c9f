// The way in where sources are shared: one subscription, and the parts of it that this listener has. Each has about as many
// as the others: it counts the listeners, lets go of what it has too much, and claims what nobody has.

import type { EnvelopeHandler, SubscribeOptions, Subscription } from '@ganglion/kernel';
import { reasonOf } from '@ganglion/kernel';
import type { Channel, ConfirmChannel } from 'amqplib';
import { Complaints } from './complaints.ts';
import type { Connection } from './connection.ts';
import { Consumer, type ConsumerOptions } from './consumer.ts';
import { subscriptionLost } from './errors.ts';
import { checkShared, makeParts, openParts, type Part, type Parts, type PartsOptions } from './parts.ts';
import { queueName } from './queue.ts';
import { pause, repeat } from './retry.ts';
import { PartShare } from './share.ts';
import { Together } from './together.ts';

/**
 * Between two counts of the listeners, and of the parts that somebody has. The broker tells nobody of either; a part may be
 * without its listener for so long, and a little more.
 */
const COUNT_MS = 400;

/** The same, while there are too few parts here: another has just let go of some. */
const COUNT_SOON_MS = 100;

/** Between two looks for states that are held for long. */
const RENEW_MS = 60_000;

/** What waits for the parts is passed on before they are opened for what comes now; but after so long they are opened. */
const HELD_MS = 60_000;

/**
 * Acknowledgements of all parts go out together, at most this late. Each listener hears but a part of what comes: the less that is, the
 * more a write of its own would cost each.
 */
const ACK_TOGETHER_MS = 20;

/** Messages that are passed on and not confirmed, at most. */
const HELD_IN_FLIGHT = 256;

export interface SharedConsumerOptions extends Omit<ConsumerOptions, 'part'> {
  readonly openOther: PartsOptions['openOther'];
}

/** A part that is here. */
interface Had {
  readonly share: PartShare;
  readonly consumer: Consumer;
  /** Resolves when nothing is under way any more after it was cancelled. */
  readonly finished: Promise<void>;
  /** Settles when it was given up in order, after that has begun. */
  given: Promise<void> | undefined;
}

export class SharedConsumer implements Subscription {
  readonly ready: Promise<void>;
  readonly ended: Promise<void>;

  readonly #subscription: SubscribeOptions;
  readonly #handler: EnvelopeHandler;
  readonly #options: SharedConsumerOptions;
  readonly #front: string;
  readonly #complaints: Complaints;
  readonly #unavailable: Complaints;
  readonly #stopping = new AbortController();
  readonly #had = new Map<number, Had>();
  readonly #together = new Together(ACK_TOGETHER_MS);
  /** A part's queue could not be listened to: all is to be made again. */
  #is_broken = false;
  #made: () => void = () => {};
  #end: () => void = () => {};
  #cancelled: Promise<void> | undefined;

  /** @throws CodedError `SUBSCRIPTION_INVALID` */
  constructor(subscription: SubscribeOptions, handler: EnvelopeHandler, options: SharedConsumerOptions) {
    checkShared(options.exchange, subscription);
    this.#subscription = subscription;
    this.#handler = handler;
    this.#options = options;
    this.#front = queueName(options.exchange, subscription.name);
    this.#complaints = new Complaints(options.log);
    this.#unavailable = new Complaints(options.log);
    this.ready = new Promise((resolve) => {
      this.#made = resolve;
    });
    this.ended = new Promise((resolve) => {
      this.#end = resolve;
    });
  }

  /** Listens over this connection until it ends. Resolves when it is there, or when the first attempt has failed. Never throws. */
  serve(connection: Connection): Promise<void> {
    const waits = this.#options.backoff();
    const over = AbortSignal.any([connection.over, this.#stopping.signal]);
    return new Promise((resolve) => {
      repeat(
        over,
        waits,
        async () => {
          try {
            await this.#session(connection, over, () => {
              waits.opened();
              this.#made();
              this.#complaints.settle(`subscription "${this.#subscription.name}" is there again`);
              resolve();
            });
          } finally {
            resolve();
          }
        },
        (error) => this.#complaints.raise(subscriptionLost(this.#subscription.name, reasonOf(error), error)),
      ).then(resolve);
    });
  }

  cancel(): Promise<void> {
    this.#cancelled ??= this.#cancel();
    return this.#cancelled;
  }

  /** Cancels because the bus closes: what is not given up by now, the broker gives to others as it is. */
  async close(): Promise<void> {
    this.#stopping.abort();
    this.#cancelled ??= DONE;
    await Promise.all([...this.#had.values()].map((had) => this.#lose(had)));
    this.#finish();
  }

  async #cancel(): Promise<void> {
    this.#stopping.abort();
    const all = [...this.#had.values()];
    await Promise.all(all.map(({ consumer }) => consumer.cancel()));
    void Promise.all(all.map((had) => this.#give(had))).then(() => this.#finish());
  }

  #finish(): void {
    this.#end();
    this.#options.onFinished();
  }

  async #session(connection: Connection, over: AbortSignal, made: () => void): Promise<void> {
    const { model } = connection;
    const { parts, unavailable } = await makeParts(model, this.#front, this.#subscription, this.#options);
    if (unavailable !== undefined) this.#unavailable.raise(unavailable);
    else this.#unavailable.settle(`the sources of "${this.#subscription.name}" are shared out`);
    const channel = await model.createConfirmChannel();
    channel.on('error', () => {}); // What was asked is rejected with the same.
    try {
      if (parts.held !== undefined) {
        await passOn(channel, parts.held);
        await emptied(channel, parts.held.queue, over);
        await openParts(channel, this.#front, this.#subscription, this.#options.exchange);
      }
      await channel.consume(parts.members, () => {}, { noAck: true });
      made();
      await this.#keepBalance(connection, channel, parts, over);
    } finally {
      // Of a part that is being given up in order, all is done when that is.
      const lost = [...this.#had.values()].filter(({ given }) => given === undefined && this.#cancelled === undefined);
      await Promise.all(lost.map((had) => this.#lose(had)));
      await channel.close().catch(() => {}); // It may have ended by itself.
    }
  }

  /** Counts, claims and lets go until it is over; throws when it cannot count any more. */
  async #keepBalance(connection: Connection, channel: Channel, parts: Parts, over: AbortSignal): Promise<void> {
    let renewed_ms = performance.now();
    this.#is_broken = false;
    while (!over.aborted) {
      if (this.#is_broken) throw new Error('the broker has no queue for a part');
      const members = Math.max(1, (await channel.checkQueue(parts.members)).consumerCount);
      const most = Math.ceil(parts.all.length / members);
      // One after the other: each is without a listener for a moment, until another has seen it.
      for (const had of [...this.#had.values()].slice(most)) {
        if (over.aborted) return;
        await this.#give(had);
      }
      const claimed = this.#had.size < most ? await this.#claimSome(connection, channel, parts, most, over) : false;
      if (performance.now() - renewed_ms >= RENEW_MS) {
        renewed_ms = performance.now();
        for (const { share } of this.#had.values()) share.renew(renewed_ms);
      }
      if (claimed) continue;
      await pause(this.#had.size < Math.floor(parts.all.length / members) ? COUNT_SOON_MS : COUNT_MS, over);
    }
  }

  /** Claims parts that nobody has, a few: then it is time to count again. Returns whether there was one. */
  async #claimSome(
    connection: Connection,
    channel: Channel,
    parts: Parts,
    most: number,
    over: AbortSignal,
  ): Promise<boolean> {
    let orphans = parts.all.length - (await channel.checkQueue(parts.owners)).consumerCount;
    if (orphans <= 0) return false;
    let claimed = 0;
    // Others look, too: each begins elsewhere.
    const start = Math.floor(Math.random() * parts.all.length);
    for (let i = 0; i < parts.all.length && this.#had.size < most && claimed < CLAIMS_MAX && orphans > 0; i++) {
      const part = parts.all[(start + i) % parts.all.length] as Part;
      if (this.#had.has(part.number)) continue;
      if (over.aborted) break;
      if ((await channel.checkQueue(part.states)).consumerCount > 0) continue;
      orphans--;
      // One after the other: each is heard again as soon as it is here.
      if (await this.#claim(connection, parts, part, over)) claimed++;
    }
    return claimed > 0;
  }

  async #claim(connection: Connection, parts: Parts, part: Part, over: AbortSignal): Promise<boolean> {
    const { sharing } = this.#subscription;
    if (sharing === undefined) return false;
    const { log } = this.#options;
    let had: Had | undefined;
    const onLost = () => {
      if (had !== undefined) void this.#lose(had);
    };
    const onFailed = () => {
      this.#is_broken = true;
      onLost();
    };
    const share = await PartShare.claim(connection.model, {
      part,
      parts,
      holder: sharing.holder,
      log,
      onLost,
    });
    if (share === undefined) return false;
    let finish: () => void = () => {};
    const finished = new Promise<void>((resolve) => {
      finish = resolve;
    });
    const in_flight_max = Math.max(1, Math.floor(this.#subscription.in_flight_max / parts.all.length));
    const consumer = new Consumer(
      { ...this.#subscription, in_flight_max },
      (envelope) => this.#handler(envelope, share),
      { ...this.#options, part: { queue: part.queue, onFailed, together: this.#together }, onFinished: () => finish() },
    );
    had = { share, consumer, finished, given: undefined };
    this.#had.set(part.number, had);
    if (over.aborted || share.is_over) {
      // Cancelled, or the connection or the part lost, while it was claimed.
      await this.#lose(had);
      return false;
    }
    await consumer.serve(connection);
    return true;
  }

  /** Gives a part up in order: nothing new, what is under way ends, all is remembered, another may have it. */
  #give(had: Had): Promise<void> {
    had.given ??= this.#giveInOrder(had);
    return had.given;
  }

  async #giveInOrder(had: Had): Promise<void> {
    const { share, consumer, finished } = had;
    await consumer.cancel();
    await Promise.race([finished, share.over]);
    await this.#subscription.sharing?.holder.give(share).catch(() => {}); // It was lost meanwhile.
    await share.close();
    this.#forget(had);
  }

  /** Gives a part up as it is. What its handler still has comes again to whoever claims it. */
  async #lose(had: Had): Promise<void> {
    this.#forget(had);
    const closed = had.consumer.close();
    await had.share.close();
    await closed;
  }

  #forget(had: Had): void {
    const { number } = had.share.part;
    if (this.#had.get(number) === had) this.#had.delete(number);
  }
}

/** Then it counts again: another may have come meanwhile. */
const CLAIMS_MAX = 8;

/** Passes on what waits for the parts, in order, from now on. One listener at a time does. */
async function passOn(channel: ConfirmChannel, { queue, onward }: NonNullable<Parts['held']>): Promise<void> {
  await channel.prefetch(HELD_IN_FLIGHT);
  await channel.consume(queue, (message) => {
    if (message === null) return;
    const { routingKey } = message.fields;
    const { properties, content } = message;
    channel.publish(onward, routingKey, content, { ...properties, persistent: true }, (error: unknown) => {
      try {
        if (error === null || error === undefined) channel.ack(message);
        else channel.nack(message, false, true);
      } catch {
        // The channel is closed: it comes again.
      }
    });
  });
}

/** Resolves when a queue is empty, or after a while. */
async function emptied(channel: Channel, queue: string, over: AbortSignal): Promise<void> {
  const until_ms = performance.now() + HELD_MS;
  while (!over.aborted && performance.now() < until_ms && (await channel.checkQueue(queue)).messageCount > 0) {
    await pause(COUNT_SOON_MS, over);
  }
}

const DONE = Promise.resolve();
