import { expect, test } from 'vitest';
import type { Machine } from '../../../server/wire.ts';
import { deathOf, delayOf, standingOf, worstOf } from './judge.ts';

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

test('a death has the cause and the time that were told; of the others their silence says so', () => {
  const gone = { cause: 'connection_lost', died_ms: 10_500 } as const;
  expect(deathOf(machine({ received_ms: 10_000, gone }))).toEqual(gone);
  expect(deathOf(machine({ received_ms: 10_000 }))).toEqual({ cause: 'silent', died_ms: 10_000 });
});

test('a machine stands in its worst band while it lives, and apart when it does not', () => {
  expect(standingOf(machine({}), 'live', 'HIGH')).toBe('HIGH');
  expect(standingOf(machine({}), 'live', undefined)).toBeUndefined();
  expect(standingOf(machine({}), 'stale', 'HIGH')).toBe('stale');
  expect(standingOf(machine({}), 'dead', 'HIGH')).toBe('dead');
  expect(standingOf(machine({ gone: { cause: 'stopped', died_ms: 1 } }), 'dead', 'HIGH')).toBe('stopped');
});

test('a clock that is off and a message that was long on its way are told, an ordinary delay is not', () => {
  expect(delayOf(machine({ time_ms: 10_000, received_ms: 10_020 }))).toBeUndefined();
  expect(delayOf(machine({ time_ms: 10_000, received_ms: 9_900 }))).toBeUndefined();
  expect(delayOf(machine({ time_ms: 10_000, received_ms: 4_000 }))).toEqual({ kind: 'ahead', by_ms: 6_000 });
  expect(delayOf(machine({ time_ms: 10_000, received_ms: 30_000 }))).toEqual({ kind: 'late', by_ms: 20_000 });
});
