import { expect, test } from 'vitest';
import type { Band } from '../../../server/wire.ts';
import type { Standing } from './judge.ts';
import { type Judged, moodOf, summarize, TROUBLES_MAX } from './summary.ts';

function judged(
  name: string,
  band: Band | undefined,
  since_ms = 500,
  parts: { standing?: Standing; high_ms?: number } = {},
): Judged {
  const { standing = band, high_ms } = parts;
  return {
    machine: {
      machine: name,
      time_ms: 0,
      received_ms: 900,
      first_ms: 100,
      resources: {},
      ...(high_ms === undefined ? {} : { high_ms }),
    },
    worst: band === undefined ? undefined : { resource: 'cpu', band, since_ms },
    standing,
  };
}

test('it counts the machines by their worst band, and the dead ones apart', () => {
  const summary = summarize(
    [
      judged('a', 'LOW'),
      judged('b', 'MEDIUM'),
      judged('c', 'HIGH'),
      judged('d', 'HIGH', 1, { standing: 'dead' }),
      judged('e', undefined),
    ],
    0,
  );
  expect(summary).toMatchObject({ machines: 5, count: { LOW: 1, MEDIUM: 1, HIGH: 1, dead: 1 } });
  expect(summary.calm_since_ms).toBeUndefined();
});

test('the trouble that has lasted longest comes first, and there is an end to the list', () => {
  const all = Array.from({ length: 20 }, (_, i) => judged(`m${i}`, 'HIGH', 1000 - i));
  const { troubles, count } = summarize(all, 0);
  expect(count.HIGH).toBe(20);
  expect(troubles).toHaveLength(TROUBLES_MAX);
  expect(troubles[0]).toEqual({ machine: 'm19', resource: 'cpu', since_ms: 981, at_least: false });
});

test('a machine that was HIGH when it was first heard has been so for at least that long', () => {
  expect(summarize([judged('a', 'HIGH', 100)], 0).troubles[0]?.at_least).toBe(true);
});

test('the calm began when the last machine left HIGH, or at least when the watch began', () => {
  const calm = summarize([judged('a', 'LOW', 0, { high_ms: 700 }), judged('b', 'MEDIUM', 0, { high_ms: 400 })], 300);
  expect(calm).toMatchObject({ calm_since_ms: 700, calm_at_least: false });
  expect(summarize([judged('a', 'LOW')], 300)).toMatchObject({ calm_since_ms: 300, calm_at_least: true });
});

test('the mood is that of the worst machine', () => {
  const moods = [[], [judged('a', 'LOW')], [judged('a', 'MEDIUM')], [judged('a', 'LOW', 0, { standing: 'dead' })]].map(
    (all) => moodOf(summarize(all, 0)),
  );
  expect(moods).toEqual(['unknown', 'low', 'medium', 'dead']);
  expect(moodOf(summarize([judged('a', 'HIGH'), judged('b', 'LOW', 0, { standing: 'dead' })], 0))).toBe('high');
});
