// `ganglion doctor` on brokers of its own that are well, lack something, or refuse.

import { freshExchange, type PrivateRabbitmq, sharedRabbitmq, startRabbitmq } from '@ganglion/testkit';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { join } from '../../../test/support/exchange.ts';
import { ganglion } from '../../../test/support/program.ts';
import type { Check } from './commands/doctor.ts';

/** What the doctor says to a program, and how it ends. */
async function examine(...flags: string[]): Promise<{ ok: boolean; code: number | null; checks: Map<string, Check> }> {
  const program = ganglion('doctor', '--json', ...flags);
  const { code } = await program.ended;
  const { ok, checks } = JSON.parse(program.lines.items.join('\n')) as { ok: boolean; checks: Check[] };
  expect(program.errors.items).toEqual([]);
  return { ok, code, checks: new Map(checks.map((check) => [check.check, check])) };
}

/** The checks that came out so. */
function those(checks: ReadonlyMap<string, Check>, state: Check['state']): string[] {
  return [...checks.values()].filter((check) => check.state === state).map(({ check }) => check);
}

describe('a broker that is well', () => {
  test('is told to a person in aligned lines, with exit code 0', async () => {
    const exchange = freshExchange();
    const stranger = await join(sharedRabbitmq(), exchange);
    const everything = await stranger.hear('#');
    const program = ganglion('doctor', '--broker', sharedRabbitmq(), '--exchange', exchange);
    expect(await program.ended).toEqual({ code: 0, signal: null });
    expect(program.lines.items.map((line) => line.slice(0, 22).trimEnd())).toEqual([
      'ok    reached',
      'ok    TLS',
      'ok    login',
      'ok    virtual host',
      'ok    version',
      'ok    exchange',
      'ok    event exchange',
      'ok    clock',
      'ok    permissions',
      'ok    message round',
      'ok    alarms',
      'ok    hash exchange',
      '',
      'All is well.',
    ]);
    // One message of the doctor's own passed, and nothing that it only tried.
    expect(everything.items.map(({ key }) => key)).toEqual([expect.stringMatching(/^doctor-[0-9a-f]+\.doctor$/)]);
  });

  test('has an exchange that is not there yet, which the doctor does not make', async () => {
    const exchange = freshExchange();
    const { code, checks } = await examine('--broker', sharedRabbitmq(), '--exchange', exchange);
    expect(code).toBe(0);
    expect(checks.get('exchange')).toMatchObject({ state: 'ok', found: expect.stringContaining('not there yet') });
    expect(checks.get('message round')).toMatchObject({ state: 'unknown' });
    const again = await examine('--broker', sharedRabbitmq(), '--exchange', exchange);
    expect(again.checks.get('exchange')).toEqual(checks.get('exchange'));
  });

  test('has an exchange of another type, which fails', async () => {
    const { ok, code, checks } = await examine('--broker', sharedRabbitmq(), '--exchange', 'amq.fanout');
    expect([ok, code]).toEqual([false, 1]);
    expect(those(checks, 'fail')).toEqual(['exchange']);
  });
});

describe('a broker of several nodes', () => {
  test('is told node by node, and works while one is away', async () => {
    const { port } = new URL(sharedRabbitmq());
    const nodes = `amqp://guest:guest@127.0.0.1:${port},localhost:1`;
    const { ok, code, checks } = await examine('--broker', nodes, '--exchange', freshExchange());
    expect([ok, code]).toEqual([true, 0]);
    expect(those(checks, 'warn')).toEqual(['node']);
    expect(checks.get('node')?.found).toContain('no broker at amqp://guest@localhost:1');
    expect(checks.get('cluster')?.found).toMatch(/^one: test-\d+@/);
    expect(checks.get('reached')).toMatchObject({ state: 'ok' });
  });
});

describe('a broker that cannot be used', () => {
  const changed = (change: Partial<Pick<URL, 'password' | 'pathname' | 'protocol'>>) =>
    Object.assign(new URL(sharedRabbitmq()), change).href;

  test.each([
    ['nobody answers', () => 'amqp://127.0.0.1:1', 'reached'],
    ['the password is wrong', () => changed({ password: 's3cret' }), 'login'],
    ['the virtual host is not there', () => changed({ pathname: '/nowhere' }), 'virtual host'],
    ['it speaks no TLS', () => sharedRabbitmq().replace('amqp:', 'amqps:'), 'TLS'],
  ])('fails at the right check when %s', async (_why, url, check) => {
    const { ok, code, checks } = await examine('--broker', url());
    expect([ok, code]).toEqual([false, 1]);
    expect([...checks.keys()].at(-1)).toBe(check);
    expect(those(checks, 'fail')).toEqual([check]);
    expect(JSON.stringify([...checks.values()])).not.toContain('s3cret');
  });
});

describe('a broker without plugins, that asks for a certificate', () => {
  const EXCHANGE = 'ganglion';
  let broker: PrivateRabbitmq;
  let tls: string[];

  beforeAll(async () => {
    const config = 'ssl_options.verify = verify_peer\nssl_options.fail_if_no_peer_cert = true';
    broker = await startRabbitmq({ plugins: [], tls: true, config });
    tls = [
      '--broker-ca',
      broker.ca_file,
      '--broker-cert',
      broker.client_cert_file,
      '--broker-key',
      broker.client_key_file,
    ];
  });
  afterAll(() => broker.stop());

  const names = async () =>
    Promise.all(['list_queues', 'list_exchanges', 'list_bindings'].map((list) => broker.ctl(list)));

  test('is examined over TLS, works with warnings, and keeps nothing of it', async () => {
    await join(broker.url, EXCHANGE);
    const before = await names();
    const { code, checks } = await examine('--broker', broker.url_tls, ...tls);
    expect(code).toBe(0);
    expect(checks.get('TLS')).toMatchObject({
      found: expect.stringMatching(/^TLSv1\.\d, certificate valid for \d+ more days$/),
    });
    expect(those(checks, 'warn').filter((check) => check !== 'TLS')).toEqual(['event exchange', 'hash exchange']);
    expect(those(checks, 'unknown')).toEqual(['clock']);
    expect(checks.get('event exchange')?.todo).toBe('rabbitmq-plugins enable rabbitmq_event_exchange');
    expect(checks.get('hash exchange')?.todo).toBe('rabbitmq-plugins enable rabbitmq_consistent_hash_exchange');
    expect(await names()).toEqual(before);
  });

  test('in another virtual host is told where its events are, and how to have them there', async () => {
    await broker.ctl('add_vhost', 'site 1');
    await broker.ctl('set_permissions', '-p', 'site 1', 'guest', '.*', '.*', '.*');
    const { code, checks } = await examine('--broker', `${broker.url}/site%201`);
    expect(code).toBe(0);
    expect(checks.get('event exchange')).toMatchObject({
      state: 'warn',
      found: expect.stringMatching(/^not in this virtual host: .*by default in \/, /),
      todo: "echo 'event_exchange.vhost = site 1' >> /etc/rabbitmq/rabbitmq.conf; rabbitmq-plugins enable rabbitmq_event_exchange; systemctl restart rabbitmq-server",
    });
  });

  test.each([
    ['an authority', () => []],
    ['a certificate of our own', () => ['--broker-ca', broker.ca_file]],
  ])('refuses who comes without %s', async (_what, flags) => {
    const { code, checks } = await examine('--broker', broker.url_tls, ...flags());
    expect(code).toBe(1);
    expect(those(checks, 'fail')).toHaveLength(1);
    expect(checks.has('version')).toBe(false);
  });

  test('lets a tracker in that brings them', async () => {
    const stranger = await join(broker.url, EXCHANGE);
    const measures = await stranger.hear('#.measure');
    ganglion('run', 'tracker', '--machine', 'over-tls', '--broker', broker.url_tls, ...tls);
    await measures.first(({ key }) => key === 'over-tls.measure');
  });

  test('tells what a user may do, and that one who may nothing may nothing', async () => {
    await join(broker.url, EXCHANGE);
    await broker.ctl('add_user', 'small', 'small');
    await broker.ctl('set_permissions', 'small', '^$', '^ganglion\\z', '^$');
    const url = broker.url.replace('guest:guest', 'small:small');
    await broker.ctl(
      'set_topic_permissions',
      'small',
      EXCHANGE,
      '^(db-01\\.measure|tracker-.*@db-01\\.pulse)\\z',
      '^$',
    );
    const tracker = await examine('--broker', url, '--machine', 'db-01');
    expect(tracker.code).toBe(0);
    expect(tracker.checks.get('permissions')?.found).toMatch(
      /^enough for tracker; not for analyzer, presence, notifier, recorder, exporter, importer, web, /,
    );
    expect(tracker.checks.get('message round')).toMatchObject({ state: 'unknown' });

    const other = await examine('--broker', url, '--machine', 'db-02');
    expect(other.code).toBe(1);
    expect(those(other.checks, 'fail')).toEqual(['permissions']);

    await broker.ctl('set_permissions', 'small', '^$', '^another\\z', '^$');
    const none = await examine('--broker', url, '--machine', 'db-01', '--exchange', 'elsewhere');
    expect(those(none.checks, 'fail')).toEqual(['exchange', 'permissions']);
    await broker.ctl('set_permissions', 'small', '^$', '^elsewhere\\z', '^$');
    const absent = await examine('--broker', url, '--exchange', 'elsewhere');
    expect(absent.checks.get('exchange')).toMatchObject({ state: 'fail', todo: 'ganglion broker-setup' });
    expect(those(absent.checks, 'fail')).toEqual(['exchange']);
  });

  test('says that it takes no messages', async () => {
    await join(broker.url, EXCHANGE);
    await broker.ctl('set_vm_memory_high_watermark', '0.0000001');
    const { code, checks } = await examine('--broker', broker.url);
    await broker.ctl('set_vm_memory_high_watermark', '0.4');
    expect(code).toBe(1);
    expect(those(checks, 'fail')).toEqual(['alarms']);
    expect(checks.get('alarms')?.found).toContain('low on memory');
  });
});
