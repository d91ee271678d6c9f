import { expect, test } from 'vitest';
import { deathOf, delayOf, rankOf, STANDINGS, standingOf } from './judge.ts';

test('a death has the cause and the time that were told; of the others their silence says so', () => {
  const gone = { cause: 'connection_lost', died_ms: 10_500 } as const;
  expect(deathOf({ received_ms: 10_000, gone })).toEqual(gone);
  expect(deathOf({ received_ms: 10_000 })).toEqual({ cause: 'silent', died_ms: 10_000 });
});

test('a machine stands in its worst band while it lives, and apart when it does not', () => {
  const high = rankOf('HIGH');
  const stands = (...asked: Parameters<typeof standingOf>) => STANDINGS[standingOf(...asked)];
  expect(stands('live', undefined, high)).toBe('HIGH');
  expect(stands('live', undefined, rankOf(undefined))).toBeUndefined();
  expect(stands('stale', undefined, high)).toBe('stale');
  expect(stands('dead', undefined, high)).toBe('dead');
  expect(stands('dead', { cause: 'stopped', died_ms: 1 }, high)).toBe('stopped');
});

test('a clock that is off and a message that was long on its way are told, an ordinary delay is not', () => {
  expect(delayOf({ time_ms: 10_000, received_ms: 10_020 })).toBeUndefined();
  expect(delayOf({ time_ms: 10_000, received_ms: 9_900 })).toBeUndefined();
  expect(delayOf({ time_ms: 10_000, received_ms: 4_000 })).toEqual({ kind: 'ahead', by_ms: 6_000 });
  expect(delayOf({ time_ms: 10_000, received_ms: 30_000 })).toEqual({ kind: 'late', by_ms: 20_000 });
});
