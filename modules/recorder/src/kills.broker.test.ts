// A real process that records is killed in the middle of whatever it does, again and again; and one runs out of room. What it
// said to be on disk is there, all of it and once, and the file is whole.

import { type ChildProcess, spawn } from 'node:child_process';
import { mkdirSync, rmSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { startPostgres } from '@ganglion/testkit';
import { build } from 'esbuild';
import { afterAll, beforeAll, expect, it, onTestFinished, vi } from 'vitest';
import { COUNT, columnOf, LAST, MAX, MIN, SUM, TIME } from './block.ts';
import { blockStart, levelAt } from './levels.ts';
import { openPostgres } from './postgres/store.ts';
import { EPOCH_MS, freshFolder, RecordingUnderTest } from './recording-under-test.ts';

vi.setConfig({ testTimeout: 120_000, hookTimeout: 60_000 });

const MACHINES = 20;
const MINUTE_MS = 60_000;
const KEEP_MS = [20 * MINUTE_MS, 60 * MINUTE_MS, 600 * MINUTE_MS, 1e12, 1e12];

// In the repository, so that it finds the packages that it needs.
const child_folder = fileURLToPath(new URL(`../../../.build/recorder-${process.pid}`, import.meta.url));
const child_path = `${child_folder}/child.mjs`;

beforeAll(async () => {
  mkdirSync(child_folder, { recursive: true });
  await build({
    entryPoints: [fileURLToPath(new URL('killed-child.ts', import.meta.url))],
    outfile: child_path,
    bundle: true,
    platform: 'node',
    format: 'esm',
    conditions: ['@ganglion/source'],
    external: ['pg'],
    logLevel: 'error',
  });
});

afterAll(() => rmSync(child_folder, { recursive: true, force: true }));

/** A database for the time of the test that calls this. */
async function freshDatabase(): Promise<string> {
  const server = await startPostgres();
  onTestFinished(() => server.stop());
  return server.freshDatabase();
}

/** Runs it until `isEnough` of a line, and kills it. Resolves to the last step that it said to be on disk. */
async function runUntil(
  command: readonly string[],
  isEnough: (line: string, step: number) => boolean,
): Promise<number> {
  const [program = '', ...words] = command;
  const child: ChildProcess = spawn(program, words, { stdio: ['ignore', 'pipe', 'inherit'] });
  const gone = new Promise<void>((resolve) => child.on('close', () => resolve()));
  let step = 0;
  let is_enough = false;
  for await (const line of createInterface({ input: child.stdout as NodeJS.ReadableStream })) {
    if (line !== 'fault') step = Number(line);
    if (is_enough || !isEnough(line, step)) continue;
    is_enough = true;
    child.kill('SIGKILL');
  }
  await gone;
  expect(is_enough).toBe(true);
  return step;
}

/** Compares what is there with what was said to be on disk, from the step on from which all is kept. */
async function compare(place: string, last_step: number): Promise<void> {
  const now_ms = EPOCH_MS + last_step * 1_000;
  const where = place.startsWith('postgres:') ? { store: await openPostgres({ database: place }) } : { folder: place };
  const subject = await RecordingUnderTest.open({ ...where, now_ms, keep_ms: KEEP_MS });
  const { names, shelf, store } = subject.recording;
  expect(store.damaged).toBe(0);
  for (let machine = 0; machine < MACHINES; machine++) {
    const track = names.track('measure', `m${machine}`) ?? 0;
    const figure = names.figure('value') ?? 0;
    for (const level of [0, 1, 2]) {
      const { width_ms, span_ms } = levelAt(level);
      const floor_ms = Math.max(shelf.floor(level), EPOCH_MS);
      const found = new Map<number, readonly number[]>();
      for (let start_ms = blockStart(level, floor_ms); start_ms <= now_ms; start_ms += span_ms) {
        const { rows, columns } = await shelf.rows({ level, track, start_ms });
        const stats = level === 0 ? [LAST] : [MIN, MAX, LAST, SUM, COUNT];
        for (let row = 0; row < rows; row++) {
          const time_ms = columns.get(TIME)?.[row] as number;
          expect(found.has(time_ms)).toBe(false);
          found.set(
            time_ms,
            stats.map((stat) => columns.get(columnOf(figure, stat))?.[row] as number),
          );
        }
      }
      for (let step = 1; step <= last_step; step++) {
        const time_ms = EPOCH_MS + step * 1_000 + machine;
        if (time_ms < floor_ms + (level === 0 ? 0 : width_ms)) continue;
        if (level === 0) expect(found.get(time_ms)).toEqual([step * 3 + machine]);
      }
      if (level === 0) continue;
      // Cells that are whole: with all of their steps.
      const steps = width_ms / 1_000;
      for (let first_step = steps; first_step + steps - 1 <= last_step; first_step += steps) {
        const start_ms = EPOCH_MS + first_step * 1_000;
        if (start_ms < floor_ms) continue;
        const values = Array.from({ length: steps }, (_, i) => (first_step + i) * 3 + machine);
        const total = values.reduce((one, other) => one + other, 0);
        expect(found.get(start_ms)).toEqual([values[0], values.at(-1), values.at(-1), total, steps]);
      }
    }
  }
  await subject.close();
}

it.each(['SQLite', 'PostgreSQL'])(
  'loses nothing and keeps nothing twice, however often it is killed, with %s',
  async (engine) => {
    const place = engine === 'SQLite' ? freshFolder() : await freshDatabase();
    let step = 0;
    for (let kills = 0; kills < 8; kills++) {
      const enough = step + 300 + kills * 37;
      step = await runUntil(
        [process.execPath, child_path, place, String(step), String(EPOCH_MS)],
        (_, at) => at >= enough,
      );
    }
    await compare(place, step);
  },
);

it('waits when there is no more room, with all that it said to be on disk, and a file that is whole', async () => {
  const folder = freshFolder();
  // Files may have a megabyte: then each write fails as on a full disk.
  const limited = `trap '' XFSZ; ulimit -f 2048; exec "$0" "$@"`;
  const command = ['/bin/sh', '-c', limited, process.execPath, child_path, folder, '0', String(EPOCH_MS)];
  let faults = 0;
  const step = await runUntil(command, (line) => line === 'fault' && ++faults === 2);
  expect(step).toBeGreaterThan(50);
  await compare(folder, step);
  // With room again, it goes on.
  const again = [process.execPath, child_path, folder, String(step), String(EPOCH_MS)];
  await compare(folder, await runUntil(again, (_, at) => at >= step + 700));
});
