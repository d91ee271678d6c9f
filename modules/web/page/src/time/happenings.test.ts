import { expect, test } from 'vitest';
import type { Happening } from '../../../wire/frames.ts';
import { markOf, marksOf, sayHappening, worthTelling } from './happenings.ts';

const alert = {
  id: '1',
  severity: 'critical',
  rule: 'bands',
  resource: 'cpu',
  sentence: 'CPU 99 %',
  since_ms: 5,
} as const;
const raised: Happening = { kind: 'raised', time_ms: 50, of: 'db-01', ...alert };
const death: Happening = { kind: 'death', time_ms: 51, of: 'db-02', cause: 'connection_lost' };
const stopped: Happening = { kind: 'death', time_ms: 52, of: 'web-1@db', is_instance: true, cause: 'stopped' };

test('marks stand at their times, one a pixel, and what is on trial has none', () => {
  const marks = marksOf([raised, { ...raised, time_ms: 50.1 }, death, stopped], { from_ms: 0, to_ms: 100 }, 200);
  expect(marks.get('critical')).toBe('M100.5 0V1');
  expect(marks.get('death')).toBe('M102.5 0V1');
  expect(marks.get('birth')).toBe('');
  expect(markOf({ ...raised, shadow: true })).toBeUndefined();
});

test('what lies outside the stretch has no mark', () => {
  expect(marksOf([raised], { from_ms: 60, to_ms: 100 }, 200).get('critical')).toBe('');
});

test('a fleet is told of machines, the system of modules', () => {
  const changed: Happening = { ...raised, kind: 'changed' };
  expect(worthTelling([raised, changed, death, stopped], false)).toEqual([raised, death]);
  expect(worthTelling([raised, changed, death, stopped], true)).toEqual([stopped]);
});

test('it is said in a sentence', () => {
  expect(sayHappening(raised)).toBe('db-01: CPU 99 %');
  expect(sayHappening(death)).toBe('db-02 died, connection lost');
  expect(sayHappening({ kind: 'outage', time_ms: 1, of: 'site1.#', machines: 80 })).toBe(
    '80 machines of site1.# were cut off together',
  );
});
