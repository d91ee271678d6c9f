// The floor under the tracker: each second reads the files named on its command line, splits their lines and publishes
// them as JSON with a confirm. Plain Node and amqplib, and no more.

import { readFileSync } from 'node:fs';
import { connect } from 'amqplib';

const [url = '', exchange = '', machine = '', ...paths] = process.argv.slice(2);

const connection = await connect(url, { noDelay: true });
const channel = await connection.createConfirmChannel();
await channel.assertExchange(exchange, 'topic', { durable: true });

setInterval(() => {
  const files = Object.fromEntries(paths.map((path) => [path, readFileSync(path, 'utf8').split('\n')]));
  channel.publish(exchange, `${machine}.measure`, Buffer.from(JSON.stringify(files)), { persistent: true }, () => {});
}, 1000);

process.on('SIGTERM', () => process.exit());
console.log('ready');
