import { expect, test } from 'vitest';
import type { Machine } from '../../../wire/frames.ts';
import { sayStanding } from './words.ts';

const NOW = 1_795_000_000_000;

const machine = (more: Partial<Machine> = {}): Machine => ({
  id: 0,
  machine: 'db-01',
  time_ms: NOW - 500,
  received_ms: NOW - 500,
  first_ms: NOW - 3_000_000,
  interval_ms: 1000,
  resources: {},
  ...more,
});

const say = (more: Partial<Machine>, heard_since_ms = 0) => sayStanding(machine(more), NOW, heard_since_ms);

test('the worst resource is said with its figure and how long; of several the one that lasts longest', () => {
  const high = { band: 'HIGH', percentage: 96.2, since_ms: NOW - 180_000 } as const;
  const low = { band: 'LOW', percentage: 3, since_ms: NOW - 60_000 } as const;
  expect(say({ resources: { cpu: low, memory: high } })).toMatchObject({
    standing: 'HIGH',
    sentence: 'HIGH: Memory 96 % for 3 min',
  });
  expect(say({ resources: { disks: { ...high, since_ms: NOW - 1000 }, memory: high } }).sentence).toBe(
    'HIGH: Memory 96 % for 3 min, and 1 more',
  );
  expect(say({ resources: { cpu: { band: 'MEDIUM', since_ms: NOW - 60_000 } } }).sentence).toBe('MEDIUM: CPU for 60 s');
});

test('calm is said since the last of its resources became so', () => {
  const low = { band: 'LOW', percentage: 3 } as const;
  const resources = { cpu: { ...low, since_ms: NOW - 600_000 }, memory: { ...low, since_ms: NOW - 240_000 } };
  expect(say({ resources })).toMatchObject({ standing: 'LOW', sentence: 'Nothing is wrong for 4 min' });
  expect(say({}).sentence).toBe('It speaks, and nobody judges what it says');
});

test('a death is said with when and why', () => {
  const died_ms = NOW - 14_000;
  expect(say({ gone: { cause: 'connection_lost', died_ms } })).toMatchObject({
    standing: 'dead',
    sentence: 'db-01 stopped answering 14 s ago (connection lost)',
  });
  expect(say({ gone: { cause: 'stopped', died_ms } })).toMatchObject({
    standing: 'stopped',
    sentence: 'db-01 was stopped 14 s ago',
  });
});

test('silence is late, then a death; but nobody is late while nobody could be heard', () => {
  expect(say({ received_ms: NOW - 3_000 })).toMatchObject({
    standing: 'stale',
    sentence: 'Its last word came 3 s ago: it is late',
  });
  const silent = { received_ms: NOW - 30_000 };
  expect(say(silent).sentence).toBe('db-01 stopped answering 30 s ago (silent)');
  expect(say(silent, NOW - 1_000).life).toBe('live');
  expect(say(silent, Number.POSITIVE_INFINITY).life).toBe('live');
});
