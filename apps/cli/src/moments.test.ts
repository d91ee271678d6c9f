import { describe, expect, test } from 'vitest';
import { readMoment, readSpan, writeMoment, writeSpan } from './moments.ts';

/** Noon of a Wednesday, where the test runs. */
const NOON_MS = new Date(2026, 10, 25, 12).getTime();
const HOUR_MS = 3_600_000;

describe('a length of time', () => {
  test.each([
    ['90s', 90_000],
    ['30min', 1_800_000],
    ['30m', 1_800_000],
    ['2h', 2 * HOUR_MS],
    ['1.5h', 1.5 * HOUR_MS],
    ['1d12h', 36 * HOUR_MS],
    ['2w', 14 * 24 * HOUR_MS],
  ])('%s is read', (text, span_ms) => {
    expect(readSpan(text)).toBe(span_ms);
  });

  test.each(['', '2', 'h', '2 h', '-2h', '2y', '0h', '1h2', `${'9'.repeat(400)}w`])('"%s" is none', (text) => {
    expect(readSpan(text)).toBeUndefined();
  });

  test.each([
    [0, '0 s'],
    [45_000, '45 s'],
    [2 * HOUR_MS, '2 h'],
    [36 * HOUR_MS + 5_000, '1 d 12 h'],
    [365 * 24 * HOUR_MS, '365 d'],
  ])('%i ms is written as %s', (span_ms, text) => {
    expect(writeSpan(span_ms)).toBe(text);
  });
});

describe('a moment', () => {
  test.each([
    ['22:00', new Date(2026, 10, 25, 22)],
    ['06:30', new Date(2026, 10, 26, 6, 30)],
    ['12:00', new Date(2026, 10, 26, 12)],
    ['2026-12-24', new Date(2026, 11, 24)],
    ['2026-12-24 18:00', new Date(2026, 11, 24, 18)],
    ['2026-12-24T18:00:30', new Date(2026, 11, 24, 18, 0, 30)],
    ['2026-12-24 18:00Z', new Date('2026-12-24T18:00Z')],
    ['2026-12-24T18:00+01:00', new Date('2026-12-24T17:00Z')],
  ])('%s is read', (text, at) => {
    expect(readMoment(text, NOON_MS)).toBe(at.getTime());
  });

  test.each(['', 'tomorrow', '25:00', '12:60', '2026-02-30', '2026-13-01', '2026-12-24 25:00', '18:00Z', '2026'])(
    '"%s" is none',
    (text) => {
      expect(readMoment(text, NOON_MS)).toBeUndefined();
    },
  );

  test('is written with its day when that is another', () => {
    expect(writeMoment(NOON_MS, NOON_MS)).toBe('12:00');
    expect(writeMoment(NOON_MS + 24 * HOUR_MS, NOON_MS)).toBe('2026-11-26 12:00');
    expect(writeMoment(Number.NaN, NOON_MS)).toBe('?');
  });
});
