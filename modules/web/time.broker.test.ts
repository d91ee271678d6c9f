// The past on the page, in a real browser: the time bar, playing, comparing, marks, taking along, and back to now.

import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { RunningModule } from '@ganglion/kernel';
import { CHROMIUM } from '@ganglion/testkit';
import { type Browser, chromium, type Locator, type Page } from 'playwright-core';
import { afterEach, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { barriersOn } from '../../test/support/accessible.ts';
import { cpuOf, DYING, forget, record, TROUBLE, TROUBLED } from './server/past-under-test.ts';
import { cleanUp, startWeb, type WebUnderTest } from './server/web-under-test.ts';

/** The page as `npm test` has built it. */
const page_dir = fileURLToPath(new URL('dist/page', import.meta.url));

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;

/** Yesterday, and the time around its trouble. */
const DAY = Math.floor(Date.now() / DAY_MS) * DAY_MS - DAY_MS;
const FROM = DAY + TROUBLE.from_ms - HOUR_MS;
const TO = DAY + TROUBLE.to_ms + HOUR_MS;
const IN_TROUBLE = DAY + TROUBLE.from_ms + 10 * MINUTE_MS;
const THEN = `from=${FROM}&to=${TO}&at=${IN_TROUBLE}`;

let browser: Browser;

beforeAll(async () => {
  browser = await chromium.launch(CHROMIUM);
  return () => browser.close();
}, 120_000);

const recorders: RunningModule[] = [];
afterEach(async () => {
  await Promise.all(recorders.splice(0).map((each) => each.stop()));
  await cleanUp();
});

/** A machine that speaks now, and somebody who knows what was. */
async function start(): Promise<WebUnderTest> {
  const web = await startWeb({ page_dir });
  await web.say(TROUBLED, { cpu_percentage: 5, cpu_result: 'LOW' }, Date.now() - HOUR_MS);
  await web.say(TROUBLED, { cpu_percentage: 5, cpu_result: 'LOW' });
  recorders.push(await record(web));
  return web;
}

interface Opened {
  readonly page: Page;
  readonly requests: readonly string[];
}

async function open(
  { host }: WebUnderTest,
  path: string,
  options: Parameters<Browser['newPage']>[0] = {},
): Promise<Opened> {
  const page = await browser.newPage({
    locale: 'en-GB',
    timezoneId: 'UTC',
    viewport: { width: 1280, height: 800 },
    ...options,
  });
  const requests: string[] = [];
  const complaints: string[] = [];
  page.on('request', (request) => requests.push(request.url()));
  page.on('console', (message) => {
    // The server may be gone before the page is.
    if (!message.text().includes('ERR_CONNECTION_REFUSED')) complaints.push(message.text());
  });
  page.on('pageerror', (error) => complaints.push(error.message));
  onTestFinished(async ({ task }) => {
    if (task.result?.state === 'fail') console.log(await page.locator('body').ariaSnapshot());
    await page.close();
    expect(complaints).toEqual([]);
  });
  await page.goto(`http://${host}${path}`);
  return { page, requests };
}

const bar = (page: Page) => page.getByRole('region', { name: 'Time' });
const moment = (page: Page) => bar(page).getByRole('slider', { name: 'Moment' });
const card = (page: Page, name: string) => page.getByRole('article', { name, exact: true });
const button = (page: Page, name: string | RegExp) => bar(page).getByRole('button', { name });
const shows = (element: Locator, text: string | RegExp) => element.filter({ hasText: text }).first().waitFor();
const now = (page: Page) => shows(page.getByRole('status'), 'Live');

test('a link shows the fleet as it was, says so, and one key leads back to now', async () => {
  const { page } = await open(await start(), `/?${THEN}`);
  await shows(page.getByRole('heading', { level: 1 }), `${DYING} is DEAD`);
  await shows(card(page, TROUBLED), new RegExp(`CPU\\s*${cpuOf(TROUBLED, IN_TROUBLE - 300).toFixed(1)}`));
  await shows(page.getByRole('status'), 'Then:');
  expect(await page.title()).toMatch(/^Then: /);
  await page.keyboard.press('l');
  await now(page);
  await shows(card(page, TROUBLED), /CPU\s*5\.0/);
  expect(await card(page, DYING).count()).toBe(0);
  expect(new URL(page.url()).search).toBe('');
});

test('what was goes along to a machine, with its band then and its curve', async () => {
  const { page } = await open(await start(), `/?${THEN}`);
  await card(page, TROUBLED).getByRole('link').first().click();
  await shows(page.getByRole('article', { name: TROUBLED }), /CPU \d+ % at/);
  const tile = page
    .getByRole('group', { name: /^CPU/ })
    .or(page.getByRole('figure', { name: /^CPU/ }))
    .first();
  await shows(tile, /[67]\d\.\d/);
  await shows(page.locator('.notes'), 'Each point is 10 s');
  expect(new URL(page.url()).searchParams.get('at')).toBe(String(IN_TROUBLE));
});

test('a moment is chosen on the track, with the mouse and with keys', async () => {
  const { page } = await open(await start(), `/?from=${FROM}&to=${TO}`);
  const { x, y, width } = (await moment(page).boundingBox()) ?? { x: 0, y: 0, width: 0 };
  await page.mouse.click(x + width / 2, y + 15);
  await page.waitForURL((url) => Math.abs(Number(url.searchParams.get('at')) - (FROM + TO) / 2) < MINUTE_MS);
  await moment(page).focus();
  await page.keyboard.press('End');
  await page.waitForURL((url) => url.searchParams.get('at') === String(TO));
  await page.keyboard.press('ArrowLeft');
  await page.waitForURL((url) => Number(url.searchParams.get('at')) < TO);
  await page.mouse.move(x + width * 0.25, y + 15);
  await page.mouse.down();
  await page.mouse.move(x + width * 0.75, y + 15, { steps: 5 });
  await page.mouse.up();
  await page.waitForURL((url) => {
    const [from, to] = ['from', 'to'].map((name) => Number(url.searchParams.get(name)));
    const quarter = (TO - FROM) / 4;
    return Math.abs((from ?? 0) - FROM - quarter) < MINUTE_MS && Math.abs(TO - quarter - (to ?? 0)) < MINUTE_MS;
  });
});

test('it is played: a machine dies and comes back before the eyes', async () => {
  const { page } = await open(
    await start(),
    `/?from=${DAY + TROUBLE.from_ms - 30_000}&to=${DAY + TROUBLE.to_ms + 2 * MINUTE_MS}&at=${DAY + TROUBLE.from_ms - 30_000}`,
  );
  await shows(card(page, DYING), 'CPU');
  await bar(page).getByRole('combobox', { name: 'How fast' }).selectOption('60 ×');
  await button(page, 'Play').click();
  await shows(card(page, DYING), 'DEAD');
  await button(page, 'Stop').click();
  const stopped_at = Number(new URL(page.url()).searchParams.get('at'));
  expect(stopped_at).toBeGreaterThan(DAY + TROUBLE.from_ms);
  await page.keyboard.press('p');
  await page.waitForURL((url) => Number(url.searchParams.get('at')) > stopped_at);
  await button(page, 'Stop').waitFor();
});

test('what happened is marked and listed, and one click shows its moment', async () => {
  const { page } = await open(await start(), `/?from=${FROM}&to=${TO}`);
  await bar(page).getByText('4 events').click();
  const item = bar(page)
    .getByRole('listitem')
    .filter({ hasText: `${DYING} died, connection lost` });
  await item.getByRole('button', { name: 'Show' }).click();
  await page.waitForURL((url) => url.searchParams.get('at') === String(DAY + TROUBLE.from_ms + MINUTE_MS));
  await shows(page.getByRole('heading', { level: 1 }), `${DYING} is DEAD`);
  expect(await bar(page).locator('path.death').getAttribute('d')).toMatch(/^M\d/);
  expect(await bar(page).locator('path.critical').getAttribute('d')).toMatch(/^M\d/);
});

test('the last day runs on into now without a seam', async () => {
  const web = await start();
  const { page } = await open(web, `/m/${TROUBLED}?minutes=1440`);
  await shows(page.locator('.notes'), 'Each point is 60 s');
  await web.measure(TROUBLED, { cpu_percentage: 33.3 });
  await shows(page.getByRole('figure', { name: /^CPU/ }).first(), /33\.3/);
  const seen = await page.evaluate(() => {
    const table = globalThis.ganglion?.seen?.table();
    const at = table?.columns.indexOf('cpu_percentage') ?? -1;
    return table?.rows.map((row) => [Date.parse(String(row[0])), row[at]] as const) ?? [];
  });
  const times = seen.map(([time_ms]) => time_ms);
  expect(times).toEqual([...times].sort((a, b) => a - b));
  expect((times.at(-1) ?? 0) - (times[0] ?? 0)).toBeGreaterThan(DAY_MS - 5 * MINUTE_MS);
  expect(seen.at(-1)?.[1]).toBeCloseTo(33.3, 3);
  const longest_gap_ms = Math.max(...times.slice(1).map((time_ms, i) => time_ms - (times[i] ?? 0)));
  expect(longest_gap_ms).toBeLessThanOrEqual(2 * MINUTE_MS);
});

test('the last fifteen minutes are there at once, as they were sampled', async () => {
  const web = await start();
  const { page } = await open(web, `/m/${TROUBLED}`);
  await page.waitForFunction(() => (globalThis.ganglion?.seen?.table().rows.length ?? 0) > 850);
  await web.measure(TROUBLED, { cpu_percentage: 33.3 });
  await shows(page.getByRole('figure', { name: /^CPU/ }).first(), /33\.3/);
});

test('a week before is drawn beside it, and a link holds that', async () => {
  const { page } = await open(await start(), `/m/${TROUBLED}?${THEN}`);
  await shows(page.locator('.notes'), 'Each point is 10 s');
  const inkOf = () =>
    page
      .locator('.chart canvas')
      .nth(1)
      .evaluate((canvas) => (canvas as HTMLCanvasElement).toDataURL());
  const alone = await inkOf();
  await bar(page).getByRole('combobox', { name: 'Compare' }).selectOption('With the week before');
  await page.waitForURL((url) => url.searchParams.get('against') === 'week');
  await expect.poll(inkOf, { timeout: 10_000 }).not.toBe(alone);
  await bar(page).getByRole('combobox', { name: 'Compare' }).selectOption('Compare');
  await expect.poll(inkOf, { timeout: 10_000 }).toBe(alone);
  await page.goto(`${page.url()}&against=week`);
  expect(await bar(page).getByRole('combobox', { name: 'Compare' }).inputValue()).toBe('week');
});

test('what is seen is taken along as a table and as a picture', async () => {
  const { page } = await open(await start(), `/m/${TROUBLED}?${THEN}`);
  await shows(page.locator('.notes'), 'Each point is 10 s');
  const take = async (kind: string) => {
    await bar(page).getByText('Export', { exact: true }).click();
    const [download] = await Promise.all([page.waitForEvent('download'), button(page, kind).click()]);
    await page.keyboard.press('Escape');
    return { name: download.suggestedFilename(), bytes: readFileSync(await download.path()) };
  };
  const csv = await take('CSV');
  expect(csv.name).toBe(`${TROUBLED}.csv`);
  const [head, first] = csv.bytes.toString().split('\r\n');
  expect(head?.split(',').slice(0, 4)).toEqual([
    'time',
    'cpu/core_percentages/0',
    'cpu/core_percentages/0 (least)',
    'cpu/core_percentages/0 (most)',
  ]);
  expect(first).toMatch(/^\d{4}-\d\d-\d\dT02:00/);
  const json = JSON.parse((await take('JSON')).bytes.toString());
  expect(json[0]).toMatchObject({ time: expect.any(String), cpu_percentage: expect.any(Number) });
  const png = await take('Picture');
  expect(png.bytes.subarray(1, 4).toString()).toBe('PNG');
  expect(png.bytes.readUInt32BE(16)).toBeGreaterThan(500);
});

test('after the page has loaded, the past makes no request', async () => {
  const { page, requests } = await open(await start(), '/');
  await now(page);
  await bar(page).waitFor();
  const loaded = requests.length;
  await bar(page).getByRole('combobox', { name: 'How much time' }).selectOption('Last 6 hours');
  await button(page, 'Earlier').click();
  await button(page, 'Play').click();
  await shows(page.getByRole('status'), 'Then:');
  await button(page, 'Stop').click();
  expect(requests.slice(loaded)).toEqual([]);
});

test('where nobody records there is no bar; when somebody does, it comes, and when that one goes, now is shown', async () => {
  const web = await startWeb({ page_dir });
  await web.say(TROUBLED, { cpu_percentage: 5, cpu_result: 'LOW' });
  const { page } = await open(web, `/?${THEN}`);
  await shows(card(page, TROUBLED), /CPU\s*5\.0/);
  expect(await bar(page).count()).toBe(0);
  recorders.push(await record(web));
  await shows(page.getByRole('heading', { level: 1 }), `${DYING} is DEAD`);
  await forget(web);
  await shows(card(page, TROUBLED), /CPU\s*5\.0/);
  await bar(page).waitFor({ state: 'detached' });
});

for (const colorScheme of ['light', 'dark'] as const) {
  for (const width of [390, 1280, 2560]) {
    describe(`nobody is kept out of the past, ${colorScheme}, ${width} pixels wide:`, () => {
      test.each([`/?${THEN}`, `/m/${TROUBLED}?${THEN}`, `/alerts?${THEN}`, `/system?${THEN}`])('%s', async (path) => {
        const { page } = await open(await start(), path, {
          colorScheme,
          reducedMotion: 'reduce',
          viewport: { width, height: 844 },
        });
        await bar(page).locator('summary').first().click();
        await shows(bar(page), 'Back to live');
        expect(await barriersOn(page)).toEqual([]);
        const wider = await page.evaluate(
          () => document.documentElement.scrollWidth - document.documentElement.clientWidth,
        );
        expect(wider).toBeLessThanOrEqual(0);
      });
    });
  }
}
