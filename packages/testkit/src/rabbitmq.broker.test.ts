import { connect } from 'amqplib';
import { expect, it } from 'vitest';
import { sharedRabbitmq } from './index.ts';

it('is shared by all files of a run', async () => {
  const connection = await connect(sharedRabbitmq());
  const channel = await connection.createChannel();
  await expect(channel.assertExchange('hash', 'x-consistent-hash', { autoDelete: true })).resolves.toBeDefined();
  await connection.close();
});
