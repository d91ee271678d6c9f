import type { Analysis } from '@ganglion/topics';
import { expect, test } from 'vitest';
import { Fleet, RESOURCES_MAX } from './fleet.ts';

function hear(fleet: Fleet, source: string, time_ms: number, body: Partial<Analysis> = { cpu_result: 'LOW' }) {
  return fleet.hear({ source, body: body as Analysis, time_ms, received_ms: time_ms + 5 }, '{}');
}

test('what changed since a change comes oldest first, each machine once', () => {
  const fleet = new Fleet(10);
  for (const name of ['a', 'b', 'c', 'a']) hear(fleet, name, 0);
  expect(fleet.since(0, 10).map(({ machine }) => machine)).toEqual(['b', 'c', 'a']);
  expect(fleet.since(3, 10).map(({ machine }) => machine)).toEqual(['a']);
  expect(fleet.since(0, 2).map(({ machine }) => machine)).toEqual(['b', 'c']);
  expect(fleet.since(4, 10)).toEqual([]);
});

test('it never holds more machines than it may', () => {
  const fleet = new Fleet(3);
  for (let i = 0; i < 100; i++) hear(fleet, `m${i % 7}`, i);
  expect(fleet.size).toBe(3);
  expect(fleet.since(0, 10).map(({ machine }) => machine)).toEqual(['m6', 'm0', 'm1']);
  expect(fleet.forgotten).toBe(97);
});

test('the usual interval follows the machine and survives a silence and a clock set back', () => {
  const fleet = new Fleet(3);
  expect(hear(fleet, 'a', 0).interval_ms).toBeUndefined();
  for (let time_ms = 1000; time_ms <= 20_000; time_ms += 1000) hear(fleet, 'a', time_ms);
  expect(hear(fleet, 'a', 21_000).interval_ms).toBe(1000);
  expect(hear(fleet, 'a', 900_000).interval_ms).toBeLessThan(1500);
  expect(hear(fleet, 'a', 5).interval_ms).toBeLessThan(1500);
  for (let time_ms = 1_000_000; time_ms < 1_002_000; time_ms += 100) hear(fleet, 'a', time_ms);
  expect(hear(fleet, 'a', 1_002_000).interval_ms).toBeLessThan(120);
});

test('a machine that is gone stays, with its last figures, until it is back', () => {
  const fleet = new Fleet(10);
  hear(fleet, 'a', 0);
  const gone = { cause: 'connection_lost', died_ms: 900 } as const;
  expect(fleet.bury('a', gone, 800, 1_000)).toMatchObject({ machine: 'a', gone, resources: { cpu: { band: 'LOW' } } });
  expect(fleet.since(1, 10).map(({ machine }) => machine)).toEqual(['a']);
  // It was on its way when the machine died.
  expect(hear(fleet, 'a', 1_500).gone).toEqual(gone);
  expect(hear(fleet, 'a', 2_500).gone).toBeUndefined();
  fleet.bury('a', gone, 800, 3_000);
  expect(fleet.revive('a')?.gone).toBeUndefined();
  expect(fleet.revive('a')).toBeUndefined();
});

test('a machine that was gone before anybody listened is known all the same', () => {
  const fleet = new Fleet(10);
  const gone = { cause: 'stopped', died_ms: 900 } as const;
  expect(fleet.bury('a', gone, 800, 1_000)).toMatchObject({ machine: 'a', received_ms: 800, gone, plain: '' });
  expect(fleet.revive('never seen')).toBeUndefined();
});

test('a machine may have any resources, up to a limit', () => {
  const fleet = new Fleet(1);
  const body: Record<string, unknown> = { cpu_result: 'LOW', _result: 'LOW', __proto___result: 'HIGH', note: 'x' };
  for (let i = 0; i < 100; i++) body[`disk${i}_percentage`] = i;
  const { resources } = hear(fleet, 'a', 0, body as Partial<Analysis>);
  expect(Object.keys(resources)).toHaveLength(RESOURCES_MAX);
  expect(resources['cpu']).toEqual({ band: 'LOW', since_ms: 5 });
  expect(Object.entries(resources).find(([name]) => name === '__proto__')?.[1]).toEqual({ band: 'HIGH', since_ms: 5 });
  expect(resources['disk3']).toEqual({ percentage: 3, since_ms: 5 });
});

test('what comes late does not count, unless nothing newer has come for a while', () => {
  const fleet = new Fleet(10);
  const isLate = (time_ms: number, received_ms: number, source = 'a') =>
    fleet.isLate({ source, body: { cpu_result: 'LOW' }, time_ms, received_ms });
  expect(isLate(1000, 1005)).toBe(false);
  hear(fleet, 'a', 100_000);
  expect([isLate(99_999, 100_005), isLate(100_000, 100_005), isLate(99_999, 110_005)]).toEqual([true, false, false]);
  expect(isLate(1, 100_005, 'b')).toBe(false);
});
