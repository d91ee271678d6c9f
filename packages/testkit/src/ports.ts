// Ports for a private broker: a block of them, ours alone for as long as this process lives.

import { createServer, type Server } from 'node:net';

/**
 * Below 32768, where Linux takes the ports of outgoing connections from: a client that tries to reach a broker that is
 * down would sooner or later be given the broker's own port, and be connected to itself.
 */
const LOWEST = 10_240;
const HIGHEST = 32_767;

const HOST = '127.0.0.1';
const BLOCK = 8;
const TRIES_MAX = 200;

/** Free ports on the loopback interface, and the hold on them. */
export interface Ports {
  readonly ports: readonly number[];
  release(): void;
}

/**
 * Takes a block of free ports. Two callers never get the same, in whatever processes: each listens on its block's first
 * port, which nobody connects to, and uses the others.
 *
 * @param count 1 to 7
 */
export async function takePorts(count: number): Promise<Ports> {
  for (let tries = 0; tries < TRIES_MAX; tries++) {
    const first = LOWEST + BLOCK * Math.floor(Math.random() * ((HIGHEST - LOWEST) / BLOCK - 1));
    const hold = await listen(first);
    if (hold === undefined) continue;
    hold.unref();
    const ports = Array.from({ length: count }, (_, i) => first + 1 + i);
    if ((await Promise.all(ports.map(isFree))).every(Boolean)) return { ports, release: () => hold.close() };
    hold.close();
  }
  throw new Error(`no ${count} free ports in a row on ${HOST}`);
}

async function isFree(port: number): Promise<boolean> {
  const server = await listen(port);
  if (server === undefined) return false;
  await new Promise((resolve) => server.close(resolve));
  return true;
}

function listen(port: number): Promise<Server | undefined> {
  return new Promise((resolve) => {
    const server = createServer((socket) => socket.destroy());
    server.on('error', () => resolve(undefined));
    server.listen(port, HOST, () => resolve(server));
  });
}
