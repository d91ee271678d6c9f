// The bus on a RabbitMQ that nothing happens to: what stands there already, who comes when, and what strangers send.

import {
  type Envelope,
  type Log,
  reasonOf,
  type SubscribeOptions,
  type Subscription,
  silentLog,
} from '@ganglion/kernel';
import { freshExchange, type Line, sharedRabbitmq, startLine } from '@ganglion/testkit';
import { type Channel, type ChannelModel, connect } from 'amqplib';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, onTestFinished, test } from 'vitest';
import { type AmqpBus, type AmqpBusOptions, amqpBus } from './amqp-bus.ts';

let stranger: ChannelModel;
let exchange: string;
let open_buses: AmqpBus[];

beforeAll(async () => {
  stranger = await connect(sharedRabbitmq());
});
afterAll(() => stranger.close());

beforeEach(() => {
  exchange = freshExchange();
  open_buses = [];
});
afterEach(async () => {
  await Promise.all(open_buses.map((bus) => bus.close()));
  await ask((channel) => channel.deleteExchange(exchange));
});

/** A bus that does not settle unless the test says so. */
function bus(options: Partial<AmqpBusOptions> = {}): AmqpBus {
  const made = amqpBus({ url: sharedRabbitmq(), exchange, name: 'test-1', settle_ms: 0, ...options });
  open_buses.push(made);
  return made;
}

function message(id: string, key = 'm.measure', payload: Uint8Array = Buffer.from('{}')): Envelope {
  return { key, payload, properties: { id } };
}

function subscription(options: Partial<SubscribeOptions> = {}): SubscribeOptions {
  return {
    name: `${exchange}.measure`,
    pattern: '#.measure',
    delivery: 'live',
    limit_messages: 1000,
    in_flight_max: 100,
    onDrop: () => {},
    ...options,
  };
}

/** Listens and remembers the ids. */
function hear(on: AmqpBus, options: Partial<SubscribeOptions> = {}): Subscription & { readonly ids: string[] } {
  const ids: string[] = [];
  const heard = on.subscribe(subscription(options), async ({ properties }) => {
    ids.push(properties.id ?? '');
  });
  return { ids, ready: heard.ready, cancel: () => heard.cancel() };
}

/** Does something with RabbitMQ's own means. */
async function ask<Answer>(work: (channel: Channel) => Promise<Answer>): Promise<Answer> {
  const channel = await stranger.createChannel();
  channel.on('error', () => {}); // The question is rejected with the same.
  const answer = await work(channel);
  await channel.close();
  return answer;
}

/** A log that remembers the codes of its warnings. */
function remember(): { readonly log: Log; readonly codes: string[] } {
  const codes: string[] = [];
  const warn = (fields: object) => codes.push('code' in fields ? String(fields.code) : '');
  return { log: { ...silentLog, warn }, codes };
}

function upTo(count: number): string[] {
  return Array.from({ length: count }, (_, i) => String(i));
}

describe('the exchange', () => {
  test('is made as a durable topic exchange when it is not there', async () => {
    await bus().publish(message('1'));
    await ask((channel) => channel.assertExchange(exchange, 'topic', { durable: true }));
  });

  test.each([
    { durable: false },
    { durable: true, autoDelete: true },
    { durable: true, alternateExchange: 'amq.fanout' },
  ])('is taken as it is when it stands with %o', async (properties) => {
    await ask(async (channel) => {
      await channel.assertExchange(exchange, 'topic', properties);
      const { queue } = await channel.assertQueue('', { exclusive: true });
      await channel.bindQueue(queue, exchange, '#');
    });
    const heard = hear(bus());
    await heard.ready;
    await bus().publish(message('1'));
    await expect.poll(() => heard.ids).toEqual(['1']);
    await ask((channel) => channel.assertExchange(exchange, 'topic', properties));
  });

  test('is taken as it is by many who come at once', async () => {
    const buses = upTo(5).map((name) => bus({ name }));
    // The stranger may be refused when it comes second; none of us may.
    const strangers = ask((channel) => channel.assertExchange(exchange, 'topic', { durable: false })).catch(reasonOf);
    await Promise.all(buses.map((each) => each.publish(message('1'))));
    expect(JSON.stringify(await strangers)).toMatch(new RegExp(`"exchange":"${exchange}"|inequivalent arg 'durable'`));
  });

  test('is not taken when it is of another type', async () => {
    await ask((channel) => channel.assertExchange(exchange, 'fanout'));
    const wrong = bus();
    wrong.publish(message('1')).catch(() => {});
    await expect(wrong.opened).rejects.toMatchObject({ code: 'EXCHANGE_TYPE_WRONG', configuration: true });
  });

  test('is made again when someone deletes it', async () => {
    const { log, codes } = remember();
    const publishing = bus({ log });
    await publishing.publish(message('1'));
    await ask((channel) => channel.deleteExchange(exchange));
    await Promise.all(upTo(100).map((id) => publishing.publish(message(id))));
    expect(codes).toEqual(['CHANNEL_LOST']);
    await ask((channel) => channel.checkExchange(exchange));
  });
});

describe('a kept queue', () => {
  const kept = { delivery: 'kept' } as const;
  afterEach(() => ask((channel) => channel.deleteQueue(`${exchange}.${exchange}.measure`)));
  const waiting = async () =>
    (await ask((channel) => channel.checkQueue(`${exchange}.${exchange}.measure`))).messageCount;

  test('goes on filling while nobody listens', async () => {
    const first = hear(bus(), kept);
    await first.ready;
    await first.cancel();
    const publishing = bus();
    for (const id of upTo(5)) await publishing.publish(message(id));
    const second = hear(bus({ name: 'test-2' }), kept);
    await expect.poll(() => second.ids).toEqual(upTo(5));
    expect(first.ids).toEqual([]);
  });

  test('gives back what a cancelled listener had not taken up, in order, and hears of what it had', async () => {
    const both = bus();
    const releases: (() => void)[] = [];
    const slow = both.subscribe(subscription({ ...kept, in_flight_max: 2 }), async () => {
      await new Promise<void>((resolve) => releases.push(resolve));
    });
    await slow.ready;
    await Promise.all(upTo(6).map((id) => both.publish(message(id))));
    await expect.poll(() => releases.length).toBe(2);
    await slow.cancel();
    for (const release of releases) release();
    const next = hear(both, kept);
    await expect.poll(() => next.ids).toEqual(['2', '3', '4', '5']);
    expect(releases).toHaveLength(2);
    await next.cancel();
    await expect.poll(waiting).toBe(0);
  });

  test('keeps what a handler refuses because the bus is closing', async () => {
    const closing = bus();
    let refuse = () => {};
    const drops: string[] = [];
    const taken = new Promise<void>((resolve) => {
      const refusing = closing.subscribe(subscription({ ...kept, onDrop: (_, reason) => drops.push(reason) }), () => {
        resolve();
        return new Promise((_, reject) => {
          refuse = () => reject(new Error('closing'));
        });
      });
      refusing.ready.then(() => closing.publish(message('1')).catch(() => {}));
    });
    await taken;
    const closed = closing.close();
    refuse();
    await closed;
    const next = hear(bus(), kept);
    await expect.poll(() => next.ids).toEqual(['1']);
    expect(drops).toEqual([]);
  });

  test('does not give again what was acknowledged just before the bus closed', async () => {
    const closing = bus();
    const heard = hear(closing, kept);
    await heard.ready;
    await Promise.all(upTo(50).map((id) => closing.publish(message(id))));
    await expect.poll(() => heard.ids.length).toBe(50);
    await closing.close();
    expect(await waiting()).toBe(0);
  });

  test('does not wait with acknowledgements for a slow message', async () => {
    const both = bus();
    let handled = 0;
    const uneven = both.subscribe(subscription({ ...kept, in_flight_max: 3 }), async ({ properties }) => {
      if (properties.id === '0') await new Promise(() => {});
      handled++;
    });
    await uneven.ready;
    await Promise.all(upTo(50).map((id) => both.publish(message(id))));
    await expect.poll(() => handled).toBe(49);
  });

  test('that stands with other limits is used as it is, which is said', async () => {
    await hear(bus(), { ...kept, limit_messages: 7 }).ready;
    const { log, codes } = remember();
    await hear(bus({ log }), { ...kept, limit_messages: 8 }).ready;
    expect(codes).toEqual(['QUEUE_DIFFERS']);
  });

  test('whose dead letters have no place drops and counts what is refused, says so, and says when they have', async () => {
    const dead = `${exchange}.${exchange}.measure.dead`;
    const { log, codes } = remember();
    const said: string[] = [];
    const both = bus({ log: { ...log, info: (_, text) => said.push(text) } });
    const drops: string[] = [];
    const options = { ...kept, onDrop: (key: string, reason: string) => drops.push(`${key} ${reason}`) };
    await both.subscribe(subscription(options), () => Promise.reject(new Error('refused by the test'))).ready;
    const refuse = async (key: string) => {
      await both.publish(message('1', key));
      await expect.poll(() => drops.at(-1)).toBe(`${key} refused`);
    };
    // An exchange of that name leads nowhere.
    await ask((channel) => channel.assertExchange(dead, 'direct'));
    await refuse('a.measure');
    expect(await both.dead(`${exchange}.measure`)).toEqual([]);
    await ask((channel) => channel.deleteExchange(dead));
    // The queue of that name is another's.
    await ask((channel) => channel.deleteQueue(dead));
    await ask((channel) => channel.assertQueue(dead, { exclusive: true }));
    await refuse('b.measure');
    expect(codes).toEqual(['DEAD_LETTER_LOST']);
    await ask((channel) => channel.deleteQueue(dead));

    await refuse('c.measure');
    expect((await both.dead(`${exchange}.measure`)).map(({ envelope }) => envelope.key)).toEqual(['c.measure']);
    expect(said.at(-1)).toBe(`dead letters of "${exchange}.measure" are kept again`);
    expect(await waiting()).toBe(0);
    // With the queue goes its exchange.
    await ask((channel) => channel.deleteQueue(dead));
    await expect(ask((channel) => channel.checkExchange(dead))).rejects.toMatchObject({ code: 404 });
  });

  test('is copied to most nodes where there are several, and used as it is by who asks for another', async () => {
    // Two names of one node: as good as two for whoever only asks for what a cluster would do.
    const { port } = new URL(sharedRabbitmq());
    const url = `amqp://guest:guest@127.0.0.1:${port},localhost:${port}`;
    const { log, codes } = remember();
    await hear(bus({ url, log }), kept).ready;
    expect(codes).toEqual([]);
    const one = remember();
    await hear(bus({ log: one.log }), kept).ready;
    expect(one.codes).toEqual(['QUEUE_DIFFERS']);
  });

  test('that someone deletes is made again', async () => {
    const { log, codes } = remember();
    const both = bus({ log });
    const heard = hear(both, kept);
    await heard.ready;
    await ask((channel) => channel.deleteQueue(`${exchange}.${exchange}.measure`));
    await expect
      .poll(async () => {
        await both.publish(message('1'));
        return heard.ids.length;
      })
      .toBeGreaterThan(0);
    expect(codes).toEqual(['SUBSCRIPTION_LOST']);
  });
});

describe('a broker of several nodes', () => {
  const kept = { delivery: 'kept' } as const;
  let lines: [Line, Line];
  let url: string;
  beforeAll(async () => {
    lines = [await startLine(sharedRabbitmq()), await startLine(sharedRabbitmq())];
    url = `${lines[0].url.replace(/\/$/, '')},${new URL(lines[1].url).host}`;
  });
  afterAll(() => Promise.all(lines.map((line) => line.close())));
  afterEach(async () => {
    await Promise.all(lines.map((line) => line.restore()));
    await ask((channel) => channel.deleteQueue(`${exchange}.${exchange}.measure`));
  });

  test('is reached over the one that answers', async () => {
    await lines[0].cut();
    for (const each of upTo(5)) {
      const { log, codes } = remember();
      const publishing = bus({ name: each, url, log, wait_at_start: false });
      await publishing.publish(message(each));
      expect(codes).toEqual([]);
    }
  });

  test('is left for another when it is lost, which costs no message', async () => {
    const { log, codes } = remember();
    const both = bus({ url, log });
    const heard = hear(both, kept);
    await heard.ready;
    let published = 0;
    const publish = (count: number) =>
      Promise.all(Array.from({ length: count }, () => both.publish(message(String(published++)))));
    await publish(100);
    for (const [lost, other] of [lines, [lines[1], lines[0]]] as const) {
      await other.restore();
      const published = publish(50);
      await Promise.all([lost.cut(), published, publish(50)]);
    }
    await expect.poll(() => new Set(heard.ids).size).toBe(published);
    expect(new Set(codes)).toEqual(new Set(['BROKER_LOST']));
    // Its queue and binding are there again over the last one.
    await publish(1);
    await expect.poll(() => heard.ids.at(-1)).toBe(String(published - 1));
  });
});

describe('settling', () => {
  test('keeps what nobody hears for a listener that comes a little later, in order', async () => {
    const publishing = bus({ settle_ms: 20_000 });
    const published = Promise.all(upTo(100).map((id) => publishing.publish(message(id))));
    await publishing.opened;
    const heard = hear(bus());
    await published;
    await expect.poll(() => heard.ids).toEqual(upTo(100));
  });

  test('keeps the order of all that is heard, across families', async () => {
    const heard = hear(bus(), { pattern: '#' });
    await heard.ready;
    const publishing = bus({ settle_ms: 20_000 });
    const families = ['measure', 'measure', 'pulse', 'analysis', 'pulse', 'alert', 'measure'];
    await Promise.all(families.map((family, id) => publishing.publish(message(String(id), `m.${family}`))));
    await expect.poll(() => heard.ids).toEqual(upTo(families.length));
  });

  test('holds up no family that is heard', async () => {
    const heard = hear(bus());
    await heard.ready;
    const publishing = bus({ settle_ms: 20_000 });
    let unheard = 'waits';
    publishing.publish(message('pulse', 'm.pulse')).then(
      () => {
        unheard = 'let go';
      },
      () => {},
    );
    await Promise.all(upTo(10).map((id) => publishing.publish(message(id))));
    expect(unheard).toBe('waits');
    await expect.poll(() => heard.ids).toEqual(upTo(10));
  });

  test('ends, and then what nobody hears is let go', async () => {
    const publishing = bus({ settle_ms: 200 });
    await Promise.all(upTo(10).map((id) => publishing.publish(message(id))));
    expect(publishing.buffer).toEqual({ messages: 0, bytes: 0, spooled: 0, dropped: 0 });
  });

  test('waits for nobody when the bus is flushed before it has connected', async () => {
    const publishing = bus({ settle_ms: 3_600_000 });
    const sent = publishing.publish(message('1'));
    await publishing.flush();
    await sent;
    expect(publishing.buffer.messages).toBe(0);
  });

  test('waits for nobody when the bus is flushed', async () => {
    const publishing = bus({ settle_ms: 20_000 });
    const published = publishing.publish(message('1'));
    await publishing.opened;
    await publishing.flush();
    await published;
  });

  test('lets listeners of the same process come first', async () => {
    const both = bus({ settle_ms: 20_000 });
    const published = Promise.all(upTo(10).map((id) => both.publish(message(id, 'm.mood'))));
    const heard = [hear(both, { pattern: '#.mood' }), hear(both, { pattern: '#' })];
    await published;
    for (const { ids } of heard) await expect.poll(() => ids).toEqual(upTo(10));
  });
});

describe('a message', () => {
  test.each([
    ['nothing beside its body', {}],
    ['headers of other types', { headers: { time: 12, hops: { a: [1, 'b', null, 1.5, true] } } }],
    ['bytes and times as headers', { headers: { time: { '!': 'timestamp', value: 1 }, hops: Buffer.from('x') } }],
    ['an encoding we do not know', { contentEncoding: 'gzip', contentType: 'text/plain', priority: 9, timestamp: 1 }],
  ])('from a stranger with %s is heard', async (_, options) => {
    const keys: string[] = [];
    const listening = bus();
    await listening.subscribe(subscription({ pattern: '#' }), async ({ key }) => {
      keys.push(key);
    }).ready;
    await ask(async (channel) => {
      channel.publish(exchange, 'strange', Buffer.from([0xff, 0x00]), options);
      channel.publish(exchange, '', Buffer.alloc(0), options);
      channel.publish(exchange, 'large', Buffer.alloc(3_000_000), options);
    });
    await expect.poll(() => keys).toEqual(['strange', '', 'large']);
  });

  test('that a queue does not take is tried again, then given up, and those behind it go on', async () => {
    const publishing = bus({ backoff_first_ms: 1, backoff_last_ms: 1 });
    await publishing.publish(message('0'));
    await ask(async (channel) => {
      const { queue } = await channel.assertQueue('', { exclusive: true, maxLength: 1, overflow: 'reject-publish' });
      await channel.bindQueue(queue, exchange, 'm.full');
      channel.publish(exchange, 'm.full', Buffer.from('fills it'));
    });
    const refused = publishing.publish(message('1', 'm.full'));
    const behind = publishing.publish(message('2'));
    await expect(refused).rejects.toMatchObject({ code: 'MESSAGE_REFUSED' });
    await behind;
  });

  test('that a queue does not take at first comes again when it does', async () => {
    const publishing = bus();
    await publishing.publish(message('0'));
    const channel = await stranger.createChannel();
    const { queue } = await channel.assertQueue('', { exclusive: true, maxLength: 1, overflow: 'reject-publish' });
    await channel.bindQueue(queue, exchange, 'm.full');
    await publishing.publish(message('1', 'm.full'));
    const late = publishing.publish(message('2', 'm.full'));
    await publishing.publish(message('3'));
    await channel.purgeQueue(queue);
    await late;
    expect(await channel.get(queue)).toMatchObject({ properties: { messageId: '2' } });
    await channel.close();
  });

  test.each([
    { key: 'x'.repeat(256), payload: Buffer.from('{}'), properties: {} },
    { key: 'm.measure', payload: Buffer.from('{}'), properties: { id: 'x'.repeat(256) } },
    { key: 'm.measure', payload: Buffer.from('{}'), properties: { hops: 'x'.repeat(70_000) } },
  ])('that AMQP cannot hold is refused, and those behind it go on', async (too_long) => {
    const publishing = bus();
    const refused = publishing.publish(too_long);
    const behind = publishing.publish(message('2'));
    await expect(refused).rejects.toMatchObject({ code: 'MESSAGE_REFUSED' });
    await behind;
  });
});

describe('an exchange of others', () => {
  const place = () => `${exchange}.of-others`;
  afterEach(() => ask((channel) => channel.deleteExchange(place())));

  test.each(['topic', 'fanout', 'headers'])(
    'of type %s is listened to as it stands, whatever its keys',
    async (type) => {
      await ask((channel) => channel.assertExchange(place(), type, { durable: false }));
      const keys: string[] = [];
      const here = bus();
      await here.subscribe(subscription({ from: place(), pattern: '#' }), async ({ key }) => void keys.push(key)).ready;
      await ask(async (channel) => channel.publish(place(), 'collectd.db-01/example/com.cpu', Buffer.from('[]')));
      await expect.poll(() => keys).toEqual(['collectd.db-01/example/com.cpu']);
      await here.publish(message('1'));
      expect(keys).toHaveLength(1);
    },
  );

  test('is waited for, which is said, and holds up nothing here; each try leaves nothing behind', async () => {
    const { log, codes } = remember();
    const here = bus({ log, backoff_first_ms: 5, backoff_last_ms: 5 });
    const there = hear(here, { from: place(), pattern: '#' });
    const own = hear(here);
    await own.ready;
    await here.publish(message('1'));
    await expect.poll(() => own.ids).toEqual(['1']);
    await expect.poll(() => codes).toContain('SUBSCRIPTION_LOST');
    await ask((channel) => channel.assertExchange(place(), 'fanout', { durable: false }));
    await there.ready;
    await ask(async (channel) => channel.publish(place(), '', Buffer.from('{}'), { messageId: '2' }));
    await expect.poll(() => there.ids).toEqual(['2']);
    expect(codes).toEqual(['SUBSCRIPTION_LOST']);
  });
});

test('a slow live listener drops the oldest, counts it, and keeps the order', async () => {
  const both = bus();
  const ids: string[] = [];
  const drops: string[] = [];
  const gates: (() => void)[] = [];
  const slow = subscription({
    limit_messages: 5,
    in_flight_max: 1,
    onDrop: (key, reason) => drops.push(`${key} ${reason}`),
  });
  await both.subscribe(slow, async ({ properties }) => {
    ids.push(properties.id ?? '');
    await new Promise<void>((resolve) => gates.push(resolve));
  }).ready;
  await Promise.all(upTo(20).map((id) => both.publish(message(id))));
  await expect.poll(() => drops.length).toBe(14);
  for (let handled = 1; handled <= 6; handled++) {
    await expect.poll(() => gates.length).toBe(handled);
    gates[handled - 1]?.();
  }
  expect(ids).toEqual(['0', '15', '16', '17', '18', '19']);
  expect(new Set(drops)).toEqual(new Set(['m.measure queue_full']));
});

describe('live listeners of one process that ask for the same', () => {
  const collect = (on: AmqpBus, options: Partial<SubscribeOptions> = {}) => {
    const heard: Envelope[] = [];
    const ear = on.subscribe(subscription(options), async (envelope) => void heard.push(envelope));
    return { heard, ear, ids: () => heard.map(({ properties }) => properties.id) };
  };

  test('have one queue, from which each gets everything, by its own limits', async () => {
    const both = bus();
    const drops: string[] = [];
    const never = new Promise<void>(() => {});
    const stuck = subscription({ in_flight_max: 1, limit_messages: 5, onDrop: (_, reason) => drops.push(reason) });
    const first = collect(both);
    await both.subscribe(stuck, () => never).ready;
    const other = collect(both, { name: 'another.name' });
    await Promise.all([first.ear.ready, other.ear.ready]);
    await Promise.all(upTo(20).map((id) => both.publish(message(id))));
    await expect.poll(() => other.heard.length).toBe(20);
    // The very same object: it came once.
    expect(other.heard.map((envelope, i) => envelope === first.heard[i])).toEqual(Array(20).fill(true));
    expect(drops).toEqual(Array(14).fill('queue_full'));
  });

  test('come and go, also while the broker is away', async () => {
    const line = await startLine(sharedRabbitmq());
    onTestFinished(() => line.close());
    const both = bus({ url: line.url });
    const first = collect(both);
    await first.ear.ready;
    await both.publish(message('1'));
    await expect.poll(first.ids).toEqual(['1']);
    const away = new Promise<void>((resolve) => both.onStatus(({ connected }) => connected || resolve()));
    await line.cut();
    await away;
    // The bus is away as soon as one of its two connections is; who listens now is not ready once the other is, too.
    const isReady = async () => {
      const { ear } = collect(both);
      const turn = new Promise<false>((resolve) => setImmediate(() => resolve(false)));
      const is_ready = await Promise.race([ear.ready.then(() => true), turn]);
      await ear.cancel();
      return is_ready;
    };
    await expect.poll(isReady).toBe(false);
    const second = collect(both);
    await first.ear.cancel();
    await line.restore();
    await second.ear.ready;
    await both.publish(message('2'));
    await expect.poll(second.ids).toEqual(['2']);
    await second.ear.cancel();
    const third = collect(both);
    await third.ear.ready;
    await both.publish(message('3'));
    await expect.poll(third.ids).toEqual(['3']);
    expect([first.ids(), second.ids()]).toEqual([['1'], ['2']]);
  });

  test('have queues of their own where one wants more to wait than the other', async () => {
    const both = bus();
    const small = collect(both, { limit_messages: 10 });
    const large = collect(both, { limit_messages: 100 });
    await Promise.all([small.ear.ready, large.ear.ready]);
    await both.publish(message('1'));
    await expect.poll(() => [small.heard.length, large.heard.length]).toEqual([1, 1]);
    expect(small.heard[0]).not.toBe(large.heard[0]);
  });
});

test('a handler that throws ends neither the channel nor the process', async () => {
  const drops: string[] = [];
  const both = bus();
  let calls = 0;
  await both.subscribe(subscription({ onDrop: (_, reason) => drops.push(reason) }), () => {
    calls++;
    throw new Error('no promise at all');
  }).ready;
  await both.publish(message('1'));
  await both.publish(message('2'));
  await expect.poll(() => calls).toBe(2);
  expect(drops).toEqual(['refused', 'refused']);
});
