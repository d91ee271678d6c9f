import type { Analysis } from '@ganglion/topics';
import { expect, test } from 'vitest';
import type { Machine } from '../wire/frames.ts';
import { type Entry, Fleet } from './fleet.ts';
import { writeMachines } from './frames.ts';
import { RESOURCES_MAX } from './layout.ts';

function hear(fleet: Fleet, source: string, time_ms: number, body: Partial<Analysis> = { cpu_result: 'LOW' }) {
  return fleet.hear({ source, body: body as Analysis, time_ms, received_ms: time_ms + 5 }).state;
}

/** What a page is told of a machine. */
function shownOf(fleet: Fleet, machine: string): Machine {
  const entry = fleet.named(machine);
  if (entry === undefined) throw new Error(`${machine} is not known`);
  return JSON.parse(writeMachines([entry], 0, 0).toString()).machines[0];
}

const namesOf = (entries: readonly Entry[]) => entries.map(({ state }) => state.machine);

test('what changed since a change comes oldest first, each machine once', () => {
  const fleet = new Fleet(10);
  for (const name of ['a', 'b', 'c', 'a']) hear(fleet, name, 0);
  expect(namesOf(fleet.since(0, 10))).toEqual(['b', 'c', 'a']);
  expect(namesOf(fleet.since(3, 10))).toEqual(['a']);
  expect(namesOf(fleet.since(0, 2))).toEqual(['b', 'c']);
  expect(fleet.since(4, 10)).toEqual([]);
});

test('it never holds more machines than it may', () => {
  const fleet = new Fleet(3);
  for (let i = 0; i < 100; i++) hear(fleet, `m${i % 7}`, i);
  expect(fleet.size).toBe(3);
  expect(namesOf(fleet.since(0, 10))).toEqual(['m6', 'm0', 'm1']);
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
  fleet.bury('a', gone, 800, 1_000);
  expect(shownOf(fleet, 'a')).toMatchObject({ machine: 'a', gone, resources: { cpu: { band: 'LOW' } } });
  expect(namesOf(fleet.since(1, 10))).toEqual(['a']);
  // It was on its way when the machine died.
  expect(hear(fleet, 'a', 1_500).gone).toEqual(gone);
  expect(hear(fleet, 'a', 2_500).gone).toBeUndefined();
  fleet.bury('a', gone, 800, 3_000);
  expect(fleet.revive('a')?.state.gone).toBeUndefined();
  expect(fleet.revive('a')).toBeUndefined();
});

test('a machine that was gone before anybody listened is known all the same', () => {
  const fleet = new Fleet(10);
  const gone = { cause: 'stopped', died_ms: 900 } as const;
  const { state } = fleet.bury('a', gone, 800, 1_000);
  expect(state).toMatchObject({ machine: 'a', received_ms: 800, gone, body: undefined });
  expect(fleet.revive('never seen')).toBeUndefined();
});

test('a machine may have any resources, up to a limit', () => {
  const fleet = new Fleet(1);
  const body: Record<string, unknown> = { cpu_result: 'LOW', _result: 'LOW', __proto___result: 'HIGH', note: 'x' };
  for (let i = 0; i < 100; i++) body[`disk${i}_percentage`] = i;
  hear(fleet, 'a', 0, body as Partial<Analysis>);
  const { resources } = shownOf(fleet, 'a');
  expect(Object.keys(resources)).toHaveLength(RESOURCES_MAX);
  expect(resources['cpu']).toEqual({ band: 'LOW', since_ms: 5 });
  expect(Object.entries(resources).find(([name]) => name === '__proto__')?.[1]).toEqual({ band: 'HIGH', since_ms: 5 });
  expect(resources['disk3']).toEqual({ percentage: 3, since_ms: 5 });
});

test('what comes late does not count, unless nothing newer has come for a while', () => {
  const fleet = new Fleet(10);
  const isLate = (time_ms: number, received_ms: number, source = 'a') => fleet.isLate({ source, time_ms, received_ms });
  expect(isLate(1000, 1005)).toBe(false);
  hear(fleet, 'a', 100_000);
  expect([isLate(99_999, 100_005), isLate(100_000, 100_005), isLate(99_999, 110_005)]).toEqual([true, false, false]);
  expect(isLate(1, 100_005, 'b')).toBe(false);
});

/** The serials of what was more than figures so far. */
function toldAfter(fleet: Fleet, act: () => unknown): boolean {
  const before = fleet.told_serial;
  act();
  return fleet.told_serial > before;
}

test('only what is more than figures is a change of its own', () => {
  const fleet = new Fleet(10);
  const say = (time_ms: number, body: object) => toldAfter(fleet, () => hear(fleet, 'a', time_ms, body));
  expect(say(0, { cpu_result: 'LOW', cpu_percentage: 1 })).toBe(true);
  // The first interval.
  expect(say(1_000, { cpu_result: 'LOW', cpu_percentage: 2 })).toBe(true);
  expect(say(2_000, { cpu_result: 'LOW', cpu_percentage: 3 })).toBe(false);
  expect(say(3_000, { cpu_result: 'HIGH', cpu_percentage: 90 })).toBe(true);
  // That it is still HIGH is no news.
  expect(say(4_000, { cpu_result: 'HIGH', cpu_percentage: 91 })).toBe(false);
  expect(shownOf(fleet, 'a')).toMatchObject({ high_ms: 4_005, resources: { cpu: { since_ms: 3_005 } } });
  expect(say(5_000, { cpu_result: 'LOW', cpu_percentage: 4 })).toBe(true);
  // Another resource, and one less; another order is one too, for it is told in order.
  expect(say(6_000, { cpu_result: 'LOW', cpu_percentage: 4, memory_percentage: 7 })).toBe(true);
  expect(say(7_000, { cpu_result: 'LOW', memory_percentage: 7, cpu_percentage: 4 })).toBe(false);
  expect(say(8_000, { memory_percentage: 7, cpu_result: 'LOW', cpu_percentage: 4 })).toBe(true);
  expect(say(9_000, { cpu_result: 'LOW', cpu_percentage: 4 })).toBe(true);
  expect(shownOf(fleet, 'a').resources).toEqual({ cpu: { band: 'LOW', percentage: 4, since_ms: 5_005 } });
  // What it says besides is none.
  expect(say(10_000, { cpu_result: 'LOW', cpu_percentage: 4, note: 'x' })).toBe(false);
  expect(say(11_000, { cpu_result: 'LOW', cpu_percentage: 4, note: 'x' })).toBe(false);
  // It speaks at another interval.
  expect(say(11_500, { cpu_result: 'LOW', cpu_percentage: 4, note: 'x' })).toBe(true);
  expect(toldAfter(fleet, () => fleet.bury('a', { cause: 'silent', died_ms: 1 }, 1, 12_000))).toBe(true);
  expect(toldAfter(fleet, () => fleet.revive('a'))).toBe(true);
  expect(toldAfter(fleet, () => fleet.revive('a'))).toBe(false);
});

test('how unusual a machine is stands behind its resources as if it were one, and what is unusual is more than figures', () => {
  const fleet = new Fleet(10);
  const say = (time_ms: number, body: object) => toldAfter(fleet, () => hear(fleet, 'a', time_ms, body));
  say(0, { anomaly_score: 0.031, cpu_result: 'LOW', cpu_percentage: 1 });
  say(1_000, { anomaly_score: 0.04, cpu_result: 'LOW', cpu_percentage: 1 });
  expect(say(2_000, { anomaly_score: 0.25, cpu_result: 'LOW', cpu_percentage: 1 })).toBe(false);
  expect(Object.keys(shownOf(fleet, 'a').resources)).toEqual(['cpu', 'anomaly']);
  expect(shownOf(fleet, 'a').resources['anomaly']?.percentage).toBe(25);
  const unusual = { anomaly_score: 0.9, anomaly_resource: 'cpu', anomaly_sentence: 'CPU 99 %, usually 1 to 2 %' };
  expect(say(3_000, { ...unusual, cpu_result: 'LOW', cpu_percentage: 1 })).toBe(true);
  expect(shownOf(fleet, 'a').unusual).toBe('CPU 99 %, usually 1 to 2 %');
  expect(say(4_000, { ...unusual, cpu_result: 'LOW', cpu_percentage: 2 })).toBe(false);
  expect(say(5_000, { anomaly_score: 0.1, cpu_result: 'LOW', cpu_percentage: 1 })).toBe(true);
  expect(shownOf(fleet, 'a')).not.toHaveProperty('unusual');
});

test('the place of a machine that is forgotten is given to the next', () => {
  const fleet = new Fleet(3);
  for (const name of ['a', 'b', 'c']) hear(fleet, name, 0);
  expect(['a', 'b', 'c'].map((name) => fleet.named(name)?.id)).toEqual([0, 1, 2]);
  hear(fleet, 'a', 1);
  hear(fleet, 'd', 2);
  expect(fleet.named('b')).toBeUndefined();
  expect([fleet.named('d')?.id, fleet.at(1)?.state.machine]).toEqual([1, 'd']);
  expect(namesOf(fleet.toldSince(0, 10))).toEqual(['c', 'a', 'd']);
});
