// The floor under the analyzer: takes each measure from a durable queue, publishes an answer of an analysis's size, and
// acknowledges when the broker has confirmed that. Plain amqplib, and no more.

import { connect } from 'amqplib';
import { KEPT, KEPT_PREFETCH } from '../queues.ts';
import { ANALYSIS } from '../sample.ts';

const [url = '', exchange = ''] = process.argv.slice(2);
const queue = `${exchange}.relay`;

const publishing = await connect(url, { noDelay: true });
const output = await publishing.createConfirmChannel();
await output.assertExchange(exchange, 'topic', { durable: true });

const listening = await connect(url, { noDelay: true });
const input = await listening.createChannel();
await input.assertQueue(queue, KEPT);
await input.bindQueue(queue, exchange, '#.measure');
await input.prefetch(KEPT_PREFETCH);
await input.consume(queue, (message) => {
  if (message === null) return;
  const { fields, properties } = message;
  output.publish(exchange, `${fields.routingKey.slice(0, -'measure'.length)}analysis`, ANALYSIS, properties, () =>
    input.ack(message),
  );
});

process.on('SIGTERM', () => process.exit());
console.log('ready');
