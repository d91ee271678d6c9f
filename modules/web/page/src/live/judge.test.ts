import { expect, test } from 'vitest';
import type { Machine } from '../../../server/wire.ts';
import { delayOf, isSilent, worstOf } from './judge.ts';

function machine(parts: Partial<Machine>): Machine {
  return { machine: 'a', time_ms: 0, received_ms: 0, first_ms: 0, resources: {}, ...parts };
}

test('the worst resource is the one in the worst band, and of several the one longest in it', () => {
  const resources = {
    cpu: { band: 'HIGH', since_ms: 300 },
    swap: { percentage: 99, since_ms: 0 },
    memory: { band: 'HIGH', since_ms: 200 },
    load: { band: 'LOW', since_ms: 100 },
  } as const;
  expect(worstOf(machine({ resources }))).toEqual({ resource: 'memory', band: 'HIGH', since_ms: 200 });
  expect(worstOf(machine({}))).toBeUndefined();
});

test('a machine is silent after three of its own intervals', () => {
  const often = machine({ received_ms: 10_000, interval_ms: 1000 });
  expect(isSilent(often, 13_000, 0)).toBe(false);
  expect(isSilent(often, 13_001, 0)).toBe(true);
  const seldom = machine({ received_ms: 10_000, interval_ms: 60_000 });
  expect(isSilent(seldom, 150_000, 0)).toBe(false);
  expect(isSilent(seldom, 190_001, 0)).toBe(true);
});

test('a machine that speaks very often is not silent at once, nor one that spoke once', () => {
  expect(isSilent(machine({ received_ms: 10_000, interval_ms: 100 }), 11_900, 0)).toBe(false);
  expect(isSilent(machine({ received_ms: 10_000 }), 20_000, 0)).toBe(false);
  expect(isSilent(machine({ received_ms: 10_000 }), 26_000, 0)).toBe(true);
});

test('while it could not be heard it was not silent', () => {
  expect(isSilent(machine({ received_ms: 10_000, interval_ms: 1000 }), 60_000, 59_000)).toBe(false);
});

test('a clock that is off and a message that was long on its way are told, an ordinary delay is not', () => {
  expect(delayOf(machine({ time_ms: 10_000, received_ms: 10_020 }))).toBeUndefined();
  expect(delayOf(machine({ time_ms: 10_000, received_ms: 9_900 }))).toBeUndefined();
  expect(delayOf(machine({ time_ms: 10_000, received_ms: 4_000 }))).toEqual({ kind: 'ahead', by_ms: 6_000 });
  expect(delayOf(machine({ time_ms: 10_000, received_ms: 30_000 }))).toEqual({ kind: 'late', by_ms: 20_000 });
});
