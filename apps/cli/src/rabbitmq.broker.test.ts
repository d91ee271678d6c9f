// The built command on a real RabbitMQ: what it says when it may not in, and what a tap does with what passes.

import { spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { freshExchange, sharedRabbitmq } from '@ganglion/testkit';
import { describe, expect, onTestFinished, test } from 'vitest';
import { join as joinExchange } from '../../../test/support/exchange.ts';
import { ganglion, ROOT } from '../../../test/support/program.ts';

/** The shared broker's URL with something changed. */
function brokerWith(change: Partial<Pick<URL, 'password' | 'pathname' | 'protocol'>>): string {
  return Object.assign(new URL(sharedRabbitmq()), change).href;
}

describe('a broker that does not let us in', () => {
  test.each([
    ['a wrong password', { password: 's3cret' }, 'BROKER_LOGIN_REFUSED'],
    ['a virtual host that is not there', { pathname: '/nowhere' }, 'BROKER_VHOST_REFUSED'],
  ])('for %s ends every command in one line with exit code 2, without the password', async (_why, change, code) => {
    for (const words of [['run', 'tracker'], ['up', '--port', '0'], ['tap']]) {
      const program = ganglion(...words, '--broker', brokerWith(change));
      expect(await program.ended).toEqual({ code: 2, signal: null });
      expect(program.errors.items).toEqual([expect.stringMatching(new RegExp(`^ganglion: .+: .+; .+ \\[${code}\\]$`))]);
      expect(program.said()).not.toContain('s3cret');
      expect(program.lines.items).toEqual([]);
    }
  });
});

describe('a tap', () => {
  test('shows a person each message in one line', async () => {
    const exchange = freshExchange();
    const stranger = await joinExchange(sharedRabbitmq(), exchange);
    const tap = ganglion('tap', 'db-01.#', '--exchange', exchange, '--broker', sharedRabbitmq());
    // Said again until it listens: it does not say when.
    const saying = setInterval(() => {
      stranger.say('web-01.measure', { cpu_percentage: 1 });
      stranger.say('db-01.measure', { cpu_percentage: 12.5 });
      stranger.say('db-01.audit', 'no JSON\n\u001b[2J');
    }, 50);
    onTestFinished(() => clearInterval(saying));
    await tap.lines.first((line) => line.endsWith('  db-01     measure   {"cpu_percentage":12.5}'));
    await tap.lines.first((line) => line.endsWith('  db-01     audit     no JSON [2J'));
    expect(await tap.stop('SIGINT')).toEqual({ code: 0, signal: null });
    expect(tap.lines.items.filter((line) => line.includes('web-01'))).toEqual([]);
    expect(tap.errors.items).toEqual([]);
  });

  test('with --dead shows what was refused, why and when, and leaves it there', async () => {
    const exchange = freshExchange();
    const stranger = await joinExchange(sharedRabbitmq(), exchange);
    const place = ['--exchange', exchange, '--broker', sharedRabbitmq()];
    const none = ganglion('tap', '--dead', ...place);
    expect(await none.ended).toEqual({ code: 0, signal: null });
    expect(none.errors.items).toEqual([
      expect.stringMatching(/^ganglion: nothing was refused by analyzer\.measure, (\w+\.\w+, )*notifier\.alert\b/),
    ]);

    const refusing = ganglion('run', 'test/support/refuser.ts', ...place);
    await refusing.errors.first((line) => line.includes('"msg":"runs as '));
    const before_ms = Date.now();
    stranger.say('db-01.measure', { cpu_percentage: 12.5 });
    await refusing.errors.first((line) => line.includes('handler failed'));
    for (let readings = 0; readings < 2; readings++) {
      await expect
        .poll(async () => {
          const tap = ganglion('tap', 'refuser.measure', '--dead', '--json', ...place);
          expect(await tap.ended).toEqual({ code: 0, signal: null });
          return tap.lines.items.map((line) => JSON.parse(line));
        })
        .toEqual([
          expect.objectContaining({
            topic: 'measure',
            source: 'db-01',
            body: { cpu_percentage: 12.5 },
            refused_by: 'refuser.measure',
            refused_why: 'this module refuses everything',
            refused_time: expect.toSatisfy((time: string) => Date.parse(time) >= before_ms),
          }),
        ]);
    }
  });

  test('whose reader goes away ends quietly', async () => {
    const exchange = freshExchange();
    const stranger = await joinExchange(sharedRabbitmq(), exchange);
    const options = ['tap', '--exchange', exchange, '--broker', sharedRabbitmq()];
    const tap = spawn(process.execPath, ['apps/cli/bin/ganglion.js', ...options], { cwd: ROOT });
    onTestFinished(() => void tap.kill('SIGKILL'));
    const complaints: string[] = [];
    createInterface({ input: tap.stderr }).on('line', (line) => complaints.push(line));
    const saying = setInterval(() => stranger.say('db-01.measure', {}), 20);
    onTestFinished(() => clearInterval(saying));
    tap.stdout.once('data', () => tap.stdout.destroy());
    const code = await new Promise((resolve) => tap.on('close', resolve));
    expect(code).toBe(0);
    expect(complaints).toEqual([]);
  });

  test('that is not read drops, says so, and ends at a signal all the same', async () => {
    const exchange = freshExchange();
    const stranger = await joinExchange(sharedRabbitmq(), exchange);
    const options = ['tap', '--exchange', exchange, '--broker', sharedRabbitmq()];
    const tap = spawn(process.execPath, ['apps/cli/bin/ganglion.js', ...options], { cwd: ROOT });
    onTestFinished(() => void tap.kill('SIGKILL'));
    const complaint = new Promise<string>((resolve) => tap.stderr.once('data', (data) => resolve(String(data))));
    const body = { text: 'x'.repeat(500) };
    const saying = setInterval(() => {
      for (let i = 0; i < 1000; i++) stranger.say('db-01.measure', body);
    }, 20);
    onTestFinished(() => clearInterval(saying));
    expect(await complaint).toMatch(/^ganglion: \d+ messages dropped: they come faster than they can be shown\n$/);
    clearInterval(saying);
    tap.kill('SIGTERM');
    tap.stdout.resume();
    expect(await new Promise((resolve) => tap.on('close', resolve))).toBe(0);
  });
});

test('the health file is there while the broker is connected, and only then', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'health-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const runWith = (name: string, broker: string) =>
    ganglion('run', 'tracker', '--broker', broker, '--exchange', freshExchange(), '--health-file', join(folder, name));

  const away = runWith('away', 'amqp://127.0.0.1:1');
  await away.errors.first((line) => line.includes('BROKER_UNREACHABLE'));
  const there = runWith('there', sharedRabbitmq());
  await expect
    .poll(() => readdirSync(folder).map((name) => readFileSync(join(folder, name), 'utf8')), { timeout: 15_000 })
    .toEqual([expect.stringMatching(/^\d{4}-\d\d-\d\dT/)]);
  await there.stop();
  expect(readdirSync(folder)).toEqual([]);
});
