// A storm of alerts, and those who find and tell them are killed again and again: each reaches every channel, and so does its
// end. One is told twice only where a process died between sending it and noting that it had; the repeat has the same key.
//
// STORM_ALERTS=5000 makes it a larger storm; STORM_ANALYZERS=2 has the kills of the analyzer shared out among several.

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import type { Collected } from './support/collected.ts';
import { join as joinExchange, type Stranger } from './support/exchange.ts';
import { ganglion, type Program } from './support/program.ts';
import { startHook, startMail } from './support/receivers.ts';
import { at, logOf, ownPlace, type Place } from './support/system.ts';

const ALERTS = Number(process.env['STORM_ALERTS'] ?? 500);

/** Of the notifier, and of the analyzers. */
const KILLS = 8;
const ANALYZERS = Number(process.env['STORM_ANALYZERS'] ?? 1);

/** What a channel takes for one message, at most: so that a kill finds some that are sent and not noted. */
const ANSWER_MS_MAX = 6;

const LIMIT_MS = 120_000 + 80 * ALERTS;

/** What a channel was told: of a storm's machines each has one alert at a time. */
interface Told {
  readonly key: string;
  readonly kind: string;
  readonly machine: string;
}

/** Two real receivers that take their time. */
async function startReceivers() {
  const slow = { answer_ms_max: ANSWER_MS_MAX };
  const [hook, mail] = await Promise.all([startHook(slow), startMail(slow)]);
  const told = {
    webhook: hook.told.map(({ key, body }): Told => {
      const [first] = body['alerts'] as { machine: string }[];
      return { key, kind: String(body['kind']), machine: first?.machine ?? '' };
    }),
    mail: mail.told.map(({ key, kind, text }): Told => ({ key, kind, machine: text.slice(0, text.indexOf(':')) })),
  };
  return { hook, mail, told };
}

function settings(hook_url: string, mail_port: number): string {
  const folder = mkdtempSync(join(tmpdir(), 'ganglion-storm-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  writeFileSync(join(folder, 'url'), hook_url);
  writeFileSync(
    join(folder, 'ganglion.toml'),
    `[analyzer.bands]
    alert_after_ms = 1
    dwell_ms = 0
    [analyzer.presence]
    # Those of whom all was told say nothing more.
    ignore = ["#"]
    [notifier]
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

/** Starts a module there. Resolves when it listens. */
async function start(module: string, place: Place, config: string): Promise<Program> {
  const program = ganglion('run', module, ...at(place), '--config', config);
  await program.errors.first((line) => line.includes('"msg":"runs as '));
  return program;
}

/** Kills a module and starts it anew, again and again: at random, but by what has come of it, so that the last comes before all has. */
async function killAgainAndAgain(
  first: Program,
  again: () => Promise<Program>,
  kills: number,
  came: Collected<unknown>,
  whole: number,
): Promise<Program> {
  let program = first;
  for (let kill = 0; kill < kills; kill++) {
    const some = came.items.length + 1 + Math.floor((Math.random() * whole) / kills / 2);
    await came.until(({ length }) => length >= some);
    await program.stop('SIGKILL');
    program = await again();
  }
  return program;
}

/** Resolves when a channel was told of every machine. */
function allTold(told: Collected<Told>, kind: string): Promise<void> {
  const machines = new Set<string>();
  let seen = 0;
  return told.until((items) => {
    for (; seen < items.length; seen++) if (items[seen]?.kind === kind) machines.add(items[seen]?.machine ?? '');
    return machines.size === ALERTS;
  });
}

/** How often some message came again, after it was seen that every machine has one message of a kind, by its key. */
function repeatsOf(told: readonly Told[], kinds: readonly string[]): number {
  const keys = new Map<string, Set<string>>();
  for (const { key, kind, machine } of told) {
    const what = `${kind} ${machine}`;
    keys.set(what, (keys.get(what) ?? new Set()).add(key));
  }
  expect([...keys].filter(([, { size }]) => size !== 1)).toEqual([]);
  expect(keys.size).toBe(ALERTS * kinds.length);
  return told.length - keys.size;
}

/** Says alerts as they come in a storm: in gusts, some at a time. */
async function blow(stranger: Stranger, stopped: () => boolean): Promise<void> {
  for (let n = 0; n < ALERTS && !stopped(); n++) {
    const finding = { rule: 'bands', resource: 'cpu', sentence: `Alert ${n}`, since_ms: 1_700_000_000_000 + n };
    const alert = { id: `cpu-${n}`, state: 'raised', severity: 'warning', ...finding };
    stranger.say(`m${n}.alert`, alert, { messageId: `storm/${n}`, persistent: true });
    if (n % 50 === 49) await stranger.said();
  }
  await stranger.said();
}

/**
 * Says measures of all machines, round after round, but of none that needs no more of them. No round begins before an
 * analyzer has come to the end of the one before.
 */
async function measure(
  { stranger, paced, rounds }: { stranger: Stranger; paced: Collected<unknown>; rounds: { count: number } },
  percentage: number,
  isEnough: (machine: string) => boolean,
): Promise<void> {
  const machines = Array.from({ length: ALERTS }, (_, n) => `m${n}`);
  while (!machines.every(isEnough)) {
    const round = ++rounds.count;
    const time = new Date(1_800_000_000_000 + round * 1_000).toISOString();
    const options = (name: string) => ({ messageId: `${name}/${round}`, persistent: true, headers: { time } });
    for (const [n, machine] of machines.entries()) {
      // Each a resource of its own, so that none is taken to belong together with another.
      const body = { cpu_percentage: 1, [`r${n}_percentage`]: percentage };
      if (!isEnough(machine)) stranger.say(`${machine}.measure`, body, options(machine));
      if (n % 50 === 49) await stranger.said();
    }
    stranger.say('pace.measure', { cpu_percentage: 1 }, options('pace'));
    await stranger.said();
    await paced.until(({ length }) => length >= round);
  }
}

test(
  `${ALERTS} alerts reach every channel through ${KILLS} kills of the notifier`,
  async () => {
    const place = ownPlace();
    const { hook, mail, told } = await startReceivers();
    const config = settings(hook.url, mail.port);
    const stranger = await joinExchange(place.broker, place.exchange);
    const began_ms = Date.now();
    let over = false;
    onTestFinished(() => {
      over = true;
    });
    const startNotifier = () => start('notifier', place, config);
    const killing = killAgainAndAgain(await startNotifier(), startNotifier, KILLS, told.webhook, ALERTS);
    const blowing = blow(stranger, () => over);
    const all = [allTold(told.webhook, 'raised'), allTold(told.mail, 'raised')];
    const [notifier] = await Promise.all([killing, blowing, ...all]);
    const took_s = ((Date.now() - began_ms) / 1000).toFixed(1);

    const repeats = { hook: repeatsOf(told.webhook.items, ['raised']), mail: repeatsOf(told.mail.items, ['raised']) };
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
  LIMIT_MS,
);

test(
  `${ALERTS} alerts are raised once, told and ended through ${KILLS} kills of the analyzer and ${KILLS} of the notifier`,
  async () => {
    const place = ownPlace();
    const { hook, mail, told } = await startReceivers();
    const config = settings(hook.url, mail.port);
    const stranger = await joinExchange(place.broker, place.exchange);
    const alerts = (await stranger.hear('#.alert'))
      .map(({ key, text }) => {
        const { id, state, shadow = false } = JSON.parse(text) as { id: string; state: string; shadow?: boolean };
        return { id, state, shadow, machine: key.replace(/\.alert$/, '') };
      })
      // Of what a rule on trial finds nobody is told.
      .filter(({ shadow }) => !shadow);
    const paced = await stranger.hear('pace.analysis');
    const began_ms = Date.now();
    const startAnalyzer = () => start('analyzer', place, config);
    const startNotifier = () => start('notifier', place, config);
    // It tells an analyzer that a notifier has come, which then hears again of all that is on.
    await start('presence', place, config);
    const first_analyzers = await Promise.all(Array.from({ length: ANALYZERS }, startAnalyzer));
    const first_notifier = await startNotifier();
    const kills = Math.ceil(KILLS / ANALYZERS);
    const killing = Promise.all([
      killAgainAndAgain(first_notifier, startNotifier, KILLS, told.webhook, 2 * ALERTS),
      ...first_analyzers.map((first) => killAgainAndAgain(first, startAnalyzer, kills, alerts, 2 * ALERTS)),
    ]);
    const rounds = { count: 0 };
    for (const [percentage, state] of [
      [99, 'raised'],
      [1, 'cleared'],
    ] as const) {
      const telling = [allTold(told.webhook, state), allTold(told.mail, state)];
      const said = new Set<string>();
      alerts.map((each) => each.state === state && said.add(each.machine));
      await measure({ stranger, paced, rounds }, percentage, (machine) => said.has(machine));
      await Promise.all(telling);
    }
    const [notifier, ...analyzers] = await killing;
    const took_s = ((Date.now() - began_ms) / 1000).toFixed(1);

    // Each machine has had one alert, which has ended.
    const ids = new Map<string, Set<string>>();
    for (const { machine, id } of alerts.items) ids.set(machine, (ids.get(machine) ?? new Set()).add(id));
    expect([...ids].filter(([, { size }]) => size !== 1)).toEqual([]);
    const ended = new Set(alerts.items.filter(({ state }) => state === 'cleared').map(({ machine }) => machine));
    expect([...ids.keys()].filter((machine) => !ended.has(machine))).toEqual([]);

    const kinds = ['raised', 'cleared'];
    const repeats = { hook: repeatsOf(told.webhook.items, kinds), mail: repeatsOf(told.mail.items, kinds) };
    console.log(
      `${ALERTS} alerts and their ends through ${KILLS} kills of the analyzer and ${KILLS} of the notifier in ${took_s} s: ` +
        `told twice, with the same key: ${repeats.hook} by the webhook, ${repeats.mail} by mail`,
    );
    expect(repeats.hook).toBeLessThanOrEqual(KILLS);
    expect(repeats.mail).toBeLessThanOrEqual(KILLS);
    expect(logOf(notifier).filter(({ level, channel }) => level === 'error' && channel !== 'broken')).toEqual([]);
    for (const analyzer of analyzers) expect(await analyzer.stop()).toEqual({ code: 0, signal: null });
    expect(await notifier.stop()).toEqual({ code: 0, signal: null });
  },
  LIMIT_MS,
);
