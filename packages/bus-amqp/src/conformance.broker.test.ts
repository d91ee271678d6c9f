// The conformance suite over RabbitMQ, through a line that the suite can cut.

import { DEAD_LETTERS_MAX } from '@ganglion/kernel';
import { busConformance, sharedRabbitmq, startLine } from '@ganglion/testkit';
import { afterAll } from 'vitest';
import { amqpBus } from './amqp-bus.ts';

const line = await startLine(sharedRabbitmq());
afterAll(() => line.close());
let serial = 0;

busConformance(
  'the bus over RabbitMQ',
  // What a kept queue lets go it lets go on the broker, which tells nobody.
  {
    spans_processes: true,
    outlives_process: true,
    counts_kept_drops: false,
    shares_out: true,
    dead_letters_max: DEAD_LETTERS_MAX,
    can_lose_connection: line,
  },
  ({ place, buffer_messages }) =>
    amqpBus({
      url: line.url,
      name: `test-${++serial}`,
      exchange: place,
      buffer_messages,
      // Settling comes to the aid of listeners that the contract lets miss messages. It offers again what nobody heard,
      // and the suite publishes much that nobody is there to hear.
      settle_ms: 0,
    }),
);
