import { expect, test } from 'vitest';
import type { Band, Machine } from '../../../wire/frames.ts';
import { Fleet } from './fleet.ts';
import { moodOf, summarize, WORST_MAX, worstOf } from './summary.ts';

interface Told {
  readonly name: string;
  readonly band?: Band;
  readonly percentage?: number;
  readonly since_ms?: number;
  readonly high_ms?: number;
  readonly gone?: Machine['gone'];
}

function fleetOf(...all: Told[]): Fleet {
  const fleet = new Fleet();
  const machines = all.map(({ name, band, percentage = 50, since_ms = 500, high_ms, gone }, id) => ({
    id,
    machine: name,
    time_ms: 900,
    received_ms: 900,
    first_ms: 100,
    ...(high_ms !== undefined && { high_ms }),
    ...(gone !== undefined && { gone }),
    resources: { cpu: { percentage, since_ms, ...(band !== undefined && { band }) } },
  }));
  fleet.learn({ type: 'machines', sent_ms: 900, machines });
  return fleet;
}

const gone = { cause: 'silent', died_ms: 850 } as const;
const high = (name: string, parts: Partial<Told> = {}): Told => ({ name, band: 'HIGH', ...parts });

test('it counts the machines by their worst band, and the dead ones apart', () => {
  const summary = summarize(
    fleetOf({ name: 'a', band: 'LOW' }, { name: 'b', band: 'MEDIUM' }, high('c'), high('d', { gone }), { name: 'e' }),
    0,
  );
  expect(summary).toMatchObject({ machines: 5, count: { LOW: 1, MEDIUM: 1, HIGH: 1, dead: 1 } });
  expect(summary.calm_since_ms).toBeUndefined();
});

test('the worst are those at HIGH, fullest first, then the dead, then MEDIUM; who is well is not among them', () => {
  const worst = worstOf(
    fleetOf(
      { name: 'well', band: 'LOW', percentage: 70 },
      { name: 'half', band: 'MEDIUM', percentage: 60 },
      high('gone', { gone }),
      high('full', { percentage: 99 }),
      high('fuller', { percentage: 92 }),
      { name: 'stopped', gone: { cause: 'stopped', died_ms: 1 } },
    ),
  );
  expect(worst.map(({ machine }) => machine)).toEqual(['full', 'fuller', 'gone', 'half']);
  expect(worst[0]).toMatchObject({ standing: 'HIGH', resource: 'cpu', percentage: 99, since_ms: 500, at_least: false });
  expect(worst[2]).toMatchObject({ standing: 'dead', resource: undefined, since_ms: 850 });
});

test('there is an end to the list, and it holds the worst of all', () => {
  const all = Array.from({ length: 20 }, (_, i) => high(`m${i}`, { percentage: 5 * i }));
  const worst = worstOf(fleetOf(...all));
  expect(worst.map(({ percentage }) => percentage)).toEqual([95, 90, 85, 80, 75, 70, 65, 60, 55, 50]);
  expect(worst).toHaveLength(WORST_MAX);
});

test('of machines about as full the one that has been so longest comes first, whatever the others do meanwhile', () => {
  const long = high('long', { percentage: 96, since_ms: 300 });
  const shorter = high('shorter', { percentage: 99.9, since_ms: 400 });
  expect(worstOf(fleetOf(shorter, long)).map(({ machine }) => machine)).toEqual(['long', 'shorter']);
});

test('a machine that was HIGH when it was first heard has been so for at least that long', () => {
  expect(worstOf(fleetOf(high('a', { since_ms: 100 })))[0]?.at_least).toBe(true);
});

test('the calm began when the last machine left HIGH, or at least when the watch began', () => {
  const calm = fleetOf({ name: 'a', band: 'LOW', high_ms: 700 }, { name: 'b', band: 'MEDIUM', high_ms: 400 });
  expect(summarize(calm, 300)).toMatchObject({ calm_since_ms: 700, calm_at_least: false });
  const always = fleetOf({ name: 'a', band: 'LOW' });
  expect(summarize(always, 300)).toMatchObject({ calm_since_ms: 300, calm_at_least: true });
});

test('the mood is that of the worst machine', () => {
  const moodsOf = (...all: Told[]) => moodOf(summarize(fleetOf(...all), 0));
  expect(moodsOf()).toBe('unknown');
  expect(moodsOf({ name: 'a', band: 'LOW' })).toBe('low');
  expect(moodsOf({ name: 'a', band: 'MEDIUM' })).toBe('medium');
  expect(moodsOf({ name: 'a', gone })).toBe('dead');
  expect(moodsOf(high('a'), { name: 'b', gone })).toBe('high');
});
