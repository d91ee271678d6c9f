// The users that `ganglion broker-setup` makes, on a broker of their own, in another virtual host than its first: each role
// does its work, and nobody speaks for another.

import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { amqpBus } from '@ganglion/bus-amqp';
import { type Log, silentLog } from '@ganglion/kernel';
import { type PrivateRabbitmq, startRabbitmq } from '@ganglion/testkit';
import { type Channel, connect } from 'amqplib';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { join as joinExchange } from './support/exchange.ts';
import { ganglion, type Program, ROOT } from './support/program.ts';
import { listenPlain } from './support/socket.ts';
import { logOf, run, runWeb, up } from './support/system.ts';

const VHOST = 'site 1';
const EXCHANGE = 'site.1';
const MACHINE = 'größe 1.東京 (a|b)';

/** A bound for some thirty calls of rabbitmqctl, each a second or two of one core. */
const SETUP_MS = 300_000;

let broker: PrivateRabbitmq;
/** The address of whoever may do everything there. */
let url: string;
/** Each user's address, by the user's name. */
let urls: ReadonlyMap<string, string>;

beforeAll(async () => {
  // The broker's events are there too, which `presence` needs.
  broker = await startRabbitmq({ config: `event_exchange.vhost = ${VHOST}` });
  url = `${broker.url}/${encodeURIComponent(VHOST)}`;
  await broker.ctl('add_vhost', VHOST);
  await broker.ctl('set_permissions', '-p', VHOST, 'guest', '.*', '.*', '.*');
  urls = addressesIn(await brokerSetup('--apply', '--tracker', 'db-01', '--tracker', MACHINE));
}, SETUP_MS);
afterAll(() => broker.stop());

/** Runs `ganglion broker-setup` for the private broker. Resolves to what it prints. */
async function brokerSetup(...flags: string[]): Promise<string> {
  const where = ['--exchange', EXCHANGE, '--broker', url, '--node', broker.node];
  const words = ['apps/cli/bin/ganglion.js', 'broker-setup', ...where, ...flags];
  return (await promisify(execFile)(process.execPath, words, { cwd: ROOT, env: broker.environment })).stdout;
}

/** The addresses in a text, by their users. */
function addressesIn(text: string): Map<string, string> {
  return new Map((text.match(/amqp:\/\/\S+/g) ?? []).map((url) => [decodeURIComponent(new URL(url).username), url]));
}

function urlOf(role: string): string {
  const url = urls.get(`${EXCHANGE}-${role}`);
  if (url === undefined) throw new Error(`no user for ${role}: there are ${[...urls.keys()].join(', ')}`);
  return url;
}

/** Where a role's program meets the others. */
function placeOf(role: string) {
  return { broker: urlOf(role), exchange: EXCHANGE };
}

/** A log that remembers the codes of its warnings. */
function remember(): { readonly log: Log; readonly codes: string[] } {
  const codes: string[] = [];
  const warn = (fields: object) => void codes.push('code' in fields ? String(fields.code) : '');
  return { log: { ...silentLog, warn }, codes };
}

/** What `ganglion tap --states --json` says. */
interface Stated {
  readonly time: string;
  readonly state: string;
  readonly kind: string;
  readonly source: string;
}

function statesOf({ lines }: Program) {
  return lines.map((line) => JSON.parse(line) as Stated);
}

describe('with a user for each role', () => {
  test('tracker, analyzer, web and tap work together', async () => {
    const tap = ganglion('tap', '#', '--json', '--broker', urlOf('tap'), '--exchange', EXCHANGE);
    const states = statesOf(ganglion('tap', '--states', '--json', '--broker', urlOf('tap'), '--exchange', EXCHANGE));
    const web = await runWeb(placeOf('web'));
    const analyzer = await run(placeOf('analyzer'), 'analyzer');
    const presence = await run(placeOf('presence'), 'presence');
    const tracker = await run(placeOf(`tracker-${MACHINE}`), 'tracker', '--machine', MACHINE, '--interval', '200ms');

    const socket = await listenPlain(web.port);
    await socket.first(({ machine }) => machine === MACHINE);
    // Also what each says of itself.
    for (const source of ['tracker', 'analyzer', 'presence', 'web']) {
      await tap.lines.first((line) => line.includes(`"topic":"pulse","source":"${source}-`));
    }
    await states.first(({ state, source }) => state === 'LIVE' && source === MACHINE);
    await states.first(({ state, source }) => state === 'LIVE' && source.startsWith('presence-'));
    // It may share the machines.
    expect(logOf(analyzer).filter(({ level }) => level === 'warn')).toEqual([]);
    tracker.signal('SIGKILL');
    await tap.lines.first((line) => line.includes('"topic":"death"') && line.includes('"connection_lost"'));
    const died = await states.first(({ state, source }) => state === 'DEAD' && source === MACHINE);
    expect(died).toMatchObject({ kind: 'machine', cause: 'connection_lost' });
    // Who comes later is told of it first, and of the same.
    const later = ganglion(
      'tap',
      MACHINE,
      '--states',
      '--json',
      '--broker',
      urlOf('tap'),
      '--exchange',
      EXCHANGE,
      '--count',
      '1',
    );
    expect(await later.ended).toEqual({ code: 0, signal: null });
    const { time: _, ...the_same } = died;
    expect(statesOf(later).items).toEqual([{ ...the_same, time: expect.any(String) }]);
    expect(later.errors.items).toEqual([]);
    for (const program of [web, analyzer, presence, tracker]) {
      expect(logOf(program).filter(({ level }) => level === 'warn' || level === 'error')).toEqual([]);
    }
  });

  test("a tracker's own measure arrives, what it forges is refused, and it goes on", async () => {
    const stranger = await joinExchange(url, EXCHANGE);
    const heard = await stranger.hear('#');
    const { log, codes } = remember();
    const bus = amqpBus({
      url: urlOf('tracker-db-01'),
      exchange: EXCHANGE,
      name: 'tracker-7f3a@db-01',
      settle_ms: 0,
      log,
    });
    onTestFinished(() => bus.close());
    const say = (key: string) => bus.publish({ key, payload: Buffer.from('{}'), properties: {} });

    await say('db-01.measure');
    for (const key of ['db-02.measure', 'db-01.analysis', 'analyzer-7f3a@db-01.pulse', 'tracker-7f3a@db-02.pulse']) {
      await expect(say(key)).rejects.toMatchObject({ code: 'MESSAGE_REFUSED' });
    }
    // Between its own, too, and without losing one of them.
    const among = ['db-01.measure', 'db-02.measure', 'tracker-7f3a@db-01.pulse'].map(say);
    const outcomes = await Promise.allSettled(among);
    expect(outcomes.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
    expect(codes).toEqual([]);

    await heard.first(({ key }) => key === 'tracker-7f3a@db-01.pulse');
    expect(new Set(heard.items.map(({ key }) => key))).toEqual(new Set(['db-01.measure', 'tracker-7f3a@db-01.pulse']));
  });

  test('a tracker reads nothing', async () => {
    const { broker: url } = placeOf('tracker-db-01');
    const refused = async (ask: (channel: Channel) => Promise<unknown>) => {
      const channel = await connection.createChannel();
      channel.on('error', () => {});
      await expect(ask(channel)).rejects.toMatchObject({ code: 403 });
    };
    const connection = await connect(url);
    onTestFinished(() => connection.close());
    const queue = `${EXCHANGE}.analyzer.measure`;
    await refused((channel) => channel.assertQueue('', { exclusive: true }));
    await refused((channel) => channel.assertQueue(`${EXCHANGE}.tracker.mine`, { exclusive: true }));
    await refused((channel) => channel.bindQueue(queue, EXCHANGE, '#'));
    await refused((channel) => channel.consume(queue, () => {}));
    await refused((channel) => channel.purgeQueue(queue));
    await refused((channel) => channel.deleteQueue(queue));
    await refused((channel) => channel.deleteExchange(EXCHANGE));
    await refused((channel) => channel.assertExchange('another', 'topic'));
  });

  /** Whether a user may bind a queue of that name with a pattern. */
  async function binderOf(role: string): Promise<(queue: string, pattern: string) => Promise<unknown>> {
    const connection = await connect(urlOf(role));
    onTestFinished(() => connection.close());
    return async (queue, pattern) => {
      const channel = await connection.createChannel();
      channel.on('error', () => {});
      try {
        await channel.assertQueue(queue, { exclusive: true });
        await channel.bindQueue(queue, EXCHANGE, pattern);
        return 'allowed';
      } catch (error) {
        return error instanceof Error && 'code' in error ? error.code : error;
      }
    };
  }

  test('an analyzer reads measures alone, and takes no queue of another', async () => {
    const codeOf = await binderOf('analyzer');
    expect(await codeOf(`${EXCHANGE}.analyzer.mine`, '#.measure')).toBe('allowed');
    expect(await codeOf(`${EXCHANGE}.analyzer.mine`, '#')).toBe(403);
    expect(await codeOf(`${EXCHANGE}.web.mine`, '#.measure')).toBe(403);
  });

  test('the web server reads whatever somebody looks at, and takes no queue of another', async () => {
    const codeOf = await binderOf('web');
    for (const pattern of [`${MACHINE}.measure`, '#.pulse', '#', 'any.*']) {
      expect(await codeOf(`${EXCHANGE}.web.mine`, pattern)).toBe('allowed');
    }
    expect(await codeOf(`${EXCHANGE}.analyzer.mine`, '#.measure')).toBe(403);
  });

  test('what a module refuses is held with its own user, and read with that of the tap', async () => {
    const { log, codes } = remember();
    const bus = amqpBus({ url: urlOf('analyzer'), exchange: EXCHANGE, name: 'analyzer-7f3a@here', settle_ms: 0, log });
    onTestFinished(() => bus.close());
    const refused = new Promise<void>((resolve) => {
      bus.subscribe(
        {
          name: 'analyzer.fussy',
          pattern: '#.measure',
          delivery: 'kept',
          limit_messages: 10,
          in_flight_max: 1,
          onDrop: () => resolve(),
        },
        () => Promise.reject(new Error('refused by the test')),
      );
    });
    const stranger = await joinExchange(url, EXCHANGE);
    // Anybody who listens to everything hears it once, as the measure that it is.
    const heard = await stranger.hear('#');
    await bus.opened;
    stranger.say('db-01.measure', { cpu_percentage: 1 });
    await refused;
    expect(codes).toEqual([]);
    const tap = ganglion('tap', 'analyzer.fussy', '--dead', '--broker', urlOf('tap'), '--exchange', EXCHANGE);
    expect(await tap.ended).toEqual({ code: 0, signal: null });
    expect(tap.errors.items).toEqual([]);
    expect(tap.lines.items).toEqual([expect.stringMatching(/ by analyzer\.fussy: refused by the test; \{"cpu_/)]);
    expect(heard.items.map(({ key }) => key)).toEqual(['db-01.measure']);

    // The queues that are at work are not the tap's to read, nor is a subscription's that is called dead.
    const connection = await connect(urlOf('tap'));
    onTestFinished(() => connection.close());
    for (const queue of ['analyzer.fussy', 'analyzer.dead'].map((name) => `${EXCHANGE}.${name}`)) {
      const channel = await connection.createChannel();
      channel.on('error', () => {});
      await expect(channel.get(queue)).rejects.toMatchObject({ code: 403 });
    }
  });

  test('everything in one process works with the user for everything', async () => {
    const all = await up('--broker', urlOf('admin'), '--exchange', EXCHANGE, '--machine', 'all-in-one');
    const socket = await listenPlain(all.port);
    await socket.first(({ machine }) => machine === 'all-in-one');
  });

  test('a program with the user of another role says why it does not work', async () => {
    const web = ganglion('run', 'web', '--port', '0', '--broker', urlOf('tracker-db-01'), '--exchange', EXCHANGE);
    await web.errors.first((line) => line.includes('SUBSCRIPTION_LOST') && line.includes('ACCESS_REFUSED'));
  });

  test('who may not declare and finds no exchange is told so', async () => {
    const tracker = ganglion('run', 'tracker', '--broker', urlOf('tracker-db-01'), '--exchange', 'elsewhere');
    expect(await tracker.ended).toEqual({ code: 2, signal: null });
    expect(tracker.errors.items.at(-1)).toMatch(/^ganglion: .*'elsewhere'.* \[BROKER_ACCESS_REFUSED\]$/);
  });
});

test('a tracker whose user is deleted is out at once', async () => {
  const tracker = await run(placeOf(`tracker-${MACHINE}`), 'tracker', '--machine', MACHINE);
  await tracker.errors.first((line) => line.includes('connected to '));
  await broker.ctl('delete_user', `${EXCHANGE}-tracker-${MACHINE}`);
  await tracker.errors.first((line) => line.includes('BROKER_LOGIN_REFUSED'));
});

test(
  'its script does the same, and keeps the passwords of users that are there already',
  async () => {
    const folder = mkdtempSync(join(tmpdir(), 'passwords-'));
    onTestFinished(() => rmSync(folder, { recursive: true }));
    const file = join(folder, 'passwords');
    writeFileSync(file, `# ours\n${EXCHANGE}-tap s3cret!\n\n${EXCHANGE}-tracker-db 03 an+other\n`, { mode: 0o600 });
    const machines = ['db-01', 'db 03', "o'db"].flatMap((machine) => ['--tracker', machine]);
    const script = await brokerSetup(...machines, '--password-file', file);
    const { stderr } = await promisify(execFile)('sh', ['-c', script], { env: broker.environment });
    // All but the tap, whose new password was given, and the tracker that was deleted.
    expect(stderr.match(/^.*keeps its password$/gm)).toHaveLength(urls.size - 2);

    const now = addressesIn(script);
    const well = [
      urlOf('tracker-db-01'),
      ...['tracker-db 03', "tracker-o'db", 'tap'].map((role) => now.get(`${EXCHANGE}-${role}`)),
    ];
    for (const url of well) {
      const connection = await connect(url ?? '');
      await connection.close();
    }
    await expect(connect(urlOf('tap'))).rejects.toThrow('ACCESS_REFUSED');
  },
  SETUP_MS,
);
