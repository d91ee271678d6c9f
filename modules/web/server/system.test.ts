// What a look at the system brings, over real WebSockets: who runs, what each does, who publishes without a word of itself, and
// what passes on any topic.

import { type Draft, encode, type Pulse, pulse } from '@ganglion/kernel';
import { birth, type Death, death } from '@ganglion/topics';
import { afterEach, expect, test } from 'vitest';
import { type Beat, type Frame, type Instance, TAP_BODY_CHARACTERS_MAX } from '../wire/frames.ts';
import { Key } from './access/key.ts';
import { Links } from './access/links.ts';
import { TAPS_MAX } from './system.ts';
import { INSTANCES_ROWS_MAX } from './system-feed.ts';
import {
  cleanUp,
  cookiesOf,
  folderWithAda,
  type Listening,
  login,
  openPage,
  pulseOf,
  send,
  startWeb,
  type WebUnderTest,
} from './web-under-test.ts';

afterEach(cleanUp);

const isReady = (frame: Frame) => frame.type === 'ready';

let serial = 0;
function publish({ bus }: WebUnderTest, draft: Draft, sender = 'presence-test'): Promise<void> {
  return bus.publish(encode(draft, `test/${serial++}`, sender, undefined));
}

const about = { host: 'h', connection: '', started_ms: 5, listens: ['#.measure'], publishes: ['analysis'] };

const bear = (web: WebUnderTest, name: string, more: object = {}) =>
  publish(
    web,
    birth(name, {
      kind: 'instance',
      instance: name,
      born_ms: 7,
      interval_ms: 1_000,
      about: { role: 'analyzer', ...about, ...more },
    }),
  );

const die = (web: WebUnderTest, name: string, more: Partial<Death> = {}) =>
  publish(
    web,
    death(name, { kind: 'instance', instance: name, cause: 'connection_lost', died_ms: 9, last_seen_ms: 8, ...more }),
  );

const say = (web: WebUnderTest, name: string, more: Partial<Pulse> = {}) =>
  publish(web, pulse(name, pulseOf('mood', { about, ...more })), name);

async function openReady(host: string, options: object = {}): Promise<Listening> {
  const page = await openPage(host, options);
  await page.until(isReady);
  return page;
}

async function pageAtSystem(host: string): Promise<Listening> {
  const page = await openReady(host);
  page.look({ view: 'system' });
  return page;
}

/** Waits until an instance is told of that fits. */
async function instance(page: Listening, fits: (instance: Instance) => boolean): Promise<Instance> {
  for (;;) {
    const found = (await page.nextOf('instances')).instances.find(fits);
    if (found !== undefined) return found;
  }
}

async function beatOf(page: Listening, name: string): Promise<Beat> {
  for (;;) {
    const found = (await page.nextOf('pulses')).pulses.find((beat) => beat.instance === name);
    if (found !== undefined) return found;
  }
}

test('who runs is told to whoever looks, and then who comes and goes', async () => {
  const web = await startWeb();
  await bear(web, 'analyzer-1', { version: '1', machine: { name: 'db-01' } });
  const page = await pageAtSystem(web.host);
  expect(await instance(page, (each) => each.instance === 'analyzer-1')).toEqual({
    instance: 'analyzer-1',
    module: 'analyzer',
    host: 'h',
    machine: 'db-01',
    version: '1',
    listens: ['#.measure'],
    publishes: ['analysis'],
    born_ms: 7,
    interval_ms: 1_000,
  });
  await bear(web, 'analyzer-2', { host: 5, listens: [7, 'x'], machine: 'none' });
  const second = await instance(page, (each) => each.instance === 'analyzer-2');
  expect(second).toMatchObject({ listens: ['x'], publishes: ['analysis'] });
  expect(second).not.toHaveProperty('host');
  await die(web, 'analyzer-1');
  const dead = await instance(page, (each) => each.instance === 'analyzer-1');
  expect(dead.gone).toEqual({ cause: 'connection_lost', died_ms: 9 });
});

test('one that is gone before the server has known it is shown as what it was, and that nobody judges is told', async () => {
  const web = await startWeb();
  const page = await pageAtSystem(web.host);
  const before_ms = Date.now();
  await die(web, 'analyzer-1', { about: { role: 'analyzer', ...about } });
  const dead = await instance(page, (each) => each.instance === 'analyzer-1');
  expect(dead).toMatchObject({ module: 'analyzer', born_ms: 5, gone: { cause: 'connection_lost', died_ms: 9 } });
  expect((await (await openPage(web.host)).nextOf('analyzers')).gone_since_ms).toBeGreaterThanOrEqual(before_ms);
});

test('a server that comes when the last analyzer is gone says since when, and no more of one that is dead for long', async () => {
  const web = await startWeb();
  const page = await pageAtSystem(web.host);
  const gone = { repeated: true, about: { role: 'analyzer', ...about } };
  await die(web, 'analyzer-1', { ...gone, died_ms: 5 });
  await die(web, 'analyzer-2', { ...gone, died_ms: 9 });
  await die(web, 'analyzer-3', { ...gone, died_ms: 7 });
  const told = await page.until((frame) => frame.type === 'analyzers' && frame.gone_since_ms === 9);
  expect(told.flatMap((frame) => (frame.type === 'instances' ? frame.instances : []))).not.toContainEqual(
    expect.objectContaining({ module: 'analyzer' }),
  );
  await bear(web, 'analyzer-4');
  expect(await page.nextOf('analyzers')).not.toHaveProperty('gone_since_ms');
  // One that has died before is no news while another judges.
  await die(web, 'analyzer-5', { ...gone, died_ms: 11 });
  await bear(web, 'mood-1', { publishes: [] });
  const news = await page.until((frame) => frame.type === 'instances' && frame.instances[0]?.instance === 'mood-1');
  expect(news.some(({ type }) => type === 'analyzers')).toBe(false);
});

test('the server itself is among them, whether or not presence runs', async () => {
  const { host } = await startWeb();
  const page = await pageAtSystem(host);
  expect(await instance(page, (each) => each.instance === 'web-test')).toMatchObject({
    module: 'web',
    listens: ['#.analysis', '#.birth', '#.death', '#.alert', '#.silences'],
  });
});

test('pulses are listened to exactly while somebody looks, and told folded', async () => {
  const web = await startWeb();
  const before = [...web.bound];
  const [page, other] = await Promise.all([pageAtSystem(web.host), pageAtSystem(web.host)]);
  await page.answers();
  expect([...web.bound]).toEqual([...before, '#.pulse']);
  void say(web, 'mood-1', { in: { measure: 2 }, dropped: { measure: { queue_full: 1 } } });
  void say(web, 'mood-1', {
    in: { measure: 3 },
    out: { mood: 1 },
    dropped: { measure: { queue_full: 1, refused: 1 } },
  });
  expect(await beatOf(page, 'mood-1')).toEqual({
    instance: 'mood-1',
    interval_ms: 2_000,
    in: { measure: 5 },
    out: { mood: 1 },
    dropped: { measure: { queue_full: 2, refused: 1 } },
    failed: {},
    counts: {},
  });
  await beatOf(other, 'mood-1');
  page.look({ view: 'fleet' });
  other.socket.close();
  await web.binds((bound) => !bound.has('#.pulse'));
});

test('one that pulses without a birth is known, and its last pulse is its goodbye', async () => {
  const web = await startWeb();
  const page = await pageAtSystem(web.host);
  await instance(page, (each) => each.instance === 'web-test');
  await say(web, 'mood-1');
  expect(await instance(page, (each) => each.instance === 'mood-1')).toMatchObject({ module: 'mood', born_ms: 5 });
  await say(web, 'mood-1', { stopping: true });
  expect((await instance(page, (each) => each.instance === 'mood-1')).gone?.cause).toBe('stopped');
});

test('many instances come in several frames', async () => {
  const web = await startWeb();
  const many = INSTANCES_ROWS_MAX * 2 + 1;
  const witness = await pageAtSystem(web.host);
  for (let i = 0; i < many; i++) await bear(web, `analyzer-${i}`);
  await instance(witness, (each) => each.instance === `analyzer-${many - 1}`);
  const page = await pageAtSystem(web.host);
  const names = new Set<string>();
  while (names.size < many) {
    const { instances } = await page.nextOf('instances');
    expect(instances.length).toBeLessThanOrEqual(INSTANCES_ROWS_MAX);
    for (const { instance, module } of instances) if (module === 'analyzer') names.add(instance);
  }
});

test('a program that does not pulse is found by what it publishes', async () => {
  const web = await startWeb();
  await bear(web, 'analyzer-1');
  const page = await pageAtSystem(web.host);
  await page.answers();
  const speaking = setInterval(() => {
    void web.bus.publish({ key: 'a.weather', payload: Buffer.from('{}'), properties: { sender: 'weather' } });
    void web.bus.publish({ key: 'a.measure', payload: Buffer.from('no JSON'), properties: {} });
    void web.bus.publish({ key: 'a.analysis', payload: Buffer.from('{}'), properties: { sender: 'analyzer-1' } });
  }, 20);
  try {
    const isStranger = ({ stranger }: Instance) => stranger === true;
    const frames = await page.until((frame) => frame.type === 'instances' && frame.instances.some(isStranger));
    const strangers = frames
      .flatMap((frame) => (frame.type === 'instances' ? frame.instances : []))
      .filter(isStranger)
      .sort((a, b) => a.instance.localeCompare(b.instance));
    expect(strangers).toMatchObject([
      { instance: 'unknown (measure)', module: 'unknown', publishes: ['measure'], listens: [] },
      { instance: 'weather', module: 'weather', publishes: ['weather'], listens: [] },
    ]);
    const { out, interval_ms } = await beatOf(page, 'weather');
    expect(interval_ms).toBe(1_000);
    expect(out['weather']).toBeGreaterThan(0);
    expect(out['weather']).toBeLessThan(60);
  } finally {
    clearInterval(speaking);
  }
  expect(web.bound.has('#')).toBe(false);
});

test('who is in by a link sees no system, and a viewer may not listen in', async () => {
  const access_dir = folderWithAda();
  const token = new Links(access_dir).make(new Key(access_dir), '#', 30, Date.now());
  const some = new Links(access_dir).make(new Key(access_dir), 'site1.#', 30, Date.now());
  const web = await startWeb({ access_dir, login_on_loopback: true });
  const narrow = await openReady(web.host, { headers: { authorization: `Bearer ${some}` } });
  narrow.look({ view: 'system', tap: { pattern: '#', per_second: 1 } });
  expect(await narrow.nextOf('refused')).toMatchObject({ what: 'system' });
  await narrow.answers();
  expect(web.bound.has('#.pulse')).toBe(false);

  const wide = await openReady(web.host, { headers: { authorization: `Bearer ${token}` } });
  wide.look({ view: 'system', tap: { pattern: '#', per_second: 1 } });
  expect(await wide.nextOf('refused')).toMatchObject({ what: 'tap' });
  await wide.nextOf('instances');
  expect(web.bound.has('#')).toBe(false);
});

test('a login that ends takes its tap with it', async () => {
  const access_dir = folderWithAda();
  const web = await startWeb({ access_dir, login_on_loopback: true });
  const cookie = cookiesOf(await login(web.host));
  const page = await openReady(web.host, { headers: { cookie } });
  page.look({ view: 'system', tap: { pattern: '*.secret', per_second: 1 } });
  await page.nextOf('tapped');
  expect(web.bound.has('*.secret')).toBe(true);
  await send(web.host, '/logout', {}, { cookie });
  expect((await page.closed).code).toBe(4401);
  await web.binds((bound) => !bound.has('*.secret'));
});

test('a tap shows what passes as it is, and says at least once a second that it runs', async () => {
  const web = await startWeb();
  const page = await openReady(web.host);
  page.look({ view: 'system', tap: { pattern: 'a.*', per_second: 100 } });
  expect(await page.nextOf('tapped')).toMatchObject({ pattern: 'a.*', messages: [], left_out: 0 });
  const body = 'ü'.repeat(TAP_BODY_CHARACTERS_MAX + 10);
  const properties = { id: '1', sender: 's', time: '2026-11-03T14:03:12.345Z', hops: '[["s",1]]' };
  await web.bus.publish({ key: 'a.b', payload: Buffer.from(body), properties });
  await web.bus.publish({ key: 'a.c', payload: Uint8Array.of(0xff), properties: {} });
  await web.bus.publish({ key: 'b.c', payload: Uint8Array.of(1), properties: {} });
  const { messages } = await page.nextOf('tapped');
  expect(messages).toMatchObject([
    {
      key: 'a.b',
      id: '1',
      sender: 's',
      time_ms: Date.parse(properties.time),
      hops: [['s', 1]],
      bytes: 2 * body.length,
    },
    { key: 'a.c', bytes: 1, text: '\uFFFD' },
  ]);
  expect(messages[0]?.text).toBe(body.slice(0, TAP_BODY_CHARACTERS_MAX));
  expect(await page.nextOf('tapped')).toMatchObject({ messages: [], left_out: 0 });
  page.look({ view: 'system' });
  await web.binds((bound) => !bound.has('a.*'));
});

test('a tap shows so many a second, and says how many it left out', async () => {
  const web = await startWeb();
  const page = await openReady(web.host);
  page.look({ view: 'system', tap: { pattern: '*.x', per_second: 10 } });
  await page.nextOf('tapped');
  for (let i = 0; i < 500; i++) void web.bus.publish({ key: `${i}.x`, payload: Buffer.from('{}'), properties: {} });
  let shown = 0;
  let left_out = 0;
  while (shown + left_out < 500) {
    const frame = await page.nextOf('tapped');
    shown += frame.messages.length;
    left_out += frame.left_out;
  }
  expect(shown + left_out).toBe(500);
  expect(shown).toBeGreaterThanOrEqual(10);
  expect(shown).toBeLessThan(30);
});

test('a tap that cannot be is refused with the reason, and so is one too many', async () => {
  const web = await startWeb();
  const page = await openReady(web.host);
  page.look({ view: 'system', tap: { pattern: 'a\u0000', per_second: 1 } });
  expect(await page.nextOf('refused')).toMatchObject({
    what: 'tap',
    why: expect.stringContaining('control characters'),
  });
  const pages = await Promise.all(
    Array.from({ length: TAPS_MAX }, async (_, i) => {
      const each = await openReady(web.host);
      each.look({ view: 'system', tap: { pattern: `p${i}`, per_second: 1 } });
      await each.nextOf('tapped');
      return each;
    }),
  );
  page.look({ view: 'system', tap: { pattern: 'one.more', per_second: 1 } });
  expect(await page.nextOf('refused')).toMatchObject({ what: 'tap', why: expect.stringContaining('20 taps') });
  pages[0]?.socket.close();
  await web.binds((bound) => !bound.has('p0'));
  page.look({ view: 'system', tap: { pattern: 'one.more', per_second: 1 } });
  await page.nextOf('tapped');
});
