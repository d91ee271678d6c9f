// What a look at one machine brings, over real WebSockets: its past, and each measure the moment it passes.

import { afterEach, expect, test } from 'vitest';
import type { Frame, PastFrame } from '../wire/frames.ts';
import { Key } from './access/key.ts';
import { Links } from './access/links.ts';
import { WATCHED_MAX } from './eyes.ts';
import { cleanUp, folderWithAda, type Listening, openPage, openPlain, startWeb } from './web-under-test.ts';

afterEach(cleanUp);

const isReady = (frame: Frame) => frame.type === 'ready';
const isPast = (frame: Frame): frame is PastFrame => frame.type === 'past';

async function pageAt(host: string, machine: string): Promise<{ page: Listening; past: PastFrame[] }> {
  const page = await openPage(host);
  await page.until(isReady);
  page.look({ view: 'machine', machine });
  return { page, past: await pastOf(page) };
}

async function pastOf(page: Listening): Promise<PastFrame[]> {
  return (await page.until((frame) => isPast(frame) && frame.last === true)).filter(isPast);
}

/** The columns of a past by path, with the rows' times. */
function columnsOf(past: readonly PastFrame[], of: PastFrame['of']): Record<string, readonly number[]> {
  const frames = past.filter((frame) => frame.of === of);
  return Object.fromEntries(
    frames.flatMap(({ times_ms, paths, columns }) => [
      ...(times_ms.length > 0 ? [['times', [...times_ms]] as const] : []),
      ...paths.map((path, i) => [path, [...(columns[i] ?? [])]] as const),
    ]),
  );
}

test('its measures are listened to exactly while somebody looks', async () => {
  const { host, measure, bound, binds } = await startWeb();
  const before = [...bound];
  const one = await pageAt(host, 'db-01');
  const other = await pageAt(host, 'db-01');
  expect([...bound]).toEqual([...before, 'db-01.measure']);
  await measure('db-02', { cpu_percentage: 99 });
  await measure('db-01', { cpu_percentage: 7, cpu: { cores: 2 } }, 5_000);
  const frames = await Promise.all([one, other].map(({ page }) => page.nextOf('measure')));
  expect(frames[0]).toMatchObject({ machine: 'db-01', time_ms: 5_000, body: { cpu_percentage: 7, cpu: { cores: 2 } } });
  expect(frames[0]?.hops).toEqual([['tracker-test', expect.any(Number)]]);
  expect(frames[1]).toEqual(frames[0]);

  one.page.look({ view: 'fleet' });
  await one.page.answers();
  expect([...bound]).toEqual([...before, 'db-01.measure']);
  other.page.socket.close();
  await binds((patterns) => !patterns.has('db-01.measure'));
});

test('who walks on and comes back within a second finds it bound still', async () => {
  const { host, bound, binds } = await startWeb();
  const { page } = await pageAt(host, 'a');
  for (let i = 0; i < 50; i++) {
    page.look({ view: 'machine', machine: 'b' });
    page.look({ view: 'machine', machine: 'a' });
  }
  await page.answers();
  expect([...bound].filter((pattern) => pattern.endsWith('.measure'))).toEqual(['a.measure', 'b.measure']);
  await binds((patterns) => !patterns.has('b.measure'));
  expect(bound.has('a.measure')).toBe(true);
});

test('a machine whose name is a wildcard is itself alone', async () => {
  const { host, measure } = await startWeb();
  const { page } = await pageAt(host, '*');
  await measure('a', { cpu_percentage: 1 });
  await measure('*', { cpu_percentage: 2 });
  expect((await page.nextOf('measure')).machine).toBe('*');
});

test('the headlines of every machine are there already, with their bands', async () => {
  const { host, say } = await startWeb();
  const witness = await openPlain(host);
  const now_ms = Date.now();
  await say('a/b', { cpu_result: 'LOW', cpu_percentage: 12.34, 'x/y_percentage': 5 } as object, now_ms - 3_000);
  await say('a/b', { cpu_result: 'HIGH' }, now_ms - 2_000);
  await say('a/b', { cpu_result: 'LOW', cpu_percentage: 100, disks_result: 'MEDIUM' }, now_ms - 1_000);
  for (let i = 0; i < 3; i++) await witness.next();
  const { past } = await pageAt(host, 'a/b');
  const { NaN: none } = Number;
  expect(columnsOf(past, 'headlines')).toEqual({
    times: [now_ms - 3_000, now_ms - 2_000, now_ms - 1_000],
    cpu_percentage: [Math.fround(12.34), none, 100],
    cpu_result: [1, 3, 1],
    'x~1y_percentage': [5, none, none],
    'x~1y_result': [none, none, none],
    disks_percentage: [none, none, none],
    disks_result: [none, none, 2],
  });
  expect(past.filter(({ last }) => last)).toHaveLength(1);
});

test('the details are remembered while somebody looks and for a while after', async () => {
  const { host, measure, counted } = await startWeb();
  const { page, past } = await pageAt(host, 'a');
  expect(past).toMatchObject([{ machine: 'a', last: true, paths: [] }]);
  await measure('a', { cpu: { core_percentages: [1, 2] }, up: true }, 1_000);
  await measure('a', { cpu: { core_percentages: [3] }, note: 'x' }, 2_000);
  // Too late: it is left out of the past, and is no news.
  await measure('a', { cpu: { core_percentages: [9] } }, 1_500);
  for (let i = 0; i < 2; i++) await page.nextOf('measure');
  await counted('measures_late', 1);
  page.socket.close();
  await page.closed;
  const again = await pageAt(host, 'a');
  expect(columnsOf(again.past, 'details')).toEqual({
    times: [1_000, 2_000],
    cpu_percentage: [1, 1],
    'cpu/core_percentages/0': [1, 3],
    'cpu/core_percentages/1': [2, Number.NaN],
    up: [1, Number.NaN],
  });
});

test('a long past comes in frames of a moderate size, and the line may be slow', async () => {
  const { host, measure } = await startWeb();
  const { page } = await pageAt(host, 'a');
  const many = Object.fromEntries(Array.from({ length: 1_000 }, (_, i) => [`f${i}`, i]));
  const start_ms = Date.now() - 200_000;
  for (let i = 0; i < 200; i++) {
    await measure('a', many, start_ms + i * 1_000);
    await page.nextOf('measure');
  }
  const slow = await openPage(host);
  await slow.until(isReady);
  slow.socket.pause();
  slow.look({ view: 'machine', machine: 'a' });
  await measure('a', many, start_ms + 200_000);
  await page.nextOf('measure');
  slow.socket.resume();
  const past = await pastOf(slow);
  for (const { columns, times_ms } of past) {
    expect(times_ms.byteLength + columns.reduce((sum, { byteLength }) => sum + byteLength, 0)).toBeLessThanOrEqual(
      131_072,
    );
  }
  const columns = columnsOf(past, 'details');
  expect(Object.keys(columns)).toHaveLength(1 + 1_001);
  expect(columns['f999']?.every((value) => value === 999)).toBe(true);
});

test('who cannot keep up with the measures gets the newest', async () => {
  const { host, measure, counted } = await startWeb();
  const { page: quick } = await pageAt(host, 'a');
  const { page: slow } = await pageAt(host, 'a');
  slow.socket.pause();
  let skipped = false;
  void counted('measures_skipped', 3).then(() => {
    skipped = true;
  });
  let said = 0;
  while (!skipped) {
    await measure('a', { n: ++said, ballast: 'x'.repeat(100_000) }, said);
    await quick.nextOf('measure');
  }
  slow.socket.resume();
  let received = 0;
  for (let newest = 0; newest < said; received++) newest = Number((await slow.nextOf('measure')).body['n']);
  expect(received).toBeLessThan(said);
});

test('a link shows no machine out of its scope', async () => {
  const access_dir = folderWithAda();
  const token = new Links(access_dir).make(new Key(access_dir), 'site1.#', 30, Date.now());
  const { host, bound } = await startWeb({ access_dir });
  const page = await openPage(host, { headers: { authorization: `Bearer ${token}` } });
  await page.until(isReady);
  page.look({ view: 'machine', machine: 'site2.a' });
  expect(await page.nextOf('refused')).toMatchObject({ what: 'machine', why: expect.stringContaining('site2.a') });
  expect(bound.has('site2.a.measure')).toBe(false);
  page.look({ view: 'machine', machine: 'site1.a' });
  expect(await pastOf(page)).toHaveLength(1);
});

test('a name that no machine can have is refused with the reason', async () => {
  const { host } = await startWeb();
  const page = await openPage(host);
  await page.until(isReady);
  page.look({ view: 'machine', machine: 'a\u0000b' });
  expect((await page.nextOf('refused')).why).toContain('control characters');
});

test('only so many machines are looked at at once', async () => {
  const { host, bound } = await startWeb();
  const pages = await Promise.all(Array.from({ length: WATCHED_MAX }, (_, i) => pageAt(host, `m${i}`)));
  const page = await openPage(host);
  await page.until(isReady);
  page.look({ view: 'machine', machine: 'one more' });
  expect(await page.nextOf('refused')).toMatchObject({ what: 'machine', why: expect.stringContaining('200') });
  // Where one has looked away there is room at once.
  pages[0]?.page.look({ view: 'fleet' });
  await pages[0]?.page.answers();
  page.look({ view: 'machine', machine: 'one more' });
  await pastOf(page);
  expect(bound.has('m0.measure')).toBe(false);
  expect(bound.has('one more.measure')).toBe(true);
});

test('two hundred who look at one machine share one binding', async () => {
  const { host, bound, measure } = await startWeb();
  const pages = await Promise.all(Array.from({ length: 200 }, () => pageAt(host, 'a')));
  // Twice the same pattern would fail in `startWeb`.
  expect([...bound].filter((pattern) => pattern === 'a.measure')).toHaveLength(1);
  await measure('a', { n: 1 });
  await Promise.all(pages.map(({ page }) => page.nextOf('measure')));
});
