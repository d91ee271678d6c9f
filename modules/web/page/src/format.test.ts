import { expect, test } from 'vitest';
import { durationOf, figureOf, lastingOf, spanOf, timeOf } from './format.ts';
import { resourceName } from './texts.ts';

test('a percentage has one decimal, apart from its whole', () => {
  expect(figureOf(0)).toEqual({ whole: '0', rest: '.0' });
  expect(figureOf(12.55)).toEqual({ whole: '12', rest: '.6' });
  expect(figureOf(99.96)).toEqual({ whole: '100', rest: '.0' });
});

test('a span of time is told in the unit that fits', () => {
  expect([0, 14_400, 119_999, 120_000, 7_300_000, 200_000_000].map(spanOf)).toEqual([
    '0 s',
    '14 s',
    '119 s',
    '2 min',
    '2 h',
    '2 days',
  ]);
  expect([-5, 42.4, 1_999, 2_000].map(durationOf)).toEqual(['0 ms', '42 ms', '1999 ms', '2 s']);
});

test('what lasts is told by its length up to an hour, and by its beginning after that', () => {
  expect(lastingOf(0, 60_000)).toBe('for 60 s');
  expect(lastingOf(0, 60_000, true)).toBe('for at least 60 s');
  expect(lastingOf(0, 3_600_000)).toBe(`since ${timeOf(0)}`);
  expect(lastingOf(0, 3_600_000, true)).toBe(`since ${timeOf(0)} or longer`);
});

test('a resource nobody told the page about has its own name', () => {
  expect(['cpu', 'disk_root', 'constructor', '_'].map(resourceName)).toEqual(['CPU', 'Disk root', 'Constructor', '_']);
});
