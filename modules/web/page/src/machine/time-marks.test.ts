import { expect, test } from 'vitest';
import { MARKS_MAX, markTime, timeMarks } from './time-marks.ts';

const T = 1_795_000_000_000 - (1_795_000_000_000 % 300_000);

const WIDTHS = { minutes: 30, seconds: 46 };

test('marks stand at round moments, not at the edges, and no more than fit', () => {
  for (const width of [60, 300, 390, 2000]) {
    for (const span_ms of [2_000, 60_000, 300_000, 900_000]) {
      const marks = timeMarks(T + 1234, T + 1234 + span_ms, width, WIDTHS);
      expect(marks.length).toBeLessThanOrEqual(Math.min(MARKS_MAX, Math.max(1, width / WIDTHS.minutes)) + 1);
      for (const mark of marks) {
        expect(mark % 1000).toBe(0);
        expect(mark).toBeGreaterThan(T + 1234);
        expect(mark).toBeLessThan(T + 1234 + span_ms);
      }
    }
  }
  expect(timeMarks(T, T + 900_000, 250, WIDTHS).map((mark) => (mark - T) / 60_000)).toEqual([5, 10]);
});

test('a mark is whole, however long its words are', () => {
  const widths = { minutes: 56, seconds: 76 };
  for (let width = 160; width < 800; width += 40) {
    for (const from_ms of [T, T + 1, T + 150_000, T + 299_999]) {
      for (const span_ms of [60_000, 900_000]) {
        const label = span_ms === 60_000 ? widths.seconds : widths.minutes;
        const marks = timeMarks(from_ms, from_ms + span_ms, width, widths);
        const places = marks.map((mark) => ((mark - from_ms) / span_ms) * width);
        for (const [i, place] of places.entries()) {
          expect(place - label / 2).toBeGreaterThanOrEqual(-1e-6);
          expect(place + label / 2).toBeLessThanOrEqual(width + 1e-6);
          if (i > 0) expect(place - (places[i - 1] ?? 0)).toBeGreaterThan(label);
        }
      }
    }
  }
});

test('seconds are said where marks are closer than a minute', () => {
  expect(markTime(T, [T, T + 60_000])).toMatch(/^\d\d:\d\d( [AP]M)?$/);
  expect(markTime(T, [T, T + 15_000])).toMatch(/^\d\d:\d\d:00( [AP]M)?$/);
});
