import { expect, test } from 'vitest';
import { HISTORY_SECONDS, Peaks } from './history.ts';

const points = (path: string) => path.split(/(?=[ML])/).filter((part) => part !== '');

/** One place, as the fleet drives it. */
class History {
  readonly peaks = new Peaks(3);
  newest = 0;

  add(second: number, percentage: number): void {
    if (second > this.newest) this.peaks.advance(1, this.newest, second);
    this.newest = Math.max(this.newest, second);
    this.peaks.add(1, second, percentage * 100);
  }

  curve(now: number) {
    return this.peaks.curve(1, this.newest, now, 3);
  }
}

test('a value a second makes a line that ends at the present', () => {
  const history = new History();
  for (let second = 1; second <= 4; second++) history.add(second, second * 10);
  expect(history.curve(4).line).toBe('M176 90L177 90L178 80L179 70L180 60');
});

test('the peak of a second is kept', () => {
  const history = new History();
  for (const percentage of [10, 90, 20]) history.add(5, percentage);
  expect(history.curve(5).line).toBe('M179 10L180 10');
});

test('a short pause is drawn through and a long one is a gap', () => {
  const history = new History();
  for (const second of [1, 3, 20]) history.add(second, 50);
  expect(history.curve(20).line).toBe('M160 50L161 50L163 50M179 50L180 50');
});

test('the area under each stretch is closed at nought', () => {
  const history = new History();
  for (const second of [1, 2, 20]) history.add(second, 100);
  expect(history.curve(20).area).toBe('M160 100L160 0L161 0L162 0L162 100ZM179 100L179 0L180 0L180 100Z');
});

test('it forgets what is older than it holds, also after a silence', () => {
  const history = new History();
  for (let second = 0; second < 1000; second++) history.add(second, 50);
  expect(points(history.curve(999).line)).toHaveLength(HISTORY_SECONDS + 1);
  history.add(5000, 10);
  expect(history.curve(5000).line).toBe('M179 90L180 90');
});

test('neighbours are left alone, and a place that was cleared is empty', () => {
  const history = new History();
  history.add(5, 50);
  expect(history.peaks.curve(0, 5, 5, 3).line).toBe('');
  expect(history.peaks.curve(2, 5, 5, 3).line).toBe('');
  history.peaks.grow(9);
  expect(history.curve(5).line).not.toBe('');
  history.peaks.clear(1);
  expect(history.curve(5)).toEqual({ line: '', area: '' });
});

test('what is beyond the scale is drawn at its edge', () => {
  const history = new History();
  history.add(1, 400);
  expect(history.curve(1).line).toBe('M179 0L180 0');
});
