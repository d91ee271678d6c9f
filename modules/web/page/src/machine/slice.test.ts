import { expect, test } from 'vitest';
import { bandsOf, roundUp, sliceOf } from './slice.ts';
import { Table } from './table.ts';

const T = 1_795_000_000_000;
const GAP_MS = 3000;

function tableOf(path: string, values: readonly (readonly [at: number, value: number])[]): Table {
  const table = new Table();
  for (const [at, value] of values) table.add(T + at, [[path, value]]);
  return table;
}

test('a time without samples breaks the curve, a short one does not', () => {
  const table = tableOf('x', [
    [0, 1],
    [2000, 2],
    [10_000, 3],
    [11_000, 4],
  ]);
  const { times_ms, curves } = sliceOf(table, ['x'], T, T + 11_000, GAP_MS);
  expect(times_ms.map((time_ms) => time_ms - T)).toEqual([0, 2000, 6000, 10_000, 11_000]);
  expect(curves).toEqual([[1, 2, null, 3, 4]]);
});

test('a figure that pauses while others go on breaks its own curve alone', () => {
  const table = new Table();
  for (let at = 0; at <= 8000; at += 1000) {
    table.add(
      T + at,
      at < 2000 || at > 6000
        ? [
            ['x', at],
            ['y', 1],
          ]
        : [['y', 1]],
    );
  }
  const { curves } = sliceOf(table, ['x', 'y'], T, T + 8000, GAP_MS);
  expect(curves[0]).toEqual([0, 1000, null, null, null, null, null, 7000, 8000]);
  expect(curves[1]).not.toContain(null);
});

test('a figure that is told every other time is one curve', () => {
  const table = new Table();
  for (let at = 0; at <= 4000; at += 1000) table.add(T + at, at % 2000 === 0 ? [['x', at]] : [['y', 1]]);
  expect(sliceOf(table, ['x'], T, T + 4000, GAP_MS).curves).toEqual([[0, undefined, 2000, undefined, 4000]]);
});

test('values with nothing on either side are told, for a line cannot show them', () => {
  const table = tableOf('x', [
    [0, 1],
    [10_000, 2],
    [20_000, 3],
    [21_000, 4],
  ]);
  const { times_ms, alone } = sliceOf(table, ['x'], T, T + 21_000, GAP_MS);
  expect(alone[0]?.map((place) => (times_ms[place] ?? 0) - T)).toEqual([0, 10_000]);
});

test('a stretch goes a sample beyond its edges, and its least and most are of what is within', () => {
  const table = tableOf('x', [
    [0, 100],
    [1000, 5],
    [2000, 7],
    [3000, 200],
  ]);
  const { times_ms, least, most } = sliceOf(table, ['x'], T + 900, T + 2100, GAP_MS);
  expect(times_ms).toHaveLength(4);
  expect([least, most]).toEqual([5, 7]);
});

test('a scale ends at a round number', () => {
  expect([0, -4, 0.5, 1, 1.2, 97, 100, 4_300, 12_000_000].map(roundUp)).toEqual([
    0, 0, 0.5, 1, 1.5, 100, 100, 5_000, 15_000_000,
  ]);
});

test('a band lasts until another is told, and not through a gap', () => {
  const table = tableOf('cpu_result', [
    [0, 1],
    [1000, 3],
    [2000, 3],
    [3000, 1],
    [9000, 3],
  ]);
  expect(
    bandsOf(table, 'cpu_result', T, T + 9000, GAP_MS).map(({ rank, from_ms, to_ms }) => [rank, from_ms - T, to_ms - T]),
  ).toEqual([
    [1, 0, 1000],
    [3, 1000, 3000],
    [1, 3000, 3000],
    [3, 9000, 9000],
  ]);
});
