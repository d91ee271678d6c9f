// A known signal, through kills, clocks that are set, samples that come late, twice and in any order: what is read back is what was
// sent, at every level, to the last bit of what the level promises.

import { type PrivatePostgres, startPostgres } from '@ganglion/testkit';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { COUNT, columnOf, LAST, MAX, MIN, SUM, TIME } from './block.ts';
import { blockStart, LEVELS, levelAt, SAMPLE_LEVEL, TOP_LEVEL } from './levels.ts';
import { freshPast } from './postgres/postgres-under-test.ts';
import { EPOCH_MS, RecordingUnderTest } from './recording-under-test.ts';

vi.setConfig({ testTimeout: 120_000 });

let server: PrivatePostgres;

beforeAll(async () => {
  server = await startPostgres();
});
afterAll(() => server?.stop());

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const STEP_MS = 4 * MINUTE_MS;
const HOURS = 40;

/** Short enough that all but the last is let go while the signal lasts. */
const KEEP_MS = [30 * MINUTE_MS, 3 * HOUR_MS, 14 * HOUR_MS, 700 * 24 * HOUR_MS, 700 * 24 * HOUR_MS];

interface Sample {
  readonly machine: string;
  readonly time_ms: number;
  /** In hundredths: what they come to can be told exactly. */
  readonly hundredths: readonly (number | undefined)[];
}

function randomOf(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

const bodyOf = ({ hundredths }: Sample) =>
  Object.fromEntries(hundredths.flatMap((n, i) => (n === undefined ? [] : [[`figure_${i}`, n / 100]])));

/** What a level holds of a figure, by the begin of the cell; made the plain way, from the samples themselves. */
function expectedOf(samples: readonly Sample[], figure: number, width_ms: number) {
  const cells = new Map<
    number,
    { min: number; max: number; sum: number; last: number; count: number; last_ms: number }
  >();
  for (const { time_ms, hundredths } of samples) {
    const value = hundredths[figure];
    if (value === undefined) continue;
    const start_ms = Math.floor(time_ms / width_ms) * width_ms;
    const cell = cells.get(start_ms) ?? { min: value, max: value, sum: 0, last: value, count: 0, last_ms: time_ms };
    cell.min = Math.min(cell.min, value);
    cell.max = Math.max(cell.max, value);
    cell.sum += value;
    cell.count++;
    if (time_ms >= cell.last_ms) {
      cell.last = value;
      cell.last_ms = time_ms;
    }
    cells.set(start_ms, cell);
  }
  return [...cells]
    .sort(([one], [other]) => one - other)
    .map(([start_ms, { min, max, sum, last, count }]) => [
      start_ms,
      ...[min, max, sum, last].map((each) => each / 100),
      count,
    ]);
}

/** Everything that a level holds of a figure. */
async function foundOf(subject: RecordingUnderTest, machine: string, figure: number, level: number) {
  const { names, shelf } = subject.recording;
  const track = names.track('measure', machine) ?? 0;
  const number = names.figure(`figure_${figure}`) ?? 0;
  const found: (readonly number[])[] = [];
  const from_ms = Math.max(blockStart(level, EPOCH_MS - HOUR_MS), shelf.floor(level));
  for (let start_ms = from_ms; start_ms <= subject.now_ms + HOUR_MS; start_ms += levelAt(level).span_ms) {
    const { rows, columns } = await shelf.rows({ level, track, start_ms });
    const stats = level === SAMPLE_LEVEL ? [LAST] : [MIN, MAX, SUM, LAST, COUNT];
    for (let row = 0; row < rows; row++) {
      const values = stats.map((stat) => columns.get(columnOf(number, stat))?.[row] ?? Number.NaN);
      const is_there = level === SAMPLE_LEVEL ? !Number.isNaN(values[0]) : (values[4] as number) > 0;
      if (is_there) found.push([columns.get(TIME)?.[row] as number, ...values]);
    }
  }
  return found;
}

it.each([
  ['SQLite', 1],
  ['SQLite', 2],
  ['PostgreSQL', 3],
])('a known signal comes back as it was sent, whatever happens (%s, %i)', async (engine, seed) => {
  const where = engine === 'SQLite' ? {} : { open: (await freshPast(server)).open };
  const random = randomOf(seed);
  const machines = ['db-01', 'web-01.example.com'];
  let subject = await RecordingUnderTest.open({ keep_ms: KEEP_MS, ...where });
  const sent: Sample[] = [];
  const late: Sample[] = [];
  const times = new Set<string>();
  let kills = 0;

  const give = async (samples: readonly Sample[]) => {
    // Each has come when its promise resolves; one that was not written by then comes again.
    const taken = samples.map((sample) =>
      subject.recording.take('measure', sample.machine, sample.time_ms, bodyOf(sample)),
    );
    if (random() < 0.03) {
      // Killed before it was written: all of it comes again.
      subject = await subject.killed();
      kills++;
      for (const sample of samples)
        void subject.recording.take('measure', sample.machine, sample.time_ms, bodyOf(sample));
      await subject.recording.flush();
    } else {
      await subject.recording.flush();
      await Promise.all(taken);
      if (random() < 0.02) {
        // Killed after it was written and before anybody was told: all of it comes again, too.
        subject = await subject.killed();
        kills++;
        for (const sample of samples)
          void subject.recording.take('measure', sample.machine, sample.time_ms, bodyOf(sample));
        await subject.recording.flush();
      }
    }
    sent.push(...samples);
  };

  for (let passed_ms = 0; passed_ms < HOURS * HOUR_MS; passed_ms += STEP_MS) {
    const now_ms = subject.now_ms;
    const fresh: Sample[] = [];
    for (const machine of machines) {
      for (let i = 0; i < 12; i++) {
        // Some clocks are set: back by up to half an hour.
        const set_ms = random() < 0.05 ? Math.floor(random() * 30) * MINUTE_MS : 0;
        const time_ms = now_ms - set_ms + i * 20_000 + Math.floor(random() * 20_000);
        if (times.has(`${machine} ${time_ms}`)) continue;
        times.add(`${machine} ${time_ms}`);
        const hundredths = [0, 1, 2].map((figure) =>
          figure === 2 && random() < 0.5 ? undefined : Math.floor((random() - 0.2) * 10 ** (2 + figure * 3)),
        );
        const sample = { machine, time_ms, hundredths };
        if (random() < 0.05) late.push(sample);
        else fresh.push(sample);
      }
    }
    // Those that were held up, some for hours.
    while (late.length > 0 && random() < 0.2) fresh.push(...late.splice(Math.floor(random() * late.length), 1));
    fresh.sort(() => random() - 0.5);
    // Some come twice, and some are told again when all else of their time has long been rolled up.
    const twice = fresh.flatMap((sample) => (random() < 0.1 ? [sample, sample] : [sample]));
    const since_ms = Math.max(now_ms - 10 * HOUR_MS, subject.recording.shelf.floor(1));
    const old = sent.filter(({ time_ms }) => time_ms >= since_ms);
    const again = old.length === 0 ? [] : [0, 1].map(() => old[Math.floor(random() * old.length)] as Sample);
    await give([...twice, ...again]);
    await subject.pass(STEP_MS);
  }
  await give(late);
  expect(kills).toBeGreaterThan(5);
  const once = [...new Map(sent.map((sample) => [`${sample.machine} ${sample.time_ms}`, sample])).values()];

  const compare = async () => {
    for (const machine of machines) {
      const own = once.filter((sample) => sample.machine === machine).sort((a, b) => a.time_ms - b.time_ms);
      for (const figure of [0, 1, 2]) {
        for (let level = SAMPLE_LEVEL; level <= TOP_LEVEL; level++) {
          const floor_ms = subject.recording.shelf.floor(level);
          const kept = own.filter(({ time_ms }) => time_ms >= floor_ms);
          const expected =
            level === SAMPLE_LEVEL
              ? kept.flatMap(({ time_ms, hundredths }) => {
                  const value = hundredths[figure];
                  return value === undefined ? [] : [[time_ms, value / 100]];
                })
              : expectedOf(kept, figure, LEVELS[level]?.width_ms ?? 0);
          const found = await foundOf(subject, machine, figure, level);
          expect(found.length).toBe(expected.length);
          expect(found.findIndex((row, i) => JSON.stringify(row) !== JSON.stringify(expected[i]))).toBe(-1);
        }
      }
    }
  };
  // While some of it is in no block yet; when all of it is; and after a further kill.
  await compare();
  expect(subject.recording.shelf.floor(2)).toBeGreaterThan(EPOCH_MS);
  await subject.settle();
  await compare();
  subject = await subject.killed();
  await compare();
  await subject.close();
});
