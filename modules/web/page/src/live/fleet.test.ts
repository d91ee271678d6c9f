import { expect, test } from 'vitest';
import type { Band, Frame, Machine } from '../../../server/wire.ts';
import { HISTORIES_MAX, Store, YOUNG_SERVER_MS } from './store.ts';

const NOW_MS = 1_000_000;

function hello(started_ms = 0, machines_max = 100): Frame {
  const bus = { connected: true, since_ms: started_ms };
  return { type: 'hello', sent_ms: NOW_MS, server: 'web', started_ms, machines_max, beat_ms: 1000, bus };
}

function machine(name: string, percentage = 10, band: Band = 'LOW'): Machine {
  return {
    machine: name,
    time_ms: NOW_MS,
    received_ms: NOW_MS,
    first_ms: 0,
    resources: { cpu: { percentage, band, since_ms: 0 } },
  };
}

const fleet = (...machines: Machine[]): Frame => ({ type: 'fleet', sent_ms: NOW_MS, machines });
const ready: Frame = { type: 'ready', sent_ms: NOW_MS };

test('many changes of one machine are one change with the newest', () => {
  const store = new Store();
  store.apply(fleet(machine('a', 1), machine('b', 2)));
  store.apply(fleet(machine('a', 3)));
  expect([...store.take().changed]).toEqual(['a', 'b']);
  expect(store.machines.get('a')?.machine.resources['cpu']?.percentage).toBe(3);
  expect(store.take().changed.size).toBe(0);
});

test('a machine that comes or goes changes the membership', () => {
  const store = new Store();
  for (const frame of [hello(), fleet(machine('a')), ready]) store.apply(frame);
  expect(store.take().membership).toBe(true);
  store.apply(fleet(machine('a')));
  expect(store.take().membership).toBe(false);
});

test('after a reconnect a machine that the server does not name any more is gone', () => {
  const store = new Store();
  for (const frame of [hello(), fleet(machine('a'), machine('b')), ready]) store.apply(frame);
  for (const frame of [hello(), fleet(machine('b'))]) store.apply(frame);
  expect([...store.machines.keys()]).toEqual(['a', 'b']);
  store.apply(ready);
  expect([...store.machines.keys()]).toEqual(['b']);
});

test('a server that has just started is given time to hear of its machines', () => {
  const store = new Store();
  for (const frame of [hello(), fleet(machine('a'), machine('b')), ready]) store.apply(frame);
  for (const frame of [hello(NOW_MS - 1), ready, fleet(machine('b'))]) store.apply(frame);
  expect([...store.machines.keys()]).toEqual(['a', 'b']);
  store.apply({ type: 'beat', sent_ms: NOW_MS + YOUNG_SERVER_MS });
  expect([...store.machines.keys()]).toEqual(['b']);
});

test('it holds as many machines as the server, those heard last', () => {
  const store = new Store();
  store.apply(hello(0, 2));
  store.apply(fleet(machine('a'), machine('b'), machine('a'), machine('c')));
  expect([...store.machines.keys()]).toEqual(['a', 'c']);
  expect(store.forgotten).toBe(1);
});

test('what was passed over is added up, and the bus is known', () => {
  const store = new Store();
  store.apply(hello());
  store.apply({ type: 'fleet', sent_ms: 1, machines: [], folded: 3 });
  store.apply({ type: 'fleet', sent_ms: 2, machines: [], folded: 4 });
  store.apply({ type: 'bus', sent_ms: 3, bus: { connected: false, since_ms: 2 } });
  expect(store.folded).toBe(7);
  expect(store.bus?.connected).toBe(false);
  expect(store.now_ms).toBe(3);
});

test('a machine with no end of resources has a bounded memory, and one without percentages none', () => {
  const store = new Store();
  const resources = Object.fromEntries(
    Array.from({ length: 60 }, (_, i) => [`disk${i}`, { percentage: i, since_ms: 0 }]),
  );
  store.apply(
    fleet({ ...machine('a'), resources }, { ...machine('b'), resources: { cpu: { band: 'HIGH', since_ms: 0 } } }),
  );
  expect(store.machines.get('a')?.histories.size).toBe(HISTORIES_MAX);
  expect(store.machines.get('b')?.histories.size).toBe(0);
});

test('a frame of a type it does not know is ignored', () => {
  const store = new Store();
  store.apply({ type: 'weather', sent_ms: 5 } as unknown as Frame);
  expect(store.machines.size).toBe(0);
});

test('after the bus was away nobody is late before it has had the time to come back', () => {
  const store = new Store();
  const bus = (connected: boolean, since_ms: number): Frame => ({
    type: 'bus',
    sent_ms: since_ms,
    bus: { connected, since_ms },
  });
  store.apply(hello(5000));
  expect(store.silence_since_ms).toBe(5000);
  store.apply(bus(false, 60_000));
  store.apply(bus(true, 70_000));
  expect(store.silence_since_ms).toBe(80_000);
});
