// A load: TCP connections over loopback that are held, opened and closed, broken off and refused, and UDP datagrams that
// nobody listens for. So many a second, until it is ended.

import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { connect, createServer, type Server } from 'node:net';

const HELD = 60;
const UNREAD_BYTES = 1_000_000;
const EACH_MS = 10;

const server = createServer((socket) =>
  process.argv[2] === 'hold' ? socket.pause() : socket.on('error', () => {}).resume(),
);
server.listen(0, '127.0.0.1');
await once(server, 'listening');
const port = portOf(server);

// Ports where nobody listens: those of a server and a socket that have closed.
const closing = createServer().listen(0, '127.0.0.1');
await once(closing, 'listening');
const refused = portOf(closing);
closing.close();
const udp = createSocket('udp4');
udp.on('error', () => {});

const holds_only = process.argv[2] === 'hold';
for (let i = 0; i < HELD; i++) {
  const held = connect(port, '127.0.0.1');
  // What nobody reads stays in the kernel's memory.
  if (holds_only) held.write(Buffer.alloc(UNREAD_BYTES));
}

let turn = 0;
const open = () => {
  turn++;
  const socket = connect(port, '127.0.0.1', () => (turn % 4 === 0 ? socket.resetAndDestroy() : socket.end()));
  if (turn % 2 === 0) connect(refused, '127.0.0.1').on('error', () => {});
  udp.send('nobody', refused, '127.0.0.1');
};
if (!holds_only) setInterval(open, EACH_MS);

console.log('ready');

function portOf(listening: Server): number {
  const address = listening.address();
  return typeof address === 'object' && address !== null ? address.port : 0;
}
