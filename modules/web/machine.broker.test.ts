// One machine's view in a real browser, found by role and name as an assistive technology would find it.

import { fileURLToPath } from 'node:url';
import { CHROMIUM } from '@ganglion/testkit';
import { type Browser, chromium, type Locator, type Page } from 'playwright-core';
import { afterEach, beforeAll, expect, onTestFinished, test } from 'vitest';
import { cleanUp, startWeb, type WebUnderTest } from './server/web-under-test.ts';

/** The page as `npm test` has built it. */
const page_dir = fileURLToPath(new URL('dist/page', import.meta.url));

const NAME = 'db-01.example.com';
const HOUR_MS = 3_600_000;

/** A bound for what never comes. */
const PATIENCE = { timeout: 60_000 };

let browser: Browser;

beforeAll(async () => {
  browser = await chromium.launch(CHROMIUM);
  return () => browser.close();
}, 120_000);

afterEach(cleanUp);

const start = () => startWeb({ page_dir });

interface Opening {
  readonly machine?: string;
  readonly query?: string;
  /** Runs in the page before anything else does. */
  readonly prepare?: () => void;
  /** Hears what the page hears. */
  readonly onMessage?: (text: string) => void;
}

/** Opens a machine's view; the test fails when the browser complains of anything. */
async function open(
  { host }: WebUnderTest,
  { machine = NAME, query = '', prepare, onMessage }: Opening = {},
): Promise<Page> {
  const page = await browser.newPage({ locale: 'en-GB', viewport: { width: 1280, height: 2_000 } });
  const complaints: string[] = [];
  page.on('console', (message) => {
    // The server may be gone before the page is.
    if (!message.text().includes('ERR_CONNECTION_REFUSED')) complaints.push(message.text());
  });
  page.on('pageerror', (error) => complaints.push(error.message));
  page.on('websocket', (socket) => socket.on('framereceived', ({ payload }) => onMessage?.(String(payload))));
  onTestFinished(async ({ task }) => {
    if (task.result?.state === 'fail') console.log(await page.locator('body').ariaSnapshot());
    await page.close();
    expect(complaints).toEqual([]);
  });
  if (prepare !== undefined) await page.addInitScript(prepare);
  await page.goto(`http://${host}/m/${encodeURIComponent(machine)}${query}`);
  return page;
}

/** The server hears measures once somebody looks; says one again and again until the page shows what is expected. */
async function speakUntil(web: WebUnderTest, body: object, seen: Locator): Promise<void> {
  await expect
    .poll(async () => {
      await web.measure(NAME, body);
      return seen.count();
    }, PATIENCE)
    .toBeGreaterThan(0);
}

const figure = (page: Page, name: string | RegExp) => page.getByRole('figure', { name });
const time = (page: Page, chart: string) => page.getByRole('slider', { name: `Time in ${chart}`, exact: true });
const live = (page: Page) => page.getByRole('button', { name: 'Back to live' });
const standing = (page: Page, text: string) => page.getByRole('article', { name: NAME }).getByText(text);

/** Judged of the last minute, a sample each 10 s, the oldest at 10 %. */
async function sayMinute(web: WebUnderTest, now_ms = Date.now()): Promise<void> {
  for (let i = 0; i <= 6; i++) {
    const body = {
      cpu_percentage: 10 + i,
      cpu_result: 'LOW',
      memory_percentage: 20 + i,
      memory_result: 'LOW',
    } as const;
    await web.say(NAME, body, now_ms - 60_000 + i * 10_000);
  }
}

test('the last minutes are there at once, and the cursor walks through them by keyboard', async () => {
  const web = await start();
  await sayMinute(web);
  const page = await open(web);
  await figure(page, 'CPU: 16.0 % LOW').waitFor();
  await time(page, 'CPU').focus();
  await page.keyboard.press('ArrowLeft');
  await figure(page, 'CPU: 15.0 % LOW').waitFor();
  await page.keyboard.press('Home');
  await figure(page, 'CPU: 10.0 % LOW').waitFor();
  expect(await time(page, 'CPU').getAttribute('aria-valuenow')).toBe('-60');
  // One cursor for all charts: it goes along to the next.
  await page.keyboard.press('Tab');
  await page.keyboard.press('ArrowRight');
  await figure(page, 'CPU: 11.0 % LOW').waitFor();
  await figure(page, 'Memory: 21.0 % LOW').waitFor();
  await page.keyboard.press('Escape');
  await figure(page, 'CPU: 16.0 % LOW').waitFor();
});

test('a measure moves the figures, and a probe that nobody told the page about has charts of its own', async () => {
  const web = await start();
  await web.say(NAME, { cpu_percentage: 12.5, cpu_result: 'LOW' });
  const page = await open(web);
  const disk = { devices: { sda: { read_bytes_per_second: 8_200, written_bytes_per_second: 0 } } };
  await speakUntil(web, { disks: disk }, figure(page, 'sda: Read and written: Read 8.20 kB/s, Written 0 B/s'));
  await speakUntil(
    web,
    { zeppelin_percentage: 40, zeppelin: { gas_celsius: 21, crew: 'Ada' } },
    figure(page, 'Gas: Gas 21 °C'),
  );
  await figure(page, /^Zeppelin: 40\.0 %/).waitFor();
  await page.getByRole('heading', { name: 'Zeppelin' }).waitFor();
  await page.getByText('Ada').waitFor();
  await page.getByText(/Tracker to server \d+, server to here \d+, drawing \d+/).waitFor();
});

test('a pause holds what is shown, says what waits, and is in the address', async () => {
  const web = await start();
  await web.say(NAME, { cpu_percentage: 12.5, cpu_result: 'LOW' });
  const page = await open(web);
  await speakUntil(web, { load: { load_1: 1.5 } }, figure(page, /1 min 1\.50/));
  await page.keyboard.press('Space');
  await page.getByText(/^Paused at \d\d:\d\d:\d\d$/).waitFor();
  await speakUntil(web, { load: { load_1: 9.5 } }, page.getByText(/[1-9]\d* samples? waiting/));
  expect(await figure(page, /1 min 1\.50/).count()).toBe(1);
  expect(new URL(page.url()).searchParams.has('to')).toBe(true);
  await live(page).click();
  await figure(page, /1 min 9\.50/).waitFor();
  expect(page.url()).not.toContain('to=');
});

test('what is drawn out is shown closely in all charts, a link shows it again, and Escape leads back step by step', async () => {
  const web = await start();
  await sayMinute(web);
  const page = await open(web);
  await figure(page, 'CPU: 16.0 % LOW').waitFor();
  const box = await time(page, 'CPU').boundingBox();
  if (box === null) throw new Error('the chart has no place');
  await page.mouse.move(box.x + box.width * 0.4, box.y + 5);
  await page.mouse.down();
  await page.mouse.move(box.x + box.width * 0.6, box.y + 5, { steps: 4 });
  await page.mouse.up();
  await page.mouse.move(0, 0);
  await page.getByText(/^Paused, \d\d:\d\d:\d\d to \d\d:\d\d:\d\d$/).waitFor();
  const said = await figure(page, /^CPU: 1[34]\.0 %/).getAttribute('aria-label');
  const again = await open(web, { query: new URL(page.url()).search });
  await figure(again, said ?? '').waitFor();
  await page.keyboard.press('Escape');
  await figure(page, 'CPU: 16.0 % LOW').waitFor();
  await page.keyboard.press('Escape');
  await page.waitForURL(`http://${web.host}/`);
});

test('a link to what is not remembered says so', async () => {
  const web = await start();
  await sayMinute(web);
  const page = await open(web, { query: '?from=1700000000000&to=1700000060000' });
  await page.getByRole('alert').filter({ hasText: 'not remembered any more' }).waitFor();
  await live(page).click();
  await figure(page, 'CPU: 16.0 % LOW').waitFor();
});

test('what is judged does not come before what is measured: the figures are those of the newest measure', async () => {
  const web = await start();
  await web.say(NAME, { cpu_percentage: 12.5, cpu_result: 'LOW' });
  const page = await open(web);
  for (const cpu_percentage of [31, 32, 33]) {
    await speakUntil(web, { cpu_percentage }, figure(page, `CPU: ${cpu_percentage}.0 % LOW`));
  }
  // Judged by a sample that came before.
  await web.say(NAME, { cpu_percentage: 30, cpu_result: 'MEDIUM' });
  await standing(page, 'MEDIUM: CPU 33 %').waitFor();
  await time(page, 'CPU').focus();
  await page.keyboard.press('Home');
  await figure(page, 'CPU: 12.5 % LOW').waitFor();
});

test('HIGH is said with what and how long, a death with when and why; the curves stay', async () => {
  const web = await start();
  const now_ms = Date.now();
  await web.say(
    NAME,
    { cpu_percentage: 5, cpu_result: 'LOW', memory_percentage: 96, memory_result: 'HIGH' },
    now_ms - HOUR_MS,
  );
  await web.say(NAME, { cpu_percentage: 5, cpu_result: 'LOW', memory_percentage: 96, memory_result: 'HIGH' }, now_ms);
  const page = await open(web);
  await standing(page, 'HIGH: Memory 96 % for').waitFor();
  await web.die(NAME, 'connection_lost');
  await page.getByText(/^db-01\.example\.com stopped answering \d+ m?s ago \(connection lost\)$/).waitFor();
  await figure(page, /^Memory: 96\.0 % HIGH/).waitFor();
});

test('a chart that cannot be drawn says so in its place, and takes nothing with it', async () => {
  const web = await start();
  await web.say(NAME, { cpu_percentage: 12.5, cpu_result: 'LOW', memory_percentage: 40, memory_result: 'LOW' });
  const page = await open(web, {
    prepare: () => {
      // The first canvas that is asked for gives nothing to draw on.
      const getContext = HTMLCanvasElement.prototype.getContext;
      HTMLCanvasElement.prototype.getContext = () => {
        HTMLCanvasElement.prototype.getContext = getContext;
        return null;
      };
    },
  });
  await page.getByRole('alert').filter({ hasText: 'This chart could not be drawn' }).waitFor();
  await figure(page, 'CPU: 12.5 % LOW').waitFor();
  await figure(page, 'Memory: 40.0 % LOW').locator('canvas').waitFor();
  await page.getByRole('button', { name: 'Try again' }).click();
  await figure(page, 'CPU: 12.5 % LOW').locator('canvas').waitFor();
  expect(await page.getByRole('alert').count()).toBe(0);
});

test('while nobody sees it nothing is drawn, and all of it the moment somebody does', async () => {
  const web = await start();
  await web.say(NAME, { cpu_percentage: 12.5, cpu_result: 'LOW' });
  let hasCome = () => {};
  const come = new Promise<void>((resolve) => {
    hasCome = resolve;
  });
  const page = await open(web, {
    onMessage: (text) => text.includes('"cpu_percentage":43') && hasCome(),
    prepare: () => {
      const { clearRect } = CanvasRenderingContext2D.prototype;
      let drawn = 0;
      CanvasRenderingContext2D.prototype.clearRect = function (...area) {
        drawn++;
        clearRect.apply(this, area);
      };
      Object.defineProperty(document, 'drawn', { get: () => drawn });
    },
  });
  await speakUntil(web, { cpu_percentage: 31 }, figure(page, 'CPU: 31.0 % LOW'));
  const drawn = () => page.evaluate(() => Reflect.get(document, 'drawn') as number);
  const hide = (hidden: boolean) =>
    page.evaluate((value) => {
      Object.defineProperty(document, 'hidden', { get: () => value, configurable: true });
      document.dispatchEvent(new Event('visibilitychange'));
      // What was begun is drawn.
      return new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve)));
    }, hidden);
  await hide(true);
  const before = await drawn();
  expect(before).toBeGreaterThan(0);
  for (const cpu_percentage of [41, 42, 43]) await web.measure(NAME, { cpu_percentage });
  await come;
  // The page has it when it can answer.
  await page.evaluate(() => {});
  expect(await drawn()).toBe(before);
  await hide(false);
  await figure(page, 'CPU: 43.0 % LOW').waitFor();
  expect(await drawn()).toBeGreaterThan(before);
});

test('a clock that is off is told, and spoils no age', async () => {
  const web = await start();
  await web.say(NAME, { cpu_percentage: 12.5, cpu_result: 'LOW' }, Date.now() + 60_000);
  const page = await open(web);
  await page.getByText(/^Its clock is \d+ s ahead/).waitFor();
  await expect
    .poll(async () => {
      await web.measure(NAME, {}, Date.now() + 60_000);
      return page.getByText(/From the server on: to here \d+, drawing \d+/).count();
    }, PATIENCE)
    .toBe(1);
});

test('a machine that nobody knows is told, with what to do', async () => {
  const web = await start();
  const page = await open(web, { machine: 'no such machine' });
  await page.getByRole('region', { name: 'No machine is called no such machine' }).waitFor();
  await page.getByRole('link', { name: 'See all machines' }).click();
  await page.waitForURL(`http://${web.host}/`);
});

test('brackets lead to the machine before and the next', async () => {
  const web = await start();
  for (const name of ['a', 'b', 'c']) await web.say(name, { cpu_percentage: 1, cpu_result: 'LOW' });
  const page = await open(web, { machine: 'b' });
  await page.getByRole('link', { name: 'Next: c' }).waitFor();
  await page.keyboard.press(']');
  await page.getByRole('heading', { level: 1, name: 'c' }).waitFor();
  await page.keyboard.press('[');
  await page.keyboard.press('[');
  await page.getByRole('heading', { level: 1, name: 'a' }).waitFor();
});

test('what is unusual of it is said, and compared to what, for as long as it is', async () => {
  const web = await start();
  const calm = { cpu_result: 'LOW', cpu_percentage: 12, anomaly_score: 0.02 } as const;
  const sentence = 'Memory 91 %, usually 40 to 46 %';
  await web.say(NAME, { ...calm, anomaly_score: 0.93, anomaly_resource: 'memory', anomaly_sentence: sentence });
  const page = await open(web);
  const said = standing(page, `Unusual for it: ${sentence}`);
  await said.waitFor();
  await figure(page, /^Unusual: 93/).waitFor();
  await page.goto(`http://${web.host}/?sort=unusual`);
  await page.getByRole('article', { name: NAME }).getByTitle(sentence).getByText('unusual', { exact: true }).waitFor();
  await page.goto(`http://${web.host}/m/${NAME}`);
  await said.waitFor();
  await web.say(NAME, calm);
  await said.waitFor({ state: 'detached' });
});
