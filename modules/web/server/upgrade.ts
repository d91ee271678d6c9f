// The way from an HTTP request to a WebSocket: who may, in which dialect, and what those who may not are told.

import type { IncomingMessage, Server } from 'node:http';
import type { Duplex } from 'node:stream';
import { type WebSocket, WebSocketServer } from 'ws';
import { type Count, HEARD_BYTES_MAX } from './client.ts';
import type { Door } from './door.ts';
import { PAGE_PROTOCOL } from './wire.ts';

/** What a closing handshake may take before the connection is cut. */
const CLOSING_MS = 2_000;

export interface UpgradeOptions {
  readonly door: Door;
  /** Why no more clients are taken now; undefined while they are. */
  readonly closed: () => string | undefined;
  readonly onClient: (socket: WebSocket, stream: Duplex, dialect: 'page' | 'plain') => void;
  readonly count: Count;
}

// Not written in place: the types of ws do not know `closeTimeout` yet.
const SOCKET_OPTIONS = {
  noServer: true,
  clientTracking: false,
  maxPayload: HEARD_BYTES_MAX,
  perMessageDeflate: false,
  // Client answers pings itself, within its budget.
  autoPong: false,
  closeTimeout: CLOSING_MS,
  handleProtocols: (offered: Set<string>) => (offered.has(PAGE_PROTOCOL) ? PAGE_PROTOCOL : false),
} as const;

interface Refused {
  readonly status: '400 Bad Request' | '403 Forbidden' | '404 Not Found' | '503 Service Unavailable';
  readonly why: string;
}

/** Makes `server` open WebSockets on `/ws`. */
export function acceptWebSockets(server: Server, options: UpgradeOptions): void {
  const sockets = new WebSocketServer(SOCKET_OPTIONS);
  server.on('upgrade', (request: IncomingMessage, stream: Duplex, head: Buffer) => {
    const refused = refuse(request, options);
    if (refused !== undefined) {
      options.count('clients_refused');
      end(stream, refused);
      return;
    }
    sockets.handleUpgrade(request, stream, head, (socket) => {
      options.onClient(socket, stream, socket.protocol === PAGE_PROTOCOL ? 'page' : 'plain');
    });
  });
}

function refuse(request: IncomingMessage, { door, closed }: UpgradeOptions): Refused | undefined {
  const { host, origin } = request.headers;
  if (!door.admitsHost(host)) {
    return {
      status: '403 Forbidden',
      why: 'This server does not answer to that host name; see the setting web.origins.',
    };
  }
  if (request.url?.split('?', 1)[0] !== '/ws') return { status: '404 Not Found', why: 'The WebSocket is on /ws.' };
  if (!door.admitsOrigin(origin, host)) {
    return { status: '403 Forbidden', why: 'Pages of that origin may not connect; see the setting web.origins.' };
  }
  const protocols = request.headers['sec-websocket-protocol'];
  if (protocols !== undefined && !protocols.split(',').some((name) => name.trim() === PAGE_PROTOCOL)) {
    return {
      status: '400 Bad Request',
      why: `Spoken here: the subprotocol ${PAGE_PROTOCOL}, or plain JSON when none is named.`,
    };
  }
  const why = closed();
  return why === undefined ? undefined : { status: '503 Service Unavailable', why };
}

function end(stream: Duplex, { status, why }: Refused): void {
  const body = `${why}\n`;
  // The other side may be gone already; then nobody is left to tell.
  stream.on('error', () => stream.destroy());
  stream.end(
    [
      `HTTP/1.1 ${status}`,
      'connection: close',
      'content-type: text/plain; charset=utf-8',
      `content-length: ${Buffer.byteLength(body)}`,
      'x-content-type-options: nosniff',
      '',
      body,
    ].join('\r\n'),
    () => stream.destroy(),
  );
}
