import { expect, test } from 'vitest';
import type { Band, Frame, Machine } from '../../../wire/frames.ts';
import { Store, YOUNG_SERVER_MS } from './store.ts';

const NOW_MS = 1_000_000;

function hello(started_ms = 0, machines_max = 100): Frame {
  const bus = { connected: true, since_ms: started_ms };
  return {
    type: 'hello',
    sent_ms: NOW_MS,
    server: 'web',
    started_ms,
    machines_max,
    beat_ms: 1000,
    bus,
    sees_system: true,
    may_tap: true,
    may_order: true,
  };
}

function machine(id: number, name: string, percentage = 10, band: Band = 'LOW', received_ms = NOW_MS): Machine {
  return {
    id,
    machine: name,
    time_ms: received_ms,
    received_ms,
    first_ms: 0,
    resources: { cpu: { percentage, band, since_ms: 0 } },
  };
}

const machines = (...machines: Machine[]): Frame => ({ type: 'machines', sent_ms: NOW_MS, machines });
const ready: Frame = { type: 'ready', sent_ms: NOW_MS };
const names = ({ fleet }: Store) => [...fleet.places()].map((place) => fleet.names[place]);

function storeAfter(...frames: Frame[]): Store {
  const store = new Store();
  for (const frame of frames) store.apply(frame);
  return store;
}

test('after a reconnect a machine that the server does not name any more is gone', () => {
  const store = storeAfter(hello(), machines(machine(0, 'a'), machine(1, 'b')), ready);
  for (const frame of [hello(), machines(machine(0, 'b'))]) store.apply(frame);
  expect(names(store)).toEqual(['a', 'b']);
  store.apply(ready);
  expect(names(store)).toEqual(['b']);
});

test('a server that has just started is given time to hear of its machines', () => {
  const store = storeAfter(hello(), machines(machine(0, 'a'), machine(1, 'b')), ready);
  for (const frame of [hello(NOW_MS - 1), ready, machines(machine(0, 'b'))]) store.apply(frame);
  expect(names(store)).toEqual(['a', 'b']);
  store.apply({ type: 'beat', sent_ms: NOW_MS + YOUNG_SERVER_MS });
  expect(names(store)).toEqual(['b']);
});

test('it holds as many machines as the server, those heard last', () => {
  const store = storeAfter(
    hello(0, 2),
    machines(machine(0, 'a', 1, 'LOW', 5), machine(1, 'b', 1, 'LOW', 3), machine(2, 'c', 1, 'LOW', 7)),
  );
  store.tidy();
  expect(names(store)).toEqual(['a', 'c']);
  expect(store.fleet.forgotten).toBe(1);
});

test('what was passed over is added up, and the bus is known', () => {
  const store = storeAfter(
    hello(),
    { type: 'machines', sent_ms: 1, machines: [], folded: 3 },
    { type: 'machines', sent_ms: 2, machines: [], folded: 4 },
    { type: 'bus', sent_ms: 3, bus: { connected: false, since_ms: 2 } },
  );
  expect(store.folded).toBe(7);
  expect(store.bus?.connected).toBe(false);
  expect(store.now_ms).toBe(3);
});

test('a frame of a type it does not know is ignored', () => {
  const store = storeAfter({ type: 'weather', sent_ms: 5 } as unknown as Frame);
  expect(store.fleet.size).toBe(0);
});

test('after the bus was away nobody is late before it has had the time to come back', () => {
  const store = storeAfter(hello(5000));
  const bus = (connected: boolean, since_ms: number): Frame => ({
    type: 'bus',
    sent_ms: since_ms,
    bus: { connected, since_ms },
  });
  expect(store.silence_since_ms).toBe(5000);
  store.apply(bus(false, 60_000));
  store.apply(bus(true, 70_000));
  expect(store.silence_since_ms).toBe(80_000);
});
