// What needs no broker: wrong settings, a broker that is not there, and one that never answers.

import { createServer, type Server, type Socket } from 'node:net';
import { CodedError, type Envelope, type Log, silentLog } from '@ganglion/kernel';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { amqpBus } from './amqp-bus.ts';

function message(id: string, bytes = 2): Envelope {
  return { key: 'm.measure', payload: new Uint8Array(bytes), properties: { id } };
}

/** What became of a promise: `sent`, or the code it was rejected with. */
function outcome(published: Promise<void>): Promise<string> {
  return published.then(
    () => 'sent',
    (error) => (error instanceof CodedError ? error.code : String(error)),
  );
}

describe('settings', () => {
  test.each([
    [{ url: 'http://localhost' }, 'BROKER_URL_INVALID'],
    [{ exchange: '' }, 'EXCHANGE_NAME_INVALID'],
    [{ exchange: 'x'.repeat(128) }, 'EXCHANGE_NAME_INVALID'],
    [{ exchange: 'a\nb' }, 'EXCHANGE_NAME_INVALID'],
  ])('%o is told to be wrong at once', (wrong, code) => {
    expect(() => amqpBus({ url: 'amqp://localhost', name: 'test', ...wrong })).toThrow(
      expect.objectContaining({ code, configuration: true }),
    );
  });

  test('nothing connects before the first use', async () => {
    const bus = amqpBus({ url: 'amqp://localhost', name: 'test' });
    expect(bus.status).toMatchObject({ connected: false, why: 'nothing was published or subscribed yet' });
    await bus.flush();
    await bus.close();
    await expect(bus.opened).rejects.toMatchObject({ code: 'BUS_CLOSED' });
  });
});

describe('a broker that is not there', () => {
  let url: string;
  beforeEach(async () => {
    const server = await listen(() => {});
    url = urlOf(server);
    await new Promise((resolve) => server.close(resolve));
  });

  test('is told once, and waited for', async () => {
    const said: string[] = [];
    let tries = 0;
    let thirdTry = () => {};
    const tried = new Promise<void>((resolve) => {
      thirdTry = resolve;
    });
    const log: Log = {
      ...silentLog,
      debug: () => ++tries === 3 && thirdTry(),
      warn: (fields, text) => said.push(`${JSON.stringify(fields)} ${text}`),
    };
    const bus = amqpBus({ url: url.replace('//', '//me:hunter2@'), name: 'test', log, backoff_last_ms: 1 });
    bus.publish(message('1')).catch(() => {});
    await tried;
    await bus.close();
    expect(said).toHaveLength(1);
    expect(said[0]).toMatch(/BROKER_UNREACHABLE.*no broker at amqp:\/\/me@127\.0\.0\.1:\d+: connect ECONNREFUSED/);
    expect(said[0]).not.toContain('hunter2');
  });

  test('ends the attempt when that is wished', async () => {
    const bus = amqpBus({ url, name: 'test', wait_at_start: false });
    const published = outcome(bus.publish(message('1')));
    await expect(bus.opened).rejects.toMatchObject({ code: 'BROKER_UNREACHABLE', configuration: true });
    expect(bus.status.why).toContain('ECONNREFUSED');
    await bus.close();
    expect(await published).toBe('BUS_CLOSED');
  });

  test('is looked for at each of its nodes, and told once with what each said', async () => {
    const said: string[] = [];
    const log = { ...silentLog, warn: (_: object, text: string) => said.push(text) };
    const several = `${url.replace('//', '//me:hunter2@')},localhost:1`;
    const bus = amqpBus({ url: several, name: 'test', log, wait_at_start: false });
    bus.publish(message('1')).catch(() => {});
    const error = await bus.opened.catch((reason: unknown) => String(reason));
    await bus.close();
    expect(said).toEqual([]);
    expect(error).toMatch(/no broker at amqp:\/\/me@(127\.0\.0\.1:\d+,localhost:1|localhost:1,127\.0\.0\.1:\d+): /);
    expect(error).toMatch(/ECONNREFUSED 127\.0\.0\.1:\d+/);
    expect(error).toMatch(/ECONNREFUSED \S+:1\b/);
    expect(error).not.toContain('hunter2');
  });

  test('costs no more than the buffer: the oldest messages go first, and each is told', async () => {
    const bus = amqpBus({ url, name: 'test', buffer_messages: 3 });
    const published = ['1', '2', '3', '4', '5'].map((id) => outcome(bus.publish(message(id))));
    expect(bus.buffer).toEqual({ messages: 3, bytes: 33, spooled: 0, dropped: 2 });
    expect(await Promise.all(published.slice(0, 2))).toEqual(['BUS_BUFFER_FULL', 'BUS_BUFFER_FULL']);
    await bus.close();
    expect(await Promise.all(published.slice(2))).toEqual(['BUS_CLOSED', 'BUS_CLOSED', 'BUS_CLOSED']);
    expect(bus.buffer.messages).toBe(0);
  });

  test('costs no more than the buffer in bytes, and what is larger than that is refused', async () => {
    const bus = amqpBus({ url, name: 'test', buffer_bytes: 1000 });
    const first = outcome(bus.publish(message('1', 600)));
    const second = outcome(bus.publish(message('2', 600)));
    const third = outcome(bus.publish(message('3', 1001)));
    expect(await first).toBe('BUS_BUFFER_FULL');
    expect(await third).toBe('MESSAGE_REFUSED');
    expect(bus.buffer).toMatchObject({ messages: 1, dropped: 1 });
    await bus.close();
    expect(await second).toBe('BUS_CLOSED');
  });

  test('ends neither a subscription nor its cancelling', async () => {
    const bus = amqpBus({ url, name: 'test' });
    const subscription = bus.subscribe(SUBSCRIPTION, async () => {});
    await subscription.cancel();
    await subscription.cancel();
    await bus.close();
    await bus.close();
    expect(() => bus.subscribe(SUBSCRIPTION, async () => {})).toThrow(expect.objectContaining({ code: 'BUS_CLOSED' }));
    expect(await outcome(bus.publish(message('1')))).toBe('BUS_CLOSED');
  });
});

describe('a broker that never answers', () => {
  let server: Server;
  const sockets = new Set<Socket>();
  let onSocket: () => void;

  beforeEach(async () => {
    server = await listen((socket) => {
      sockets.add(socket);
      socket.on('close', () => sockets.delete(socket));
      socket.on('error', () => {}); // Cut by the other side.
      socket.resume();
      onSocket();
    });
  });
  afterEach(() => new Promise((resolve) => server.close(resolve)));

  test.each(['amqp', 'amqps'])('is left at once when the bus closes, over %s', async (protocol) => {
    const connected = new Promise<void>((resolve) => {
      onSocket = resolve;
    });
    const bus = amqpBus({ url: urlOf(server, protocol), name: 'test' });
    const published = outcome(bus.publish(message('1')));
    await connected;
    await bus.close();
    expect(await published).toBe('BUS_CLOSED');
    await expect.poll(() => sockets.size).toBe(0);
  });

  test('is unreachable after the time that connecting may take', async () => {
    onSocket = () => {};
    const bus = amqpBus({ url: urlOf(server), name: 'test', connect_timeout_ms: 20, wait_at_start: false });
    const published = outcome(bus.publish(message('1')));
    await expect(bus.opened).rejects.toMatchObject({ code: 'BROKER_UNREACHABLE' });
    await bus.close();
    expect(await published).toBe('BUS_CLOSED');
  });
});

const SUBSCRIPTION = {
  name: 'test.measure',
  pattern: '#.measure',
  delivery: 'live',
  limit_messages: 1,
  in_flight_max: 1,
  onDrop: () => {},
} as const;

function listen(onConnection: (socket: Socket) => void): Promise<Server> {
  return new Promise((resolve) => {
    const server = createServer(onConnection);
    server.listen(0, '127.0.0.1', () => resolve(server));
  });
}

function urlOf(server: Server, protocol = 'amqp'): string {
  const address = server.address();
  if (typeof address !== 'object' || address === null) throw new Error('not listening');
  return `${protocol}://127.0.0.1:${address.port}`;
}
