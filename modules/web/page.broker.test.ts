// The page in a real browser, found by role and name as an assistive technology would find it.

import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { type BusStatus, memoryBus } from '@ganglion/kernel';
import { CHROMIUM } from '@ganglion/testkit';
import { type Browser, chromium, type Locator, type Page } from 'playwright-core';
import { afterEach, beforeAll, expect, onTestFinished, test } from 'vitest';
import { readPage } from './server/page-files.ts';
import { cleanUp, startWeb, type WebUnderTest } from './server/web-under-test.ts';

const KILOBYTE = 1024;

/** The page as `npm test` has built it. */
const page_dir = fileURLToPath(new URL('dist/page', import.meta.url));

let browser: Browser;

beforeAll(async () => {
  browser = await chromium.launch(CHROMIUM);
  return () => browser.close();
}, 120_000);

afterEach(cleanUp);

interface Opened {
  readonly page: Page;
  /** Every request, WebSockets included. */
  readonly requests: string[];
}

/** Opens the page; the test fails when the browser complains of anything but a line that was cut. */
async function open(
  { host }: WebUnderTest,
  options: Parameters<Browser['newPage']>[0] = {},
  path = '/',
): Promise<Opened> {
  const page = await browser.newPage({ locale: 'en-GB', ...options });
  const requests: string[] = [];
  const complaints: string[] = [];
  page.on('request', (request) => requests.push(request.url()));
  page.on('websocket', (socket) => requests.push(socket.url()));
  page.on('console', (message) => {
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

const start = (config: object = {}, bus = memoryBus()) => startWeb({ page_dir, ...config }, bus);
const status = (page: Page) => page.getByRole('status');
const headline = (page: Page) => page.getByRole('heading', { level: 1 });
const machine = (page: Page, name: string) => page.getByRole('article', { name, exact: true });
const resource = (page: Page, name: string, of: string) =>
  machine(page, name).getByRole('group', { name: of, exact: true });

const HOUR_MS = 3_600_000;

/** A machine that speaks once an hour: it is not silent, however slowly the test runs. */
async function sayHourly(web: WebUnderTest, name: string, body: Parameters<WebUnderTest['say']>[1]): Promise<void> {
  await web.say(name, body, Date.now() - HOUR_MS);
  await web.say(name, body);
}

/** Resolves when an element's text is, or holds, what is expected. */
const shows = (element: Locator, text: string | RegExp) => element.filter({ hasText: text }).waitFor();

test('the figures move as they are said, and the band is told in words', async () => {
  const web = await start();
  const { page } = await open(web);
  await shows(status(page), 'Live');
  await sayHourly(web, 'db-01.example.com', {
    cpu_percentage: 12.5,
    cpu_result: 'LOW',
    disk_root_percentage: 63,
    disk_root_result: 'MEDIUM',
  });
  await shows(resource(page, 'db-01.example.com', 'CPU'), /12\.5.%.*LOW/);
  await shows(resource(page, 'db-01.example.com', 'Disk root'), /63\.0.%.*MEDIUM/);
  await shows(headline(page), 'Nothing is wrong');
  await sayHourly(web, 'db-01.example.com', { cpu_percentage: 97.04, cpu_result: 'HIGH' });
  await shows(resource(page, 'db-01.example.com', 'CPU'), /97\.0.%.*HIGH/);
  await shows(headline(page), 'db-01.example.com: CPU is HIGH');
  expect(await resource(page, 'db-01.example.com', 'Disk root').count()).toBe(0);
  expect(await page.title()).toBe('▲ 1 HIGH · Ganglion');
});

test('after it has loaded it makes no request', async () => {
  const web = await start();
  const { page, requests } = await open(web);
  await shows(status(page), 'Live');
  const loaded = requests.length;
  expect(requests.every((url) => url.includes(web.host))).toBe(true);
  expect(requests.filter((url) => url.startsWith('ws:'))).toHaveLength(1);
  for (let i = 1; i <= 100; i++) {
    const band = (['LOW', 'MEDIUM', 'HIGH'] as const)[i % 3] ?? 'LOW';
    await web.say(`m${i % 7}`, { cpu_percentage: i, cpu_result: band });
  }
  await shows(resource(page, 'm2', 'CPU'), /100\.0/);
  expect(requests.slice(loaded)).toEqual([]);
});

test('an analysis of the ancestor is shown as what it is', async () => {
  const web = await start();
  const { page } = await open(web);
  await web.bus.publish({ key: 'old.analysis', payload: Buffer.from('{"cpu_result": "MEDIUM"}'), properties: {} });
  await shows(resource(page, 'old', 'CPU'), 'MEDIUM');
  expect(await resource(page, 'old', 'CPU').textContent()).not.toContain('%');
});

test('a name is text, whatever it looks like', async () => {
  const web = await start();
  const { page } = await open(web);
  const names = [
    '<img src=x onerror=alert(1)>',
    'Büro Süd 2',
    'a.b.c',
    '__proto__',
    'コンピュータ',
    `${'x'.repeat(200)}`,
  ];
  for (const name of names) await web.say(name, { cpu_result: 'LOW', cpu_percentage: 1 });
  for (const name of names) await machine(page, name).waitFor();
});

test('several machines in trouble are counted, and the worst named by a link that leads to each', async () => {
  const web = await start();
  const { page } = await open(web);
  for (let i = 0; i < 40; i++) await sayHourly(web, `m${i}`, { cpu_result: i % 13 === 12 ? 'HIGH' : 'LOW' });
  await shows(headline(page), '3 machines are HIGH');
  const worst = page.getByRole('region', { name: 'Worst now' });
  await expect.poll(() => worst.getByRole('link').count(), { timeout: 10_000 }).toBe(3);
  const counts = page.getByRole('list', { name: 'Machines by band' });
  expect((await counts.getByRole('listitem').allTextContents()).map((text) => text.trim())).toEqual([
    '40 machines',
    '3 HIGH',
    '0 DEAD',
    '0 MEDIUM',
    '37 LOW',
  ]);
  await worst.getByRole('link', { name: 'm38 CPU' }).focus();
  await page.keyboard.press('Enter');
  await shows(headline(page), 'm38');
  expect(new URL(page.url()).pathname).toBe('/m/m38');
});

test('what has the focus is seen', async () => {
  const web = await start();
  const { page } = await open(web);
  await sayHourly(web, 'a', { cpu_result: 'HIGH' });
  await page.getByRole('link', { name: 'a CPU for' }).waitFor();
  for (const name of ['Ganglion', 'Fleet', 'Alerts', 'System', 'Go to', 'Auto', 'Keys and marks', 'a CPU for']) {
    await page.keyboard.press('Tab');
    const focused = page.locator(':focus-visible');
    expect(await focused.evaluate((element) => element.getAttribute('aria-label') ?? element.textContent)).toContain(
      name,
    );
    expect(await focused.evaluate((element) => getComputedStyle(element).outlineStyle)).toBe('solid');
  }
});

const map = (page: Page) => page.getByRole('group', { name: / as a map/ });

/** A fleet that is a map: 300 machines of two sites, two of them not well. */
async function openMap(path = '/'): Promise<Page> {
  const web = await start();
  for (let i = 0; i < 300; i++) {
    const percentage = i === 7 ? 97 : i === 8 ? 60 : i / 20;
    const result = i === 7 ? 'HIGH' : i === 8 ? 'MEDIUM' : 'LOW';
    await sayHourly(web, `site${i % 2}.m${i}`, { cpu_percentage: percentage, cpu_result: result });
  }
  const { page } = await open(web, { colorScheme: 'dark' }, path);
  await map(page).waitFor();
  return page;
}

test('many machines are a map, and each of them can be reached by keyboard', async () => {
  const page = await openMap();
  await shows(headline(page), 'site1.m7: CPU is HIGH');
  const link = map(page).getByRole('link');
  expect(await link.count()).toBe(1);
  await link.focus();
  const heard = new Set([await link.textContent()]);
  for (let i = 1; i < 300; i++) {
    await page.keyboard.press('ArrowRight');
    heard.add(await link.textContent());
  }
  expect(heard.size).toBe(300);
  expect([...heard].join('\n')).toMatch(/site1\.m7, HIGH, CPU 97\.0 %/);
  await page.keyboard.press('Home');
  await page.keyboard.press('ArrowDown');
  const name = (await link.textContent())?.split(',')[0]?.trim() ?? '';
  await page.keyboard.press('Enter');
  await shows(headline(page), name);
  await page.keyboard.press('Escape');
  await map(page).waitFor();
});

test('a cell is as bright as its machine is busy, and what is not well has a mark', async () => {
  const page = await openMap('/?sort=value');
  const pixels = await page.evaluate(() => {
    const [colours, marks] = [...document.querySelectorAll('canvas')].map((canvas) => ({
      width: canvas.width,
      height: canvas.height,
      data: canvas.getContext('2d')?.getImageData(0, 0, canvas.width, canvas.height).data ?? new Uint8ClampedArray(),
    }));
    const sum = (data: Uint8ClampedArray, at: number) =>
      (data[at * 4] ?? 0) + (data[at * 4 + 1] ?? 0) + (data[at * 4 + 2] ?? 0);
    return {
      busiest: sum(colours?.data ?? new Uint8ClampedArray(), 0),
      idle: sum(colours?.data ?? new Uint8ClampedArray(), 299),
      marked: marks?.data.some((value) => value > 0),
    };
  });
  expect(pixels.busiest).toBeGreaterThan(pixels.idle + 100);
  expect(pixels.marked).toBe(true);
});

test('typing filters, a count filters by state, and the address says both', async () => {
  const page = await openMap();
  await page.keyboard.press('/');
  await page.keyboard.type('SITE0 m29');
  await page.keyboard.press('Enter');
  await shows(page.getByText('5 of 300'), '5 of 300');
  await machine(page, 'site0.m290').waitFor();
  await shows(status(page), 'Live');
  expect(new URL(page.url()).search).toBe('?q=SITE0+m29');
  await page.keyboard.press('Escape');
  await map(page).waitFor();
  await page.getByRole('button', { name: '1 MEDIUM' }).click();
  await machine(page, 'site0.m8').waitFor();
  expect(await page.getByRole('article').count()).toBe(1);
  const link = page.url();
  await page.goto('about:blank');
  await page.goto(link);
  await machine(page, 'site0.m8').waitFor();
  expect(await page.getByRole('article').count()).toBe(1);
});

test('a map is grouped by site or by kind of name, and coloured by a resource', async () => {
  const page = await openMap('/?group=site&resource=cpu');
  await shows(page.getByRole('heading', { level: 3 }).first(), 'site0.* 150');
  await page.getByRole('combobox', { name: 'Group' }).selectOption('By kind of name');
  await shows(page.getByRole('heading', { level: 3 }), 'site*.m* 300');
  expect(await page.getByRole('combobox', { name: 'Colour' }).inputValue()).toBe('cpu');
});

test('machines are grouped and found by their labels', async () => {
  const web = await start();
  const { page } = await open(web);
  const label = (name: string, labels: object) => {
    const body = { kind: 'machine', instance: 't', born_ms: 0, about: { name, labels } };
    return web.bus.publish({ key: `${name}.birth`, payload: Buffer.from(JSON.stringify(body)), properties: {} });
  };
  await label('m1', { rack: 'r1' });
  for (let i = 0; i < 15; i++) await sayHourly(web, `m${i}`, { cpu_percentage: 1, cpu_result: 'LOW' });
  for (let i = 2; i < 5; i++) await label(`m${i}`, { rack: 'r2' });
  await page.getByRole('combobox', { name: 'Group' }).selectOption('By rack');
  const groups = page.getByRole('heading', { level: 3 }).filter({ hasText: /^(r\d|without one) / });
  await expect.poll(() => groups.allTextContents(), { timeout: 10_000 }).toEqual(['r1 1', 'r2 3', 'without one 11']);
  await page.getByRole('searchbox', { name: 'Filter by name' }).fill('rack=r2');
  await shows(page.getByText('3 of 15'), '3 of 15');
});

test('the palette goes to a machine, a view and an action by a few letters', async () => {
  const page = await openMap();
  await page.keyboard.press('Control+k');
  const field = page.getByRole('combobox', { name: 'Go to' });
  await field.fill('m299');
  await shows(page.getByRole('option'), 'site1.m299');
  await page.keyboard.press('Enter');
  await shows(headline(page), 'site1.m299');
  await page.keyboard.press('Control+k');
  await field.fill('dark');
  await page.keyboard.press('Enter');
  expect(await page.evaluate(() => document.documentElement.dataset['theme'])).toBe('dark');
  await page.keyboard.press('Control+k');
  await page.keyboard.press('Escape');
  await field.waitFor({ state: 'detached' });
  await shows(headline(page), 'site1.m299');
});

test('the keys are explained, and the sheet closes with the key that opened it or with Escape', async () => {
  const { page } = await open(await start());
  await shows(status(page), 'Live');
  await page.keyboard.press('?');
  const sheet = page.getByRole('dialog', { name: 'Keys and marks' });
  await shows(sheet, 'filter by name');
  await page.keyboard.press('Escape');
  await sheet.waitFor({ state: 'detached' });
});

test('the reader chooses light or dark, and it is kept', async () => {
  const { page } = await open(await start(), { colorScheme: 'dark' });
  const ground = () => page.evaluate(() => getComputedStyle(document.documentElement).backgroundColor);
  const dark = await ground();
  await page.getByRole('button', { name: 'Auto' }).click();
  const light = await ground();
  expect(light).not.toBe(dark);
  await page.reload();
  expect(await ground()).toBe(light);
  await page.getByRole('button', { name: 'Light' }).click();
  expect(await ground()).toBe(dark);
});

test('on a wall there is nothing to click', async () => {
  const { page } = await open(await start(), {}, '/?kiosk');
  await shows(status(page), 'Live');
  expect(await page.getByRole('button').count()).toBe(0);
  expect(await page.getByRole('navigation').count()).toBe(0);
});

test('it can be installed', async () => {
  const { page } = await open(await start());
  const client = await page.context().newCDPSession(page);
  const { errors, data } = await client.send('Page.getAppManifest');
  expect(errors).toEqual([]);
  expect(JSON.parse(data ?? '{}')).toMatchObject({ name: 'Ganglion', display: 'standalone' });
});

test('a machine that stops speaking is said to be dead, and is not when it speaks again', async () => {
  const web = await start();
  const { page } = await open(web);
  const now_ms = Date.now();
  for (let i = 0; i < 4; i++) await web.say('a', { cpu_result: 'LOW', cpu_percentage: 5 }, now_ms - 400 + i * 100);
  await shows(headline(page), 'a is DEAD');
  await shows(machine(page, 'a'), /DEAD for \d+ s, silent/);
  expect(await page.title()).toBe('✕ 1 DEAD · Ganglion');
  const talking = setInterval(() => web.say('a', { cpu_result: 'LOW', cpu_percentage: 5 }), 100);
  onTestFinished(() => clearInterval(talking));
  await shows(headline(page), 'Nothing is wrong');
});

test('when the server goes the page freezes and says since when, and it goes on by itself when it is back', async () => {
  const web = await start();
  const { page } = await open(web);
  await web.say('a', { cpu_result: 'LOW', cpu_percentage: 5 });
  await machine(page, 'a').waitFor();
  await web.running.stop();
  await shows(status(page), 'Reconnecting');
  await shows(headline(page), /^Cut off since \d\d:\d\d:\d\d$/);
  await shows(page.getByText('What you see is from then'), 'Trying again');
  await machine(page, 'a').waitFor();
  expect(await page.title()).toContain('Cut off');
  const again = await start({ port: web.port });
  await shows(status(page), 'Live');
  await sayHourly(again, 'a', { cpu_result: 'LOW', cpu_percentage: 77 });
  await shows(resource(page, 'a', 'CPU'), /77\.0/);
  await shows(headline(page), 'Nothing is wrong');
});

test('when the broker goes the page freezes and says so', async () => {
  let tell: (status: BusStatus) => void = () => {};
  const bus = Object.assign(Object.create(memoryBus()), {
    status: { connected: true, since_ms: 0 },
    onStatus: (listener: (status: BusStatus) => void) => {
      tell = listener;
      return () => {};
    },
  });
  const web = await start({}, bus);
  const { page } = await open(web);
  await shows(status(page), 'Live');
  tell({ connected: false, since_ms: Date.now(), why: 'connection refused' });
  await shows(headline(page), /^RabbitMQ is away since \d\d:\d\d:\d\d$/);
  await shows(page.getByText('Connection refused.'), 'What you see is from then');
  tell({ connected: true, since_ms: Date.now() });
  await shows(headline(page), 'No machine has spoken yet');
});

test('when the last analyzer goes nobody is called dead for it, and the page says that nobody judges', async () => {
  const web = await start();
  const { page } = await open(web);
  const tell = (family: 'birth' | 'death', more: object) => {
    const body = { kind: 'instance', instance: 'analyzer-1@h', ...more };
    const payload = Buffer.from(JSON.stringify(body));
    return web.bus.publish({ key: `analyzer-1@h.${family}`, payload, properties: {} });
  };
  const born = () => tell('birth', { born_ms: Date.now(), about: { role: 'analyzer', publishes: ['analysis'] } });
  await born();
  const now_ms = Date.now();
  for (let i = 0; i < 4; i++) await web.say('a', { cpu_result: 'LOW', cpu_percentage: 5 }, now_ms - 400 + i * 100);
  await machine(page, 'a').waitFor();
  await tell('death', { cause: 'connection_lost', died_ms: Date.now(), last_seen_ms: Date.now() });
  await shows(headline(page), /^No analyzer since \d\d:\d\d:\d\d$/);
  await shows(status(page), 'No analyzer');
  // Longer than a machine of that interval may be silent: the server's beats go on.
  await page.waitForFunction((ms) => (globalThis.ganglion?.now_ms ?? 0) > ms, Date.now() + 4_000);
  expect(await machine(page, 'a').textContent()).not.toMatch(/DEAD|STALE/);
  expect(await page.title()).toContain('No analyzer');
  await born();
  await shows(headline(page), 'Nothing is wrong');
  await shows(status(page), 'Live');
});

test('a view asks for its own code when it is opened, and for nothing else', async () => {
  const web = await start();
  await sayHourly(web, 'a', { cpu_percentage: 5, cpu_result: 'LOW' });
  const { page, requests } = await open(web);
  await machine(page, 'a').waitFor();
  const first = requests.length;
  for (let round = 0; round < 3; round++) {
    await machine(page, 'a').getByRole('link', { name: 'a' }).click();
    await page.getByRole('heading', { level: 1, name: 'a' }).waitFor();
    await page.keyboard.press('s');
    await page.getByRole('button', { name: 'Pulses' }).waitFor();
    await page.keyboard.press('a');
    await page.getByRole('heading', { name: 'What was' }).waitFor();
    await page.keyboard.press('f');
    await machine(page, 'a').waitFor();
  }
  const later = requests.slice(first).map((url) => new URL(url).pathname);
  expect(later.filter((path) => !/^\/assets\/[\w.-]+\.(js|css)$/.test(path))).toEqual([]);
  expect(new Set(later).size).toBe(later.length);
  expect(requests.filter((url) => url.startsWith('ws:'))).toHaveLength(1);
});

test('before the first machine it tells how to add one', async () => {
  const { page } = await open(await start());
  await shows(headline(page), 'No machine has spoken yet');
  await page.getByText('npx ganglion run tracker --broker').waitFor();
});

test('it fits from a phone to a wall', async () => {
  const web = await start();
  const long_name = `${'a-rather-long-name-'.repeat(10)}.example.com`;
  const { page } = await open(web);
  for (const machines of [1, 3, 20, 230]) {
    for (let i = 0; i < machines; i++) {
      const body = { cpu_percentage: 100, cpu_result: 'HIGH', memory_percentage: 8, memory_result: 'LOW' } as const;
      await web.say(i === 0 ? long_name : `m${i}`, body);
    }
    if (machines > 200) await map(page).waitFor();
    else await machine(page, machines === 1 ? long_name : `m${machines - 1}`).waitFor();
    for (const width of [360, 1280, 2560]) {
      await page.setViewportSize({ width, height: 800 });
      expect(await page.evaluate(() => document.documentElement.scrollWidth), `${machines} at ${width}`).toBe(width);
    }
  }
});

test('the arrow keys walk from card to card', async () => {
  const web = await start();
  const { page } = await open(web);
  for (let i = 1; i <= 6; i++) await sayHourly(web, `m${i}`, { cpu_percentage: 1, cpu_result: 'LOW' });
  await machine(page, 'm6').waitFor();
  await machine(page, 'm1').getByRole('link').focus();
  const focused = () => page.locator(':focus').textContent();
  await page.keyboard.press('ArrowRight');
  expect(await focused()).toBe('m2');
  await page.keyboard.press('ArrowDown');
  const below = await focused();
  const top = (name: string | null) => machine(page, name ?? '').boundingBox();
  expect((await top(below))?.y).toBeGreaterThan((await top('m2'))?.y ?? Number.POSITIVE_INFINITY);
  expect((await top(below))?.x).toBe((await top('m2'))?.x);
});

test('far from the screen a machine is still there in words', async () => {
  const web = await start();
  const { page } = await open(web);
  for (let i = 0; i < 180; i++) await sayHourly(web, `m${i}`, { cpu_percentage: i / 2, cpu_result: 'LOW' });
  await shows(machine(page, 'm179'), 'CPU 89.5 % LOW');
  await machine(page, 'm179').scrollIntoViewIfNeeded();
  await shows(resource(page, 'm179', 'CPU'), /89\.5/);
});

for (const colorScheme of ['dark', 'light'] as const) {
  test(`every text can be told from its ground (${colorScheme})`, async () => {
    const { page } = await open(await start(), { colorScheme });
    const texts: [ink: string, ground: string][] = [
      ...['--ground', '--raised'].flatMap((ground): [string, string][] => [
        ['--ink', ground],
        ['--ink-2', ground],
        ['--ink-3', ground],
      ]),
      ['--high', '--ground'],
      ['--on-high', '--high'],
    ];
    for (const [ink, ground] of texts) {
      expect(await page.evaluate(contrast, [ink, ground]), `${ink} on ${ground}`).toBeGreaterThanOrEqual(4.5);
    }
    for (const shape of ['--low', '--medium', '--high', '--dead']) {
      expect(await page.evaluate(contrast, [shape, '--ground']), shape).toBeGreaterThanOrEqual(3);
    }
  });
}

test('the page is small', () => {
  const files = readPage(page_dir);
  const index = files.get('/')?.bytes ?? new Uint8Array();
  // What a view or a dialog needs is loaded when it is opened.
  const first = [
    ...Buffer.from(index)
      .toString()
      .matchAll(/(?:src|href)="(\/assets\/[^"]+)"/g),
  ].map(([, path = '']) => path);
  expect(first.length).toBeGreaterThan(1);
  const bytes = [index, ...first.map((path) => files.get(path)?.bytes ?? new Uint8Array(60 * KILOBYTE))].reduce(
    (sum, part) => sum + gzipSync(part).length,
    0,
  );
  expect(bytes).toBeLessThan(60 * KILOBYTE);
});

/** Runs in the browser: the contrast of two colours by WCAG 2, 1 to 21. */
function contrast(tokens: string[]): number {
  const luminance = (token: string) => {
    const context = Object.assign(document.createElement('canvas'), { width: 1, height: 1 }).getContext('2d');
    if (context === null) return Number.NaN;
    const asked = document.body.appendChild(document.createElement('i'));
    asked.style.color = `var(${token})`;
    context.fillStyle = getComputedStyle(asked).color;
    asked.remove();
    context.fillRect(0, 0, 1, 1);
    const [red = 0, green = 0, blue = 0] = [...context.getImageData(0, 0, 1, 1).data].map((value) => {
      const share = value / 255;
      return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
  };
  const [one = 0, other = 0] = tokens.map(luminance);
  return (Math.max(one, other) + 0.05) / (Math.min(one, other) + 0.05);
}
