// The bus on a RabbitMQ of its own that is killed, frozen, out of memory, or restrictive.

import { readFile } from 'node:fs/promises';
import { type Envelope, type Log, type SubscribeOptions, silentLog } from '@ganglion/kernel';
import { type PrivateRabbitmq, startRabbitmq } from '@ganglion/testkit';
import { connect } from 'amqplib';
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import { type AmqpBus, type AmqpBusOptions, amqpBus } from './amqp-bus.ts';

let broker: PrivateRabbitmq;
let ca: string;
const open_buses: AmqpBus[] = [];

beforeAll(async () => {
  broker = await startRabbitmq({ tls: true, config: 'max_message_size = 100000' });
  ca = await readFile(broker.ca_file, 'utf8');
});
afterAll(() => broker.stop());
afterEach(async () => {
  await Promise.all(open_buses.splice(0).map((bus) => bus.close()));
});

function bus(options: Partial<AmqpBusOptions> = {}): AmqpBus {
  const made = amqpBus({ url: broker.url, name: 'test-1', ...options });
  open_buses.push(made);
  return made;
}

function signal(name: NodeJS.Signals): void {
  const { pid } = broker;
  if (pid === undefined) throw new Error('the broker does not run');
  process.kill(pid, name);
}

function message(id: string | number, key = 'm.measure', payload: Uint8Array = Buffer.from('{}')): Envelope {
  return { key, payload, properties: { id: String(id) } };
}

function subscription(name: string, pattern: string, delivery: 'live' | 'kept'): SubscribeOptions {
  return { name, pattern, delivery, limit_messages: 100_000, in_flight_max: 100, onDrop: () => {} };
}

/** Listens and remembers the ids, as numbers; `until` resolves when one has come. */
function hear(on: AmqpBus, pattern: string, delivery: 'live' | 'kept', name = `test.${delivery}`) {
  const ids: number[] = [];
  const wishes: { readonly id: number; readonly fulfil: () => void }[] = [];
  const heard = on.subscribe(subscription(name, pattern, delivery), async ({ properties }) => {
    const id = Number(properties.id);
    ids.push(id);
    for (const wish of wishes) if (wish.id === id) wish.fulfil();
  });
  const until = (id: number) =>
    new Promise<void>((resolve) => {
      if (ids.includes(id)) resolve();
      else wishes.push({ id, fulfil: resolve });
    });
  return { ids, until, ready: heard.ready, cancel: () => heard.cancel() };
}

/** A log that remembers its warnings and what it said when they were over. */
function remember(): { readonly log: Log; readonly said: string[] } {
  const said: string[] = [];
  const warn = (fields: object) => said.push('code' in fields ? String(fields.code) : '');
  return { log: { ...silentLog, warn, info: (_, text) => said.push(text.replace(/ ?amqps?:\/\/\S+ ?/, '')) }, said };
}

/** Resolves when the bus says so of its state. */
function untilConnected(watched: AmqpBus, connected: boolean): Promise<void> {
  return new Promise((resolve) => {
    if (watched.status.connected === connected) resolve();
    const end = watched.onStatus((status) => {
      if (status.connected !== connected) return;
      end();
      resolve();
    });
  });
}

describe('a broker that refuses', () => {
  const cases: [string, string, () => Partial<AmqpBusOptions>][] = [
    ['a wrong password', 'BROKER_LOGIN_REFUSED', () => ({ url: `amqp://guest:hunter2@127.0.0.1:${broker.port}` })],
    ['a missing virtual host', 'BROKER_VHOST_REFUSED', () => ({ url: `${broker.url}/missing` })],
    ['TLS on a plain port', 'BROKER_TLS_FAILED', () => ({ url: broker.url.replace('amqp:', 'amqps:') })],
    ['an authority we do not trust', 'BROKER_TLS_FAILED', () => ({ url: broker.url_tls })],
    [
      'a file that is no certificate',
      'BROKER_TLS_FAILED',
      () => ({ url: broker.url_tls, tls: { cert: 'x', key: 'y' } }),
    ],
    ['a name of its own', 'BROKER_ACCESS_REFUSED', () => ({ exchange: 'amq.ganglion' })],
  ];
  test.each(cases)('ends the start: %s', async (_, code, options) => {
    const { log, said } = remember();
    const refused = bus({ log, ...options() });
    refused.publish(message(1)).catch(() => {});
    const error = await refused.opened.catch((reason: unknown) => reason);
    expect(error).toMatchObject({ code, configuration: true });
    expect(String(error)).not.toContain('hunter2');
    expect(refused.status).toMatchObject({ connected: false, why: String(error).replace('CodedError: ', '') });
    expect(said).toEqual([]);
  });
});

test('amqps works with the authority that signed the certificate', async () => {
  const both = bus({ url: broker.url_tls, tls: { ca } });
  const heard = hear(both, '#.measure', 'live');
  await heard.ready;
  await both.publish(message(1));
  await heard.until(1);
});

test('each connection says who it is, and there is none that is not needed', async () => {
  const tracker = bus({ name: 'tracker-1@a' });
  const analyzer = bus({ name: 'analyzer-1@a' });
  const tap = bus({ name: 'tap-1@a' });
  await Promise.all([hear(analyzer, '#.measure', 'live').ready, hear(tap, '#', 'live').ready]);
  await Promise.all([tracker.publish(message(1)), analyzer.publish(message(1, 'm.analysis'))]);
  const listed = await broker.ctl('list_connections', 'client_properties');
  const names = [...listed.matchAll(/"connection_name","([^"]*)"/g)].map(([, name]) => name);
  expect(names.sort()).toEqual(['analyzer-1@a', 'analyzer-1@a (listens)', 'tap-1@a (listens)', 'tracker-1@a']);
});

test('a message that is too large for the broker is given up, and those around it arrive in order', async () => {
  const both = bus({ settle_ms: 0 });
  const heard = hear(both, '#.measure', 'kept', 'test.large');
  await heard.ready;
  const published = Array.from({ length: 20 }, (_, i) =>
    both.publish(message(i, 'm.measure', Buffer.alloc(i === 7 ? 200_000 : 10))),
  );
  const outcomes = await Promise.allSettled(published);
  expect(outcomes.flatMap(({ status }, i) => (status === 'rejected' ? [i] : []))).toEqual([7]);
  await expect(published[7]).rejects.toMatchObject({ code: 'MESSAGE_REFUSED' });
  await heard.until(19);
  expect([...new Set(heard.ids)]).toEqual(Array.from({ length: 20 }, (_, i) => i).filter((i) => i !== 7));
});

test('connections that someone closes are opened again, which is told in two lines', async () => {
  const { log, said } = remember();
  const both = bus({ log });
  const heard = hear(both, '#.measure', 'live');
  await heard.ready;
  await both.publish(message(1));
  const lost = untilConnected(both, false);
  await Promise.all([broker.ctl('close_all_connections', 'for the test'), lost]);
  await Promise.all([both.publish(message(2)), heard.until(2), untilConnected(both, true)]);
  expect(said).toEqual(['connected to', 'BROKER_LOST', 'connected to']);
});

test('messages wait while the broker is out of memory, and go when it is not', async () => {
  const { log, said } = remember();
  const publishing = bus({ log, settle_ms: 0, buffer_messages: 10 });
  await publishing.publish(message(0));
  await broker.ctl('set_vm_memory_high_watermark', '0.0000001');
  const blocked = untilConnected(publishing, false);
  const published = Promise.all([1, 2, 3].map((id) => publishing.publish(message(id))));
  await blocked;
  expect(publishing.status.why).toContain('low on memory');
  const dropped = Promise.allSettled(Array.from({ length: 20 }, (_, i) => publishing.publish(message(10 + i))));
  expect(publishing.buffer).toMatchObject({ messages: 10, dropped: 13 });
  await broker.ctl('set_vm_memory_high_watermark', '0.9');
  await published;
  const outcomes = (await dropped).map(({ status }) => status);
  expect(outcomes).toEqual([...new Array(13).fill('rejected'), ...new Array(7).fill('fulfilled')]);
  expect(said).toEqual(['connected to', 'BROKER_BLOCKED', 'takes messages again']);
});

test('a frozen broker is noticed by its missing heartbeats, and everything arrives when it goes on', async () => {
  const { log, said } = remember();
  const both = bus({ log, url: `${broker.url}?heartbeat=1` });
  const heard = hear(both, '#.measure', 'kept', 'test.frozen');
  await heard.ready;
  await both.publish(message(1));
  const lost = untilConnected(both, false);
  signal('SIGSTOP');
  const published = both.publish(message(2));
  await lost;
  expect(both.status.why).toContain('Heartbeat timeout');
  signal('SIGCONT');
  await Promise.all([published, heard.until(2), untilConnected(both, true)]);
  expect(said).toEqual(['connected to', 'BROKER_LOST', 'connected to']);
});

test('a bus on a frozen broker closes all the same', async () => {
  const publishing = bus();
  await publishing.publish(message(1));
  signal('SIGSTOP');
  const unconfirmed = publishing.publish(message(2)).catch((error: unknown) => error);
  await publishing.close();
  signal('SIGCONT');
  expect(await unconfirmed).toMatchObject({ code: 'BUS_CLOSED' });
});

describe('a broker that is killed and comes back', () => {
  const kinds = [
    { exchange: 'lasting', durable: true },
    { exchange: 'passing', durable: false },
  ];
  const OUTAGE_MESSAGES = 300;
  let outage: Awaited<ReturnType<typeof liveThroughOutage>>;

  beforeAll(async () => {
    outage = await liveThroughOutage();
  }, 150_000);

  test('costs no message, whether it was published before, meanwhile or after', () => {
    expect(outage.failures).toEqual([]);
    for (const { archive, page } of outage.systems) {
      expect([...new Set(archive.ids)]).toEqual(outage.everything);
      expect([...new Set(page.ids)]).toEqual(outage.everything);
    }
  });

  test('keeps what was confirmed for a kept queue that nobody listens to', () => {
    expect(outage.vault.ids.slice(0, 200)).toEqual(Array.from({ length: 200 }, (_, i) => i));
  });

  test('is told in two lines by each', () => {
    for (const { said } of outage.systems) {
      for (const lines of said) expect(lines).toEqual(['connected to', 'BROKER_LOST', 'connected to']);
    }
  });

  test('is waited for by one that starts while it is away', () => {
    const { said, heard } = outage.late;
    expect(said).toEqual(['BROKER_UNREACHABLE', 'connected to']);
    expect(heard.ids.at(-1)).toBe(outage.everything.at(-1));
  });

  test('has its exchanges again as they were', async () => {
    const stranger = await connect(broker.url);
    const channel = await stranger.createChannel();
    for (const { exchange, durable } of kinds) await channel.assertExchange(exchange, 'topic', { durable });
    await stranger.close();
  });

  /** Publishes 200 messages a second while the broker is killed and started again. */
  async function liveThroughOutage() {
    const vault_bus = bus({ name: 'vault-1', exchange: 'vault' });
    const empty = hear(vault_bus, '#.measure', 'kept', 'vault.measure');
    await empty.ready;
    await empty.cancel();
    await Promise.all(Array.from({ length: 200 }, (_, i) => vault_bus.publish(message(i))));

    const systems = await Promise.all(kinds.map(setUp));
    const results: Promise<void>[] = [];
    let published = 0;
    const publishing = setInterval(() => {
      for (const { tracker } of systems) results.push(tracker.publish(message(published)));
      published++;
    }, 5);
    await Promise.all(systems.map(({ page }) => page.until(100)));
    await broker.kill();
    const late = lateComer('lasting');
    const killed_at = published;
    await vi.waitUntil(() => published > killed_at + OUTAGE_MESSAGES, { timeout: 60_000 });
    await broker.start();
    const back_at = published;
    await Promise.all(systems.map(({ page }) => page.until(back_at + 100)));
    clearInterval(publishing);

    const outcomes = await Promise.allSettled(results);
    const vault = hear(vault_bus, '#.measure', 'kept', 'vault.measure');
    const ends = [...systems.flatMap(({ archive, page }) => [archive, page]), late.heard];
    await Promise.all([vault.until(199), ...ends.map(({ until }) => until(published - 1))]);
    await Promise.all(open_buses.splice(0).map((each) => each.close()));
    return {
      systems,
      late,
      vault,
      failures: outcomes.filter(({ status }) => status === 'rejected'),
      everything: Array.from({ length: published }, (_, i) => i),
    };
  }

  /** A tracker, an analyzer that passes on what it keeps, and a page and an archive that hear of it. */
  async function setUp({ exchange, durable }: { exchange: string; durable: boolean }) {
    const stranger = await connect(broker.url);
    const channel = await stranger.createChannel();
    await channel.assertExchange(exchange, 'topic', { durable });
    await stranger.close();
    const logs = [remember(), remember(), remember()] as const;
    const tracker = bus({ exchange, name: 'tracker-1', log: logs[0].log });
    const analyzer = bus({ exchange, name: 'analyzer-1', log: logs[1].log });
    const web = bus({ exchange, name: 'web-1', log: logs[2].log });
    const analyzing = analyzer.subscribe(subscription('analyzer.measure', '#.measure', 'kept'), ({ properties }) =>
      analyzer.publish(message(properties.id ?? '', 'm.analysis')),
    );
    const page = hear(web, '#.analysis', 'live');
    const archive = hear(web, '#.measure', 'kept');
    await Promise.all([analyzing.ready, page.ready, archive.ready]);
    return { exchange, tracker, page, archive, said: logs.map(({ said }) => said) };
  }

  /** One that starts while there is no broker. */
  function lateComer(exchange: string) {
    const { log, said } = remember();
    return { heard: hear(bus({ exchange, name: 'late-1', log }), '#.measure', 'live', 'late.measure'), said };
  }
});
