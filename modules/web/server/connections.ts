// How many connections one address may have.

import type { Server } from 'node:http';
import type { Socket } from 'node:net';
import { networkOf } from './access/attempts.ts';

/**
 * Cuts connections of an address that has `limit` already. What is remembered of an address goes with its last
 * connection, so there are never more of them than the server has connections.
 */
export function limitConnections(server: Server, limit: number, onRefused: (address: string) => void): void {
  const held = new Map<string, number>();
  server.prependListener('connection', (socket: Socket) => {
    const { remoteAddress: address } = socket;
    if (address === undefined) return;
    const network = networkOf(address);
    const n = held.get(network) ?? 0;
    if (n >= limit) {
      socket.destroy();
      onRefused(address);
      return;
    }
    held.set(network, n + 1);
    socket.once('close', () => {
      const left = (held.get(network) ?? 1) - 1;
      if (left > 0) held.set(network, left);
      else held.delete(network);
    });
  });
}
