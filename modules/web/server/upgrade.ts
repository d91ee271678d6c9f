// The way from an HTTP request to a WebSocket: who may, in which dialect, and what those who may not are told.

import type { IncomingMessage, Server } from 'node:http';
import type { Duplex } from 'node:stream';
import { type WebSocket, WebSocketServer } from 'ws';
import { PAGE_PROTOCOL } from '../wire/frames.ts';
import type { Access, Pass } from './access/access.ts';
import { type Count, HEARD_BYTES_MAX, HEARD_FRAMES_MAX } from './client.ts';
import type { Door } from './door.ts';
import { nameOf, type RefusalKind, type Refusals } from './refusals.ts';

/** What a closing handshake may take before the connection is cut. */
const CLOSING_MS = 2_000;

export interface UpgradeOptions {
  readonly door: Door;
  readonly access: Access;
  readonly refusals: Refusals;
  /** Why no more clients with this pass are taken now; undefined while they are. */
  readonly closed: (pass: Pass) => string | undefined;
  readonly onClient: (socket: WebSocket, stream: Duplex, dialect: 'page' | 'plain', pass: Pass) => void;
  readonly count: Count;
}

// Not written in place: the types of ws do not know `closeTimeout` yet.
const SOCKET_OPTIONS = {
  noServer: true,
  clientTracking: false,
  maxPayload: HEARD_BYTES_MAX,
  maxFragments: HEARD_FRAMES_MAX,
  perMessageDeflate: false,
  // Client answers pings itself, within its budget.
  autoPong: false,
  closeTimeout: CLOSING_MS,
  handleProtocols: (offered: Set<string>) => (offered.has(PAGE_PROTOCOL) ? PAGE_PROTOCOL : false),
} as const;

interface Refused {
  readonly status:
    | '400 Bad Request'
    | '401 Unauthorized'
    | '403 Forbidden'
    | '404 Not Found'
    | '503 Service Unavailable';
  readonly kind: RefusalKind;
  /** For whoever asked. */
  readonly why: string;
  /** For the log: what was refused. */
  readonly what: string;
}

/** Makes `server` open WebSockets on `/ws`. */
export function acceptWebSockets(server: Server, options: UpgradeOptions): void {
  const refuse = (request: IncomingMessage, stream: Duplex, refused: Refused) => {
    options.count('clients_refused');
    options.refusals.add(refused.kind, refused.what, request.socket.remoteAddress);
    end(stream, refused);
  };
  const sockets = new WebSocketServer(SOCKET_OPTIONS);
  // Whoever may come in and then asks for it wrongly.
  sockets.on('wsClientError', (error: Error, stream: Duplex, request: IncomingMessage) => {
    const what = `a WebSocket handshake (${error.message})`;
    refuse(request, stream, { status: '400 Bad Request', kind: 'handshake', what, why: `${error.message}.` });
  });
  server.on('upgrade', (request: IncomingMessage, stream: Duplex, head: Buffer) => {
    const pass = admit(request, options);
    if ('status' in pass) return refuse(request, stream, pass);
    sockets.handleUpgrade(request, stream, head, (socket) => {
      options.onClient(socket, stream, socket.protocol === PAGE_PROTOCOL ? 'page' : 'plain', pass);
    });
  });
}

function admit(request: IncomingMessage, { door, access, closed }: UpgradeOptions): Pass | Refused {
  const { host, origin, cookie, authorization } = request.headers;
  if (!door.admitsHost(host)) {
    return {
      status: '403 Forbidden',
      kind: 'host',
      what: `a WebSocket for the host ${nameOf(host)}`,
      why: 'This server does not answer to that host name; see the setting web.origins.',
    };
  }
  if (request.url?.split('?', 1)[0] !== '/ws') {
    const what = `a WebSocket on ${nameOf(request.url)}`;
    return { status: '404 Not Found', kind: 'path', what, why: 'The WebSocket is on /ws.' };
  }
  if (!door.admitsOrigin(origin, host)) {
    return {
      status: '403 Forbidden',
      kind: 'origin',
      what: `a WebSocket to a page of ${nameOf(origin)}`,
      why: 'Pages of that origin may not connect; see the setting web.origins.',
    };
  }
  if (request.httpVersion !== '1.1') {
    const what = `a WebSocket over HTTP/${request.httpVersion}`;
    return { status: '400 Bad Request', kind: 'handshake', what, why: 'A WebSocket needs HTTP/1.1.' };
  }
  const protocols = request.headers['sec-websocket-protocol'];
  if (protocols !== undefined && !protocols.split(',').some((name) => name.trim() === PAGE_PROTOCOL)) {
    return {
      status: '400 Bad Request',
      kind: 'subprotocol',
      what: `a WebSocket that speaks ${nameOf(protocols)}`,
      why: `Spoken here: the subprotocol ${PAGE_PROTOCOL}, or plain JSON when none is named.`,
    };
  }
  const pass = access.passOf({ cookie, authorization });
  if (typeof pass === 'string') {
    return {
      status: '401 Unauthorized',
      kind: pass === 'none' ? 'nothing_shown' : 'session',
      what: pass === 'none' ? 'a WebSocket without a login' : `a WebSocket with a login or link that is ${pass}`,
      why: 'Log in first, or send the token of a view link as "Authorization: Bearer".',
    };
  }
  const why = closed(pass);
  if (why === undefined) return pass;
  return { status: '503 Service Unavailable', kind: 'room', what: 'one more WebSocket', why };
}

function end(stream: Duplex, { status, why }: Pick<Refused, 'status' | 'why'>): void {
  const body = `${why}\n`;
  // The other side may be gone already; then nobody is left to tell.
  stream.on('error', () => stream.destroy());
  stream.end(
    [
      `HTTP/1.1 ${status}`,
      'connection: close',
      'sec-websocket-version: 13',
      'content-type: text/plain; charset=utf-8',
      `content-length: ${Buffer.byteLength(body)}`,
      'x-content-type-options: nosniff',
      '',
      body,
    ].join('\r\n'),
    () => stream.destroy(),
  );
}
