// A storm of alerts, and a notifier that is killed again and again while it tells them: each reaches every channel. One is
// told twice only where a process died between sending it and noting that it had; the repeat has the same key.
//
// STORM_ALERTS=5000 makes it a larger storm.

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SMTPServer } from 'smtp-server';
import { expect, onTestFinished, test } from 'vitest';
import { Collected } from './support/collected.ts';
import { join as joinExchange, type Stranger } from './support/exchange.ts';
import { ganglion, type Program } from './support/program.ts';
import { at, logOf, ownPlace, type Place } from './support/system.ts';

const ALERTS = Number(process.env['STORM_ALERTS'] ?? 1_000);

const KILLS = 8;

/** What a channel takes for one message, at most: so that a kill finds some that are sent and not noted. */
const ANSWER_MS_MAX = 6;

/** A message that a channel has taken. */
interface Told {
  readonly key: string;
  readonly machine: string;
}

/** A webhook that takes its time, and notes a message before it says so. */
async function startHook(): Promise<{ url: string; told: Collected<Told> }> {
  const told = new Collected<Told>();
  const server = createServer(async (request, response) => {
    const body: Buffer[] = await request.toArray().catch(() => []);
    // Its sender was killed before it had said all.
    if (!request.complete) return;
    const { alerts } = JSON.parse(Buffer.concat(body).toString());
    told.push({ key: String(request.headers['idempotency-key']), machine: alerts[0].machine });
    setTimeout(() => response.end(), Math.random() * ANSWER_MS_MAX);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.close();
    server.closeAllConnections();
  });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`, told };
}

/** A mail server that takes its time, too. */
async function startMail(): Promise<{ port: number; told: Collected<Told> }> {
  const told = new Collected<Told>();
  const server = new SMTPServer({
    authOptional: true,
    disabledCommands: ['STARTTLS'],
    onData: (stream, _session, done) => {
      let text = '';
      stream.on('data', (chunk: Buffer) => {
        text += chunk;
      });
      // It does not end when the sender is killed before it has said all.
      stream.on('error', () => {});
      stream.on('end', () => {
        const header = (name: string) => new RegExp(`^${name}: (.*)$`, 'im').exec(text)?.[1]?.trim() ?? '';
        told.push({ key: header('X-Ganglion-Key'), machine: header('Subject').split(':')[0] ?? '' });
        setTimeout(done, Math.random() * ANSWER_MS_MAX);
      });
    },
  });
  // Whoever is killed ends no connection in order.
  server.on('error', () => {});
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => new Promise<void>((resolve) => server.close(() => resolve())));
  return { port: (server.server.address() as AddressInfo).port, told };
}

function settings(hook_url: string, mail_port: number): string {
  const folder = mkdtempSync(join(tmpdir(), 'ganglion-storm-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  writeFileSync(join(folder, 'url'), hook_url);
  writeFileSync(
    join(folder, 'ganglion.toml'),
    `[notifier]
    state_dir = "${folder}/state"
    [notifier.channels.hook]
    type = "webhook"
    url = { file = "${folder}/url" }
    limit_per_hour = 1000000
    [notifier.channels.mail]
    type = "email"
    host = "127.0.0.1"
    port = ${mail_port}
    tls = "never"
    from = "ganglion@example.com"
    to = ["ada@example.com"]
    limit_per_hour = 1000000
    # It fails, which is nothing to the others.
    [notifier.channels.broken]
    type = "program"
    command = ["/nowhere/at/all"]`,
  );
  return join(folder, 'ganglion.toml');
}

function alertOf(n: number) {
  const finding = { rule: 'bands', resource: 'cpu', sentence: `Alert ${n}`, since_ms: 1_700_000_000_000 + n };
  return { id: `cpu-${n}`, state: 'raised', severity: 'warning', ...finding };
}

/** Says alerts as they come in a storm: in gusts, some at a time. */
async function storm(stranger: Stranger, stopped: () => boolean): Promise<void> {
  for (let n = 0; n < ALERTS && !stopped(); n++) {
    stranger.say(`m${n}.alert`, alertOf(n), { messageId: `storm/${n}`, persistent: true });
    if (n % 50 === 49) await stranger.said();
  }
  await stranger.said();
}

/** Starts a notifier there. Resolves when it listens. */
async function startNotifier(place: Place, config: string): Promise<Program> {
  const program = ganglion('run', 'notifier', ...at(place), '--config', config);
  await program.errors.first((line) => line.includes('"msg":"runs as '));
  return program;
}

/** How often some message came again, after it was seen that every repeat has the key of the first. */
function repeatsOf(told: readonly Told[]): number {
  const keys = new Map<string, Set<string>>();
  for (const { key, machine } of told) keys.set(machine, (keys.get(machine) ?? new Set()).add(key));
  expect(keys.size).toBe(ALERTS);
  expect([...keys.values()].filter(({ size }) => size !== 1)).toEqual([]);
  return told.length - keys.size;
}

test(
  `${ALERTS} alerts reach every channel through ${KILLS} kills of the notifier`,
  async () => {
    const place = ownPlace();
    const [hook, mail] = await Promise.all([startHook(), startMail()]);
    const config = settings(hook.url, mail.port);
    const stranger = await joinExchange(place.broker, place.exchange);
    let notifier = await startNotifier(place, config);
    const began_ms = Date.now();
    let over = false;
    onTestFinished(() => {
      over = true;
    });
    const blowing = storm(stranger, () => over);
    for (let kill = 0; kill < KILLS; kill++) {
      // At random, but so that the last one comes before all is told.
      const some = hook.told.items.length + 1 + Math.floor((Math.random() * ALERTS) / KILLS / 2);
      await hook.told.until(({ length }) => length >= some);
      await notifier.stop('SIGKILL');
      notifier = await startNotifier(place, config);
    }
    await blowing;
    const all = (told: Collected<Told>) => {
      const machines = new Set<string>();
      let seen = 0;
      return told.until((items) => {
        for (; seen < items.length; seen++) machines.add(items[seen]?.machine ?? '');
        return machines.size === ALERTS;
      });
    };
    await Promise.all([all(hook.told), all(mail.told)]);
    const took_s = ((Date.now() - began_ms) / 1000).toFixed(1);

    const repeats = { hook: repeatsOf(hook.told.items), mail: repeatsOf(mail.told.items) };
    console.log(
      `${ALERTS} alerts through ${KILLS} kills in ${took_s} s: told twice, with the same key: ` +
        `${repeats.hook} by the webhook, ${repeats.mail} by mail`,
    );
    // One at a time is on its way to a channel when a process dies.
    expect(repeats.hook).toBeLessThanOrEqual(KILLS);
    expect(repeats.mail).toBeLessThanOrEqual(KILLS);
    expect(logOf(notifier).filter(({ level, channel }) => level === 'error' && channel !== 'broken')).toEqual([]);
    expect(await notifier.stop()).toEqual({ code: 0, signal: null });
  },
  60_000 + 40 * ALERTS,
);
