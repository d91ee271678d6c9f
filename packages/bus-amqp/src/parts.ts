// What a shared subscription has on the broker: its sources in parts, each a queue of messages and a queue of what is
// remembered. Why all this: docs/decisions/0021-shares-over-rabbitmq.md.
//
//   exchange ── pattern ──► .all ──► .parts (x-consistent-hash) ──► .part-00 … .part-07
//                            └─ while .parts is not there: .held ──► the queue that is named as a kept one's
//
// The broker brings back the bindings of a hashing exchange in any order when it starts again, and with it another way from
// sources to parts. So that exchange does not outlive the broker; until a listener has made it anew, in order, messages wait.

import type { SubscribeOptions } from '@ganglion/kernel';
import { reasonOf } from '@ganglion/kernel';
import type { Channel, ChannelModel, Options } from 'amqplib';
import { sharingUnavailable, subscriptionInvalid } from './errors.ts';
import { KEPT_EXPIRES_MS, keptName } from './queue.ts';
import { type QueueType, typeArguments } from './queue-type.ts';
import { ACCESS_REFUSED, COMMAND_INVALID, codeOf, NOT_FOUND, PRECONDITION_FAILED } from './replies.ts';

/** Parts that a name has room for. */
const PARTS_MAX = 100;

/** Parts can be of different size: each holds so many times its share of the limit. */
const UNEVEN = 4;

/** Bytes that are added to a kept queue's name at most, `.part-00.states`; and to no name may there be more than 255. */
const SUFFIX_BYTES = 15;
const NAME_BYTES_MAX = 255;

/** One part's queues. */
export interface Part {
  readonly number: number;
  /** Of messages. */
  readonly queue: string;
  /** Of what is remembered of its sources; whoever is its one active consumer has the part. */
  readonly states: string;
}

/** What there is on the broker. */
export interface Parts {
  readonly all: readonly Part[];
  /** Leads to the queue of states of the part whose number is the key. */
  readonly states_exchange: string;
  /** Queues that nothing is sent to: one consumer for each listener, and one for each part that somebody has. */
  readonly members: string;
  readonly owners: string;
  /** Where messages wait that could not be shared out, and where they go when they can. */
  readonly held: { readonly queue: string; readonly onward: string } | undefined;
}

export interface PartsOptions {
  readonly exchange: string;
  readonly queue_type: QueueType;
  /** Opens another connection for one question; a broker closes it when it does not know what it is asked for. */
  readonly openOther: () => Promise<{
    readonly model: ChannelModel;
    close(): Promise<void>;
    readonly ended: Promise<Error>;
  }>;
}

/** @throws CodedError `SUBSCRIPTION_INVALID` when the sources of that subscription cannot be shared out */
export function checkShared(exchange: string, subscription: SubscribeOptions): void {
  const { name, pattern, sharing } = subscription;
  const front = keptName(exchange, subscription);
  if (Buffer.byteLength(front) > NAME_BYTES_MAX - SUFFIX_BYTES) {
    throw subscriptionInvalid(name, `its queues' names would be longer than ${NAME_BYTES_MAX} bytes`);
  }
  const parts = sharing?.parts ?? 1;
  if (!Number.isInteger(parts) || parts < 1 || parts > PARTS_MAX) {
    throw subscriptionInvalid(name, `its sources are in ${parts} parts, not in 1 to ${PARTS_MAX}`);
  }
  if (/(^|\.)[*#]?$/.test(pattern)) {
    throw subscriptionInvalid(
      name,
      `its sources are shared, but its pattern "${pattern}" does not end with one family`,
    );
  }
}

/**
 * Makes all that is not there. Where the broker cannot hash, there is one part.
 *
 * @returns and why there is but one, where more were asked for
 */
export async function makeParts(
  model: ChannelModel,
  front: string,
  subscription: SubscribeOptions,
  options: PartsOptions,
): Promise<{ readonly parts: Parts; readonly unavailable?: ReturnType<typeof sharingUnavailable> }> {
  const count = subscription.sharing?.parts ?? 1;
  const asker = new Asker(model);
  try {
    if (count === 1) return { parts: await makeOne(asker, front, subscription, options) };
    // Whoever came before may have found that the broker cannot hash: all do the same.
    const alone = await asker.count(`${front}.only.owners`);
    const why = alone > 0 ? 'others have begun without it' : await makeHash(asker, hashNames(front).ring, options);
    if (why !== undefined) {
      const unavailable = sharingUnavailable(subscription.name, why);
      return { parts: await makeOne(asker, front, subscription, options), unavailable };
    }
    return { parts: await makeMany(asker, front, count, subscription, options) };
  } finally {
    await asker.close();
  }
}

/** The exchange that hashes, and the one that leads to it. */
function hashNames(front: string) {
  return { ring: `${front}.parts`, entry: `${front}.all` };
}

async function makeOne(
  asker: Asker,
  front: string,
  { pattern, limit_messages }: SubscribeOptions,
  { exchange, queue_type }: PartsOptions,
): Promise<Parts> {
  const part = { number: 0, queue: front, states: `${front}.only.states` };
  const states_exchange = `${front}.only`;
  await asker.exchange(states_exchange, 'direct', { durable: true, autoDelete: true });
  await asker.part(part, states_exchange, limit_messages, queue_type);
  await asker.do((channel) => channel.bindQueue(part.queue, exchange, pattern));
  const [members, owners] = await asker.lists(`${front}.only`, queue_type);
  return { all: [part], states_exchange, members, owners, held: undefined };
}

async function makeMany(
  asker: Asker,
  front: string,
  count: number,
  { pattern, limit_messages }: SubscribeOptions,
  { exchange, queue_type }: PartsOptions,
): Promise<Parts> {
  const { ring, entry } = hashNames(front);
  const holding = `${front}.held`;
  const states_exchange = `${front}.states`;
  // First of all what keeps messages: an exchange that does not outlive the broker has lost its bindings with it.
  await asker.exchange(holding, 'fanout', { durable: true, autoDelete: true });
  await asker.queue(front, { ...KEPT, maxLength: limit_messages, overflow: 'drop-head' }, queue_type, ONE_AT_A_TIME);
  await asker.do((channel) => channel.bindQueue(front, holding, ''));
  await asker.exchange(entry, 'fanout', { durable: true, autoDelete: true, alternateExchange: holding });
  await asker.do((channel) => channel.bindExchange(entry, exchange, pattern));
  await asker.exchange(states_exchange, 'direct', { durable: true, autoDelete: true });
  const limit = Math.min(limit_messages, Math.ceil((UNEVEN * limit_messages) / count));
  // Their names have the order of their numbers, and everybody binds them in it: each source has the same part again.
  const all = Array.from({ length: count }, (_, number) => {
    const queue = `${front}.part-${String(number).padStart(2, '0')}`;
    return { number, queue, states: `${queue}.states` };
  });
  for (const part of all) {
    await asker.part(part, states_exchange, limit, queue_type);
    await asker.do((channel) => channel.bindQueue(part.queue, ring, '1'));
  }
  const [members, owners] = await asker.lists(front, queue_type);
  return { all, states_exchange, members, owners, held: { queue: front, onward: ring } };
}

/**
 * Lets messages through to the parts, when what waited before them has gone on.
 */
export async function openParts(
  channel: Channel,
  front: string,
  { pattern }: SubscribeOptions,
  exchange: string,
): Promise<void> {
  const { ring, entry } = hashNames(front);
  await channel.bindExchange(ring, entry, '');
  // Of a time when the broker could not hash.
  await channel.unbindQueue(front, exchange, pattern);
}

/** Makes the hashing exchange. Returns why that cannot be. */
async function makeHash(asker: Asker, name: string, { openOther }: PartsOptions): Promise<string | undefined> {
  const absence = await asker.do((channel) => channel.checkExchange(name), [NOT_FOUND]);
  if (absence === undefined) return undefined;
  const other = await openOther();
  try {
    const channel = await other.model.createChannel();
    channel.on('error', () => {}); // The question is rejected with the same.
    await channel.assertExchange(name, 'x-consistent-hash', { durable: false, autoDelete: true });
    return undefined;
  } catch (error) {
    const code = codeOf(error);
    if (code === PRECONDITION_FAILED) return undefined;
    const reason = typeof code === 'number' ? error : (await other.ended).cause;
    if (codeOf(reason) === COMMAND_INVALID) return 'its plugin rabbitmq_consistent_hash_exchange is not enabled';
    if (codeOf(reason) === ACCESS_REFUSED) return reasonOf(reason);
    throw error;
  } finally {
    await other.close();
  }
}

/** They go, with all they hold, when nobody has listened for a day. */
const KEPT: Options.AssertQueue = { durable: true, exclusive: false, autoDelete: false, expires: KEPT_EXPIRES_MS };

/** The next consumer gets nothing until the one before has gone, and all that it had not settled is back in its place. */
const ONE_AT_A_TIME = { 'x-single-active-consumer': true };

/** Asks one thing after the other. A refusal closes the channel: the next question has another. */
class Asker {
  readonly #model: ChannelModel;
  #channel: Channel | undefined;

  constructor(model: ChannelModel) {
    this.#model = model;
  }

  /** Resolves to the refusal, if it is one of these; default: none, since what stands otherwise than asked for will do. */
  async do(ask: (channel: Channel) => Promise<unknown>, refusals: readonly number[] = []): Promise<Error | undefined> {
    this.#channel ??= await this.#open();
    try {
      await ask(this.#channel);
      return undefined;
    } catch (error) {
      this.#channel = undefined;
      if (error instanceof Error && refusals.some((code) => code === codeOf(error))) return error;
      throw error;
    }
  }

  /** Makes an exchange, or takes the one that stands. */
  async exchange(name: string, type: string, properties: Options.AssertExchange): Promise<void> {
    const refusal = await this.do((channel) => channel.assertExchange(name, type, properties), AS_IT_STANDS);
    if (refusal !== undefined) await this.do((channel) => channel.checkExchange(name));
  }

  /** Makes a queue, or takes the one that stands. */
  async queue(
    name: string,
    properties: Options.AssertQueue,
    type: QueueType,
    more: Record<string, unknown> = {},
  ): Promise<void> {
    const wanted = { ...properties, arguments: { ...more, ...typeArguments(type) } };
    const refusal = await this.do((channel) => channel.assertQueue(name, wanted), AS_IT_STANDS);
    if (refusal !== undefined) await this.do((channel) => channel.checkQueue(name));
  }

  async part(part: Part, states_exchange: string, limit: number, type: QueueType): Promise<void> {
    await this.queue(part.queue, { ...KEPT, maxLength: limit, overflow: 'drop-head' }, type, ONE_AT_A_TIME);
    await this.queue(part.states, KEPT, type, ONE_AT_A_TIME);
    await this.do((channel) => channel.bindQueue(part.states, states_exchange, String(part.number)));
  }

  async lists(front: string, type: QueueType): Promise<[members: string, owners: string]> {
    const names: [string, string] = [`${front}.members`, `${front}.owners`];
    for (const name of names) await this.queue(name, { ...KEPT, maxLength: 1 }, type);
    return names;
  }

  /** How many listen to a queue; 0 when there is none. */
  async count(queue: string): Promise<number> {
    let count = 0;
    await this.do(
      async (channel) => {
        count = (await channel.checkQueue(queue)).consumerCount;
      },
      [NOT_FOUND],
    );
    return count;
  }

  async close(): Promise<void> {
    await this.#channel?.close().catch(() => {}); // It may have ended by itself.
  }

  async #open(): Promise<Channel> {
    const channel = await this.#model.createChannel();
    channel.on('error', () => {}); // The question is rejected with the same.
    return channel;
  }
}

const AS_IT_STANDS = [PRECONDITION_FAILED, ACCESS_REFUSED];
