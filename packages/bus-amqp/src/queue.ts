// What queue a subscription has on the broker, with all its limits written out.

import { randomBytes } from 'node:crypto';
import type { SubscribeOptions } from '@ganglion/kernel';
import type { Channel, ChannelModel, Options } from 'amqplib';
import { deadName } from './dead-letters.ts';
import { subscriptionInvalid } from './errors.ts';
import { type QueueType, typeArguments } from './queue-type.ts';
import { ACCESS_REFUSED, codeOf, PRECONDITION_FAILED, refusalOf } from './replies.ts';

/** A kept queue that nobody listens to goes, with all it holds, after a day. */
export const KEPT_EXPIRES_MS = 24 * 60 * 60 * 1000;

/** A live queue goes with its connection; this catches one that was made and never listened to. */
const LIVE_EXPIRES_MS = 60 * 1000;

/** Bytes that names and patterns may have in AMQP (a short string). */
const NAME_BYTES_MAX = 255;

/** What the names of all queues of an exchange begin with. Names that begin with `amq.` are the broker's own. */
export function queueFront(exchange: string): string {
  return `${exchange.startsWith('amq.') ? 'queue.' : ''}${exchange}.`;
}

/** The name of a kept queue, `<exchange>.<subscription>`: the same for all instances, which share it. */
export function queueName(exchange: string, subscription: string): string {
  return `${queueFront(exchange)}${subscription}`;
}

/**
 * The same, checked.
 *
 * @throws CodedError `SUBSCRIPTION_INVALID` when the broker could not have that queue or binding
 */
export function keptName(
  exchange: string,
  { name, pattern, in_flight_max }: Pick<SubscribeOptions, 'name' | 'pattern' | 'in_flight_max'>,
): string {
  const queue = queueName(exchange, name);
  if (Buffer.byteLength(deadName(queue)) > NAME_BYTES_MAX) {
    throw subscriptionInvalid(name, `its queue's name "<exchange>.<name>.dead" is longer than ${NAME_BYTES_MAX} bytes`);
  }
  if (Buffer.byteLength(pattern) > NAME_BYTES_MAX) {
    throw subscriptionInvalid(name, `its pattern is longer than ${NAME_BYTES_MAX} bytes`);
  }
  if (!Number.isInteger(in_flight_max) || in_flight_max < 1) {
    throw subscriptionInvalid(name, `in_flight_max is ${in_flight_max}, not a whole number from 1`);
  }
  return queue;
}

/**
 * The name of a live queue, `<exchange>.<subscription>.<instance>.<random>`, for whoever reads the broker's list. New for
 * each connection: the broker may not have noticed yet that the last one is dead, and its queue is still there.
 */
export function liveName(kept_name: string, instance: string): string {
  const random = randomBytes(4).toString('hex');
  const front = Buffer.from(`${kept_name}.${instance}`).subarray(0, NAME_BYTES_MAX - random.length - 1);
  // A character cut in two at the end would not be UTF-8.
  return `${front.toString().replace(/\uFFFD$/, '')}.${random}`;
}

/** A queue that is there and bound. */
export interface MadeQueue {
  readonly name: string;
  /** How it differs from what was asked for, in the broker's words. */
  readonly differs: Error | undefined;
}

/** Makes the queue and binds it. Throws what the broker says when there is none after that. */
export async function makeQueue(
  model: ChannelModel,
  exchange: string,
  name: string,
  options: SubscribeOptions,
  type: QueueType,
): Promise<MadeQueue> {
  const { from = exchange, pattern } = options;
  const bind = (channel: Channel) => channel.bindQueue(name, from, pattern);
  const refusal = await refusalOf(model, async (channel) => {
    // While others have not made theirs, each try would leave a queue that is bound to nothing.
    if (from !== exchange) await channel.checkExchange(from);
    await channel.assertQueue(name, propertiesOf(options, type));
    await bind(channel);
  });
  if (refusal === undefined) return { name, differs: undefined };
  const code = codeOf(refusal);
  if (options.delivery === 'live' || (code !== PRECONDITION_FAILED && code !== ACCESS_REFUSED)) throw refusal;
  // It stands with other limits or of another type, or we may use but not declare it: taken as it is.
  const absence = await refusalOf(model, async (channel) => {
    await channel.checkQueue(name);
    await bind(channel);
  });
  if (absence !== undefined) throw refusal;
  return { name, differs: code === PRECONDITION_FAILED ? refusal : undefined };
}

function propertiesOf({ delivery, limit_messages }: SubscribeOptions, type: QueueType): Options.AssertQueue {
  const limits = { maxLength: limit_messages, overflow: 'drop-head' };
  const kept = { durable: true, exclusive: false, autoDelete: false, expires: KEPT_EXPIRES_MS };
  return delivery === 'kept'
    ? { ...kept, ...limits, arguments: typeArguments(type) }
    : // Exclusive, because RabbitMQ refuses other transient queues from 4.3 on.
      { durable: false, exclusive: true, autoDelete: true, expires: LIVE_EXPIRES_MS, ...limits };
}
