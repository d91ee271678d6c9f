// The bus with a spool, on a RabbitMQ of its own that goes away, is short of memory or of disk, and comes back.

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Envelope, type Log, type Outcome, silentLog } from '@ganglion/kernel';
import { openSpool, type Spool, type SpoolOptions } from '@ganglion/spool';
import { freshExchange, type Line, type PrivateRabbitmq, startLine, startRabbitmq } from '@ganglion/testkit';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { type AmqpBus, type AmqpBusOptions, amqpBus } from './amqp-bus.ts';

const MEMORY_MESSAGES = 5;

let broker: PrivateRabbitmq;
let line: Line;
beforeAll(async () => {
  broker = await startRabbitmq({ config: 'max_message_size = 200000' });
  line = await startLine(broker.url);
});
afterAll(async () => {
  await line.close();
  await broker.stop();
});

const releases: (() => unknown)[] = [];
afterEach(async () => {
  await line.restore();
  for (const release of releases.splice(0).reverse()) await release();
});

async function newFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'ganglion-spool-'));
  releases.push(() => rm(folder, { recursive: true }));
  return folder;
}

interface Spooling {
  readonly bus: AmqpBus;
  readonly store: Spool;
  readonly outcomes: [key: string, outcome: Outcome][];
}

interface Asked {
  readonly folder: string;
  readonly exchange: string;
  readonly bus?: Partial<AmqpBusOptions>;
  readonly spool?: Partial<SpoolOptions>;
  readonly replay_per_second?: number;
}

/** A bus whose measures wait in a folder, over the line that can be cut. */
function spooling({ folder, exchange, replay_per_second = 500, ...asked }: Asked): Spooling {
  const store = openSpool({ folder, limit_bytes: 4 * 1024 * 1024, limit_age_ms: 3_600_000, ...asked.spool });
  const bus = amqpBus({
    url: line.url,
    name: 'tracker-1',
    exchange,
    settle_ms: 0,
    spool: { store, pattern: '#.measure', memory_messages: MEMORY_MESSAGES, replay_per_second },
    ...asked.bus,
  });
  const outcomes: Spooling['outcomes'] = [];
  bus.onOutcome?.((...outcome) => outcomes.push(outcome));
  releases.push(() => bus.close());
  return { bus, store, outcomes };
}

function message(id: number, key = 'm.measure', payload: Uint8Array = Buffer.from(`{"n":${id}}`)): Envelope {
  const time = new Date(1_700_000_000_000 + id).toISOString();
  return { key, payload, properties: { id: `tracker-1/${id}`, time } };
}

const numbers = (from: number, to: number) => Array.from({ length: to - from }, (_, n) => from + n);

/** A listener that is never away. */
async function listen(exchange: string, pattern = '#') {
  const bus = amqpBus({ url: broker.url, name: 'listener-1', exchange });
  releases.push(() => bus.close());
  const heard: Envelope[] = [];
  let look = () => {};
  const subscription = bus.subscribe(
    { name: 'test', pattern, delivery: 'live', limit_messages: 100_000, in_flight_max: 1000, onDrop: () => {} },
    async (envelope) => {
      heard.push(envelope);
      look();
    },
  );
  await subscription.ready;
  const ids = (family = 'measure') =>
    heard.filter(({ key }) => key.endsWith(family)).map(({ properties }) => Number(properties.id?.split('/')[1]));
  const until = (holds: (ids: number[]) => boolean) =>
    new Promise<void>((resolve) => {
      look = () => {
        if (holds(ids())) resolve();
      };
      look();
    });
  return { heard, ids, until };
}

function untilConnected(bus: AmqpBus, connected: boolean): Promise<void> {
  return new Promise((resolve) => {
    const look = () => {
      if (bus.status.connected !== connected) return;
      end();
      resolve();
    };
    const end = bus.onStatus(look);
    look();
  });
}

/** Resolves when all that waits in files was confirmed. */
async function untilEmpty(store: Spool): Promise<void> {
  await expect.poll(() => store.size, { timeout: 60_000 }).toBe(0);
}

describe('while the broker is away', () => {
  test('memory holds a few of the measures, files the older ones, and nothing else is written', async () => {
    const { bus, store } = spooling({ folder: await newFolder(), exchange: freshExchange() });
    await bus.publish(message(0));
    await line.cut();
    await untilConnected(bus, false);
    const measures = numbers(1, 101).map((id) => bus.publish(message(id)));
    const pulses = numbers(1, 11).map((id) => bus.publish(message(id, 'tracker-1.pulse')));
    // Taken over, all but those in memory.
    await Promise.all(measures.slice(0, -MEMORY_MESSAGES));
    expect(bus.buffer).toMatchObject({ messages: MEMORY_MESSAGES + 10, spooled: 100 - MEMORY_MESSAGES, dropped: 0 });
    await line.restore();
    await Promise.all([...measures, ...pulses]);
    await untilEmpty(store);
  });

  test('what was on the wire waits too, and comes with the time and the id that it had, in order', async () => {
    const exchange = freshExchange();
    const ear = await listen(exchange);
    const { bus, store } = spooling({ folder: await newFolder(), exchange });
    await bus.publish(message(0));
    line.freeze();
    const published = numbers(1, 50).map((id) => bus.publish(message(id)));
    await line.cut();
    await untilConnected(bus, false);
    published.push(...numbers(50, 200).map((id) => bus.publish(message(id))));
    await line.restore();
    await Promise.all(published);
    await ear.until((ids) => ids.length >= 200);
    await untilEmpty(store);
    const in_memory = numbers(200 - MEMORY_MESSAGES, 200);
    // Memory first, then the files: each in order.
    expect(ear.ids()).toEqual([0, ...in_memory, ...numbers(1, 200 - MEMORY_MESSAGES)]);
    for (const { payload, properties } of ear.heard) {
      const { n } = JSON.parse(Buffer.from(payload).toString());
      expect(properties).toMatchObject(message(n).properties);
    }
  });

  test('a bus that is closed leaves what it holds to the next one in its folder', async () => {
    const [folder, exchange] = [await newFolder(), freshExchange()];
    const ear = await listen(exchange);
    const first = spooling({ folder, exchange });
    await first.bus.publish(message(0));
    await line.cut();
    await untilConnected(first.bus, false);
    const published = numbers(1, 20).map((id) => first.bus.publish(message(id)));
    await first.bus.close();
    await Promise.all(published);
    await line.restore();
    const second = spooling({ folder, exchange });
    await second.bus.publish(message(100));
    await untilEmpty(second.store);
    await ear.until((ids) => ids.length >= 21);
    expect(ear.ids()).toEqual([0, 100, ...numbers(1, 20)]);
  });

  test('what a full spool lets go is told, message by message', async () => {
    const { bus, store, outcomes } = spooling({ folder: await newFolder(), exchange: freshExchange() });
    await line.cut();
    const published = numbers(0, 100).map((id) => bus.publish(message(id, 'm.measure', Buffer.alloc(100_000))));
    await Promise.all(published.slice(0, -MEMORY_MESSAGES));
    expect(outcomes).toEqual(
      new Array(100 - MEMORY_MESSAGES - store.size).fill(['m.measure', { dropped: 'spool_full' }]),
    );
    expect(outcomes.length).toBeGreaterThan(50);
    expect(store.size_bytes).toBeLessThanOrEqual(4 * 1024 * 1024);
    await line.restore();
    await Promise.all(published);
    await untilEmpty(store);
  });

  test('a disk that is full is told once, and memory goes on', async () => {
    const warned: object[] = [];
    const log: Log = { ...silentLog, warn: (fields) => warned.push(fields) };
    const exchange = freshExchange();
    const ear = await listen(exchange);
    const { bus, store, outcomes } = spooling({
      folder: await newFolder(),
      exchange,
      bus: { log },
      spool: {
        write: () => {
          throw new Error('ENOSPC: no space left on device, write');
        },
      },
    });
    await bus.publish(message(0));
    await line.cut();
    await untilConnected(bus, false);
    const published = numbers(1, 31).map((id) => bus.publish(message(id)));
    expect(bus.buffer).toMatchObject({ messages: 30, spooled: 0, dropped: 0 });
    expect(warned.filter((fields) => 'code' in fields && fields.code === 'SPOOL_UNWRITABLE')).toHaveLength(1);
    expect(outcomes).toEqual(new Array(30 - MEMORY_MESSAGES).fill(['m.measure', { failed: 'spool_unwritable' }]));
    await line.restore();
    await Promise.all(published);
    await ear.until((ids) => ids.length >= 31);
    expect(ear.ids()).toEqual(numbers(0, 31));
    expect(store.size).toBe(0);
  });
});

describe('when the broker is back', () => {
  test('what is live does not wait behind the backlog', async () => {
    const exchange = freshExchange();
    const ear = await listen(exchange);
    // So slow that the backlog would take minutes.
    const { bus, store } = spooling({ folder: await newFolder(), exchange, replay_per_second: 20 });
    await bus.publish(message(0));
    await line.cut();
    await untilConnected(bus, false);
    const published = numbers(1, 3000).map((id) => bus.publish(message(id)));
    await line.restore();
    await Promise.all(published);
    for (const id of numbers(10_000, 10_020)) await bus.publish(message(id));
    await ear.until((ids) => ids.includes(10_019));
    // Live ones have come, and some of the backlog between them; most of it is still to come.
    expect(store.size).toBeGreaterThan(2000);
    await ear.until((ids) => ids.includes(3));
  });

  test('what breaks off in the middle of the backlog costs nothing and no order', async () => {
    const exchange = freshExchange();
    const ear = await listen(exchange);
    const { bus, store } = spooling({ folder: await newFolder(), exchange });
    await bus.publish(message(0));
    await line.cut();
    await untilConnected(bus, false);
    const published = numbers(1, 500).map((id) => bus.publish(message(id)));
    for (const so_many of [50, 150, 300]) {
      await line.restore();
      await ear.until((ids) => ids.length > so_many);
      await line.cut();
      await untilConnected(bus, false);
    }
    await line.restore();
    await Promise.all(published);
    await untilEmpty(store);
    await ear.until((ids) => new Set(ids).size === 500);
    const backlog = [...new Set(ear.ids())].filter((id) => id < 500 - MEMORY_MESSAGES);
    expect(backlog).toEqual(numbers(0, 500 - MEMORY_MESSAGES));
  });
});

test('a stored message that the broker refuses is dropped and told, and those around it arrive in order', async () => {
  const exchange = freshExchange();
  const ear = await listen(exchange);
  const { bus, store, outcomes } = spooling({ folder: await newFolder(), exchange });
  await bus.publish(message(0));
  await line.cut();
  await untilConnected(bus, false);
  const published = numbers(1, 60).map((id) =>
    bus.publish(message(id, 'm.measure', Buffer.alloc(id === 7 ? 300_000 : 9))),
  );
  await line.restore();
  await Promise.all(published);
  await untilEmpty(store);
  await ear.until((ids) => new Set(ids).size === 59);
  expect(outcomes).toEqual([['m.measure', { dropped: 'refused' }]]);
  const backlog = [...new Set(ear.ids())].filter((id) => id < 60 - MEMORY_MESSAGES);
  expect(backlog).toEqual(numbers(0, 60 - MEMORY_MESSAGES).filter((id) => id !== 7));
});

describe('a broker that is short of', () => {
  test.each([
    ['memory', ['set_vm_memory_high_watermark', '0.0000001'], ['set_vm_memory_high_watermark', '0.9']],
    ['disk', ['set_disk_free_limit', '1000000GB'], ['set_disk_free_limit', '1MB']],
  ])('%s slows its publishers, whose memory stays within its bound, and nothing is lost', async (_, short, enough) => {
    const exchange = freshExchange();
    const ear = await listen(exchange);
    const buffer_bytes = 1024 * 1024;
    const { bus, store, outcomes } = spooling({
      folder: await newFolder(),
      exchange,
      bus: { buffer_bytes },
      spool: { limit_bytes: 16 * 1024 * 1024 },
    });
    await bus.publish(message(0));
    await broker.ctl(...short);
    const blocked = untilConnected(bus, false);
    const published: Promise<void>[] = [];
    for (const id of numbers(1, 100)) {
      published.push(bus.publish(message(id, 'm.measure', Buffer.alloc(100_000))));
      expect(bus.buffer.bytes).toBeLessThanOrEqual(buffer_bytes);
    }
    await blocked;
    // What was on the wire before the broker said so, and what may wait in memory.
    expect(bus.buffer.messages).toBeLessThan(15);
    expect(bus.buffer.messages + bus.buffer.spooled).toBe(99);
    await broker.ctl(...enough);
    await Promise.all(published);
    await untilEmpty(store);
    await ear.until((ids) => new Set(ids).size === 100);
    expect(outcomes).toEqual([]);
  });
});
