// Requests to /ws that no WebSocket comes of.

import * as fc from 'fast-check';

/** What a handshake consists of. */
interface Parts {
  readonly start?: string;
  readonly host?: string;
  readonly key?: string;
  readonly version?: string;
  readonly more?: readonly string[];
}

const KEY = 'dGhlIHNhbXBsZSBub25jZQ==';

/** A good one, but for the parts that are given. */
export function handshake({
  start = 'GET /ws HTTP/1.1',
  host = '127.0.0.1',
  key = KEY,
  version = '13',
  more = [],
}: Parts = {}): Buffer {
  const lines = [
    start,
    `Host: ${host}`,
    'Connection: Upgrade',
    'Upgrade: websocket',
    `Sec-WebSocket-Key: ${key}`,
    `Sec-WebSocket-Version: ${version}`,
    ...more,
  ];
  return Buffer.from(`${lines.join('\r\n')}\r\n\r\n`, 'latin1');
}

const NASTY_HANDSHAKES: readonly Buffer[] = [
  handshake({ key: 'short' }),
  handshake({ key: `${KEY}${KEY}` }),
  handshake({ key: '' }),
  handshake({ version: '0' }),
  handshake({ version: '12' }),
  handshake({ version: '-1' }),
  handshake({ version: 'NaN' }),
  handshake({ start: 'POST /ws HTTP/1.1' }),
  handshake({ start: 'OPTIONS /ws HTTP/1.1' }),
  handshake({ start: 'GET /elsewhere HTTP/1.1' }),
  handshake({ start: 'GET //ws HTTP/1.1' }),
  handshake({ start: 'GET /ws/ HTTP/1.1' }),
  handshake({ start: 'GET /%77s HTTP/1.1' }),
  handshake({ start: 'GET http://evil.example/ws HTTP/1.1' }),
  handshake({ start: 'GET /ws' }),
  handshake({ start: 'GET /ws HTTP/9.9' }),
  handshake({ start: 'HELLO /ws HTTP/1.1' }),
  handshake({ start: 'CONNECT 127.0.0.1:80 HTTP/1.1' }),
  handshake({ host: 'evil.example' }),
  handshake({ host: '127.0.0.1.evil.example' }),
  handshake({ host: 'a b' }),
  handshake({ host: '' }),
  handshake({ more: ['Origin: http://evil.example'] }),
  handshake({ more: ['Origin: null'] }),
  handshake({ more: ['Origin: http://127.0.0.1:1'] }),
  handshake({ more: ['Origin: javascript:alert(1)'] }),
  handshake({ more: ['Sec-WebSocket-Protocol: ganglion.page.v9'] }),
  handshake({ more: ['Sec-WebSocket-Protocol: ,'] }),
  handshake({ more: ['Sec-WebSocket-Protocol: ganglion.page.v2, ganglion.page.v2'] }),
  handshake({ more: ['Sec-WebSocket-Protocol: ganglion.page.v2, with a gap'] }),
  handshake({ more: ['Sec-WebSocket-Protocol: \u001b[2J'] }),
  handshake({ more: ['no colon'] }),
  handshake({ more: ['bad\u0000name: x'] }),
  handshake({ more: ['Content-Length: -1'] }),
  handshake({ more: ['Content-Length: 5', 'Transfer-Encoding: chunked'] }),
  // Floods of fields: many, one, and a name alone.
  handshake({ more: Array.from({ length: 2_000 }, (_, i) => `x-${i}: ${i}`) }),
  handshake({ more: [`Cookie: ${'a=b; '.repeat(10_000)}`] }),
  handshake({ more: [`${'x'.repeat(20_000)}: 1`] }),
  Buffer.from('\u0016\u0003\u0001\u0002\u0000\u0001\u0000', 'latin1'),
  Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'),
  Buffer.from('AMQP\u0000\u0000\u0009\u0001'),
  Buffer.from('{"type":"subscribe"}\n'),
];

/** One line of a header, whatever it is. */
const value = fc.string({ unit: 'binary-ascii', maxLength: 60 }).map((text) => text.replace(/[\r\n]/g, ' '));

/** Written with care, and generated: each has something that must be refused. */
export const badHandshakes: fc.Arbitrary<Buffer> = fc.oneof(
  { arbitrary: fc.constantFrom(...NASTY_HANDSHAKES), weight: 3 },
  { arbitrary: value.map((key) => handshake({ key: `${key}!` })), weight: 1 },
  { arbitrary: value.map((version) => handshake({ version: `${version}x` })), weight: 1 },
  { arbitrary: value.map((name) => handshake({ host: `${name}.example` })), weight: 1 },
  { arbitrary: value.map((name) => handshake({ more: [`Origin: http://${name}.example`] })), weight: 1 },
  { arbitrary: value.map((name) => handshake({ more: [`Sec-WebSocket-Protocol: x${name}`] })), weight: 1 },
  {
    arbitrary: fc.uint8Array({ maxLength: 200 }).map((bytes) => Buffer.concat([Buffer.from('X'), bytes])),
    weight: 1,
  },
  // Cut short.
  { arbitrary: fc.integer({ min: 1, max: 120 }).map((length) => handshake().subarray(0, length)), weight: 1 },
);
