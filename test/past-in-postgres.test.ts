// A recorder over RabbitMQ with a real PostgreSQL that is killed again and again while machines tell of a known signal: what is read
// back is what was sent, all of it and once.

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startPostgres } from '@ganglion/testkit';
import { unpackNumbers } from '@ganglion/topics';
import { expect, onTestFinished, test } from 'vitest';
import { join as joinExchange, type Stranger } from './support/exchange.ts';
import { ganglion, type Program, start } from './support/program.ts';
import { at, logOf, ownPlace, run } from './support/system.ts';

const MACHINES = Array.from({ length: 12 }, (_, n) => `db-${n}.example.com`);
const STEPS = 900;

/** Whole minutes back, so that all of it is in the past when it is asked for. */
const START_MS = Math.floor(Date.now() / 60_000) * 60_000 - 20 * 60_000;

const timeOf = (step: number) => START_MS + step * 1_000;

/** What a machine measures at a step: decimals, and now and then what is none. */
function valueAt(machine: number, step: number): number {
  const hash = Math.imul(machine * 7_919 + step, 2_654_435_761) >>> 0;
  return step % 50 === 7 ? (hash / 2 ** 32) * 100 : (hash % 10_000) / 100;
}

/** Says a step of every machine. */
function say(stranger: Stranger, step: number): void {
  for (const [n, machine] of MACHINES.entries()) {
    stranger.say(
      `${machine}.measure`,
      { cpu_percentage: valueAt(n, step), step },
      { messageId: `${machine}/${step}`, persistent: true, headers: { time: new Date(timeOf(step)).toISOString() } },
    );
  }
}

/** The figures of a machine as they are told, by path; undefined while nobody can tell. */
async function toldOf(stranger: Stranger, machine: string): Promise<Map<string, number[]> | undefined> {
  const asked = { what: 'range', machine, from_ms: START_MS, to_ms: START_MS + STEPS * 1_000, points_max: 4_000 };
  const { answer } = (await stranger.ask(`${machine}.past`, asked)) as {
    answer?: { times_ms: string; figures: { path: string; mean: string }[] };
  };
  if (answer === undefined) return undefined;
  const figures = answer.figures.map(({ path, mean }): [string, number[]] => [path, [...unpackNumbers(mean)]]);
  return new Map<string, number[]>([['', [...unpackNumbers(answer.times_ms)]], ...figures]);
}

async function expectAll(stranger: Stranger): Promise<void> {
  const steps = Array.from({ length: STEPS }, (_, step) => step);
  for (const [n, machine] of MACHINES.entries()) {
    const count = async () => (await toldOf(stranger, machine))?.get('')?.length;
    await expect.poll(count, { timeout: 90_000, interval: 200 }).toBe(STEPS);
    const told = await toldOf(stranger, machine);
    expect(told?.get('')).toEqual(steps.map(timeOf));
    expect(told?.get('step')).toEqual(steps);
    expect(told?.get('cpu_percentage')).toEqual(steps.map((step) => valueAt(n, step)));
  }
}

const saysOf = (program: Program, code: string) => program.errors.next((line) => line.includes(`"code":"${code}"`));

test('what is sent while the database is killed, and the recorder too, is all there in the end, and once', async () => {
  const server = await startPostgres();
  onTestFinished(() => server.stop());
  const database = await server.freshDatabase();
  const place = ownPlace();
  const stranger = await joinExchange(place.broker, place.exchange);
  const record = () => run(place, 'recorder', '--recorder.database', database);
  let recorder = await record();
  const sayUntil = async (first: number, end: number) => {
    for (let step = first; step < end; step++) {
      say(stranger, step);
      // As a broker takes it, not as fast as a loop runs.
      if (step % 20 === 0) await stranger.said();
    }
  };

  await sayUntil(0, 200);
  for (const first of [200, 400]) {
    const lost = saysOf(recorder, 'HISTORY_DATABASE_UNREACHABLE');
    await server.kill();
    await sayUntil(first, first + 200);
    await lost;
    const again = recorder.errors.next((line) => line.includes('the past is written again'));
    await server.start();
    await again;
  }
  // While it is away, and while it is not.
  await server.kill();
  await sayUntil(600, 700);
  await recorder.stop('SIGKILL');
  await server.start();
  recorder = await record();
  await sayUntil(700, STEPS);
  await recorder.stop('SIGKILL');
  await record();
  await expectAll(stranger);
});

test('a database that is not there yet is waited for, and said once', async () => {
  const server = await startPostgres();
  onTestFinished(() => server.stop());
  const database = await server.freshDatabase();
  await server.kill();
  const place = ownPlace();
  const stranger = await joinExchange(place.broker, place.exchange);
  const recorder = await run(place, 'recorder', '--recorder.database', database);
  for (let step = 0; step < STEPS; step++) say(stranger, step);
  const asked = { what: 'extent' };
  expect(await stranger.ask('fleet.past', asked)).toMatchObject({ refused: { code: 'HISTORY_DATABASE_UNREACHABLE' } });
  await server.start();
  await expectAll(stranger);
  const faults = logOf(recorder).filter(({ level }) => level === 'warn' || level === 'error');
  expect(faults.map(({ code }) => code)).toEqual(['HISTORY_DATABASE_UNREACHABLE']);
  expect(await recorder.stop()).toEqual({ code: 0, signal: null });
});

test('a second recorder of one database is refused in a line, and the first goes on', async () => {
  const server = await startPostgres();
  onTestFinished(() => server.stop());
  const database = await server.freshDatabase();
  const place = ownPlace();
  const stranger = await joinExchange(place.broker, place.exchange);
  await run(place, 'recorder', '--recorder.database', database);
  const second = ganglion('run', 'recorder', ...at(place), '--recorder.database', database);
  expect(await second.ended).toEqual({ code: 2, signal: null });
  expect(second.errors.items).toEqual([expect.stringMatching(/^ganglion: .*\[HISTORY_DATABASE_IN_USE\]$/)]);
  for (let step = 0; step < STEPS; step++) say(stranger, step);
  await expectAll(stranger);
});

test('a password stands in a file or in the address, and in nothing that is said', async () => {
  const server = await startPostgres();
  onTestFinished(() => server.stop());
  const database = await server.freshDatabase();
  const place = ownPlace();
  const first = await run(place, 'recorder', '--recorder.database', database);
  await first.stop();
  const without = database.replace(`:${server.password}@`, '@');
  const folder = mkdtempSync(join(tmpdir(), 'ganglion-password-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const file = join(folder, 'password');
  writeFileSync(file, `${server.password}\n`, { mode: 0o600 });
  const second = await run(
    place,
    'recorder',
    '--recorder.database',
    without,
    '--recorder.database-password',
    JSON.stringify({ file }),
  );
  await second.stop();
  const wrong = ganglion('run', 'recorder', ...at(place), '--recorder.database', database.replace('@', 'x@'));
  expect(await wrong.ended).toEqual({ code: 2, signal: null });
  const shown = start(process.execPath, [
    'apps/cli/bin/ganglion.js',
    'config',
    'recorder',
    '--recorder.database',
    database,
  ]);
  await shown.ended;
  const backup = ganglion('history', 'backup', '/nowhere/x.db', '--recorder.database', database);
  expect(await backup.ended).toEqual({ code: 2, signal: null });
  expect(backup.errors.items).toEqual([expect.stringMatching(/pg_dump.*\[BACKUP_BY_DATABASE\]$/)]);
  for (const program of [first, second, wrong, shown, backup]) {
    const said = [...program.lines.items, ...program.errors.items].join('\n');
    expect(said).not.toBe('');
    expect(said).not.toContain(server.password);
  }
});
