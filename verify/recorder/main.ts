// npm run verify:recorder: a known signal through kills of the recorder and of the broker, and clocks that are set; then what is read
// back beside what was sent. Started by scripts/verify-recorder.mjs.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { startRabbitmq } from '@ganglion/testkit';
import { keepBetween } from '../../bench/keep.ts';
import { startClock } from '../../bench/parts.ts';
import { startAsker } from '../../bench/recorder/asker.ts';
import { LEVELS } from '../../modules/recorder/src/levels.ts';
import { Recording } from '../../modules/recorder/src/recording.ts';
import { findDriver } from '../../modules/recorder/src/sqlite/driver.ts';
import { FILE, openSqlite } from '../../modules/recorder/src/sqlite/store.ts';
import { placeOf } from '../../modules/recorder/src/store.ts';
import { Comparison } from './compare.ts';
import { KilledRecorder, runGanglion } from './recorder.ts';
import { type Account, randomFrom, type Sent } from './signal.ts';

const ROOT = fileURLToPath(new URL('../../../', import.meta.url));
const PUBLISHER = fileURLToPath(new URL('./publisher.js', import.meta.url));
const EXCHANGE = 'verify';
const KINDS = ['steady', 'stepped', 'away'];

/** Between two kills of the recorder, on average; and what it may be away for. */
const KILL_EVERY_MS = 90_000;
const AWAY_MS = 10_000;

/** When the broker is killed, as a share of the whole time, and how long it is away then, of twenty minutes. */
const BROKER_KILLS: readonly (readonly [share: number, away_ms: number])[] = [
  [0.2, 4_000],
  // Long enough that a recorder that was killed and runs again has rolled up what it had not acknowledged.
  [0.42, 200_000],
  [0.65, 4_000],
  [0.9, 15_000],
];

const { values } = parseArgs({ options: { minutes: { type: 'string' }, seed: { type: 'string' } } });
const minutes = Number(values.minutes ?? 20);
const seed = Number(values.seed ?? 2016);
if (!(minutes >= 1 && minutes <= 240) || !Number.isInteger(seed)) {
  console.error('--minutes takes a number from 1 to 240, and --seed a whole number.');
  process.exit(2);
}
const duration_ms = minutes * 60_000;

const say = startClock();
const folder = mkdtempSync(join(tmpdir(), 'verify-recorder-'));
const history = join(folder, 'history');
say('starting a private RabbitMQ and a recorder');
const broker = await startRabbitmq();
const recorder = new KilledRecorder('--broker', broker.url, '--exchange', EXCHANGE, '--history', history);
recorder.start();
// Its queue is there from now on, whoever is away.
const first = await startAsker(broker.url, EXCHANGE);
await answers(first);
await first.stop();

say(`machines send a known signal for ${minutes} min, seed ${seed}`);
const began_ms = performance.now();
const publishing = KINDS.map(async (kind) => {
  const ledger = join(folder, `${kind}.json`);
  const words = [PUBLISHER, kind, broker.url, EXCHANGE, ledger, String(seed), String(duration_ms)];
  const child = spawn(process.execPath, words, { stdio: ['ignore', 'ignore', 'inherit'] });
  const [code] = await once(child, 'exit');
  if (code !== 0) throw new Error(`the machines "${kind}" ended with ${code}`);
  return JSON.parse(readFileSync(ledger, 'utf8')) as Account;
});

const until = (share: number) => pause(Math.max(0, began_ms + share * duration_ms - performance.now()));
const random = randomFrom(`${seed} kills`);
const kills = { recorder: 0, broker: 0 };
/** Whoever of the two kills at a time; both restart the recorder. */
let turn = Promise.resolve();
const inTurn = (work: () => Promise<void>) => {
  turn = turn.then(work);
  return turn;
};
const killRecorder = async (away_ms: number) => {
  kills.recorder++;
  say(`kill -9 of the recorder, ${kills.recorder}`);
  await recorder.end();
  await pause(away_ms);
  recorder.start();
};
const killing = [
  (async () => {
    const mean = KILL_EVERY_MS / duration_ms;
    for (let share = mean / 2; share < 1; share += mean * (0.5 + random())) {
      await until(share);
      await inTurn(() => killRecorder(random() * AWAY_MS * Math.min(1, minutes / 20)));
    }
  })(),
  (async () => {
    for (const [share, away_ms] of BROKER_KILLS) {
      await until(share);
      await inTurn(async () => {
        kills.broker++;
        const for_ms = away_ms * Math.min(1, minutes / 20);
        say(`kill -9 of the broker, ${kills.broker}, for ${(for_ms / 1_000).toFixed(0)} s`);
        await broker.kill();
        // What was on disk and not acknowledged when the broker died comes again, to a recorder that has only its file to know it by.
        await killRecorder(500);
        await pause(for_ms);
        await broker.start();
      });
    }
  })(),
];
const accounts = await Promise.all(publishing);
await Promise.all(killing);
await turn;

say('all is sent; the recorder takes what waits');
while (!(await isDrained())) await pause(500);
say('kill -9 of the recorder, once more');
kills.recorder++;
await recorder.end();
recorder.start();

const sent = new Map<string, Sent[]>();
for (const each of accounts.flatMap((account) => account.sent)) {
  const own = sent.get(each.machine);
  if (own === undefined) sent.set(each.machine, [each]);
  else own.push(each);
}
for (const own of sent.values()) own.sort((one, other) => one.time_ms - other.time_ms);

say('asking over the bus');
const asker = await startAsker(broker.url, EXCHANGE);
await answers(asker);
const asked = new Comparison({ seed, sent });
await asked.ask(asker);
await asker.stop();

say('reading a copy of the file');
const copy = join(folder, 'copy');
mkdirSync(copy);
await runGanglion('history', 'backup', join(copy, FILE), '--history', history);
await recorder.end('SIGTERM');
const blocks = LEVELS.map(() => 0);
const database = findDriver().open(join(copy, FILE));
database.exec('PRAGMA locking_mode = EXCLUSIVE');
for (const { place } of database.prepare('SELECT place FROM blocks').all()) {
  const { level } = placeOf(Number(place));
  blocks[level] = (blocks[level] ?? 0) + 1;
}
database.close();
const counts: Record<string, number> = {};
const recording = await Recording.open({
  store: openSqlite({ folder: copy }),
  count: (name, n = 1) => {
    counts[name] = (counts[name] ?? 0) + n;
  },
});
const read = new Comparison({ seed, sent });
await read.read(recording);
await recording.store.close();
await broker.stop();

const total = (name: 'late' | 'twice' | 'steps' | 'lost') => accounts.reduce((sum, account) => sum + account[name], 0);
const samples = accounts.reduce((sum, account) => sum + account.sent.length, 0);
const number = (n: number) => n.toLocaleString('en');
const text = [
  '| level | cells (samples) over the bus | numbers | differ | cells (samples) in the file | numbers | differ | blocks |',
  '|---|--:|--:|--:|--:|--:|--:|--:|',
  ...LEVELS.map(({ name }, level) => {
    const numbers = [asked, read].flatMap((each) => {
      const { rows = 0, numbers: all = 0, differ = 0 } = each.levels[level] ?? {};
      return [rows, all, differ];
    });
    return `| ${[name, ...[...numbers, blocks[level] ?? 0].map(number)].join(' | ')} |`;
  }),
].join('\n');
const differ = asked.differ + read.differ;
const empty = LEVELS.filter((_, level) => (read.levels[level]?.rows ?? 0) === 0).map(({ name }) => name);
const done =
  `${number(samples)} samples of ${sent.size} machines in ${minutes} min, seed ${seed}: ${number(total('late'))} came late, ` +
  `${number(total('twice'))} twice, a clock was set ${total('steps')} times; kill -9 of the recorder ${kills.recorder} times, ` +
  `of the broker ${kills.broker} times. ${differ === 0 ? 'Nothing differs' : `${number(differ)} DIFFER`}.`;
console.log(`\n${text}\n\n${done}`);
for (const example of [...asked.examples, ...read.examples]) console.log(`  ${example}`);
for (const complaint of recorder.complaints) console.log(`  said by the recorder: ${complaint}`);
if (total('lost') > 0) console.log(`  ${total('lost')} samples were not taken by the broker`);
if (Object.keys(counts).length > 0) console.log(`  counted in the copy: ${JSON.stringify(counts)}`);
if (empty.length > 0) console.log(`  nothing was compared at ${empty.join(', ')}`);
const holds = differ === 0 && total('lost') === 0 && Object.keys(counts).length === 0 && empty.length === 0;
if (holds && values.minutes === undefined) {
  const taken = `Taken on ${new Date().toISOString().slice(0, 10)}, Node ${process.version}.`;
  keepBetween(`${ROOT}docs/history.md`, 'verified', `${text}\n\n${done} ${taken}\n`);
}
process.exit(holds ? 0 : 1);

/** Resolves when the recorder answers. */
async function answers({ ask }: Awaited<ReturnType<typeof startAsker>>): Promise<void> {
  for (;;) {
    try {
      await ask({ what: 'extent' });
      return;
    } catch {
      await pause(200);
    }
  }
}

/** Whether nothing waits for the recorder any more, acknowledged or not. */
async function isDrained(): Promise<boolean> {
  const listed = await broker.ctl('--silent', 'list_queues', 'name', 'messages');
  const own = listed.split('\n').filter((line) => line.includes('recorder'));
  return own.length > 0 && own.every((line) => /\s0$/.test(line.trimEnd()));
}
