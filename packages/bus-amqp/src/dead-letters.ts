// Dead letters: what a kept subscription refused for good. It is published to a queue of its own, and confirmed there,
// before it is acknowledged where it came from: the broker's own dead-letter exchange would do that too, but as an argument
// of the kept queue, and one that stands already without it is taken as it is.
//
// The queue has an exchange to itself, under the same name: whoever may have the queue may publish to it. The default
// exchange leads there too, and into every other queue, so nobody is given leave to write to it; and on the exchange that
// all share, dead letters would be heard by whoever listens to everything, also by the one who refused them.

import { DEAD_LETTERS_MAX, type DeadLetter } from '@ganglion/kernel';
import type { Channel, ChannelModel, ConsumeMessage, GetMessage, Options } from 'amqplib';
import { type QueueType, typeArguments } from './queue-type.ts';
import { ACCESS_REFUSED, codeOf, NOT_FOUND, PRECONDITION_FAILED, refusalOf } from './replies.ts';
import { readMessage } from './wire.ts';

/** What a dead letter's headers tell of its end, besides those it had. */
const KEY_HEADER = 'dead_key';
const TIME_HEADER = 'dead_time';
const WHY_HEADER = 'dead_why';

/** Within these, the oldest go; a queue that nobody uses for a week goes with all it holds. */
const QUEUE = {
  durable: true,
  exclusive: false,
  autoDelete: false,
  maxLength: DEAD_LETTERS_MAX,
  overflow: 'drop-head',
  expires: 7 * 24 * 60 * 60 * 1000,
  arguments: { 'x-max-length-bytes': 64 * 1024 * 1024 },
} as const satisfies Options.AssertQueue;

/** It goes with its queue. */
const EXCHANGE: Options.AssertExchange = { durable: true, autoDelete: true };

/** The queue of a kept queue's dead letters, and the exchange that leads to it. */
export function deadName(kept_name: string): string {
  return `${kept_name}.dead`;
}

/**
 * Puts a message there. Resolves when the broker has it in the queue; throws what the broker says when it does not take it.
 */
export async function bury(
  model: ChannelModel,
  name: string,
  queue_type: QueueType,
  message: ConsumeMessage,
  why: string,
): Promise<void> {
  try {
    await put(model, name, message, why, (channel) => makePlace(channel, name, queue_type));
  } catch (refusal) {
    const code = codeOf(refusal);
    if (code !== PRECONDITION_FAILED && code !== ACCESS_REFUSED) throw refusal;
    // It stands with other limits, or we may use but not declare it: taken as it is.
    await put(model, name, message, why, (channel) => findPlace(channel, name)).catch((absence) => {
      throw codeOf(absence) === NOT_FOUND ? refusal : absence;
    });
  }
}

/** Reads what lies there, oldest first, and leaves it: what was got and not acknowledged goes back to its place. */
export async function readDead(model: ChannelModel, name: string): Promise<DeadLetter[]> {
  const letters: DeadLetter[] = [];
  const refusal = await refusalOf(model, async (channel) => {
    while (letters.length < DEAD_LETTERS_MAX) {
      const message = await channel.get(name);
      if (message === false) break;
      letters.push(readLetter(message));
    }
    channel.nackAll(true);
  });
  if (refusal !== undefined && codeOf(refusal) !== NOT_FOUND) throw refusal;
  return letters;
}

/** Publishes to the place that `ensure` has made sure of, all on one channel. */
async function put(
  model: ChannelModel,
  name: string,
  { content, fields, properties }: ConsumeMessage,
  why: string,
  ensure: (channel: Channel) => Promise<unknown>,
): Promise<void> {
  const channel = await model.createConfirmChannel();
  channel.on('error', () => {}); // What waits for an answer is told of the end.
  let returned = false;
  channel.on('return', () => {
    returned = true;
  });
  const { headers, messageId, appId, type, contentType } = properties;
  try {
    await ensure(channel);
    channel.publish(name, '', content, {
      persistent: true,
      mandatory: true,
      messageId,
      appId,
      type,
      contentType,
      headers: {
        ...headers,
        [KEY_HEADER]: fields.routingKey,
        [TIME_HEADER]: new Date().toISOString(),
        [WHY_HEADER]: why,
      },
    });
    await channel.waitForConfirms();
    // The broker returns what it could not route before it confirms it.
    if (returned) throw new Error(`no queue is bound to the exchange ${name}`);
  } finally {
    await channel.close().catch(() => {}); // It may have ended by itself.
  }
}

async function makePlace(channel: Channel, name: string, queue_type: QueueType): Promise<void> {
  await channel.assertQueue(name, { ...QUEUE, arguments: { ...QUEUE.arguments, ...typeArguments(queue_type) } });
  await channel.assertExchange(name, 'fanout', EXCHANGE);
  await channel.bindQueue(name, name, '');
}

async function findPlace(channel: Channel, name: string): Promise<void> {
  await channel.checkQueue(name);
  await channel.checkExchange(name);
}

function readLetter(message: GetMessage): DeadLetter {
  const { headers } = message.properties;
  const told = (name: string): string => {
    const value: unknown = headers?.[name];
    return typeof value === 'string' ? value : '';
  };
  const envelope = readMessage(message);
  const time_ms = Date.parse(told(TIME_HEADER));
  return {
    // In its queue it stands under the queue's name.
    envelope: { ...envelope, key: told(KEY_HEADER) || envelope.key },
    why: told(WHY_HEADER),
    time_ms: Number.isFinite(time_ms) ? time_ms : undefined,
  };
}
