import { expect, test } from 'vitest';
import { PAST_MS } from '../wire/frames.ts';
import { Budget, Recording } from './recording.ts';

const KIND = { Kind: Float32Array, empty: Number.NaN, columns_max: 16 } as const;
const same = (cell: number) => cell;

function record(recording: Recording, time_ms: number, value: number): boolean {
  const whole = recording.begin(time_ms);
  recording.set(0, value);
  return whole;
}

test('rows are remembered in order, through every growth', () => {
  const recording = new Recording(KIND, new Budget(1e6));
  recording.addColumn('a');
  for (let i = 0; i < 900; i++) {
    expect(record(recording, i * 1_000, i)).toBe(true);
    if (i === 99) recording.addColumn('b');
    if (i >= 99) recording.set(1, -i);
  }
  expect(recording.rows).toBe(900);
  expect([...recording.times()]).toEqual(Array.from({ length: 900 }, (_, i) => i * 1_000));
  expect([...recording.column('a', same)]).toEqual(Array.from({ length: 900 }, (_, i) => i));
  expect([...recording.column('b', same)]).toEqual(Array.from({ length: 900 }, (_, i) => (i < 99 ? Number.NaN : -i)));
});

test('what is older than the longest time goes, and its place is used again', () => {
  const budget = new Budget(1e6);
  const recording = new Recording(KIND, budget);
  recording.addColumn('a');
  for (let i = 0; i < 900; i++) record(recording, i * 1_000, i);
  const { used_bytes } = budget;
  for (let i = 900; i < 5_000; i++) expect(record(recording, i * 1_000, i)).toBe(true);
  expect(budget.used_bytes).toBe(used_bytes);
  expect(recording.times()[0]).toBe(4_999_000 - PAST_MS);
  expect(recording.column('a', same).at(-1)).toBe(4_999);
});

test('a clock that was set back takes what was later with it', () => {
  const recording = new Recording(KIND, new Budget(1e6));
  recording.addColumn('a');
  for (let i = 0; i < 10; i++) record(recording, i * 1_000, i);
  record(recording, 4_000, 40);
  expect([...recording.times()]).toEqual([0, 1_000, 2_000, 3_000, 4_000]);
  expect([...recording.column('a', same)]).toEqual([0, 1, 2, 3, 40]);
});

test('when the budget is used up, less far back is remembered, and whoever comes later has a little', () => {
  const budget = new Budget(16 * 1_024);
  const first = new Recording(KIND, budget);
  first.addColumn('a');
  let whole = 0;
  for (let i = 0; i < 900; i++) if (record(first, i * 1_000, i)) whole++;
  expect(first.rows).toBe(256);
  expect(whole).toBe(256);
  expect(first.last_ms).toBe(899_000);
  expect([...first.column('a', same)].at(0)).toBe(899 - 255);
  const second = new Recording(KIND, budget);
  second.addColumn('a');
  for (let i = 0; i < 100; i++) record(second, i * 1_000, i);
  expect(second.rows).toBeGreaterThanOrEqual(16);
  expect(budget.used_bytes).toBeLessThanOrEqual(budget.bytes_max);
  first.release();
  second.release();
  expect(budget.used_bytes).toBe(0);
});

test('without any memory nothing is remembered, and nothing breaks', () => {
  const recording = new Recording(KIND, new Budget(0));
  expect(recording.addColumn('a')).toBe(0);
  expect(record(recording, 1, 1)).toBe(false);
  expect([recording.rows, recording.last_ms, recording.times().length]).toEqual([0, undefined, 0]);
  expect([...recording.column('none', same)]).toEqual([]);
});

test('columns have a limit', () => {
  const recording = new Recording(KIND, new Budget(1e6));
  const columns = Array.from({ length: 20 }, (_, i) => recording.addColumn(`${i}`));
  expect(columns.filter((column) => column === undefined)).toHaveLength(4);
});
