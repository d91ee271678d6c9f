import { expect, test } from 'vitest';
import { areLastWords, lifeOf, usualInterval } from './life.ts';

test('whoever is one of its own intervals late is stale, and three late is dead', () => {
  const often = { received_ms: 10_000, interval_ms: 1000 };
  expect(lifeOf(often, 12_000, 0)).toBe('live');
  expect(lifeOf(often, 12_001, 0)).toBe('stale');
  expect(lifeOf(often, 14_000, 0)).toBe('stale');
  expect(lifeOf(often, 14_001, 0)).toBe('dead');
  const seldom = { received_ms: 10_000, interval_ms: 60_000 };
  expect(lifeOf(seldom, 120_000, 0)).toBe('live');
  expect(lifeOf(seldom, 240_000, 0)).toBe('stale');
  expect(lifeOf(seldom, 260_000, 0)).toBe('dead');
});

test('whoever speaks very often is not late at once, nor is one that spoke once', () => {
  expect(lifeOf({ received_ms: 10_000, interval_ms: 100 }, 11_900, 0)).toBe('live');
  expect(lifeOf({ received_ms: 10_000 }, 20_000, 0)).toBe('live');
  expect(lifeOf({ received_ms: 10_000 }, 31_000, 0)).toBe('dead');
});

test('while it could not be heard it was not late', () => {
  expect(lifeOf({ received_ms: 10_000, interval_ms: 1000 }, 60_000, 59_000)).toBe('live');
});

test('whoever is told to be gone is dead at once, and words that were on their way then are no sign of life', () => {
  expect(lifeOf({ received_ms: 10_000, interval_ms: 1000, gone: {} }, 10_001, 0)).toBe('dead');
  expect(areLastWords(10_000, 10_999)).toBe(true);
  expect(areLastWords(10_000, 11_000)).toBe(false);
});

test('the usual interval follows haste at once, sloth slowly, and a silence hardly', () => {
  expect(usualInterval(undefined, 1000)).toBe(1000);
  expect(usualInterval(1000, 100)).toBe(550);
  expect(usualInterval(1000, 2000)).toBe(1125);
  expect(usualInterval(1000, 3_600_000)).toBe(1375);
  expect(usualInterval(1000, 0)).toBe(1000);
  expect(usualInterval(undefined, -5)).toBeUndefined();
});
