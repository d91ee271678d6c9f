// The system view in a real browser, found by role and name as an assistive technology would find it.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Draft, encode, type Pulse, pulse } from '@ganglion/kernel';
import { CHROMIUM } from '@ganglion/testkit';
import { birth, death } from '@ganglion/topics';
import { type Browser, chromium, type Locator, type Page } from 'playwright-core';
import { afterEach, beforeAll, expect, onTestFinished, test } from 'vitest';
import {
  cleanUp,
  cookiesOf,
  folderWithAda,
  login,
  pulseOf,
  startWeb,
  type WebUnderTest,
  writeAccess,
} from './server/web-under-test.ts';

/** The page as `npm test` has built it. */
const page_dir = fileURLToPath(new URL('dist/page', import.meta.url));

let browser: Browser;

beforeAll(async () => {
  browser = await chromium.launch(CHROMIUM);
  return () => browser.close();
}, 120_000);

afterEach(cleanUp);

/** Opens the system view, with cookies if need be; the test fails when the browser complains. */
async function open({ host }: WebUnderTest, path = '/system', cookies = '') {
  const page = await browser.newPage({ locale: 'en-GB' });
  const complaints: string[] = [];
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
  for (const cookie of cookies.split('; ').filter(Boolean)) {
    const [name = '', value = ''] = cookie.split('=');
    await page.context().addCookies([{ name, value, url: `http://${host}` }]);
  }
  await page.goto(`http://${host}${path}`);
  return page;
}

const start = (config: object = {}) => startWeb({ page_dir, ...config });

let serial = 0;
const publish = ({ bus }: WebUnderTest, draft: Draft, sender: string) =>
  bus.publish(encode(draft, `test/${serial++}`, sender, undefined));

const HOUR_MS = 3_600_000;
const about = { host: 'h1', connection: '', started_ms: 0, listens: [], publishes: ['mood'] };

/** A module is born. It says a pulse once an hour, so that it is not late, however slowly the test runs. */
const bear = (web: WebUnderTest, name: string, more: object = {}) =>
  publish(
    web,
    birth(name, {
      kind: 'instance',
      instance: name,
      born_ms: Date.now(),
      interval_ms: HOUR_MS,
      about: { role: 'mood', ...about, ...more },
    }),
    'presence-test',
  );

const die = (web: WebUnderTest, name: string) =>
  publish(
    web,
    death(name, { kind: 'instance', instance: name, cause: 'connection_lost', died_ms: Date.now(), last_seen_ms: 0 }),
    'presence-test',
  );

/** What a module did in the second before. */
const beat = (web: WebUnderTest, name: string, more: Partial<Pulse> = {}) =>
  publish(web, pulse(name, pulseOf('mood', { about, ...more })), name);

const say = (web: WebUnderTest, key: string, body: object) =>
  web.bus.publish({ key, payload: Buffer.from(JSON.stringify(body)), properties: {} });

const button = (page: Page, name: string | RegExp) => page.getByRole('button', { name });
const tap = (page: Page) => page.getByRole('complementary', { name: /^Tap on/ });
const messages = (page: Page) => page.getByRole('list', { name: 'Messages, newest first' }).getByRole('listitem');
const shows = (element: Locator, text: string | RegExp) => element.filter({ hasText: text }).waitFor();

/** Publishes every while until the page shows it: who listens is not there from the first moment. */
async function until(seen: Locator, publish: () => unknown): Promise<void> {
  const publishing = setInterval(publish, 50);
  try {
    await seen.first().waitFor();
  } finally {
    clearInterval(publishing);
  }
}

test('a module that starts appears, with its topic and its rate', async () => {
  const web = await start();
  const page = await open(web);
  await bear(web, 'mood-1@h1');
  await button(page, /^mood h1.*for/).waitFor();
  const edge = button(page, 'mood on h1 publishes mood, which nobody hears, 3 messages a second');
  await until(edge, () => beat(web, 'mood-1@h1', { out: { mood: 3 } }));
});

test('a module that dies says so, with its cause', async () => {
  const web = await start();
  const page = await open(web);
  await bear(web, 'mood-1@h1');
  await button(page, /^mood h1.*for/).waitFor();
  await die(web, 'mood-1@h1');
  await button(page, /^mood h1 connection lost \d+ s ago/).waitFor();
});

test('what is dropped is told at once', async () => {
  const web = await start();
  const page = await open(web);
  await bear(web, 'mood-1@h1');
  await until(button(page, /^mood h1/).filter({ hasText: /\d+ dropped/ }), () =>
    beat(web, 'mood-1@h1', { dropped: { measure: { full: 12 } } }),
  );
});

test('the keyboard walks along an edge, selects it, and lets it go', async () => {
  const web = await start();
  const page = await open(web);
  await bear(web, 'mood-1@h1', { listens: ['#.measure'] });
  await bear(web, 'tracker-1@h1', { role: 'tracker', publishes: ['measure'] });
  const tracker = button(page, /^tracker h1/);
  await button(page, /tracker on h1 publishes measure to mood on h1/).waitFor();
  await tracker.focus();
  await page.keyboard.press('ArrowRight');
  await page.locator('button:focus', { hasText: 'measure' }).waitFor();
  await page.keyboard.press('Enter');
  await tap(page).waitFor();
  expect(new URL(page.url()).searchParams.get('tap')).toBe('#.measure');
  await page.keyboard.press('Escape');
  await tap(page).waitFor({ state: 'detached' });
  expect(new URL(page.url()).search).toBe('');
});

test('selecting an edge opens a tap that shows what passes, and opens to all of it', async () => {
  const web = await start();
  const page = await open(web);
  await bear(web, 'mood-1@h1');
  await button(page, /mood on h1 publishes mood/).click();
  await until(messages(page), () => say(web, 'db-01.mood', { mood: 'calm', note: '<b>text</b>' }));
  // So that none comes above it.
  await button(page, 'Pause').click();
  const message = messages(page).first();
  await shows(message, /db-01\.mood/);
  await message.locator('summary').click();
  await shows(message, '"note": "<b>text</b>"');
  expect(await message.locator('b').count()).toBe(0);
});

test('a filter shows only what holds it', async () => {
  const web = await start();
  const page = await open(web, '/system?tap=%23.mood&filter=BUSY');
  const kept = tap(page).getByText(/at most 500 kept/);
  await until(kept.filter({ hasText: /^[1-9]/ }), () => say(web, 'a.mood', { mood: 'calm' }));
  expect(await messages(page).count()).toBe(0);
  await until(messages(page), () => say(web, 'b.mood', { mood: 'busy' }));
  await shows(messages(page).first(), 'b.mood');
});

test('pause holds what is shown, and counts what comes', async () => {
  const web = await start();
  const page = await open(web, '/system?tap=%23.mood&per_second=200');
  await until(messages(page), () => say(web, 'a.mood', { mood: 'calm' }));
  await button(page, 'Pause').click();
  const shown = await messages(page).count();
  await until(tap(page).getByText(/Paused; \d{2,} messages since\./), () => say(web, 'b.mood', { mood: 'busy' }));
  expect(await messages(page).count()).toBe(shown);
  await button(page, 'Go on').click();
  await shows(messages(page).first(), 'b.mood');
});

test('a pattern that is none is told, and not asked for', async () => {
  const web = await start();
  const page = await open(web, '/system?tap=%23.mood');
  const field = tap(page).getByRole('textbox', { name: 'Pattern' });
  await field.fill('a b');
  await shows(tap(page).getByRole('alert'), 'Words between dots');
  await field.press('Enter');
  expect(new URL(page.url()).searchParams.get('tap')).toBe('#.mood');
});

test('a viewer sees the system, and is told that only admins may listen in', async () => {
  const access_dir = folderWithAda();
  const file = join(access_dir, 'users.json');
  const users: object[] = JSON.parse(readFileSync(file, 'utf8'));
  writeAccess(
    file,
    users.map((user) => ({ ...user, role: 'viewer' })),
  );
  const web = await start({ access_dir });
  const page = await open(web, '/system', cookiesOf(await login(web.host)));
  await bear(web, 'mood-1@h1');
  await button(page, /mood on h1 publishes mood/).click();
  await shows(tap(page), 'Only admins may listen in');
  expect(await tap(page).getByRole('textbox').count()).toBe(0);
});

test('the list says what the picture says', async () => {
  const web = await start();
  const page = await open(web, '/system?show=list');
  await bear(web, 'mood-1@h1');
  const row = page.getByRole('row', { name: /^mood on h1/ }).filter({ hasText: /mood.*nobody.*3\/s.*\d failed/ });
  await until(row, () => beat(web, 'mood-1@h1', { out: { mood: 3 }, failed: { measure: { threw: 2 } } }));
});
