import { expect, test } from 'vitest';
import { HISTORY_SECONDS, History } from './history.ts';

const points = (path: string) => path.split(/(?=[ML])/).filter((part) => part !== '');

test('a value a second makes a line that ends at the present', () => {
  const history = new History();
  for (let second = 1; second <= 4; second++) history.add(second * 1000, second * 10);
  expect(history.curve(4_000, 3).line).toBe('M176 90L177 90L178 80L179 70L180 60');
});

test('the peak of a second is kept', () => {
  const history = new History();
  for (const percentage of [10, 90, 20]) history.add(5_500, percentage);
  expect(history.curve(5_000, 3).line).toBe('M179 10L180 10');
});

test('a short pause is drawn through and a long one is a gap', () => {
  const history = new History();
  for (const second of [1, 3, 20]) history.add(second * 1000, 50);
  expect(history.curve(20_000, 3).line).toBe('M160 50L161 50L163 50M179 50L180 50');
});

test('the area under each stretch is closed at nought', () => {
  const history = new History();
  for (const second of [1, 2, 20]) history.add(second * 1000, 100);
  expect(history.curve(20_000, 3).area).toBe('M160 100L160 0L161 0L162 0L162 100ZM179 100L179 0L180 0L180 100Z');
});

test('it forgets what is older than it holds, also after a silence', () => {
  const history = new History();
  for (let second = 0; second < 1000; second++) history.add(second * 1000, 50);
  expect(points(history.curve(999_000, 3).line)).toHaveLength(HISTORY_SECONDS + 1);
  history.add(5_000_000, 10);
  expect(history.curve(5_000_000, 3).line).toBe('M179 90L180 90');
  history.add(1_000, 99);
  expect(history.curve(5_000_000, 3).line).toBe('M179 90L180 90');
});

test('nothing seen is no curve, and what is beyond the scale is drawn at its edge', () => {
  const history = new History();
  expect(history.curve(1_000, 3)).toEqual({ line: '', area: '' });
  history.add(1_000, 400);
  history.add(2_000, -5);
  expect(history.curve(2_000, 3).line).toBe('M178 0L179 0L180 100');
});
