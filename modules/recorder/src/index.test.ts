// The recorder as a module: what passes is kept, outlives a restart, and is told to whoever asks.

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runUnderTest, type Subject } from '@ganglion/testkit';
import {
  analysis,
  birth,
  death,
  measure,
  type PastAnswered,
  type PastAsked,
  past,
  unpackNumbers,
} from '@ganglion/topics';
import { expect, it, onTestFinished, vi } from 'vitest';
import recorder from './index.ts';

// A bound for what never comes, on a machine that is busy.
vi.setConfig({ testTimeout: 30_000 });

function freshFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'ganglion-recorder-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  return folder;
}

async function answerOf<W extends PastAsked['what']>(subject: Subject, asked: PastAsked & { what: W }) {
  const answered = (await subject.ask('fleet.past', asked)) as { answer?: PastAnswered; refused?: unknown };
  expect(answered.refused).toBeUndefined();
  expect(past.faultOfAnswered(answered.answer)).toBeUndefined();
  return answered.answer as Extract<PastAnswered, { what: W }>;
}

const START_MS = Date.now() - 10 * 60_000;
const range = (more: object = {}) =>
  ({ what: 'range', machine: 'db-01', from_ms: START_MS, to_ms: START_MS + 60_000, points_max: 100, ...more }) as const;

it('tells of a machine what it has measured, to the last bit, also after a restart', async () => {
  const config = { folder: freshFolder() };
  const values = Array.from({ length: 40 }, (_, i) => 12.5 + i / 3);
  {
    await using subject = await runUnderTest(recorder, { config });
    await subject.given(
      ...values.map((cpu_percentage, i) => measure('db-01', { cpu_percentage }, START_MS + i * 1_000)),
    );
    const { figures, times_ms, width_ms } = await answerOf(subject, range());
    expect(width_ms).toBe(0);
    expect([...unpackNumbers(times_ms)]).toEqual(values.map((_, i) => START_MS + i * 1_000));
    expect(figures.map(({ path }) => path)).toEqual(['cpu_percentage']);
    expect([...unpackNumbers(figures[0]?.mean ?? '')]).toEqual(values);
  }
  await using subject = await runUnderTest(recorder, { config });
  const { figures } = await answerOf(subject, range());
  expect([...unpackNumbers(figures[0]?.mean ?? '')]).toEqual(values);
});

it('tells of points that are too many what they come to', async () => {
  await using subject = await runUnderTest(recorder, { config: { folder: freshFolder() } });
  const spike = (i: number) => (i === 17 ? 99 : 1);
  const from_ms = Math.floor(START_MS / 60_000) * 60_000;
  await subject.given(
    ...Array.from({ length: 60 }, (_, i) => measure('db-01', { cpu_percentage: spike(i) }, from_ms + i * 1_000)),
  );
  const asked = range({ from_ms, to_ms: from_ms + 60_000, points_max: 6 });
  const { figures, times_ms, width_ms } = await answerOf(subject, asked);
  expect(width_ms).toBe(10_000);
  expect([...unpackNumbers(times_ms)]).toEqual([0, 1, 2, 3, 4, 5].map((i) => from_ms + i * 10_000));
  expect([...unpackNumbers(figures[0]?.maximum ?? '')]).toEqual([1, 99, 1, 1, 1, 1]);
  expect([...unpackNumbers(figures[0]?.minimum ?? '')]).toEqual([1, 1, 1, 1, 1, 1]);
  expect([...unpackNumbers(figures[0]?.mean ?? '')]).toEqual([1, 108 / 10, 1, 1, 1, 1]);
});

it('tells of the fleet what it was at a moment: bands, headlines, labels, and who was gone', async () => {
  await using subject = await runUnderTest(recorder, { config: { folder: freshFolder() } });
  const born = { kind: 'machine', instance: 'tracker@x', born_ms: START_MS, interval_ms: 1_000 } as const;
  await subject.given(
    birth('db-01', { ...born, about: { labels: { role: 'db' } } }, START_MS),
    birth('db-02', { ...born, about: {} }, START_MS),
    analysis('db-01', { cpu_result: 'LOW', cpu_percentage: 5 }, START_MS + 1_000),
    analysis('db-02', { cpu_result: 'LOW', cpu_percentage: 6 }, START_MS + 1_000),
    analysis('db-01', { cpu_result: 'HIGH', cpu_percentage: 95 }, START_MS + 2_000),
    death(
      'db-02',
      {
        kind: 'machine',
        instance: 'tracker@x',
        cause: 'connection_lost',
        died_ms: START_MS + 1_500,
        last_seen_ms: START_MS + 1_000,
      },
      START_MS + 1_500,
    ),
  );
  const at = async (offset_ms: number) =>
    (await answerOf(subject, { what: 'instant', at_ms: START_MS + offset_ms })).machines;
  const about_1 = { machine: 'db-01', interval_ms: 1_000, labels: { role: 'db' } };
  const about_2 = { machine: 'db-02', interval_ms: 1_000, time_ms: START_MS + 1_000 };
  expect(await at(999)).toEqual([]);
  expect(await at(1_400)).toEqual([
    { ...about_1, time_ms: START_MS + 1_000, figures: { cpu_result: 1, cpu_percentage: 5 } },
    { ...about_2, figures: { cpu_result: 1, cpu_percentage: 6 } },
  ]);
  const gone = { cause: 'connection_lost', died_ms: START_MS + 1_500 };
  expect(await at(2_500)).toEqual([
    { ...about_1, time_ms: START_MS + 2_000, figures: { cpu_result: 3, cpu_percentage: 95 } },
    { ...about_2, gone, figures: { cpu_result: 1, cpu_percentage: 6 } },
  ]);
  const { events, left_out } = await answerOf(subject, {
    what: 'events',
    from_ms: START_MS,
    to_ms: START_MS + 5_000,
    limit: 2,
  });
  expect(events.map(({ family, source }) => [family, source])).toEqual([
    ['birth', 'db-02'],
    ['death', 'db-02'],
  ]);
  expect(left_out).toBe(1);
});

it('keeps what is said again once', async () => {
  await using subject = await runUnderTest(recorder, { config: { folder: freshFolder() } });
  const born = { kind: 'machine', instance: '', born_ms: START_MS, about: {} } as const;
  const sample = measure('db-01', { cpu_percentage: 5 }, START_MS);
  await subject.given(sample, birth('db-01', born), sample, birth('db-01', { ...born, repeated: true }));
  expect([...unpackNumbers((await answerOf(subject, range())).times_ms)]).toEqual([START_MS]);
  const events = { what: 'events', from_ms: 0, to_ms: Date.now(), limit: 10 } as const;
  expect((await answerOf(subject, events)).events).toHaveLength(1);
});

it('says how far the past goes back, and refuses a time that ends before it begins', async () => {
  await using subject = await runUnderTest(recorder, { config: { folder: freshFolder() } });
  const nothing = await answerOf(subject, { what: 'extent' });
  expect(nothing).not.toHaveProperty('oldest_ms');
  await subject.given(measure('db-01', { cpu_percentage: 5 }, START_MS));
  const { oldest_ms, levels } = await answerOf(subject, { what: 'extent' });
  expect(oldest_ms).toBe(Math.floor(START_MS / 60_000) * 60_000);
  expect(levels.map(({ width_ms }) => width_ms)).toEqual([0, 10_000, 60_000, 900_000, 21_600_000]);
  const refused = await subject.ask('db-01.past', range({ to_ms: START_MS }));
  expect(refused).toMatchObject({ refused: { code: 'PAST_RANGE_INVALID' } });
});

it('tells nothing of a machine that it has never heard of', async () => {
  await using subject = await runUnderTest(recorder, { config: { folder: freshFolder() } });
  expect(await answerOf(subject, range())).toMatchObject({ times_ms: '', figures: [], left_out: 0 });
});
