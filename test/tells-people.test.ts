// People are told, by real receivers, of what happens on an exchange, however the receivers behave and whatever is ordered; and
// nobody who should not know learns a secret.

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { WebSocket } from 'ws';
import { Collected } from './support/collected.ts';
import { join as joinExchange, type Stranger } from './support/exchange.ts';
import { ganglion, type Program, start } from './support/program.ts';
import { type Hooked, startHook, startMail } from './support/receivers.ts';
import { at, logOf, ownPlace, type Place, run, runWeb } from './support/system.ts';

/** A folder for settings, secrets and the journal, and what writes the first two. */
function folder() {
  const path = mkdtempSync(join(tmpdir(), 'ganglion-tells-'));
  onTestFinished(() => rmSync(path, { recursive: true, force: true }));
  const write = (name: string, text: string) => {
    writeFileSync(join(path, name), text);
    return join(path, name);
  };
  return { path, write };
}

/** Settings with a webhook for each name, over a receiver of its own. */
function settings(
  hooks: Readonly<Record<string, { readonly url: string; readonly more?: string }>>,
  more = '',
): string {
  const { path, write } = folder();
  const channels = Object.entries(hooks).map(([name, hook]) => {
    const file = write(name, `${hook.url}hooks/token-of-${name}\n`);
    return `[notifier.channels.${name}]\ntype = "webhook"\nurl = { file = "${file}" }\n${hook.more ?? ''}\n`;
  });
  return write(
    'ganglion.toml',
    `[notifier]\nstate_dir = "${path}/state"\ngather_ms = 0\n${channels.join('\n')}\n${more}`,
  );
}

async function runNotifier(place: Place, config: string, environment: NodeJS.ProcessEnv = {}): Promise<Program> {
  const words = ['apps/cli/bin/ganglion.js', 'run', 'notifier', ...at(place), '--config', config];
  const program = start(process.execPath, words, environment);
  await program.errors.first((line) => line.includes('"msg":"runs as '));
  return program;
}

/** Says an alert of a machine. */
function raise(stranger: Stranger, machine: string, more: object = {}): void {
  const finding = { severity: 'warning', rule: 'bands', resource: 'cpu', sentence: `${machine} is hot` };
  stranger.say(`${machine}.alert`, {
    id: `${machine}-1`,
    state: 'raised',
    since_ms: 1_700_000_000_000,
    ...finding,
    ...more,
  });
}

/** Counts what a notifier tells in its pulses. Resolves to what resolves when that was so much. */
async function counted(stranger: Stranger, name: string): Promise<(enough: number) => Promise<void>> {
  const pulses = await stranger.hear('*.pulse');
  let count = 0;
  let seen = 0;
  return (enough) =>
    pulses.until((items) => {
      for (; seen < items.length; seen++) count += JSON.parse(items[seen]?.text ?? '{}').counts?.[name] ?? 0;
      return count >= enough;
    });
}

/** What a command says, when it has ended well. */
async function said(...words: string[]): Promise<string> {
  const program = ganglion(...words);
  expect(await program.ended, program.said()).toEqual({ code: 0, signal: null });
  return program.lines.items.join('\n');
}

const kindsOf = (items: readonly Hooked[]) => items.map(({ body }) => `${body['kind']} ${body['title']}`);

/** A program that is loaded first, and sets the clock on. */
const clockAhead = (ms: number) => ({
  NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(`const now=Date.now;Date.now=()=>now()+${ms}`)}`,
});

describe('a channel whose settings are wrong', () => {
  const cases: readonly (readonly [what: string, lines: string, line: number, code: string, expected: string])[] = [
    ['a kind that there is none of', 'type = "fax"', 4, 'CHANNEL_INVALID', '"fax" is no kind of channel; give one of '],
    [
      'a setting that is missing',
      'type = "gotify"\naddress = "http://127.0.0.1:1"',
      3,
      'CHANNEL_INVALID',
      'a channel of type gotify needs it; give where it stands',
    ],
    [
      'a setting that there is none of',
      'type = "program"\ncommand = ["true"]\nshell = true',
      6,
      'CHANNEL_INVALID',
      'there is no such setting; give one of limit_per_hour',
    ],
    [
      'a number out of its range',
      'type = "program"\ncommand = ["true"]\n\ntimeout_ms = 1',
      7,
      'CHANNEL_INVALID',
      'give milliseconds, a whole number from 100 to',
    ],
    [
      'a secret that is not there',
      'type = "slack"\nurl = { file = "/nowhere/url" }',
      5,
      'SECRET_UNREADABLE',
      'the file /nowhere/url cannot be read',
    ],
    [
      'a secret in the settings themselves',
      'type = "slack"\nurl = "https://hooks.example.com/s3cret-t0ken"',
      5,
      'CHANNEL_INVALID',
      'give where it stands: { file = ',
    ],
    [
      'a template that is no JSON',
      'type = "webhook"\nurl = { env = "HOOK_URL" }\ntemplate = "{"',
      6,
      'CHANNEL_INVALID',
      'it is no JSON',
    ],
  ];

  test.each(cases)('ends the start: %s', async (_what, lines, line, code, expected) => {
    const config = folder().write('ganglion.toml', `[notifier]\n\n[notifier.channels.ops]\n${lines}\n`);
    const commands = [
      ['run', 'notifier', ...at(ownPlace()), '--config', config],
      ['up', '--port', '0', '--config', config],
      ['notify', '--list', '--config', config],
    ];
    await Promise.all(
      commands.map(async (words) => {
        const program = start(process.execPath, ['apps/cli/bin/ganglion.js', ...words], {
          HOOK_URL: 'http://127.0.0.1:1',
        });
        expect(await program.ended, words.join(' ')).toEqual({ code: 2, signal: null });
        const last = program.errors.items.at(-1) ?? '';
        expect(last).toContain(`setting notifier.channels.ops`);
        expect(last).toContain(`(from ${config}, line ${line})`);
        expect(last).toContain(expected);
        expect(last).toContain(`[${code}]`);
        expect(program.said()).not.toContain('s3cret-t0ken');
      }),
    );
  });
});

describe('a receiver', () => {
  test('that is out of order, hangs or refuses stops no other, and what it did not take is known', async () => {
    const place = ownPlace();
    const good = await startHook();
    const out_of_order = await startHook({}, (response) => response.writeHead(500).end());
    const hanging = await startHook({}, () => {});
    const refusing = await startHook({}, (response, { path }) => response.writeHead(400).end(`no ${path} here`));
    const config = settings({
      good,
      'out-of-order': out_of_order,
      hanging: { ...hanging, more: 'timeout_ms = 500' },
      refusing,
    });
    const notifier = await runNotifier(place, config);
    const stranger = await joinExchange(place.broker, place.exchange);
    for (let n = 0; n < 20; n++) raise(stranger, `m${n}`);
    await good.told.until(({ length }) => length === 20);
    await Promise.all([
      out_of_order.told.until(({ length }) => length >= 2),
      hanging.told.until(({ length }) => length >= 2),
      refusing.told.until(({ length }) => length === 20),
    ]);
    expect(new Set(good.told.items.map(({ key }) => key)).size).toBe(20);
    // They are looked at while the notifier runs.
    const listed = await said('notify', '--list', '--config', config);
    expect(listed).toMatch(/^good +webhook +nothing waits$/m);
    expect(listed).toMatch(/^out-of-order +webhook +20 waiting$/m);
    expect(listed).toMatch(/^hanging +webhook +20 waiting$/m);
    expect(listed).toMatch(/^refusing +webhook +20 given up$/m);
    const dead = (await said('notify', '--dead', '--json', '--config', config))
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(dead).toHaveLength(20);
    expect(dead[0]).toMatchObject({
      channel: 'refusing',
      title: 'm0: m0 is hot',
      why: 'the answer was 400: no *** here',
    });
    const errors = logOf(notifier).filter(({ level }) => level === 'error');
    expect(errors.map(({ code, channel }) => `${code} ${channel}`)).toContain('NOTICE_DEAD refusing');
    expect(await notifier.stop()).toEqual({ code: 0, signal: null });
  });

  test('that is away is tried again at longer and longer intervals, also after the notifier was killed, under the same key', async () => {
    const place = ownPlace();
    let is_well = false;
    const hook = await startHook({}, (response) => response.writeHead(is_well ? 200 : 503).end());
    const config = settings({ hook: { ...hook, more: 'retry_first_ms = 200\nretry_ms_max = 60000' } });
    const notifier = await runNotifier(place, config);
    const stranger = await joinExchange(place.broker, place.exchange);
    const retried = await counted(stranger, 'retried');
    const tried_ms: number[] = [];
    const tries = hook.told.map(({ key }) => {
      tried_ms.push(performance.now());
      return key;
    });
    raise(stranger, 'db-01');
    // It has noted that it has failed: else it would try that once more.
    await retried(4);
    await notifier.stop('SIGKILL');
    await runNotifier(place, config);
    await tries.until(({ length }) => length === 5);
    is_well = true;
    await tries.until(({ length }) => length === 6);
    expect(new Set(tries.items).size).toBe(1);
    // 200, 400, 800 and so on, a fifth more or less; the new process goes on where the old one was.
    const waits_ms = tried_ms.slice(1).map((time_ms, n) => time_ms - (tried_ms[n] ?? 0));
    for (const [n, wait_ms] of waits_ms.entries()) expect(wait_ms).toBeGreaterThan(200 * 2 ** n * 0.75);
  });

  test('is told no more in an hour than it may be, and the rest in one summary when the hour is over', async () => {
    const place = ownPlace();
    const hook = await startHook();
    const config = settings({ hook: { ...hook, more: 'limit_per_hour = 3' } });
    const notifier = await runNotifier(place, config);
    const stranger = await joinExchange(place.broker, place.exchange);
    const heldBack = await counted(stranger, 'held_back');
    for (let n = 0; n < 8; n++) raise(stranger, `m${n}`);
    await heldBack(5);
    // What is critical is not kept back by all that is not.
    raise(stranger, 'm8', { severity: 'critical' });
    await hook.told.first(({ body }) => body['severity'] === 'critical');
    expect(kindsOf(hook.told.items)).toEqual(['m0', 'm1', 'm2', 'm8'].map((name) => `raised ${name}: ${name} is hot`));
    await notifier.stop('SIGKILL');
    // An hour later.
    await runNotifier(place, config, clockAhead(3_600_000));
    const summary = await hook.told.first(({ body }) => body['kind'] === 'summary');
    expect(summary.body).toMatchObject({
      title: '5 more messages in the last hour (5 warning)',
      severity: 'warning',
      text: ['m3', 'm4', 'm5', 'm6', 'm7'].map((name) => `${name}: ${name} is hot`).join('\n'),
    });
  });

  test('is tried by a command, which says why it did not take the test', async () => {
    let is_well = true;
    const hook = await startHook({}, (response) => response.writeHead(is_well ? 204 : 502).end());
    const mail = await startMail();
    const config = settings(
      { hook },
      `[notifier.channels.post]\ntype = "email"\nhost = "127.0.0.1"\nport = ${mail.port}\ntls = "never"\nfrom = "ganglion@example.com"\nto = ["ada@example.com"]\n`,
    );
    expect(await said('notify', '--test', 'hook', '--config', config)).toBe('hook has taken a test.');
    expect(hook.told.items[0]?.body).toMatchObject({ kind: 'test', severity: 'info' });
    expect(await said('notify', '--test', 'post', '--config', config)).toBe('post has taken a test.');
    expect(mail.told.items[0]).toMatchObject({
      kind: 'test',
      subject: expect.stringMatching(/^Test: .*a test of the channel post/),
    });
    is_well = false;
    const failed = ganglion('notify', '--test', 'hook', '--config', config);
    expect((await failed.ended).code).toBe(1);
    expect(failed.errors.items).toEqual([
      expect.stringMatching(
        /^ganglion: channel hook has not taken a test: the answer was 502; .*\[CHANNEL_NOT_TOLD\]$/,
      ),
    ]);
  });

  test('that has threads gets what follows in the thread of the first', async () => {
    const place = ownPlace();
    const mail = await startMail();
    const slack = await startHook({}, (response) => response.end('{"ok":true,"ts":"1700.42"}'));
    const { path, write } = folder();
    const config = write(
      'ganglion.toml',
      `[notifier]
      state_dir = "${path}/state"
      gather_ms = 0
      [notifier.channels.post]
      type = "email"
      host = "127.0.0.1"
      port = ${mail.port}
      tls = "never"
      from = "ganglion@example.com"
      to = ["ada@example.com"]
      [notifier.channels.chat]
      type = "slack"
      address = "${slack.url.replace(/\/$/, '')}"
      token = { file = "${write('token', 'xoxb-of-the-bot')}" }
      channel = "C0123456789"`,
    );
    const notifier = await runNotifier(place, config);
    const stranger = await joinExchange(place.broker, place.exchange);
    const sent = await counted(stranger, 'sent');
    raise(stranger, 'db-01');
    await sent(2);
    // The thread outlives the process.
    await notifier.stop('SIGKILL');
    await runNotifier(place, config);
    raise(stranger, 'db-01', { state: 'changed', severity: 'critical' });
    await Promise.all([mail, slack].map(({ told }) => told.until(({ length }) => length >= 2)));
    raise(stranger, 'db-01', { state: 'cleared' });
    await Promise.all([mail, slack].map(({ told }) => told.until(({ length }) => length >= 3)));
    const [first, ...others] = mail.told.items;
    expect(first).toMatchObject({ kind: 'raised', answers: '' });
    expect(others.map(({ kind, answers }) => [kind, answers])).toEqual([
      ['changed', first?.id],
      ['cleared', first?.id],
    ]);
    expect(slack.told.items.map(({ body }) => body['thread_ts'])).toEqual([undefined, '1700.42', '1700.42']);
    expect(slack.told.items[0]?.headers.authorization).toBe('Bearer xoxb-of-the-bot');
  });
});

/** An exchange with presence, an analyzer that is quick to raise alerts, and a notifier. */
async function stage(routes: string) {
  const place = ownPlace();
  const [ops, pager] = await Promise.all([startHook(), startHook()]);
  const config = settings({ ops, pager }, `${routes}\n[analyzer.bands]\nalert_after_ms = 1\n`);
  await Promise.all([run(place, 'presence'), run(place, 'analyzer', '--config', config), runNotifier(place, config)]);
  const stranger = await joinExchange(place.broker, place.exchange);
  const alerts = await stranger.hear('#.alert');
  let resources = 0;
  /** Makes a machine HIGH, with a resource of its own, so that it is a matter of its own. Resolves to the id of its alert. */
  const heat = async (machine: string) => {
    const resource = `r${++resources}_percentage`;
    for (const second of [0, 1]) {
      const time = new Date(Date.now() + second * 1_000).toISOString();
      stranger.say(`${machine}.measure`, { cpu_percentage: 1, [resource]: 99 }, { headers: { time } });
    }
    const { text } = await alerts.first(({ key }) => key === `${machine}.alert`);
    return String(JSON.parse(text).id);
  };
  const shell = (...words: string[]) => said(...words, ...at(place));
  return { ops, pager, heat, shell };
}

const machinesOf = (items: readonly Hooked[]) =>
  items.map(({ body }) => `${body['kind']} ${(body['alerts'] as { machine: string }[])[0]?.machine}`);

describe('somebody', () => {
  test('else is told when nobody acknowledges an alert, and nobody else when somebody does', async () => {
    const { ops, pager, heat, shell } = await stage(
      '[[notifier.routes]]\nchannels = ["ops"]\nrepeat_ms = 11000\nescalate = [{ after_ms = 10000, channels = ["pager"] }]',
    );
    const id = await heat('seen');
    await shell('acknowledge', id, '--why', 'on my way', '--by', 'ada');
    await heat('unseen');
    const first = await pager.told.first(() => true);
    expect(machinesOf([first])).toEqual(['escalated unseen']);
    expect(first.body['title']).toMatch(/^Nobody has answered: unseen: /);
    // Those who were told first are told again; of what was seen, they hear that.
    await ops.told.first(({ body }) => body['kind'] === 'repeated');
    expect(machinesOf(ops.told.items).filter((each) => each.startsWith('repeated'))).toEqual(['repeated unseen']);
    expect(machinesOf(pager.told.items)).toEqual(['escalated unseen']);
  });

  test('who silences by calendar hears nothing within its hours, all outside of them, and the rest when it ends', async () => {
    const { ops, heat, shell } = await stage('[[notifier.routes]]\nchannels = ["ops"]');
    const time = (hours: number) => new Date(Date.now() + hours * 3_600_000).toISOString().slice(11, 16);
    const silence = (machines: string, from: number, until: number) =>
      shell(
        'silence',
        machines,
        '--for',
        '2w',
        '--time-zone',
        'UTC',
        '--hours',
        `${time(from)}-${time(until)}`,
        '--by',
        'ada',
      );
    const now = await silence('site1.#', -1, 1);
    await silence('site2.#', 2, 3);
    expect((await shell('silence', '--list')).split('\n').map((line) => line.split('  ')[1])).toEqual(['now', 'then']);
    await heat('site1.a');
    await heat('site2.a');
    await ops.told.first(() => true);
    expect(machinesOf(ops.told.items)).toEqual(['raised site2.a']);
    const [, id = ''] = /ganglion silence --end (\w+)$/.exec(now) ?? [];
    await shell('silence', '--end', id);
    await ops.told.until(({ length }) => length >= 2);
    expect(machinesOf(ops.told.items)).toEqual(['raised site2.a', 'raised site1.a']);
  });
});

test('no secret is in a log, on the exchange, in what a command prints or on the page, whoever repeats it', async () => {
  const place = ownPlace();
  // It says back all that it was told, as careless servers do.
  const hook = await startHook({}, (response, { path, headers, body }) =>
    response.writeHead(400).end(`${headers.authorization} ${path} ${JSON.stringify(body)}`),
  );
  const secrets = {
    in_address: 'hk-7f3a9c1e',
    in_header: 'hdr-55d0b2aa',
    signing: 'sgn-0c4e8f77',
    of_bot: 'xoxb-9981-77ab',
    password: 'pw-2b6d4f90',
  };
  const { path, write } = folder();
  const config = write(
    'ganglion.toml',
    `[notifier]
    state_dir = "${path}/state"
    gather_ms = 0
    [notifier.channels.hook]
    type = "webhook"
    url = { file = "${write('url', `${hook.url}${secrets.in_address}?key=${secrets.in_address}-2`)}" }
    secret = { env = "SIGNING" }
    headers = { authorization = { env = "IN_HEADER" } }
    [notifier.channels.chat]
    type = "slack"
    address = "${hook.url.replace(/\/$/, '')}"
    token = { env = "OF_BOT" }
    channel = "C1"
    [notifier.channels.post]
    type = "email"
    host = "127.0.0.1"
    port = 1
    user = "ada"
    password = { env = "PASSWORD" }
    from = "ganglion@example.com"
    to = ["ada@example.com"]`,
  );
  const environment = {
    SIGNING: secrets.signing,
    IN_HEADER: `Bearer ${secrets.in_header}`,
    OF_BOT: secrets.of_bot,
    PASSWORD: secrets.password,
  };
  const stranger = await joinExchange(place.broker, place.exchange);
  const passed = await stranger.hear('#');
  const presence = await run(place, 'presence');
  const web = await runWeb(place, '--config', config);
  const seen = new Collected<string>();
  const socket = new WebSocket(`ws://127.0.0.1:${web.port}/ws`, { origin: `http://127.0.0.1:${web.port}` });
  onTestFinished(() => socket.terminate());
  socket.on('message', (data) => seen.push(String(data)));
  await new Promise((resolve) => socket.on('open', resolve));
  socket.send(JSON.stringify({ look: { view: 'system', tap: { pattern: '#', per_second: 200 } } }));
  const notifier = await runNotifier(place, config, { ...environment, GANGLION_LOG_LEVEL: 'debug' });
  raise(stranger, 'db-01');
  await hook.told.until(({ length }) => length >= 2);
  await notifier.errors.first((line) => line.includes('"channel":"post"'));
  await passed.first(({ key, text }) => key.startsWith('notifier-') && text.includes('"dead":'));
  const command = (...words: string[]) =>
    start(process.execPath, ['apps/cli/bin/ganglion.js', ...words, '--config', config], environment);
  const commands = [
    command('config'),
    command('notify', '--list'),
    command('notify', '--dead', '--json'),
    command('notify', '--test', 'hook'),
    command('notify', '--test', 'post'),
  ];
  await Promise.all(commands.map(({ ended }) => ended));
  const page = await (await fetch(`http://127.0.0.1:${web.port}/`)).text();

  // They were used: the receiver had them.
  const had = JSON.stringify(hook.told.items.map(({ path, headers }) => [path, headers]));
  for (const secret of [secrets.in_address, secrets.in_header, secrets.of_bot]) expect(had).toContain(secret);
  const everything = [
    ...[presence, web, notifier, ...commands].flatMap(({ lines, errors }) => [...lines.items, ...errors.items]),
    ...passed.items.map(({ text }) => text),
    ...seen.items,
    page,
  ].join('\n');
  expect(everything).toContain('the answer was 400');
  for (const secret of Object.values(secrets)) expect(everything).not.toContain(secret);
  expect(await notifier.stop()).toEqual({ code: 0, signal: null });
});
