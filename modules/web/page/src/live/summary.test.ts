import { expect, test } from 'vitest';
import type { Band } from '../../../server/wire.ts';
import { type Judged, moodOf, summarize, TROUBLES_MAX } from './summary.ts';

function judged(
  name: string,
  band: Band | undefined,
  since_ms = 500,
  parts: { silent?: boolean; high_ms?: number } = {},
): Judged {
  const { silent = false, high_ms } = parts;
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
    silent,
  };
}

test('it counts the machines by their worst band, and the silent ones apart', () => {
  const summary = summarize(
    [
      judged('a', 'LOW'),
      judged('b', 'MEDIUM'),
      judged('c', 'HIGH'),
      judged('d', 'HIGH', 1, { silent: true }),
      judged('e', undefined),
    ],
    0,
  );
  expect(summary).toMatchObject({ machines: 5, low: 1, medium: 1, high: 1, silent: 1 });
  expect(summary.calm_since_ms).toBeUndefined();
});

test('the trouble that has lasted longest comes first, and there is an end to the list', () => {
  const all = Array.from({ length: 20 }, (_, i) => judged(`m${i}`, 'HIGH', 1000 - i));
  const { troubles, high } = summarize(all, 0);
  expect(high).toBe(20);
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
  const moods = [[], [judged('a', 'LOW')], [judged('a', 'MEDIUM')], [judged('a', 'LOW', 0, { silent: true })]].map(
    (all) => moodOf(summarize(all, 0)),
  );
  expect(moods).toEqual(['unknown', 'low', 'medium', 'silent']);
  expect(moodOf(summarize([judged('a', 'HIGH'), judged('b', 'LOW', 0, { silent: true })], 0))).toBe('high');
});
