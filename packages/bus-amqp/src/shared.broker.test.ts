// Shared sources where the broker itself is in trouble: it starts again, it cannot hash, somebody deletes its queues.

import { type Log, type Share, silentLog } from '@ganglion/kernel';
import { freshExchange, type PrivateRabbitmq, sharedRabbitmq, startRabbitmq } from '@ganglion/testkit';
import { connect } from 'amqplib';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { amqpBus } from './amqp-bus.ts';

const SOURCES = Array.from({ length: 60 }, (_, n) => `s${n}.example.com`);

let serial = 0;

/** A bus there that ends with the test. */
function busAt(url: string, exchange: string, log: Log = silentLog) {
  const bus = amqpBus({ url, exchange, name: `test-${++serial}`, log, settle_ms: 0, backoff_last_ms: 200 });
  onTestFinished(() => bus.close());
  return bus;
}

/** Listens, and remembers of each source all that was said of it. */
function share(bus: ReturnType<typeof busAt>) {
  const known = new Map<string, { share: Share; text: string }>();
  const shares = new Set<Share>();
  const subscription = bus.subscribe(
    {
      name: 'test.sharer',
      pattern: '#.word',
      delivery: 'kept',
      limit_messages: 10_000,
      in_flight_max: 64,
      onDrop: () => {},
      sharing: {
        parts: 32,
        holder: {
          take: (share, remembered) => {
            shares.add(share);
            for (const [source, state] of remembered) known.set(source, { share, text: `${Buffer.from(state)}` });
          },
          give: async () => {},
          lose: (share) => {
            shares.delete(share);
            for (const [source, each] of known) if (each.share === share) known.delete(source);
          },
        },
      },
    },
    async ({ key, payload }, share) => {
      if (share === undefined) throw new Error('it belongs to no share');
      const source = key.slice(0, key.lastIndexOf('.'));
      const before = known.get(source)?.text ?? '';
      // What comes again, because a kill was faster than its acknowledgement, is heard once.
      const text = before.endsWith(`${Buffer.from(payload)} `) ? before : `${before}${Buffer.from(payload)} `;
      known.set(source, { share, text });
      await share.remember(source, Buffer.from(text));
    },
  );
  return { subscription, known, shares };
}

function say(bus: ReturnType<typeof busAt>, word: string): Promise<unknown> {
  const payload = Buffer.from(word);
  return Promise.all(SOURCES.map((source) => bus.publish({ key: `${source}.word`, payload, properties: {} })));
}

/** Resolves when all of every source is known to one of these listeners. */
async function knows(listeners: readonly ReturnType<typeof share>[], text: string): Promise<void> {
  const all = () => SOURCES.map((source) => listeners.flatMap(({ known }) => known.get(source)?.text ?? []).join('|'));
  await expect.poll(all, { timeout: 60_000 }).toEqual(SOURCES.map(() => text));
}

describe('shared sources', () => {
  let broker: PrivateRabbitmq;
  beforeAll(async () => {
    broker = await startRabbitmq();
  });
  afterAll(() => broker.stop());

  it('have the part again that they had when the broker was killed and has started again', async () => {
    const exchange = freshExchange();
    const [one, other] = [busAt(broker.url, exchange), busAt(broker.url, exchange)];
    const listeners = [share(one), share(other)];
    await Promise.all(listeners.map(({ subscription }) => subscription.ready));
    await say(one, 'before');
    await knows(listeners, 'before ');
    await broker.kill();
    await expect.poll(() => listeners.map(({ shares }) => shares.size)).toEqual([0, 0]);
    await broker.start();
    await say(one, 'after');
    await knows(listeners, 'before after ');
  });

  it('of which something comes when the broker has just started wait for the first listener, and come in order', async () => {
    const exchange = freshExchange();
    const before = busAt(broker.url, exchange);
    const first = share(before);
    await first.subscription.ready;
    await say(before, 'before');
    await knows([first], 'before ');
    await before.close();
    await broker.restart();
    const publisher = busAt(broker.url, exchange);
    await say(publisher, 'meanwhile');
    const later = busAt(broker.url, exchange);
    const second = share(later);
    await second.subscription.ready;
    await say(publisher, 'after');
    await knows([second], 'before meanwhile after ');
  });
});

it('shared sources move with what is known of them over quorum queues, too, as in a cluster', async () => {
  const exchange = freshExchange();
  // Two addresses of one node: whatever names several gets such queues.
  const url = sharedRabbitmq().replace(/@127\.0\.0\.1(:\d+)$/, '@127.0.0.1$1,localhost$1');
  const [one, other] = [busAt(url, exchange), busAt(url, exchange)];
  const first = share(one);
  await first.subscription.ready;
  await say(one, 'a');
  await knows([first], 'a ');
  const second = share(other);
  await expect.poll(() => [first.shares.size, second.shares.size], { timeout: 60_000 }).toEqual([16, 16]);
  await say(one, 'b');
  await knows([first, second], 'a b ');
  await other.close();
  await say(one, 'c');
  await knows([first], 'a b c ');
});

it('a part whose queue was deleted is made again', async () => {
  const exchange = freshExchange();
  const bus = busAt(sharedRabbitmq(), exchange);
  const listener = share(bus);
  await listener.subscription.ready;
  await expect.poll(() => listener.shares.size, { timeout: 20_000 }).toBe(32);
  const connection = await connect(sharedRabbitmq());
  onTestFinished(() => connection.close());
  const channel = await connection.createChannel();
  for (const part of ['part-07', 'part-11.states']) await channel.deleteQueue(`${exchange}.test.sharer.${part}`);
  await expect.poll(() => listener.shares.size, { timeout: 20_000 }).toBeLessThan(32);
  await expect.poll(() => listener.shares.size, { timeout: 20_000 }).toBe(32);
  const queues = ['part-07', 'part-11.states'].map((part) => channel.checkQueue(`${exchange}.test.sharer.${part}`));
  expect((await Promise.all(queues)).map(({ consumerCount }) => consumerCount)).toEqual([1, 1]);
});

/** A log that notes the codes of its warnings. */
function noted(): { codes: string[]; log: Log } {
  const codes: string[] = [];
  const warn = (fields: object) => 'code' in fields && codes.push(String(fields.code));
  return { codes, log: { ...silentLog, warn } };
}

describe('a broker that cannot hash', () => {
  let broker: PrivateRabbitmq;
  beforeAll(async () => {
    broker = await startRabbitmq({ plugins: [] });
  });
  afterAll(() => broker.stop());

  it('gives one listener all sources while the others stand by, and each says so once', async () => {
    const exchange = freshExchange();
    const { codes, log } = noted();
    const [one, other] = [busAt(broker.url, exchange, log), busAt(broker.url, exchange, log)];
    const first = share(one);
    await first.subscription.ready;
    await expect.poll(() => first.shares.size, { timeout: 20_000 }).toBe(1);
    const second = share(other);
    await second.subscription.ready;
    await say(one, 'a');
    await knows([first], 'a ');
    expect(second.shares.size).toBe(0);
    await first.subscription.cancel();
    await first.subscription.ended;
    await say(other, 'b');
    await knows([second], 'a b ');
    expect(codes).toEqual(['SHARING_UNAVAILABLE', 'SHARING_UNAVAILABLE']);
  });
});

it('who comes to listeners that began without hashing does as they do', async () => {
  const exchange = freshExchange();
  const connection = await connect(sharedRabbitmq());
  onTestFinished(() => connection.close());
  const channel = await connection.createChannel();
  const owners = `${exchange}.test.sharer.only.owners`;
  await channel.assertQueue(owners, { durable: true, autoDelete: true });
  await channel.consume(owners, () => {});
  const { codes, log } = noted();
  const bus = busAt(sharedRabbitmq(), exchange, log);
  await share(bus).subscription.ready;
  expect(codes).toEqual(['SHARING_UNAVAILABLE']);
});
