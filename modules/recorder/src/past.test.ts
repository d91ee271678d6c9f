// Answers about the past as it ages: from which level they come, what of a peak is left, and what does not fit.

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ANSWER_BYTES_MAX } from '@ganglion/kernel';
import { type PastAnswerOf, type PastAsked, past, unpackNumbers } from '@ganglion/topics';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { EPOCH_MS, RecordingUnderTest } from './recording-under-test.ts';

vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });

const SECOND_MS = 1_000;
const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;

async function ask<W extends PastAsked['what']>(subject: RecordingUnderTest, asked: PastAsked & { what: W }) {
  const answered = await subject.past.answer(asked);
  expect(past.faultOfAnswered(answered)).toBeUndefined();
  expect(JSON.stringify(answered).length).toBeLessThan(ANSWER_BYTES_MAX);
  return answered as PastAnswerOf<W>;
}

async function rangeOf(subject: RecordingUnderTest, from_ms: number, to_ms: number, points_max = 1_000) {
  const { figures, times_ms, width_ms } = await ask(subject, {
    what: 'range',
    machine: 'db-01',
    from_ms,
    to_ms,
    points_max,
  });
  const numbers = (text: string | undefined) => [...unpackNumbers(text ?? '')];
  const [figure] = figures;
  return {
    ...{ width_ms, times: numbers(times_ms), mean: numbers(figure?.mean) },
    maximum: numbers(figure?.maximum ?? figure?.mean),
    minimum: numbers(figure?.minimum ?? figure?.mean),
  };
}

/** Two days of a quiet machine, with a peak of one sample an hour after they begin; what is fine is let go after some hours. */
async function twoDays(folder: string): Promise<RecordingUnderTest> {
  const keep_ms = [HOUR_MS, 6 * HOUR_MS, 20 * HOUR_MS, 730 * DAY_MS, 730 * DAY_MS];
  const subject = await RecordingUnderTest.open({ folder, keep_ms });
  const step_ms = 5 * MINUTE_MS;
  for (let passed_ms = 0; passed_ms < 2 * DAY_MS; passed_ms += step_ms) {
    const taken: Promise<void>[] = [];
    for (let offset_ms = 0; offset_ms < step_ms; offset_ms += 30 * SECOND_MS) {
      const time_ms = EPOCH_MS + passed_ms + offset_ms;
      const value = time_ms === EPOCH_MS + HOUR_MS ? 99 : 1;
      taken.push(subject.recording.take('measure', 'db-01', time_ms, { cpu_percentage: value }));
      taken.push(subject.recording.takeFigures('analysis', 'db-01', time_ms, [['cpu_result', value === 99 ? 3 : 1]]));
    }
    await subject.pass(step_ms);
    await Promise.all(taken);
  }
  await subject.settle();
  return subject;
}

describe('the past of two days', () => {
  let subject: RecordingUnderTest;
  let now_ms: number;
  const folder = mkdtempSync(join(tmpdir(), 'ganglion-recorder-'));

  beforeAll(async () => {
    subject = await twoDays(folder);
    now_ms = subject.now_ms;
  });
  afterAll(async () => {
    await subject.close();
    rmSync(folder, { recursive: true });
  });

  it('is told with its bands beside what was measured', async () => {
    for (const [from_ms, to_ms] of [
      [now_ms - HOUR_MS / 2, now_ms],
      [EPOCH_MS, EPOCH_MS + 4 * HOUR_MS],
    ] as const) {
      const { figures, times_ms } = await ask(subject, {
        what: 'range',
        machine: 'db-01',
        from_ms,
        to_ms,
        points_max: 1_000,
      });
      expect(figures.map(({ path }) => path)).toEqual(['cpu_percentage', 'cpu_result']);
      const [cpu, band] = figures.map(({ maximum, mean }) => [...unpackNumbers(maximum ?? mean)]);
      expect(cpu).toHaveLength(unpackNumbers(times_ms).length);
      expect(band).toEqual(cpu?.map((value) => (value === 99 ? 3 : 1)));
    }
  });

  it('is told from samples where they are kept, and from cells where they are gone', async () => {
    expect((await rangeOf(subject, now_ms - HOUR_MS / 2, now_ms)).width_ms).toBe(0);
    expect((await rangeOf(subject, now_ms - 3 * HOUR_MS, now_ms)).width_ms).toBe(20 * SECOND_MS);
    expect((await rangeOf(subject, now_ms - 3 * HOUR_MS, now_ms, 4_000)).width_ms).toBe(10 * SECOND_MS);
    // Too long ago for cells of a minute, however many points there may be.
    expect((await rangeOf(subject, EPOCH_MS, EPOCH_MS + 4 * HOUR_MS)).width_ms).toBe(15 * MINUTE_MS);
    expect((await rangeOf(subject, now_ms - 730 * DAY_MS, now_ms, 12)).width_ms).toBe(6 * HOUR_MS);
  });

  it('shows a peak of one sample however far away it is looked at from', async () => {
    for (const points_max of [4_000, 300, 50, 8, 2]) {
      const { maximum, minimum, mean, times } = await rangeOf(subject, EPOCH_MS, now_ms, points_max);
      expect(times.length).toBeLessThanOrEqual(points_max);
      expect(Math.max(...maximum)).toBe(99);
      expect(Math.min(...minimum)).toBe(1);
      expect(maximum.filter((value) => value === 99)).toHaveLength(1);
      expect(Math.max(...mean)).toBeLessThan(99);
    }
  });

  it('has the same cells in whichever range', async () => {
    const whole = await rangeOf(subject, EPOCH_MS, now_ms, 200);
    const part = await rangeOf(subject, EPOCH_MS + 7 * HOUR_MS + 123, now_ms, 200);
    expect(part.width_ms).toBe(whole.width_ms);
    const from = whole.times.indexOf(part.times[0] ?? 0);
    expect(from).toBeGreaterThan(0);
    expect(whole.mean.slice(from)).toEqual(part.mean);
  });

  it('tells of a moment of which only cells are left', async () => {
    const { machines } = await ask(subject, { what: 'instant', at_ms: EPOCH_MS + HOUR_MS + MINUTE_MS });
    expect(machines).toMatchObject([{ machine: 'db-01', figures: { cpu_result: 1 } }]);
    const { machines: before } = await ask(subject, { what: 'instant', at_ms: EPOCH_MS - 3 * DAY_MS });
    expect(before).toEqual([]);
  });

  it('says since when each level is kept', async () => {
    const { oldest_ms, newest_ms, levels } = await ask(subject, { what: 'extent' });
    expect(oldest_ms).toBe(EPOCH_MS);
    expect(newest_ms).toBe(now_ms);
    const since = levels.map(({ from_ms }) => from_ms);
    expect(since).toEqual([...since].sort((one, other) => other - one));
    expect(since[0]).toBeGreaterThan(now_ms - 2 * HOUR_MS);
    expect(since.at(-1)).toBe(EPOCH_MS);
  });
});

it('lets the oldest of the finest go first when there is no room, and what is coarse stays', async () => {
  const subject = await RecordingUnderTest.open({ bytes_max: 400_000 });
  for (let passed_ms = 0; passed_ms < 4 * HOUR_MS; passed_ms += MINUTE_MS) {
    for (let offset_ms = 0; offset_ms < MINUTE_MS; offset_ms += 5 * SECOND_MS) {
      const figures = Object.fromEntries(
        Array.from({ length: 20 }, (_, i) => [`f_${i}`, Math.sin(passed_ms + offset_ms + i)]),
      );
      void subject.recording.take('measure', 'db-01', EPOCH_MS + passed_ms + offset_ms, figures);
    }
    await subject.pass(MINUTE_MS);
  }
  const { shelf, store } = subject.recording;
  expect(subject.counts['made_room']).toBeGreaterThan(0);
  expect(shelf.floor(0)).toBeGreaterThan(EPOCH_MS);
  expect(shelf.floor(0)).toBeGreaterThanOrEqual(shelf.floor(1));
  expect(shelf.floor(4)).toBeLessThanOrEqual(EPOCH_MS);
  expect(await store.usedBytes()).toBeLessThan(800_000);
  expect((await rangeOf(subject, EPOCH_MS, subject.now_ms)).times[0]).toBe(EPOCH_MS);
  await subject.close();
});

it('leaves out of an answer what does not fit, and counts it', async () => {
  const subject = await RecordingUnderTest.open();
  for (let second = 0; second < 2_000; second++) {
    const figures = Object.fromEntries(Array.from({ length: 300 }, (_, i) => [`f_${i}`, i]));
    void subject.recording.take('measure', 'db-01', EPOCH_MS + second * SECOND_MS, figures);
    if (second % 100 === 99) await subject.pass(100 * SECOND_MS);
  }
  const asked = {
    what: 'range',
    machine: 'db-01',
    from_ms: EPOCH_MS,
    to_ms: subject.now_ms,
    points_max: 4_000,
  } as const;
  const { figures, left_out } = await ask(subject, asked);
  expect(left_out).toBeGreaterThan(0);
  expect(figures.length + left_out).toBe(300);
  const { figures: two } = await ask(subject, { ...asked, figures: ['f_299', 'f_7', 'f_none'] });
  expect(two.map(({ path }) => path)).toEqual(['f_7', 'f_299']);
  await subject.close();
});
