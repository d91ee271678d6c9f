// What a view link shows, over real WebSockets: the machines in its scope, and nothing of the others.

import { afterEach, expect, test } from 'vitest';
import type { Frame, HelloFrame, MachinesFrame } from '../wire/frames.ts';
import { Key } from './access/key.ts';
import { Links } from './access/links.ts';
import { VIEWS_MAX } from './hub.ts';
import {
  ask,
  cleanUp,
  cookiesOf,
  folderWithAda,
  type Listening,
  openPage,
  openPlain,
  refused,
  startWeb,
} from './web-under-test.ts';

afterEach(cleanUp);

const isReady = (frame: Frame) => frame.type === 'ready';
const isMachines = (frame: Frame): frame is MachinesFrame => frame.type === 'machines';
const namesIn = (frames: Frame[]) =>
  frames.filter(isMachines).flatMap(({ machines }) => machines.map((each) => each.machine));
const goneIn = (frames: Frame[]) =>
  Object.fromEntries(
    frames.filter(isMachines).flatMap(({ machines }) => machines.map(({ machine, gone }) => [machine, gone])),
  );

async function startWithLink(scope: string, config: object = {}) {
  const access_dir = folderWithAda();
  const [key, links] = [new Key(access_dir), new Links(access_dir)];
  const make = (other_scope: string) => links.make(key, other_scope, 30, Date.now());
  const token = make(scope);
  const web = await startWeb({ access_dir, login_on_loopback: true, ...config });
  return { ...web, links, make, token, headers: { authorization: `Bearer ${token}` } };
}

test('a script with a link gets the machines in its scope: those there are and each change', async () => {
  const { host, say, headers } = await startWithLink('site1.#');
  const whole = ['site1.db-01', 'site2.db-01', 'site1', 'site10.db-01', 'db.site1'];
  for (const machine of whole) await say(machine, { cpu_result: 'LOW' });
  const client = await openPlain(host, { headers });
  expect(await client.next()).toMatchObject({ machine: 'site1.db-01' });
  expect(await client.next()).toMatchObject({ machine: 'site1' });
  for (const machine of whole) await say(machine, { cpu_result: 'HIGH' });
  expect(await client.next()).toMatchObject({ machine: 'site1.db-01', cpu_result: 'HIGH' });
  expect(await client.next()).toMatchObject({ machine: 'site1', cpu_result: 'HIGH' });
});

test('a page with a link is told nothing of other machines: no name, no count, no place', async () => {
  const { host, say, token } = await startWithLink('site1.*');
  for (let i = 0; i < 50; i++) await say(`site2.db-${i}`, { cpu_result: 'HIGH' });
  await say('site1.a', { cpu_result: 'LOW' });
  const answer = await ask(host, `/link/${token}`);
  expect(answer.body.toString()).toContain('<meta http-equiv="refresh" content="0; url=/">');
  expect(String(answer.headers['set-cookie'])).toMatch(/^ganglion_link=.*; HttpOnly.*; SameSite=Strict/);
  const page = await openPage(host, { headers: { cookie: cookiesOf(answer) } });
  const state = await page.until(isReady);
  expect(namesIn(state)).toEqual(['site1.a']);
  expect((state[0] as HelloFrame).server).toBe('web-test');
  expect(state[0]).not.toHaveProperty('user');
  expect(state[0]).toMatchObject({ sees_system: false, may_tap: false });

  for (let i = 0; i < 50; i++) await say(`site2.db-${i}`, { cpu_result: 'LOW' });
  await say('site1.b', { cpu_result: 'LOW' });
  const changes = await page.until((frame) => namesIn([frame]).includes('site1.b'));
  expect(namesIn(changes)).toEqual(['site1.b']);
  expect(JSON.stringify([...state, ...changes])).not.toContain('site2');
  // What it was not shown is not counted as passed over either.
  expect(JSON.stringify(changes)).not.toContain('folded');
});

test('a page with a link hears of the deaths in its scope and of no others, before it came and after', async () => {
  const { host, say, die, headers } = await startWithLink('site1.#');
  for (const machine of ['site1.a', 'site1.b', 'site2.a', 'site2.b']) await say(machine, { cpu_result: 'LOW' });
  await die('site2.a', 'connection_lost');
  await die('site1.a', 'connection_lost', 1_000);
  // Two that nobody has analysed.
  await die('site2.never', 'silent');
  await die('site1.never', 'stopped', 2_000);
  const page = await openPage(host, { headers });
  const state = await page.until(isReady);
  expect(namesIn(state)).toEqual(['site1.b', 'site1.a', 'site1.never']);
  expect(goneIn(state)).toEqual({
    'site1.b': undefined,
    'site1.a': { cause: 'connection_lost', died_ms: 1_000 },
    'site1.never': { cause: 'stopped', died_ms: 2_000 },
  });

  await die('site2.b', 'silent');
  await die('site1.b', 'silent', 3_000);
  const changes = await page.until((frame) => namesIn([frame]).includes('site1.b'));
  expect(goneIn(changes)).toEqual({ 'site1.b': { cause: 'silent', died_ms: 3_000 } });
  expect(JSON.stringify([...state, ...changes])).not.toContain('site2');
  expect(JSON.stringify(changes)).not.toContain('folded');
});

test('links of one scope and of several do not get into each other, and a login sees everything', async () => {
  const { host, say, make, token } = await startWithLink('a.#');
  const tokens = [token, make('a.#'), make('b.#'), make('#')];
  const clients: Listening[] = [];
  for (const each of tokens) clients.push(await openPlain(host, { headers: { authorization: `Bearer ${each}` } }));
  for (const machine of ['a.1', 'b.1', 'c.1', 'a.2', 'b.2', 'c.2']) await say(machine, { cpu_result: 'LOW' });
  const heard = await Promise.all(
    clients.map(async (client) => {
      const names: unknown[] = [];
      do names.push((await client.next())['machine']);
      while (!/^[a-c]\.2$/.test(String(names.at(-1))) || (client === clients[3] && names.at(-1) !== 'c.2'));
      return names;
    }),
  );
  expect(heard).toEqual([
    ['a.1', 'a.2'],
    ['a.1', 'a.2'],
    ['b.1', 'b.2'],
    ['a.1', 'b.1', 'c.1', 'a.2', 'b.2', 'c.2'],
  ]);
});

test('a link that is revoked closes what is open and opens nothing more', async () => {
  const { host, links, make, headers, token, counted } = await startWithLink('site1.#');
  const other = { authorization: `Bearer ${make('site1.#')}` };
  const kept = await openPage(host, { headers: other });
  const open = [await openPlain(host, { headers }), await openPage(host, { headers })];
  links.revoke(token.split('.')[0] ?? '');
  for (const client of open) expect((await client.closed).code).toBe(4401);
  expect(kept.socket.readyState).toBe(1);
  expect((await refused(`ws://${host}/ws`, [], { headers })).status).toBe(401);
  const answer = await ask(host, `/link/${token}`);
  expect(answer.status).toBe(401);
  expect(cookiesOf(answer)).toBe('');
  await counted('clients_closed_ended', 2);
  await counted('refused_link', 1);
});

test('a forged link shows nothing, also where nobody has to log in', async () => {
  const { host, token } = await startWithLink('site1.#', { login_on_loopback: false });
  const [id = '', signature = ''] = token.split('.');
  for (const forged of [
    `${id}.${signature.replace(/./, (c) => (c === 'A' ? 'B' : 'A'))}`,
    `x${id}.${signature}`,
    'site1.#',
  ]) {
    const headers = { authorization: `Bearer ${forged}` };
    expect((await refused(`ws://${host}/ws`, [], { headers })).status).toBe(401);
    expect((await ask(host, `/link/${encodeURIComponent(forged)}`)).status).toBe(401);
  }
});

test('a link shows only its scope where nobody has to log in, too', async () => {
  const { host, say, headers } = await startWithLink('site1.#', { login_on_loopback: false });
  await say('site2.a', { cpu_result: 'LOW' });
  await say('site1.a', { cpu_result: 'LOW' });
  expect(await (await openPlain(host, { headers })).next()).toMatchObject({ machine: 'site1.a' });
  expect(await (await openPlain(host)).next()).toMatchObject({ machine: 'site2.a' });
});

test('a link tells the health check nothing of the whole', async () => {
  const { host, headers } = await startWithLink('site1.#');
  expect(JSON.parse((await ask(host, '/healthz', headers)).body.toString())).toEqual({
    status: 'ok',
    bus: 'connected',
  });
});

test('only so many different scopes are open at once', async () => {
  const { host, make } = await startWithLink('first.#');
  const open = (scope: string) => openPlain(host, { headers: { authorization: `Bearer ${make(scope)}` } });
  const clients: Listening[] = [];
  for (let i = 0; i < VIEWS_MAX; i++) clients.push(await open(`site${i}.#`));
  const headers = { authorization: `Bearer ${make('one.more')}` };
  expect((await refused(`ws://${host}/ws`, [], { headers })).status).toBe(503);
  await open('site0.#');
  clients[1]?.socket.close();
  await clients[1]?.closed;
  await openPlain(host, { headers });
});
