import { expect, test } from 'vitest';
import { type FiguresFrame, type Machine, NO_FIGURE, NO_PEAK, PEAKS_SECONDS } from '../../../wire/frames.ts';
import { type Column, Fleet, HISTORY_BYTES_MAX, RESOURCES_MAX } from './fleet.ts';
import { HISTORY_SECONDS } from './history.ts';

const NOW_MS = 1_000_000;

function machine(id: number, name: string, parts: Partial<Machine> = {}): Machine {
  return {
    id,
    machine: name,
    time_ms: NOW_MS - 5,
    received_ms: NOW_MS,
    first_ms: 7,
    resources: { cpu: { percentage: 10, band: 'LOW', since_ms: 3 } },
    ...parts,
  };
}

const learn = (fleet: Fleet, ...machines: Machine[]) => fleet.learn({ type: 'machines', sent_ms: NOW_MS, machines });

function figures(ids: number[], columns: Record<string, number[]>, sent_ms = NOW_MS + 1000): FiguresFrame {
  return {
    type: 'figures',
    sent_ms,
    ids: Uint32Array.from(ids),
    late_ms: Int32Array.from(ids, () => 4),
    waited_ms: Uint16Array.from(ids, () => 2),
    resources: Object.keys(columns),
    hundredths: Object.values(columns).map((figures) => Uint16Array.from(figures)),
  };
}

const placeOf = (fleet: Fleet, name: string) => fleet.placeOf(name) ?? -1;
const machineOf = (fleet: Fleet, name: string) => fleet.machineAt(placeOf(fleet, name));

test('a machine is told as it was told', () => {
  const fleet = new Fleet();
  const told = machine(3, 'a', {
    interval_ms: 1000,
    high_ms: 4,
    gone: { cause: 'silent', died_ms: 9 },
    labels: { site: 'berlin' },
    unusual: 'CPU 99 %, usually 1 to 2 %',
    resources: { cpu: { percentage: 12.34, band: 'HIGH', since_ms: 3 }, bare: { band: 'LOW', since_ms: 1 } },
  });
  learn(fleet, told);
  expect(machineOf(fleet, 'a')).toEqual(told);
});

test('figures move the machines whose places they name, and no other', () => {
  const fleet = new Fleet();
  learn(fleet, machine(0, 'a'), machine(5, 'b'), machine(9, 'c'));
  fleet.take();
  fleet.apply(figures([9, 0], { cpu: [4_321, NO_FIGURE] }));
  expect(fleet.take().changed.map((place) => fleet.names[place])).toEqual(['c', 'a']);
  expect(machineOf(fleet, 'c')).toMatchObject({ time_ms: NOW_MS + 994, received_ms: NOW_MS + 998 });
  expect(machineOf(fleet, 'c').resources['cpu']).toEqual({ percentage: 43.21, band: 'LOW', since_ms: 3 });
  expect(machineOf(fleet, 'a').resources['cpu']?.percentage).toBe(10);
  expect(machineOf(fleet, 'b').received_ms).toBe(NOW_MS);
});

test('what the server remembers is in the curves, beside what was seen here', () => {
  const fleet = new Fleet();
  learn(fleet, machine(4, 'a', { received_ms: 1_000_000, interval_ms: 1000 }));
  const told = new Uint8Array(PEAKS_SECONDS).fill(NO_PEAK);
  told[PEAKS_SECONDS - 3] = 125;
  told[PEAKS_SECONDS - 1] = 250;
  fleet.recall({
    type: 'peaks',
    sent_ms: NOW_MS,
    ids: Uint32Array.of(4, 99),
    seconds: Uint32Array.of(999, 999),
    resources: ['cpu'],
    peaks: [Uint8Array.of(...told, ...told)],
  });
  const [cpu] = fleet.columns as [Column];
  expect(fleet.curve(cpu, placeOf(fleet, 'a'))?.line).toBe('M176 50L177 50L179 0L180 90');
});

test('figures of a place that nobody was told to have are passed over', () => {
  const fleet = new Fleet();
  learn(fleet, machine(0, 'a'));
  fleet.take();
  fleet.apply(figures([1, 70_000], { cpu: [1, 2] }));
  expect(fleet.take().changed).toEqual([]);
});

test('many changes of one machine are one change, taken once', () => {
  const fleet = new Fleet();
  learn(fleet, machine(0, 'a'), machine(0, 'a'));
  expect(fleet.take()).toMatchObject({ changed: [placeOf(fleet, 'a')], membership: true });
  expect(fleet.take()).toEqual({ changed: [], judged: false, membership: false });
});

test('a place of the server that another machine is told to have is free', () => {
  const fleet = new Fleet();
  learn(fleet, machine(0, 'a'), machine(1, 'b'));
  learn(fleet, machine(0, 'c'));
  expect([...fleet.places()].map((place) => fleet.names[place])).toEqual(['b', 'c']);
  fleet.apply(figures([0], { cpu: [777] }));
  expect(machineOf(fleet, 'c').resources['cpu']?.percentage).toBe(7.77);
});

test('after a new state the places are the new ones', () => {
  const fleet = new Fleet();
  learn(fleet, machine(0, 'a'), machine(1, 'b'));
  fleet.beginState();
  learn(fleet, machine(1, 'a'), machine(0, 'b'));
  fleet.apply(figures([1], { cpu: [555] }));
  expect(machineOf(fleet, 'a').resources['cpu']?.percentage).toBe(5.55);
  expect(fleet.size).toBe(2);
});

test('a machine that takes the place of one that was forgotten inherits nothing', () => {
  const fleet = new Fleet();
  learn(
    fleet,
    machine(0, 'a', { gone: { cause: 'silent', died_ms: 1 }, resources: { x: { band: 'HIGH', since_ms: 1 } } }),
  );
  learn(fleet, machine(0, 'b'));
  expect(machineOf(fleet, 'b')).toEqual(machine(0, 'b'));
  expect(fleet.standingOf(placeOf(fleet, 'b'))).toBe('LOW');
  const [x, cpu] = fleet.columns as [Column, Column];
  expect(fleet.curve(x, placeOf(fleet, 'b'))?.line).toBe('');
  expect(fleet.curve(cpu, placeOf(fleet, 'b'))?.line).not.toBe('');
});

test('it grows with the fleet and forgets nothing of it', () => {
  const fleet = new Fleet();
  for (let i = 0; i < 3000; i++) learn(fleet, machine(i, `m${i}`, { received_ms: NOW_MS + i }));
  expect(fleet.size).toBe(3000);
  for (const i of [0, 63, 64, 2999])
    expect(machineOf(fleet, `m${i}`)).toMatchObject({ id: i, received_ms: NOW_MS + i });
  const [cpu] = fleet.columns as [Column];
  expect(fleet.curve(cpu, placeOf(fleet, 'm0'))?.line).not.toBe('');
});

test('the worst resource is the one in the worst band, and of several the one longest in it', () => {
  const fleet = new Fleet();
  const resources = {
    cpu: { band: 'HIGH', since_ms: 300 },
    swap: { percentage: 99, since_ms: 0 },
    memory: { band: 'HIGH', since_ms: 200 },
    load: { band: 'LOW', since_ms: 100 },
  } as const;
  learn(fleet, machine(0, 'a', { resources }), machine(1, 'b', { resources: {} }));
  expect(fleet.columns[fleet.worst[placeOf(fleet, 'a')] ?? 0]?.name).toBe('memory');
  expect(fleet.standingOf(placeOf(fleet, 'a'))).toBe('HIGH');
  expect(fleet.standingOf(placeOf(fleet, 'b'))).toBeUndefined();
});

test('who is silent is late, then dead, and stands where it stood when it speaks again', () => {
  const fleet = new Fleet();
  learn(fleet, machine(0, 'a', { interval_ms: 1000 }));
  const stands = (after_ms: number) => {
    fleet.judgeSilence(NOW_MS + after_ms, 0);
    return fleet.standingOf(placeOf(fleet, 'a'));
  };
  expect([stands(1_900), stands(2_900), stands(9_000)]).toEqual(['LOW', 'stale', 'dead']);
  fleet.apply(figures([0], { cpu: [100] }, NOW_MS + 9_100));
  expect(stands(9_200)).toBe('LOW');
});

test('who is not listened to is not called silent, and who spoke of something else is not either', () => {
  const fleet = new Fleet();
  learn(fleet, machine(0, 'a', { interval_ms: 1000 }), machine(1, 'b', { interval_ms: 1000 }));
  const a = placeOf(fleet, 'a');
  fleet.judgeSilence(NOW_MS + 9_000, 0, [a]);
  expect(fleet.standingOf(a)).toBe('dead');
  expect(fleet.standingOf(placeOf(fleet, 'b'))).toBe('LOW');
  fleet.hear(a, NOW_MS + 9_000, NOW_MS + 9_001);
  fleet.judgeSilence(NOW_MS + 9_500, 0, [a]);
  expect(fleet.standingOf(a)).toBe('LOW');
});

test('what leaves HIGH was HIGH until then', () => {
  const fleet = new Fleet();
  learn(fleet, machine(0, 'a', { resources: { cpu: { band: 'HIGH', since_ms: 0 } } }));
  fleet.apply(figures([0], { cpu: [9_900] }, NOW_MS + 5_000));
  fleet.judgeSilence(NOW_MS + 90_000, 0);
  expect(fleet.high_ms[placeOf(fleet, 'a')]).toBe(NOW_MS + 4_998);
});

test('a fleet with no end of resources has a bounded memory', () => {
  const fleet = new Fleet();
  const many = (of: string) =>
    Object.fromEntries(Array.from({ length: 60 }, (_, i) => [`${of}${i}`, { percentage: i, since_ms: 0 }]));
  for (let i = 0; i < 3000; i++) learn(fleet, machine(i, `m${i}`, { resources: many(i % 2 === 0 ? 'x' : 'y') }));
  expect(fleet.columns).toHaveLength(RESOURCES_MAX);
  const kept = fleet.columns.filter(({ peaks }) => peaks !== undefined).length;
  expect(kept).toBeGreaterThan(0);
  expect(kept * HISTORY_SECONDS * fleet.standing.length).toBeLessThanOrEqual(HISTORY_BYTES_MAX);
});
