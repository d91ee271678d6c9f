// The queues of the bare loop: of the same kinds and limits as ours are, so that the broker has the same work with both.
// `sameAsOurs` asks the broker whether that is still true.

import { connect, type Options } from 'amqplib';

/** As `kept` queues in packages/bus-amqp/src/queue.ts, with the analyzer's limits. */
export const KEPT: Options.AssertQueue = {
  durable: true,
  maxLength: 100_000,
  overflow: 'drop-head',
  expires: 24 * 60 * 60 * 1000,
};

/** The analyzer's messages in flight. */
export const KEPT_PREFETCH = 256;

/** As `live` queues in packages/bus-amqp/src/queue.ts, with the web server's limits. Consumed without acknowledgements. */
export const LIVE: Options.AssertQueue = {
  exclusive: true,
  durable: false,
  autoDelete: true,
  maxLength: 10_000,
  overflow: 'drop-head',
  expires: 60 * 1000,
};

/** Fails when the broker's queue `name`, made by ours, is of another kind than {@link KEPT}. */
export async function sameAsOurs(url: string, name: string): Promise<void> {
  const connection = await connect(url);
  try {
    const channel = await connection.createChannel();
    channel.on('error', () => {}); // The question is rejected with the same.
    await channel.checkQueue(name);
    await channel.assertQueue(name, KEPT);
  } finally {
    await connection.close();
  }
}
