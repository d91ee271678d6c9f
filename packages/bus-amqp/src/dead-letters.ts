// Dead letters: what a kept subscription refused for good. It is published to a queue of its own, and confirmed there,
// before it is acknowledged where it came from: a dead-letter exchange would do that too, but as an argument of the kept
// queue, and one that stands already without it is taken as it is.

import { DEAD_LETTERS_MAX, type DeadLetter } from '@ganglion/kernel';
import type { ChannelModel, ConsumeMessage, GetMessage, Options } from 'amqplib';
import { ACCESS_REFUSED, codeOf, NOT_FOUND, PRECONDITION_FAILED, refusalOf } from './replies.ts';
import { readMessage } from './wire.ts';

/** What a dead letter's headers tell of its end, besides those it had. */
const KEY_HEADER = 'dead_key';
const TIME_HEADER = 'dead_time';
const WHY_HEADER = 'dead_why';

/** Within these, the oldest go; a queue that nothing is put into for a week goes with all it holds. */
const QUEUE: Options.AssertQueue = {
  durable: true,
  exclusive: false,
  autoDelete: false,
  maxLength: DEAD_LETTERS_MAX,
  overflow: 'drop-head',
  expires: 7 * 24 * 60 * 60 * 1000,
  arguments: { 'x-max-length-bytes': 64 * 1024 * 1024 },
};

/** The queue of a kept queue's dead letters. */
export function deadName(kept_name: string): string {
  return `${kept_name}.dead`;
}

/** Puts a message there. Resolves when the broker has it; throws what it says when it does not take it. */
export async function bury(model: ChannelModel, queue: string, message: ConsumeMessage, why: string): Promise<void> {
  await ensureQueue(model, queue);
  const channel = await model.createConfirmChannel();
  channel.on('error', () => {}); // What waits for a confirmation is told of the end.
  const { headers, messageId, appId, type, contentType } = message.properties;
  try {
    channel.sendToQueue(queue, message.content, {
      persistent: true,
      messageId,
      appId,
      type,
      contentType,
      headers: {
        ...headers,
        [KEY_HEADER]: message.fields.routingKey,
        [TIME_HEADER]: new Date().toISOString(),
        [WHY_HEADER]: why,
      },
    });
    await channel.waitForConfirms();
  } finally {
    await channel.close().catch(() => {}); // It may have ended by itself.
  }
}

/** Reads what lies there, oldest first, and leaves it: what was got and not acknowledged goes back to its place. */
export async function readDead(model: ChannelModel, queue: string): Promise<DeadLetter[]> {
  const letters: DeadLetter[] = [];
  const refusal = await refusalOf(model, async (channel) => {
    while (letters.length < DEAD_LETTERS_MAX) {
      const message = await channel.get(queue);
      if (message === false) break;
      letters.push(readLetter(message));
    }
    channel.nackAll(true);
  });
  if (refusal !== undefined && codeOf(refusal) !== NOT_FOUND) throw refusal;
  return letters;
}

/** Makes the queue, or takes it as it is. */
async function ensureQueue(model: ChannelModel, queue: string): Promise<void> {
  const refusal = await refusalOf(model, (channel) => channel.assertQueue(queue, QUEUE));
  if (refusal === undefined) return;
  const code = codeOf(refusal);
  if (code !== PRECONDITION_FAILED && code !== ACCESS_REFUSED) throw refusal;
  const absence = await refusalOf(model, (channel) => channel.checkQueue(queue));
  if (absence !== undefined) throw refusal;
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
