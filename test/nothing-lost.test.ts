// Trackers that are killed while the broker is out of reach: what they measured comes all the same, later.

import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openSpool } from '@ganglion/spool';
import { freshExchange, sharedRabbitmq, startLine } from '@ganglion/testkit';
import { expect, onTestFinished, test } from 'vitest';
import { join as joinExchange } from './support/exchange.ts';
import { ganglion, type Program, start } from './support/program.ts';
import { logOf, run } from './support/system.ts';

/** A measure that was heard, or lies in the spool. */
interface Numbered {
  readonly run: string;
  readonly sequence: number;
  readonly time: string;
}

const read = (text: string, id = '', time = ''): Numbered => ({
  run: id.split('/')[0] ?? '',
  sequence: JSON.parse(text).sequence,
  time,
});

function folderOfTest(): string {
  const folder = mkdtempSync(join(tmpdir(), 'ganglion-spool-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  return folder;
}

/** The measures in a spool whose tracker was killed, in order. */
function lyingIn(folder: string): Numbered[] {
  const spool = openSpool({ folder, limit_bytes: 64 * 1024 * 1024, limit_age_ms: 3_600_000 });
  const all: Numbered[] = [];
  for (let next = spool.next(); next !== undefined; next = spool.next()) {
    const { payload, properties } = next.envelope;
    all.push(read(Buffer.from(payload).toString(), properties.id, properties.time));
  }
  spool.close();
  return all;
}

const segmentsIn = (folder: string) => readdirSync(folder).filter((name) => name.endsWith('.spool'));

/** Kills a tracker once it has written so many measures more. */
async function killAfter(tracker: Program, folder: string, measures: number): Promise<void> {
  const written = () =>
    segmentsIn(folder).reduce(
      (sum, name) => sum + readFileSync(join(folder, name)).toString('latin1').split('"sequence"').length - 1,
      0,
    );
  const before = written();
  await expect.poll(written, { timeout: 60_000, interval: 20 }).toBeGreaterThan(before + measures);
  await tracker.stop('SIGKILL');
}

test('killed trackers leave what they measured to the next one, with its own time and number', async () => {
  const [folder, exchange] = [folderOfTest(), freshExchange()];
  const stranger = await joinExchange(sharedRabbitmq(), exchange);
  const heard = (await stranger.hear('#.measure')).map(({ text, id, time }) => read(text, id, time));
  const line = await startLine(sharedRabbitmq());
  onTestFinished(() => line.close());
  const place = ['--broker', line.url, '--exchange', exchange, '--spool', folder];
  const startTracker = () => ganglion('run', 'tracker', ...place, '--machine', 'db-01', '--interval', '100ms');

  const first = startTracker();
  await heard.until((items) => items.length > 3);
  await line.cut();
  await killAfter(first, folder, 30);
  const after_first = lyingIn(folder);
  await killAfter(startTracker(), folder, 20);
  const after_second = lyingIn(folder);
  expect(after_second.slice(0, after_first.length)).toEqual(after_first);

  await line.restore();
  const third = startTracker();
  await heard.until((items) =>
    after_second.every((each) => items.some(({ run, sequence }) => run === each.run && sequence === each.sequence)),
  );
  const runs = [...new Set(after_second.map(({ run }) => run))];
  expect(runs).toHaveLength(2);
  for (const run of runs) {
    const of_run = heard.items.filter((each) => each.run === run);
    // Each once, or again where the broker had it and could not say so any more; none missing up to the last written.
    const numbers = [...new Set(of_run.map(({ sequence }) => sequence))];
    expect(numbers).toEqual(Array.from(numbers, (_, n) => n + 1));
    for (const each of after_second.filter((written) => written.run === run)) expect(of_run).toContainEqual(each);
  }
  // All are confirmed: nothing is left to come again, and the third one's own go on.
  await expect.poll(() => segmentsIn(folder), { timeout: 60_000 }).toEqual([]);
  await heard.next(({ run }) => !runs.includes(run));
  expect(await third.stop()).toEqual({ code: 0, signal: null });
});

test('two trackers do not share a folder, and who names none goes on without', async () => {
  const [state, exchange] = [folderOfTest(), freshExchange()];
  const folder = join(state, 'ganglion', 'spool', `${exchange}.db-01`);
  const place = ['--broker', sharedRabbitmq(), '--exchange', exchange, '--machine', 'db-01'];
  const first = ganglion('run', 'tracker', ...place, '--spool', folder);
  await first.errors.first((line) => line.includes('"msg":"runs as '));

  const second = ganglion('run', 'tracker', ...place, '--spool', folder);
  expect(await second.ended).toEqual({ code: 2, signal: null });
  expect(second.errors.items).toEqual([expect.stringMatching(/^ganglion: .*\[SPOOL_IN_USE\]$/)]);

  const environment = { GANGLION_SPOOL: undefined, XDG_STATE_HOME: state };
  const third = start(process.execPath, ['apps/cli/bin/ganglion.js', 'run', 'tracker', ...place], environment);
  await third.errors.first((line) => line.includes('"msg":"runs as '));
  expect(logOf(third).filter(({ level }) => level === 'warn')).toEqual([
    expect.objectContaining({ code: 'SPOOL_IN_USE', msg: expect.stringContaining('measures wait in memory alone') }),
  ]);
});

test('a listener that is killed over and over misses nothing that it keeps', async () => {
  const place = { broker: sharedRabbitmq(), exchange: freshExchange() };
  const stranger = await joinExchange(place.broker, place.exchange);
  const everything: string[] = [];
  const recorders = [await run(place, 'test/support/recorder.ts')];
  for (const so_many of [1, 100, 300]) {
    for (let n = 0; n < 1000; n++) {
      const id = `stranger/${everything.length}`;
      everything.push(id);
      stranger.say('db-01.measure', { cpu_percentage: 1 }, { messageId: id, appId: 'stranger' });
    }
    const recorder = recorders.at(-1);
    await recorder?.lines.until((lines) => lines.length >= so_many);
    await recorder?.stop('SIGKILL');
    recorders.push(await run(place, 'test/support/recorder.ts'));
  }
  // What a killed one printed is read to its end, which may be after that of the process.
  const missing = () => {
    const recorded = new Set(recorders.flatMap(({ lines }) => lines.items.map((line) => JSON.parse(line).id)));
    return everything.filter((id) => !recorded.has(id));
  };
  await expect.poll(missing, { timeout: 60_000 }).toEqual([]);
});
