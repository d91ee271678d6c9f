import { expect, test } from 'vitest';
import { slopeOf } from './slope.ts';

const samples = (megabytesAt: (i: number) => number) =>
  Array.from({ length: 300 }, (_, i) => ({ at_s: 5 * i, megabytes: megabytesAt(i) }));

/** Noise that is the same each time. */
const noise = (i: number) => ((i * 7919) % 101) / 100 - 0.5;

test('a leak of a tenth of a megabyte a minute is six an hour, however much is collected in between', () => {
  const leak = slopeOf(
    samples((i) => 80 + (5 * i * 0.1) / 60 + 4 * noise(i)),
    6,
  );
  expect(leak.megabytes_per_hour).toBeGreaterThan(5);
  expect(leak.megabytes_per_hour).toBeLessThan(7);
  expect(leak.error).toBeLessThan(2);
});

test('what only goes up and down has no slope beyond its error', () => {
  const { megabytes_per_hour, error, min, max } = slopeOf(
    samples((i) => 80 + 10 * noise(i)),
    6,
  );
  expect(Math.abs(megabytes_per_hour)).toBeLessThan(2 * error);
  expect(min).toBeCloseTo(75);
  expect(max).toBeCloseTo(85);
});

test('too few samples for three batches are no ground for anything', () => {
  expect(slopeOf(samples((i) => i).slice(0, 12), 6).error).toBe(Number.POSITIVE_INFINITY);
});
