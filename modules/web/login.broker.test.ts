// The way in, in a real browser: the forms, a hostile page on another origin, a link, a login that ends.

import { Agent, createServer, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import { CHROMIUM } from '@ganglion/testkit';
import { type Browser, type BrowserContext, chromium, type Page } from 'playwright-core';
import { afterEach, beforeAll, expect, onTestFinished, test } from 'vitest';
import { Key } from './server/access/key.ts';
import { Links } from './server/access/links.ts';
import { Users } from './server/access/users.ts';
import { cleanUp, folderWithAda, PASSWORD, startWeb, type WebUnderTest } from './server/web-under-test.ts';

/** The page as `npm test` has built it. */
const page_dir = fileURLToPath(new URL('dist/page', import.meta.url));

let browser: Browser;

beforeAll(async () => {
  browser = await chromium.launch(CHROMIUM);
  return () => browser.close();
}, 120_000);

afterEach(cleanUp);

const start = (access_dir = folderWithAda()) => startWeb({ page_dir, access_dir, login_on_loopback: true });

/** A browser of its own; the test fails when the policy of a page was broken, or a page threw. */
async function visitor(options: Parameters<Browser['newContext']>[0] = {}): Promise<BrowserContext> {
  const context = await browser.newContext({ locale: 'en-GB', ...options });
  const complaints: string[] = [];
  context.on('console', (message) => {
    if (/Content Security|Refused to/i.test(message.text())) complaints.push(message.text());
  });
  context.on('weberror', (error) => complaints.push(error.error().message));
  onTestFinished(async () => {
    await context.close();
    expect(complaints).toEqual([]);
  });
  return context;
}

async function logIn(page: Page, password = PASSWORD, name = 'ada'): Promise<void> {
  await page.getByLabel('Name').fill(name);
  await page.getByLabel('Password').fill(password);
  await page.getByRole('button', { name: 'Log in' }).click();
}

const live = (page: Page) => page.getByRole('status').filter({ hasText: 'Live' }).waitFor();

/** A site of somebody else's; resolves to its port. */
async function foreignSite(html: string): Promise<number> {
  const server = createServer((_request, response) => void response.setHeader('content-type', 'text/html').end(html));
  await new Promise<void>((resolve) => void server.listen(0, resolve));
  onTestFinished(() => void server.close().closeAllConnections());
  return (server.address() as AddressInfo).port;
}

test('the forms need no script: in, wrong, and out', async () => {
  const { host } = await start();
  const page = await (await visitor({ javaScriptEnabled: false })).newPage();
  await page.goto(`http://${host}/`);
  expect(await page.title()).toBe('Log in · Ganglion');
  await logIn(page, 'wrong password');
  await page.getByRole('alert').filter({ hasText: 'do not belong together' }).waitFor();
  await logIn(page);
  await page.waitForURL(`http://${host}/`);
  expect(await page.title()).toBe('Ganglion');
  await page.goto(`http://${host}/logout`);
  await page.getByText('You are in as ada, admin.').waitFor();
  await page.getByRole('button', { name: 'Log out' }).click();
  await page.getByLabel('Password').waitFor();
  await page.goto(`http://${host}/`);
  expect(await page.title()).toBe('Log in · Ganglion');
});

test('the page says who is in, and lets them out without a request of its own', async () => {
  const access_dir = folderWithAda();
  await new Users(access_dir).put('grace@example.com', 'viewer', 'another password');
  const { host, counted } = await start(access_dir);
  const page = await (await visitor()).newPage();
  await page.goto(`http://${host}/`);
  await logIn(page, 'another password', 'grace@example.com');
  await live(page);
  const head = page.getByRole('banner');
  await head.getByText('grace@example.com, viewer', { exact: true }).waitFor();
  const requests: string[] = [];
  page.on('request', (request) => requests.push(`${request.method()} ${new URL(request.url()).pathname}`));
  await head.getByRole('button', { name: 'Log out', exact: true }).click();
  await page.getByLabel('Password').waitFor();
  expect(requests).toEqual(['POST /logout', 'GET /login', 'GET /login.css']);
  await counted('clients_closed', 1);
  // The cookie that it had holds no more, either.
  await page.goBack();
  await page.getByLabel('Password').waitFor();
});

test('a page whose login ends becomes the form, and the machines after it', async () => {
  const access_dir = folderWithAda();
  const web = await start(access_dir);
  const page = await (await visitor()).newPage();
  await page.goto(`http://${web.host}/`);
  await logIn(page);
  await live(page);
  await web.say('db-01', { cpu_result: 'LOW' });
  await page.getByRole('article', { name: 'db-01', exact: true }).waitFor();
  await new Users(access_dir).put('ada', 'viewer', 'another password');
  await page.getByLabel('Password').waitFor();
  await logIn(page, 'another password');
  await live(page);
});

test('a page that was cut while its login ended becomes the form', async () => {
  const access_dir = folderWithAda();
  const web = await start(access_dir);
  const context = await visitor();
  const page = await context.newPage();
  await page.goto(`http://${web.host}/`);
  await logIn(page);
  await live(page);
  await web.running.stop();
  new Users(access_dir).remove('ada');
  await new Users(access_dir).put('bob', 'viewer', 'another password');
  await startWeb({ page_dir, access_dir, login_on_loopback: true, port: web.port });
  await page.getByLabel('Password').waitFor();
});

/** Tries all that a page can try, and writes what came of it into its title. */
const hostile = (host: string) => `<!doctype html><title>trying</title><script type="module">
const outcome = await new Promise((resolve) => {
  const socket = new WebSocket('ws://${host}/ws');
  socket.onopen = () => resolve('open');
  socket.onerror = () => resolve('refused');
});
const read = await fetch('http://${host}/', { credentials: 'include' }).then((answer) => answer.text(), () => 'unreadable');
const form = { method: 'POST', mode: 'no-cors', credentials: 'include', body: new URLSearchParams() };
await fetch('http://${host}/logout', form).catch(() => {});
document.title = outcome + ', ' + read;
</script>`;

test('a hostile page on another origin opens no socket, reads nothing and logs nobody out', async () => {
  const web = await start();
  const context = await visitor();
  const page = await context.newPage();
  await page.goto(`http://${web.host}/`);
  await logIn(page);
  await live(page);
  const port = await foreignSite(hostile(web.host));
  // Another port of the same host is the same site to the browser: it sends our cookie along.
  for (const name of ['127.0.0.1', 'localhost']) {
    const other = await context.newPage();
    await other.goto(`http://${name}:${port}/`);
    await other.waitForFunction("document.title !== 'trying'");
    expect(await other.title()).toBe('refused, unreadable');
  }
  await web.counted('refused_origin', 4);
  await page.reload();
  await live(page);
});

test('a hostile page finds nothing on a page that is open to this machine either', async () => {
  const web: WebUnderTest = await startWeb({ page_dir });
  const page = await (await visitor()).newPage();
  const port = await foreignSite(hostile(web.host));
  await page.goto(`http://localhost:${port}/`);
  await page.waitForFunction("document.title !== 'trying'");
  expect(await page.title()).toBe('refused, unreadable');
});

test('a link that somebody was sent shows the machines in its scope, and no others', async () => {
  const access_dir = folderWithAda();
  const web = await start(access_dir);
  const links = new Links(access_dir);
  const token = links.make(new Key(access_dir), 'site1.#', 30, Date.now());
  for (const name of ['site1.a', 'site2.a', 'site1.b']) await web.say(name, { cpu_result: 'LOW' });
  const port = await foreignSite(`<a href="http://${web.host}/link/${token}">look</a>`);
  const page = await (await visitor()).newPage();
  await page.goto(`http://localhost:${port}/`);
  await page.getByRole('link', { name: 'look' }).click();
  await live(page);
  await page.getByRole('article', { name: 'site1.b', exact: true }).waitFor();
  expect(page.url()).toBe(`http://${web.host}/`);
  expect(await page.getByRole('article').count()).toBe(2);
  expect(await page.content()).not.toContain('site2');
  // Nobody has logged in, so nobody can log out.
  expect(await page.getByRole('button', { name: 'Log out' }).count()).toBe(0);
  links.revoke(token.split('.')[0] ?? '');
  await page.getByLabel('Password').waitFor();
});

test('a thousand guesses do not get in, and after them the right password has to wait too', async () => {
  const web = await start();
  const agent = new Agent({ keepAlive: true, maxSockets: 20 });
  onTestFinished(() => agent.destroy());
  const answers = new Map<number, number>();
  const guess = (name: string, password: string) =>
    new Promise<number>((resolve, reject) => {
      const asking = request(
        { agent, host: '127.0.0.1', port: web.port, path: '/login', method: 'POST', headers: FORM },
        (response) => {
          const status = response.statusCode ?? 0;
          answers.set(status, (answers.get(status) ?? 0) + 1);
          expect(response.headers).not.toHaveProperty('set-cookie');
          response.resume().once('end', () => resolve(status));
        },
      );
      asking.on('error', reject);
      asking.end(new URLSearchParams({ name, password }).toString());
    });
  for (let i = 0; i < 30; i++) await guess('ada', `guess ${i}`);
  for (let i = 30; i < 1000; i += 20) {
    await Promise.all(Array.from({ length: 20 }, (_, k) => guess(k % 2 === 0 ? 'ada' : `user${i}`, `guess ${k}`)));
  }
  // One more that was looked at begins a wait of many seconds.
  while ((await guess('ada', 'one more guess')) !== 401);
  expect(await guess('ada', PASSWORD)).toBe(429);
  const compared = answers.get(401) ?? 0;
  expect(compared + (answers.get(429) ?? 0) + (answers.get(503) ?? 0)).toBeGreaterThanOrEqual(1000);
  await web.counted('refused_login', compared);
  await web.counted('refused_login_early', answers.get(429) ?? 0);
  // Told at most once a second of each kind, not once each.
  expect(web.logged.length).toBeLessThan(100);
}, 300_000);

const FORM = { 'content-type': 'application/x-www-form-urlencoded' };
