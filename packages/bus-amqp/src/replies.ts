// What the broker replies: its codes, and how to ask what it may refuse.
// https://www.rabbitmq.com/amqp-0-9-1-reference#constants

import type { Channel, ChannelModel } from 'amqplib';

export const CONNECTION_FORCED = 320;
export const ACCESS_REFUSED = 403;
export const NOT_FOUND = 404;
export const PRECONDITION_FAILED = 406;
export const COMMAND_INVALID = 503;

/** The `code` of an error: a reply of the broker as a number, an error of the system as text. */
export function codeOf(error: unknown): string | number | undefined {
  const code: unknown = error instanceof Error && 'code' in error ? error.code : undefined;
  return typeof code === 'string' || typeof code === 'number' ? code : undefined;
}

/**
 * Asks on a channel of its own, since a refusal closes the channel; resolves to the refusal if there was one. Rejects
 * when the connection ends meanwhile.
 */
export async function refusalOf(
  model: ChannelModel,
  ask: (channel: Channel) => Promise<unknown>,
): Promise<Error | undefined> {
  const channel = await model.createChannel();
  channel.on('error', () => {}); // The question is rejected with the same.
  try {
    await ask(channel);
  } catch (error) {
    if (error instanceof Error && typeof codeOf(error) === 'number') return error;
    throw error;
  }
  await channel.close();
  return undefined;
}
