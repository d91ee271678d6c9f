import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { type Line, startLine } from './line.ts';

/** Sends back what it hears. */
const far = createServer((socket) => socket.on('error', () => {}).pipe(socket));
let line: Line;

beforeEach(async () => {
  far.listen(0, '127.0.0.1');
  await once(far, 'listening');
  line = await startLine(`amqp://guest:guest@127.0.0.1:${farPort()}/vhost`);
});
afterEach(async () => {
  await line.close();
  far.close();
});

function farPort(): number {
  const address = far.address();
  if (address === null || typeof address === 'string') throw new Error('it does not listen');
  return address.port;
}

async function open(): Promise<Socket> {
  const socket = connect(Number(new URL(line.url).port), '127.0.0.1');
  await once(socket, 'connect');
  return socket;
}

async function echo(socket: Socket, text: string): Promise<void> {
  const heard = once(socket, 'data');
  socket.write(text);
  expect(String((await heard)[0])).toBe(text);
}

it('a line carries what passes, both ways, and keeps the rest of the URL', async () => {
  expect(line.url).toMatch(/^amqp:\/\/guest:guest@127\.0\.0\.1:\d+\/vhost$/);
  const socket = await open();
  await echo(socket, 'hello');
  socket.destroy();
});

it('that is cut ends connections and refuses new ones, until it is restored', async () => {
  const socket = await open();
  await echo(socket, 'hello');
  const ended = once(socket, 'close');
  await line.cut();
  await ended;
  await expect(open()).rejects.toMatchObject({ code: 'ECONNREFUSED' });
  const { url } = line;
  await line.restore();
  expect(line.url).toBe(url);
  const again = await open();
  await echo(again, 'hello again');
  again.destroy();
});

it('that is frozen keeps connections and holds what they say, until it is restored', async () => {
  const socket = await open();
  await echo(socket, 'hello');
  line.freeze();
  const heard = once(socket, 'data');
  socket.write('held');
  const newcomer = await open();
  newcomer.write('held too');
  const newcomer_heard = once(newcomer, 'data');
  // What goes the straight way has come back by now; what goes over the line has not.
  const straight = connect(farPort(), '127.0.0.1');
  await echo(straight, 'straight');
  expect(socket.bytesRead + newcomer.bytesRead).toBe('hello'.length);
  await line.restore();
  expect(String((await heard)[0])).toBe('held');
  expect(String((await newcomer_heard)[0])).toBe('held too');
  for (const each of [socket, newcomer, straight]) each.destroy();
});

it('can be cut, restored and closed at any time', async () => {
  const socket = await open();
  await line.restore();
  await echo(socket, 'once');
  await echo(socket, 'and once');
  await line.cut();
  await line.cut();
  await line.restore();
  await line.restore();
  await line.close();
  await line.close();
});
