// The bindings follow the eyes, on a real broker: its own list says what is listened to.

import { amqpBus } from '@ganglion/bus-amqp';
import { type PrivateRabbitmq, startRabbitmq } from '@ganglion/testkit';
import { afterAll, afterEach, beforeAll, expect, onTestFinished, test } from 'vitest';
import type { Frame, Instance } from '../wire/frames.ts';
import { cleanUp, type Listening, openPage, startWeb } from './web-under-test.ts';

let broker: PrivateRabbitmq;
beforeAll(async () => {
  broker = await startRabbitmq();
});
afterAll(() => broker.stop());
afterEach(cleanUp);

const EXCHANGE = 'ganglion';
/** What is listened to whether or not somebody looks. `#.pulse`: the test itself. */
const ALWAYS = ['#.alert', '#.analysis', '#.birth', '#.death', '#.pulse', '#.silences'];

/** The patterns that are bound to the exchange now, as the broker says. */
async function bindings(): Promise<string[]> {
  const text = await broker.ctl('--quiet', 'list_bindings', 'source_name', 'routing_key');
  const lines = text.split('\n').map((line) => line.split('\t'));
  return lines.flatMap(([source, key]) => (source === EXCHANGE && key !== undefined ? [key] : [])).sort();
}

/** Looks until the broker's list is this one; each look takes it a second or two. */
async function bindingsAre(patterns: readonly string[]): Promise<void> {
  const wanted = [...patterns].sort();
  let found = await bindings();
  for (let looks = 0; looks < 20 && found.join() !== wanted.join(); looks++) found = await bindings();
  expect(found).toEqual(wanted);
}

async function start() {
  const bus = amqpBus({ url: broker.url, exchange: EXCHANGE, name: 'web-test', settle_ms: 0 });
  const web = await startWeb({}, bus);
  onTestFinished(() => bus.close());
  return web;
}

async function openReady(host: string): Promise<Listening> {
  const page = await openPage(host);
  await page.until((frame) => frame.type === 'ready');
  return page;
}

test('the measures of a machine are bound exactly while somebody looks at it', async () => {
  const { host, measure } = await start();
  await bindingsAre(ALWAYS);
  const page = await openReady(host);
  page.look({ view: 'machine', machine: 'db-01.example.com' });
  await page.until((frame) => frame.type === 'past' && frame.last === true);
  await bindingsAre([...ALWAYS, 'db-01.example.com.measure']);
  await measure('db-02.example.com', { n: 1 });
  await measure('db-01.example.com', { n: 2 });
  expect(await page.nextOf('measure')).toMatchObject({ machine: 'db-01.example.com', body: { n: 2 } });

  page.look({ view: 'machine', machine: '#' });
  await bindingsAre([...ALWAYS, '#.measure']);
  await measure('db-01.example.com', { n: 3 });
  await measure('#', { n: 4 });
  expect(await page.nextOf('measure')).toMatchObject({ machine: '#', body: { n: 4 } });

  page.socket.close();
  await bindingsAre(ALWAYS);
});

test('pulses, strangers and a tap are listened to while somebody looks at the system', async () => {
  const { host } = await start();
  const page = await openReady(host);
  page.look({ view: 'system', tap: { pattern: '*.weather', per_second: 100 } });
  await page.nextOf('tapped');
  await bindingsAre([...ALWAYS, '#.pulse', '*.weather']);
  const strange = amqpBus({ url: broker.url, exchange: EXCHANGE, name: 'strange', settle_ms: 0 });
  onTestFinished(() => strange.close());
  const speaking = setInterval(() => {
    void strange.publish({ key: 'a.weather', payload: Buffer.from('{}'), properties: { sender: 'weather' } });
    void strange.publish({ key: 'a.cpu', payload: Buffer.from('{}'), properties: {} });
  }, 50);
  onTestFinished(() => clearInterval(speaking));
  const strangers = new Set<string>();
  let tapped = 0;
  const note = ({ instance, stranger }: Instance) => {
    if (stranger) strangers.add(instance);
  };
  await page.until((frame: Frame) => {
    if (frame.type === 'tapped') tapped += frame.messages.filter(({ sender }) => sender === 'weather').length;
    if (frame.type === 'instances') frame.instances.forEach(note);
    return strangers.size === 2 && tapped > 0;
  });
  expect(strangers).toEqual(new Set(['weather', 'unknown (cpu)']));
  page.look({ view: 'fleet' });
  await bindingsAre(ALWAYS);
});
