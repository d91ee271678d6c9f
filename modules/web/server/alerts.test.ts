// What the page's server tells of alerts, to whom, and what it passes on.

import { join } from 'node:path';
import { type Draft, encode } from '@ganglion/kernel';
import { type Alert, alert, birth, type Order, type Silence, silences } from '@ganglion/topics';
import { afterEach, describe, expect, it, test } from 'vitest';
import { type AlertRow, type AlertsFrame, type Ask, ENDED_MAX, LIFE_MAX, type OrderedFrame } from '../wire/frames.ts';
import { Key } from './access/key.ts';
import { AlertBook, OPEN_MAX } from './alerts.ts';
import { Changes } from './changes.ts';
import {
  cleanUp,
  cookiesOf,
  finding,
  folderWithAda,
  type Listening,
  login,
  openPage,
  startWeb,
  type WebUnderTest,
  writeAccess,
} from './web-under-test.ts';

afterEach(cleanUp);

let serial = 0;
const publish = ({ bus }: WebUnderTest, draft: Draft, sender = 'analyzer-test') =>
  bus.publish(encode(draft, `alerts/${serial++}`, sender, undefined));

const say = (web: WebUnderTest, machine: string, id: string, more: Partial<Alert> = {}) =>
  publish(web, alert(machine, finding(id, more)));

const silence: Silence = { id: 's1', machines: 'site1.#', from_ms: 0, until_ms: 4e12, by: 'ada', time_ms: 0 };

/** A client that looks at the alerts; resolves when it has been told all of them. */
async function lookAt(host: string, options = {}): Promise<{ page: Listening; rows: AlertRow[] }> {
  const page = await openPage(host, options);
  await page.nextOf('ready');
  page.look({ view: 'alerts' });
  const frames = await page.until((frame) => frame.type === 'alerts' && frame.whole === true);
  return { page, rows: frames.flatMap((frame) => (frame.type === 'alerts' ? frame.alerts : [])) };
}

/** The next `alerts` frame that names this one. */
async function nextRow(page: Listening, id: string): Promise<AlertRow> {
  for (;;) {
    const row = (await page.nextOf('alerts')).alerts.find((each) => each.id === id);
    if (row !== undefined) return row;
  }
}

let numbers = 0;
/** Gives an order; resolves to the answer. */
async function ask(page: Listening, order: Ask): Promise<OrderedFrame> {
  const number = ++numbers;
  page.socket.send(JSON.stringify({ order, number }));
  const frames = await page.until((frame) => frame.type === 'ordered' && frame.number === number);
  return frames.at(-1) as OrderedFrame;
}

/** The orders that the server publishes. */
function ordersOf({ bus }: WebUnderTest): { next(): Promise<Order> } {
  const heard: Order[] = [];
  const waiting: ((order: Order) => void)[] = [];
  bus.subscribe(
    { name: 'orders', pattern: '#.order', delivery: 'live', limit_messages: 100, in_flight_max: 10, onDrop: () => {} },
    async ({ payload }) => {
      const order: Order = JSON.parse(Buffer.from(payload).toString());
      const taker = waiting.shift();
      if (taker === undefined) heard.push(order);
      else taker(order);
    },
  );
  return { next: async () => heard.shift() ?? new Promise((resolve) => waiting.push(resolve)) };
}

test('who looks is told all that is on and what ended last, and then each change', async () => {
  const web = await startWeb();
  await say(web, 'db-01', 'a');
  await say(web, 'db-02', 'b', { state: 'cleared', until_ms: 5_000 });
  const { page, rows } = await lookAt(web.host);
  expect(rows).toMatchObject([
    { id: 'a', machine: 'db-01', severity: 'warning', rule: 'bands', since_ms: 1_000 },
    { id: 'b', machine: 'db-02', until_ms: 5_000 },
  ]);
  expect(rows[0]).not.toHaveProperty('until_ms');
  await say(web, 'db-01', 'a', { state: 'changed', severity: 'critical' });
  expect(await nextRow(page, 'a')).toMatchObject({ severity: 'critical' });
  await say(web, 'db-01', 'a', { state: 'cleared', severity: 'critical', until_ms: 9_000 });
  const ended = await nextRow(page, 'a');
  expect(ended.until_ms).toBe(9_000);
  expect(ended.life.map(([, step]) => step)).toEqual(['warning', 'critical', 'ended']);
});

test('who looks at another alert of the list is not told the list again', async () => {
  const web = await startWeb();
  await say(web, 'db-01', 'a');
  const { page } = await lookAt(web.host);
  page.look({ view: 'alerts', machine: 'db-01' });
  await page.nextOf('past');
  await say(web, 'db-02', 'b');
  const frame = (await page.until(({ type }) => type === 'alerts')).at(-1) as AlertsFrame;
  expect(frame.begins).toBeUndefined();
  expect(frame.alerts.map(({ id }) => id)).toEqual(['b']);
});

test('who looks at a machine is told its alerts alone, and all of them when they look at the list again', async () => {
  const web = await startWeb();
  await say(web, 'db-01', 'a');
  await say(web, 'db-02', 'b');
  const page = await openPage(web.host);
  await page.nextOf('ready');
  page.look({ view: 'machine', machine: 'db-01' });
  const told = await page.nextOf('alerts');
  expect(told).toMatchObject({ begins: true, whole: true });
  expect(told.alerts.map(({ id }) => id)).toEqual(['a']);
  await say(web, 'db-02', 'c');
  await say(web, 'db-01', 'd');
  expect((await page.nextOf('alerts')).alerts.map(({ id }) => id)).toEqual(['d']);
  page.look({ view: 'alerts', machine: 'db-01' });
  const list = await page.nextOf('alerts');
  expect(list.begins).toBe(true);
  expect(list.alerts.map(({ id }) => id).sort()).toEqual(['a', 'b', 'c', 'd']);
  expect((await page.nextOf('silences')).silences).toEqual([]);
});

test('everyone is told how many are on, and on which machines; those on trial and those silenced apart', async () => {
  const web = await startWeb();
  const page = await openPage(web.host);
  await page.nextOf('ready');
  await say(web, 'db-01', 'a', { severity: 'critical' });
  expect(await page.nextOf('alerted')).toMatchObject({
    open: { critical: 1, warning: 0, info: 0 },
    unacknowledged: { critical: 1, warning: 0, info: 0 },
    machines: [['db-01', 1, 'critical']],
  });
  await say(web, 'db-01', 'a', { severity: 'critical', acknowledged: { by: 'ada', time_ms: 1 } });
  expect(await page.nextOf('alerted')).toMatchObject({
    open: { critical: 1 },
    unacknowledged: { critical: 0 },
  });
  await say(web, 'db-01', 'b', { shadow: true });
  expect(await page.nextOf('alerted')).toMatchObject({ open: { warning: 0 }, on_trial: 1 });
  await say(web, 'db-01', 'a', { severity: 'critical', silenced: { by: 'ada', time_ms: 1 } });
  expect(await page.nextOf('alerted')).toMatchObject({
    open: { critical: 0 },
    silenced: 1,
    machines: [['db-01', 0, 'info']],
  });
  const other = await openPage(web.host);
  expect(await other.nextOf('alerted')).toMatchObject({ silenced: 1, on_trial: 1, begins: true });
});

test('what is not a number of alerts, as a value that changes, is told to those alone who look', async () => {
  const web = await startWeb();
  const page = await openPage(web.host);
  await say(web, 'db-01', 'a', { value: 91 });
  await page.nextOf('alerted');
  await say(web, 'db-01', 'a', { state: 'changed', value: 92 });
  await say(web, 'db-02', 'b', { severity: 'info' });
  expect(await page.nextOf('alerted')).toMatchObject({ open: { warning: 1, info: 1 } });
});

test('who keeps alerts, and by which rules, is told', async () => {
  const web = await startWeb();
  const page = await openPage(web.host);
  await page.nextOf('ready');
  const about = { role: 'analyzer', publishes: ['alert'], rules: ['bands', 'forecast'] };
  await publish(web, birth('analyzer-1', { kind: 'instance', instance: 'analyzer-1', born_ms: 0, about }));
  expect(await page.nextOf('alerted')).toMatchObject({ keepers: 1, rules: ['bands', 'forecast'] });
});

test('silences are told, those that are over are not, and each keeper has its own', async () => {
  const web = await startWeb();
  const { page } = await lookAt(web.host);
  expect(await page.nextOf('silences')).toMatchObject({ silences: [] });
  await publish(web, silences('analyzer-1', { silences: [silence, { ...silence, id: 'over', until_ms: 1 }] }));
  expect((await page.nextOf('silences')).silences.map(({ id }) => id)).toEqual(['s1']);
  await publish(web, silences('analyzer-2', { silences: [silence, { ...silence, id: 's2' }] }));
  expect((await page.nextOf('silences')).silences.map(({ id }) => id)).toEqual(['s1', 's2']);
});

describe('a view link', () => {
  const SECRET = 'k'.repeat(43);

  async function start() {
    const access_dir = folderWithAda();
    const web = await startWeb({ access_dir, login_on_loopback: true });
    const key = new Key(access_dir);
    key.make();
    writeAccess(join(access_dir, 'links.json'), [
      { id: 'l1', scope: 'site1.#', note: '', made_ms: 0, ends_ms: Date.now() + 3_600_000 },
    ]);
    return { web, headers: { authorization: `Bearer ${key.sign('link', 'l1')}` }, secret: SECRET };
  }

  it('shows the alerts of its machines alone, and not who has said what', async () => {
    const { web, headers } = await start();
    await say(web, 'site1.db-01', 'a', {
      acknowledged: { by: 'ada', why: 'the other customer', time_ms: 7 },
      incident: 'i',
      incident_sentence: '2 machines at once, first site2.db-01: CPU at 97 %',
    });
    await say(web, 'site2.db-01', 'b', { severity: 'critical', incident: 'i', incident_head: true });
    await publish(web, silences('analyzer-1', { silences: [silence] }));
    const { page, rows } = await lookAt(web.host, { headers });
    expect(rows.map(({ machine }) => machine)).toEqual(['site1.db-01']);
    expect(rows[0]?.acknowledged).toEqual({ time_ms: 7 });
    expect(rows[0]).not.toHaveProperty('incident_sentence');
    await say(web, 'site2.db-01', 'c');
    await say(web, 'site1.db-02', 'd');
    const told = await page.until((frame) => frame.type === 'alerts' && frame.alerts.some(({ id }) => id === 'd'));
    expect(JSON.stringify(told)).not.toContain('site2');
    expect(told.some(({ type }) => type === 'silences')).toBe(false);
  });

  it('counts the alerts of its machines alone', async () => {
    const { web, headers } = await start();
    await say(web, 'site2.db-01', 'b', { severity: 'critical' });
    await say(web, 'site1.db-01', 'a');
    const page = await openPage(web.host, { headers });
    expect(await page.nextOf('alerted')).toMatchObject({
      open: { critical: 0, warning: 1, info: 0 },
      machines: [['site1.db-01', 1, 'warning']],
    });
  });

  it('changes nothing', async () => {
    const { web, headers } = await start();
    await say(web, 'site1.db-01', 'a');
    const page = await openPage(web.host, { headers });
    expect(await page.nextOf('hello')).toMatchObject({ may_order: false });
    const answer = await ask(page, { do: 'acknowledge', machine: 'site1.db-01', id: 'a' });
    expect(answer.refused).toBe('A link shows alerts, and changes nothing.');
    await web.counted('orders_refused', 1);
  });
});

describe('an order', () => {
  it('is passed on in the name that was typed, where nobody has to log in', async () => {
    const web = await startWeb();
    const orders = ordersOf(web);
    await say(web, 'db-01', 'a', { incident: 'i' });
    const { page } = await lookAt(web.host);
    const order = { do: 'acknowledge', machine: 'db-01', id: 'a', incident: true, by: ' ada ', why: 'on it' } as const;
    expect(await ask(page, order)).not.toHaveProperty('refused');
    expect(await orders.next()).toEqual({
      order: 'acknowledge',
      machine: 'db-01',
      id: 'a',
      incident: true,
      by: 'ada',
      why: 'on it',
    });
    await ask(page, { do: 'acknowledge', machine: 'db-01', id: 'a', undo: true });
    expect(await orders.next()).toMatchObject({ undo: true, by: 'someone on the page' });
  });

  it('is passed on in the name of the login, whatever else it says', async () => {
    const web = await startWeb({ access_dir: folderWithAda(), login_on_loopback: true });
    const orders = ordersOf(web);
    const cookie = cookiesOf(await login(web.host));
    const page = await openPage(web.host, { headers: { cookie } });
    await page.nextOf('ready');
    const until_ms = Date.now() + 3_600_000;
    const given = { do: 'silence', id: 's9', machines: 'site1.#', from_ms: 0, until_ms, by: 'grace' } as const;
    expect(await ask(page, given)).not.toHaveProperty('refused');
    expect(await orders.next()).toMatchObject({
      order: 'silence',
      silence: { id: 's9', machines: 'site1.#', until_ms, by: 'ada' },
    });
    await ask(page, { do: 'end_silence', id: 's9', why: 'done' });
    expect(await orders.next()).toEqual({ order: 'end_silence', id: 's9', by: 'ada', why: 'done' });
  });

  it('of a viewer is refused', async () => {
    const access_dir = folderWithAda();
    const web = await startWeb({ access_dir, login_on_loopback: true });
    const cookie = cookiesOf(await login(web.host));
    const users = join(access_dir, 'users.json');
    const { readFileSync } = await import('node:fs');
    const [ada] = JSON.parse(readFileSync(users, 'utf8'));
    writeAccess(users, [{ ...ada, role: 'viewer' }]);
    const page = await openPage(web.host, { headers: { cookie } });
    expect(await page.nextOf('hello')).toMatchObject({ may_order: false });
    expect(await ask(page, { do: 'end_silence', id: 's1' })).toMatchObject({ refused: 'Only an admin may do that.' });
  });

  it('about what is over, without an end, or with no pattern is refused in words', async () => {
    const web = await startWeb();
    await say(web, 'db-01', 'a', { state: 'cleared' });
    const { page } = await lookAt(web.host);
    const refusedOf = async (order: Ask) => (await ask(page, order)).refused;
    expect(await refusedOf({ do: 'acknowledge', machine: 'db-01', id: 'a' })).toContain('not open any more');
    const given = { do: 'silence', id: 's', machines: '#', from_ms: 0, until_ms: 1 } as const;
    expect(await refusedOf(given)).toContain('has to end later than now');
    expect(await refusedOf({ ...given, until_ms: 4e12 })).toContain('a year at most');
    expect(await refusedOf({ ...given, machines: 'a\u0000b', until_ms: Date.now() + 1e6 })).toContain(
      'control characters',
    );
  });

  it('that is none is counted, and the client is served on', async () => {
    const web = await startWeb();
    const { page } = await lookAt(web.host);
    page.socket.send(JSON.stringify({ order: { do: 'acknowledge', machine: 'db-01' }, number: 1 }));
    page.socket.send(JSON.stringify({ order: { do: 'end_silence', id: 's' } }));
    await web.counted('orders_invalid', 2);
    await say(web, 'db-01', 'a');
    await nextRow(page, 'a');
  });
});

describe('the book of the alerts', () => {
  const newBook = () => {
    const counts = new Map<string, number>();
    const book = new AlertBook({
      count: (name, n = 1) => counts.set(name, (counts.get(name) ?? 0) + n),
      onChange: () => {},
    });
    return { book, counts };
  };

  it('keeps so many that are open, and counts the others', () => {
    const { book, counts } = newBook();
    for (let i = 0; i < OPEN_MAX + 3; i++) book.hear('m', finding(`a${i}`), 0);
    expect(book.open).toBe(OPEN_MAX);
    expect(counts.get('alerts_not_kept')).toBe(3);
    book.hear('m', finding('a0', { state: 'cleared' }), 0);
    book.hear('m', finding('new'), 0);
    expect(book.find('m', 'new')).toBeDefined();
  });

  it('keeps those that ended last', () => {
    const { book } = newBook();
    for (let i = 0; i < ENDED_MAX + 2; i++) book.hear('m', finding(`a${i}`, { state: 'cleared' }), 0);
    expect(book.changes.size).toBe(ENDED_MAX);
    expect(book.find('m', 'a1')).toBeUndefined();
    expect(book.find('m', 'a2')).toBeDefined();
  });

  it('keeps the beginning of a life and what came last', () => {
    const { book } = newBook();
    for (let i = 0; i < 100; i++) book.hear('m', finding('a', { severity: i % 2 === 0 ? 'info' : 'critical' }), i);
    const life = book.find('m', 'a')?.life ?? [];
    expect(life).toHaveLength(LIFE_MAX);
    expect([life[0], life.at(-1)]).toEqual([
      [0, 'info'],
      [99, 'critical'],
    ]);
  });

  it('cuts texts of any length, and takes no name that is too long', () => {
    const { book, counts } = newBook();
    book.hear('m', finding('a', { sentence: 'x'.repeat(100_000), rule: 'y'.repeat(100_000) }), 0);
    expect(JSON.stringify(book.find('m', 'a')).length).toBeLessThan(1_500);
    book.hear('m', finding('b'.repeat(10_000)), 0);
    expect(counts.get('alerts_too_large')).toBe(1);
  });

  it('ends what was not repeated when all who keep alerts have repeated theirs', () => {
    const { book } = newBook();
    book.hear('m', finding('a'), 0);
    book.hear('m', finding('b'), 0);
    const from_ms = performance.now();
    book.hear('m', finding('b', { repeated: true }), 0);
    expect(book.endUnheard(from_ms, [], 9_000)).toBe(false);
    expect(book.endUnheard(from_ms, ['analyzer-1'], 9_000)).toBe(false);
    book.hearSilences('analyzer-1', []);
    expect(book.endUnheard(from_ms, ['analyzer-1', 'analyzer-2'], 9_000)).toBe(false);
    expect(book.endUnheard(from_ms, ['analyzer-1'], 9_000)).toBe(true);
    expect(book.find('m', 'a')).toMatchObject({ until_ms: 9_000, unheard: true });
    expect(book.find('m', 'b')).not.toHaveProperty('until_ms');
  });

  it('of one that is only repeated says nothing of its life', () => {
    const { book } = newBook();
    book.hear('m', finding('a', { state: 'changed', repeated: true }), 5);
    expect(book.find('m', 'a')?.life).toEqual([]);
  });
});

describe('changes', () => {
  it('are told in the order in which they came last, as many as are wanted', () => {
    const changes = new Changes<number>();
    changes.put('a', 1);
    changes.put('b', 2);
    changes.put('a', 3);
    const first = changes.since(0, 1);
    expect(first).toMatchObject({ entries: [['b', 2]], begins: true });
    expect(changes.since(first.cursor, 9)).toMatchObject({ entries: [['a', 3]], begins: false });
    expect(changes.since(changes.serial, 9).entries).toEqual([]);
  });

  it('begin anew for who has not seen the last of what has gone', () => {
    const changes = new Changes<number>();
    changes.put('a', 1);
    const { cursor } = changes.since(0, 9);
    changes.put('b', 2);
    changes.put('c', 3);
    const { cursor: later } = changes.since(0, 9);
    changes.forget('b');
    expect(changes.since(cursor, 9)).toMatchObject({
      entries: [
        ['a', 1],
        ['c', 3],
      ],
      begins: true,
    });
    expect(changes.since(later, 9)).toMatchObject({ entries: [], begins: false });
  });
});
