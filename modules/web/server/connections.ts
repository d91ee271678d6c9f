// What is cut before anything is asked: one connection too many of an address, and what is no request.

import type { IncomingMessage, Server } from 'node:http';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
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

/** What Node's parser tells, by its code, with the answer that Node itself would give. */
const ANSWERS: Readonly<Record<string, string>> = {
  HPE_HEADER_OVERFLOW: '431 Request Header Fields Too Large',
  HPE_CHUNK_EXTENSIONS_OVERFLOW: '413 Payload Too Large',
  ERR_HTTP_REQUEST_TIMEOUT: '408 Request Timeout',
};

/** Answers and cuts what is no HTTP request, what takes too long to become one, and who takes us for a proxy. */
export function refuseBroken(server: Server, onRefused: (what: string, address: string | undefined) => void): void {
  server.on('clientError', (error: NodeJS.ErrnoException, socket: Socket) => {
    const { code = '' } = error;
    // Else the line broke, or it is a TLS handshake, which is told of elsewhere.
    if (!/^(HPE_|ERR_HTTP_)/.test(code)) return void socket.destroy();
    onRefused(`a broken request (${code})`, socket.remoteAddress);
    // Whoever has got an answer before might take this one for a part of it.
    if (!socket.writable || socket.bytesWritten > 0) return void socket.destroy();
    cut(socket, ANSWERS[code] ?? '400 Bad Request');
  });
  server.on('connect', ({ socket }: IncomingMessage, stream: Duplex) => {
    onRefused('a request to pass something on (CONNECT)', socket.remoteAddress);
    cut(stream, '405 Method Not Allowed');
  });
}

function cut(stream: Duplex, status: string): void {
  stream.on('error', () => stream.destroy());
  stream.end(`HTTP/1.1 ${status}\r\nconnection: close\r\ncontent-length: 0\r\n\r\n`, () => stream.destroy());
}
