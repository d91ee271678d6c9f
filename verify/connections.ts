// A load: TCP connections over loopback that are held, opened and closed, broken off and refused, and UDP datagrams that
// nobody listens for. So many a second, until it is ended.

import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { type AddressInfo, connect, createServer } from 'node:net';

const HELD = 60;
const EACH_MS = 10;

const server = createServer((socket) => socket.on('error', () => {}).resume());
server.listen(0, '127.0.0.1');
await once(server, 'listening');
const { port } = server.address() as AddressInfo;

// Ports where nobody listens: those of a server and a socket that have closed.
const closing = createServer().listen(0, '127.0.0.1');
await once(closing, 'listening');
const { port: refused } = closing.address() as AddressInfo;
closing.close();
const udp = createSocket('udp4');
udp.on('error', () => {});

for (let i = 0; i < HELD; i++) connect(port, '127.0.0.1');

let turn = 0;
setInterval(() => {
  turn++;
  const socket = connect(port, '127.0.0.1', () => (turn % 4 === 0 ? socket.resetAndDestroy() : socket.end()));
  if (turn % 2 === 0) connect(refused, '127.0.0.1').on('error', () => {});
  udp.send('nobody', refused, '127.0.0.1');
}, EACH_MS);

console.log('ready');
