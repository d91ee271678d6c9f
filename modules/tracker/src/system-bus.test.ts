// A bus that says what a test wants; there is a real one on a machine with systemd only. What a real one says is in
// dbus-message.test.ts.

import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, describe, expect, it } from 'vitest';
import { encodeCall, type Question } from './dbus-message.ts';
import { ANSWER_BYTES_MAX, openSystemBus } from './system-bus.ts';

const folder = mkdtempSync(join(tmpdir(), 'ganglion-system-bus-'));
const servers: Server[] = [];
const sockets = new Set<Socket>();
afterEach(() => {
  for (const socket of sockets) socket.destroy();
  for (const server of servers.splice(0)) server.close();
});
afterAll(() => rmSync(folder, { recursive: true }));

let opened = 0;

/** Starts a bus; resolves to where its socket is. */
function serve(onConnection: (socket: Socket) => void): Promise<string> {
  const path = join(folder, `socket-${++opened}`);
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => {});
    socket.on('close', () => sockets.delete(socket));
    onConnection(socket);
  });
  servers.push(server);
  return new Promise((resolve) => server.listen(path, () => resolve(path)));
}

const question: Question = { service: 'a.b', object: '/a', interface: 'a.c', method: 'Tell', texts: ['x'] };

/** An answer to the second call: the number 42. */
const ANSWER = Buffer.from('6c02010104000000090000000f000000050175000200000008016700017500002a000000', 'hex');

describe('a question to a service', () => {
  it('is answered with the values of the answer', async () => {
    const heard: Buffer[] = [];
    const path = await serve((socket) => {
      socket.on('data', (piece) => heard.push(piece));
      socket.once('data', () => {
        // In two pieces, as it may come.
        socket.write(Buffer.concat([Buffer.from('DATA\r\nOK 0\r\n'), ANSWER.subarray(0, 20)]));
        setImmediate(() => socket.write(ANSWER.subarray(20)));
      });
    });
    expect(await openSystemBus(path).ask(question)).toEqual([42]);
    const said = Buffer.concat(heard);
    expect(said.toString('latin1')).toMatch(/^\0AUTH EXTERNAL\r\nDATA\r\nBEGIN\r\nl/);
    expect(said.subarray(-encodeCall(2, question).length)).toEqual(encodeCall(2, question));
  });

  it('lets go of the connection when it is answered', async () => {
    const closed = new Promise<void>((resolve) => {
      void serve((socket) => {
        socket.on('close', () => resolve());
        socket.once('data', () => socket.write(Buffer.concat([Buffer.from('OK 0\r\n'), ANSWER])));
      }).then((path) => openSystemBus(path).ask(question));
    });
    await closed;
  });

  it('has no answer where there is no bus, and where it hangs up', async () => {
    expect(await openSystemBus(join(folder, 'none')).ask(question)).toBeUndefined();
    const path = await serve((socket) => socket.end());
    expect(await openSystemBus(path).ask(question)).toBeUndefined();
  });

  it('has none where the bus says nothing for too long', async () => {
    const path = await serve(() => {});
    expect(await openSystemBus(path, 20).ask(question)).toBeUndefined();
  });

  it('has none where the bus says too much', async () => {
    const path = await serve((socket) => {
      // The front of a message that is as long as the bus likes.
      socket.write(Buffer.from('OK 0\r\n'));
      socket.write(Buffer.from('6c020101ffffff7f0900000000000000', 'hex'));
      socket.write(Buffer.alloc(ANSWER_BYTES_MAX));
    });
    expect(await openSystemBus(path).ask(question)).toBeUndefined();
  });
});
