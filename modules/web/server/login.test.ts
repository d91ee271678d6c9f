// Who gets in, over real HTTP and real WebSockets.

import { join } from 'node:path';
import { memoryBus } from '@ganglion/kernel';
import { afterEach, expect, onTestFinished, test, vi } from 'vitest';
import { Sessions } from './access/sessions.ts';
import { Users } from './access/users.ts';
import {
  ask,
  cleanUp,
  cookiesOf,
  folderWithAda,
  login,
  openPage,
  openPlain,
  PASSWORD,
  refused,
  send,
  startWeb,
  temporaryFolder,
  writeAccess,
} from './web-under-test.ts';

// A password takes some tenths of a second to hash, and more where others want the cores too.
vi.setConfig({ testTimeout: 30_000, hookTimeout: 30_000 });

afterEach(cleanUp);

const start = (config: object = {}) => startWeb({ access_dir: folderWithAda(), login_on_loopback: true, ...config });

test('on an address that others reach, it does not start without a user, and lets go of the port', async () => {
  const access_dir = temporaryFolder();
  const failure = await startWeb({ host: '0.0.0.0', access_dir }).catch((error) => error);
  expect(failure).toMatchObject({ code: 'LOGIN_MISSING', configuration: true });
  expect(failure.message).toContain('--insecure');
  // All interfaces of IPv6 take those of IPv4 too.
  await expect(startWeb({ host: '::', access_dir })).rejects.toMatchObject({ code: 'LOGIN_MISSING' });
  const open = await startWeb({ host: '0.0.0.0', access_dir, insecure: true });
  expect(open.logged.join()).toContain('everyone who reaches 0.0.0.0 is let in');
  const guarded = await startWeb({ host: '0.0.0.0', access_dir: folderWithAda() });
  expect((await refused(`ws://${guarded.host}/ws`)).status).toBe(401);
});

test('whoever shows nothing gets a form, and nothing else', async () => {
  const { host, say, counted } = await start();
  await say('db-01', { cpu_result: 'LOW' });
  const page = await ask(host, '/');
  expect(page.status).toBe(401);
  expect(page.headers['cache-control']).toBe('no-store');
  expect(page.body.toString()).toContain('action="/login"');
  expect((await ask(host, '/assets/index.js')).status).toBe(401);
  expect((await ask(host, '/ws')).status).toBe(401);
  for (const protocols of [[], ['ganglion.page.v2']]) {
    expect((await refused(`ws://${host}/ws`, protocols)).status).toBe(401);
  }
  const health = await ask(host, '/healthz');
  expect(JSON.parse(health.body.toString())).toEqual({ status: 'ok', bus: 'connected' });
  await counted('refused_nothing_shown', 5);
});

test('the forms have no script and no style in them, and the policy lets none in', async () => {
  const { host } = await start();
  const pages = [await ask(host, '/'), await ask(host, '/login'), await login(host, 'ada', 'wrong password')];
  pages.push(await ask(host, '/logout', { cookie: cookiesOf(await login(host)) }));
  for (const { headers, body } of pages) {
    expect(body.toString()).not.toMatch(/<script|<style|\bstyle=|\bon\w+=/i);
    expect(headers['content-security-policy']).not.toContain('unsafe');
    expect(headers['x-frame-options']).toBe('DENY');
    // With no-referrer the browser would hide from us which page a form comes from.
    expect(headers['referrer-policy']).toBe('same-origin');
  }
});

test('after the login stands what was asked for, and nothing that another site says was', async () => {
  const { host } = await start();
  const after = async (referer: string) =>
    (await send(host, '/login', { name: 'ada', password: PASSWORD }, { referer })).headers['location'];
  expect(await after(`http://${host}/m/db-01?from=1#x`)).toBe('/m/db-01?from=1');
  expect(await after(`http://${host}/system`)).toBe('/system');
  for (const other of ['/logout', '//elsewhere.example/m/a', '/assets/a.js']) {
    expect(await after(`http://${host}${other}`)).toBe('/');
  }
  for (const foreign of ['http://elsewhere.example/m/db-01', 'nothing', 'javascript:alert(1)']) {
    expect(await after(foreign)).toBe('/');
  }
});

test('a login opens the page and the socket, and its cookie is out of reach', async () => {
  const { host, say, logged } = await start();
  const answer = await login(host);
  expect(answer).toMatchObject({ status: 303, headers: { location: '/' } });
  const set = String(answer.headers['set-cookie']);
  for (const part of [/^ganglion_session=/, /; HttpOnly/, /; SameSite=Strict/, /; Path=\//, /; Expires=/]) {
    expect(set).toMatch(part);
  }
  const headers = { cookie: cookiesOf(answer) };
  expect((await ask(host, '/logout', headers)).body.toString()).toContain('<strong>ada</strong>, admin');
  await say('db-01', { cpu_result: 'LOW' });
  expect(await (await openPlain(host, { headers })).next()).toMatchObject({ machine: 'db-01' });
  expect(await (await openPage(host, { headers })).next()).toMatchObject({ user: { name: 'ada', role: 'admin' } });
  expect(logged.join('\n')).toMatch(/"ada" logged in as admin from 127\.0\.0\.1/);
  expect(logged.join('\n')).not.toContain(PASSWORD);
});

test('a forged cookie opens nothing', async () => {
  const { host, counted } = await start();
  const cookie = cookiesOf(await login(host));
  const [, id = '', signature = ''] = /=([\w-]+)\.([\w-]+)/.exec(cookie) ?? [];
  const other = signature.startsWith('A') ? 'B' : 'A';
  // The same bytes to a decoder that is not strict: the last bits of the last character mean nothing.
  const last = Buffer.from(signature, 'base64url').toString('base64url').slice(-1);
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
  const forgeries = [
    `${id}.${signature.slice(0, -1)}${alphabet[alphabet.indexOf(last) + 1]}`,
    `${id}.${other}${signature.slice(1)}`,
    `${id.slice(1)}x.${signature}`,
    `${id}.`,
    id,
    `.${signature}`,
    '__proto__.x',
    '"',
    '%00',
    'x'.repeat(4000),
  ];
  for (const value of forgeries) {
    const headers = { cookie: `ganglion_session=${value}` };
    expect((await refused(`ws://${host}/ws`, [], { headers })).status, value).toBe(401);
    expect((await ask(host, '/', headers)).status, value).toBe(401);
  }
  // Nor does a session pass for a link.
  const as_link = { cookie: `ganglion_link=${id}.${signature}` };
  expect((await refused(`ws://${host}/ws`, [], { headers: as_link })).status).toBe(401);
  await counted('refused_session', 2 * forgeries.length + 1);
  expect((await openPlain(host, { headers: { cookie } })).socket.readyState).toBe(1);
});

test('a logout ends the session on the server: its socket, a replayed cookie, and after a restart too', async () => {
  const access_dir = folderWithAda();
  const web = await start({ access_dir });
  const headers = { cookie: cookiesOf(await login(web.host)) };
  const other = { cookie: cookiesOf(await login(web.host)) };
  const [socket, kept] = [await openPage(web.host, { headers }), await openPage(web.host, { headers: other })];
  expect(await send(web.host, '/logout', {}, headers)).toMatchObject({ status: 303 });
  expect((await socket.closed).code).toBe(4401);
  expect((await refused(`ws://${web.host}/ws`, [], { headers })).status).toBe(401);
  expect((await ask(web.host, '/', headers)).status).toBe(401);
  expect(kept.socket.readyState).toBe(1);
  await web.running.stop();

  const again = await start({ access_dir });
  expect((await refused(`ws://${again.host}/ws`, [], { headers })).status).toBe(401);
  await openPage(again.host, { headers: other });
});

test('a user who is removed, or has another password, is out at once', async () => {
  const access_dir = folderWithAda();
  const { host } = await start({ access_dir });
  const users = new Users(access_dir);
  const first = { cookie: cookiesOf(await login(host)) };
  const socket = await openPlain(host, { headers: first });
  await users.put('ada', 'viewer', 'another password');
  expect((await socket.closed).code).toBe(4401);
  expect((await ask(host, '/', first)).status).toBe(401);
  expect((await login(host)).status).toBe(401);
  const second = { cookie: cookiesOf(await login(host, 'ada', 'another password')) };
  expect((await ask(host, '/logout', second)).body.toString()).toContain('<strong>ada</strong>, viewer');
  users.remove('ada');
  expect((await refused(`ws://${host}/ws`, [], { headers: second })).status).toBe(401);
});

test('a session ends by itself, and its socket with it', async () => {
  const access_dir = folderWithAda();
  const { host } = await start({ access_dir });
  const headers = { cookie: cookiesOf(await login(host)) };
  const socket = await openPlain(host, { headers });
  const sessions = new Sessions(access_dir, () => {});
  sessions.read();
  const [, id = ''] = /=([\w-]+)\./.exec(headers.cookie) ?? [];
  writeAccess(join(access_dir, 'sessions.json'), [{ ...sessions.find(id, 0), ends_ms: Date.now() }]);
  expect((await socket.closed).code).toBe(4401);
  expect((await ask(host, '/', headers)).status).toBe(401);
});

test('a wrong password and a name that nobody has get the same answer', async () => {
  const { host } = await start();
  const wrong = await login(host, 'ada', 'wrong password');
  const unknown = await login(host, 'nobody', 'wrong password');
  expect(wrong.status).toBe(401);
  const { date: _1, ...wrong_headers } = wrong.headers;
  const { date: _2, ...unknown_headers } = unknown.headers;
  expect(unknown_headers).toEqual(wrong_headers);
  expect(unknown.body.toString()).toBe(wrong.body.toString());
});

test('a name cannot forge a line of the log, nor flood it', async () => {
  const { host, logged } = await start();
  await login(host, 'ada\n{"level":"info","msg":"all is well"}\r\u2028\u001b[2J', 'guess at something');
  const [line = ''] = logged.filter((text) => text.includes('all is well'));
  expect(line).toMatch(/^refused a login as "ada \{/);
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what must not pass.
  expect(line).not.toMatch(/[\u0000-\u001f\u2028]/);
  await login(host, 'n'.repeat(5000), 'guess at something');
  expect(Math.max(...logged.map((text) => text.length))).toBeLessThan(400);
});

test('whoever guesses at an account keeps its owner out, but not from a browser that was in before', async () => {
  // However long a password takes to compare, no wait is over meanwhile.
  vi.useFakeTimers({ toFake: ['Date'] });
  onTestFinished(() => void vi.useRealTimers());
  const { host } = await start();
  const browser = { cookie: cookiesOf(await login(host)) };
  await send(host, '/logout', {}, browser);
  while ((await login(host, 'ada', 'guess')).status !== 429);
  expect((await login(host)).status).toBe(429);
  const fields = { name: 'ada', password: PASSWORD };
  expect((await send(host, '/login', fields, browser)).status).toBe(303);
  // It is known for this name alone, and as a browser alone.
  expect((await send(host, '/login', { ...fields, name: 'bob' }, browser)).status).toBe(401);
  expect((await ask(host, '/', browser)).status).toBe(401);
  const forged = {
    cookie: browser.cookie.replace(/(ganglion_browser=.)(.)/, (_, head, one) => `${head}${one === 'A' ? 'B' : 'A'}`),
  };
  expect((await send(host, '/login', fields, forged)).status).toBe(429);
});

test('a form from a page of another origin is refused, and so is one that is too large', async () => {
  const { host, counted } = await start();
  const cookie = cookiesOf(await login(host));
  const fields = { name: 'ada', password: PASSWORD };
  for (const origin of ['http://evil.example', 'null']) {
    expect((await send(host, '/login', fields, { origin })).status).toBe(403);
    expect((await send(host, '/logout', {}, { origin, cookie })).status).toBe(403);
  }
  await counted('refused_origin', 4);
  expect((await ask(host, '/logout', { cookie })).status).toBe(200);
  expect((await send(host, '/login', { name: 'ada', password: 'x'.repeat(9000) })).status).toBe(413);
  expect((await send(host, '/login', { name: 'ada' })).status).toBe(400);
});

test('whoever comes from another site with a cookie of ours is led through a page of ours', async () => {
  const { host } = await start();
  const from_mail = await ask(host, '/', { 'sec-fetch-site': 'cross-site' });
  expect(from_mail.body.toString()).toContain('<meta http-equiv="refresh" content="0; url=/">');
  expect((await ask(host, '/', { 'sec-fetch-site': 'same-origin' })).status).toBe(401);
});

test('one address has only so many connections', async () => {
  const { host, counted } = await startWeb({ address_connections_max: 2 });
  const first = await openPlain(host);
  await openPlain(host);
  await expect(openPlain(host)).rejects.toThrow();
  await counted('connections_refused', 1);
  await counted('refused_connection', 1);
  first.socket.close();
  await first.closed;
  // The server learns of the end a moment later than we do.
  for (let open = false; !open; ) {
    open = await openPlain(host).then(
      () => true,
      () => false,
    );
  }
});

test('nothing that a client sends reaches the bus', async () => {
  const bus = memoryBus();
  const heard: string[] = [];
  bus.subscribe(
    { name: 'all', pattern: '#', delivery: 'live', limit_messages: 1000, in_flight_max: 1, onDrop: () => {} },
    async ({ key }) => void heard.push(key),
  );
  const { host, counted } = await startWeb({}, bus);
  const message = JSON.stringify({ key: 'db-01.measure', source: 'db-01', family: 'measure', body: {} });
  for (const client of [await openPlain(host), await openPage(host)]) {
    for (let i = 0; i < 10; i++) client.socket.send(message);
    client.socket.close();
    await client.closed;
  }
  await counted('clients_closed', 2);
  expect(new Set(heard)).toEqual(new Set(['web-test.pulse']));
});
