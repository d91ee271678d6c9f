import { expect, test } from 'vitest';
import { MARKS_MAX, markTime, timeMarks } from './time-marks.ts';

const T = 1_795_000_000_000 - (1_795_000_000_000 % 300_000);

test('marks stand at round moments, not at the edges, and no more than fit', () => {
  for (const width of [60, 300, 390, 2000]) {
    for (const span_ms of [2_000, 60_000, 300_000, 900_000]) {
      const marks = timeMarks(T + 1234, T + 1234 + span_ms, width);
      expect(marks.length).toBeLessThanOrEqual(Math.min(MARKS_MAX, Math.max(1, width / 76)) + 1);
      for (const mark of marks) {
        expect(mark % 1000).toBe(0);
        expect(mark).toBeGreaterThan(T + 1234);
        expect(mark).toBeLessThan(T + 1234 + span_ms);
      }
    }
  }
  expect(timeMarks(T, T + 900_000, 400).map((mark) => (mark - T) / 60_000)).toEqual([5, 10]);
});

test('seconds are said where marks are closer than a minute', () => {
  expect(markTime(T, [T, T + 60_000])).toMatch(/^\d\d:\d\d( [AP]M)?$/);
  expect(markTime(T, [T, T + 15_000])).toMatch(/^\d\d:\d\d:00( [AP]M)?$/);
});
