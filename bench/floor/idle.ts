// What any program in Node with a connection to the broker takes, before it does anything.

import { connect } from 'amqplib';

const [url = ''] = process.argv.slice(2);
const connection = await connect(url, { noDelay: true });
await connection.createConfirmChannel();

process.on('SIGTERM', () => process.exit());
console.log('ready');
