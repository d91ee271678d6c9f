// The queues of the bare loop: of the kinds and limits that ours would have if one analyzer had them all. Ours are shared out in
// parts, so that others can join; what that costs is part of what is measured.

import type { Options } from 'amqplib';

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
