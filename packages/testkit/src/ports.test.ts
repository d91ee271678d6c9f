import { once } from 'node:events';
import { createServer } from 'node:net';
import { expect, it } from 'vitest';
import { takePorts } from './ports.ts';

it('ports are free, and given to one taker alone', async () => {
  const takers = await Promise.all(Array.from({ length: 50 }, () => takePorts(4)));
  const ports = takers.flatMap((taker) => taker.ports);
  expect(new Set(ports).size).toBe(200);
  // Not where the system takes the ports of outgoing connections from.
  expect(Math.max(...ports)).toBeLessThan(32_768);
  const server = createServer().listen(ports[0], '127.0.0.1');
  await once(server, 'listening');
  server.close();
  for (const taker of takers) taker.release();
});
