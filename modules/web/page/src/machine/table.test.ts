import { describe, expect, test } from 'vitest';
import { PAST_MS } from '../../../wire/frames.ts';
import { COLUMNS_MAX, ROWS_MAX, Table } from './table.ts';

const T = 1_795_000_000_000;

/** What a column holds, NaN as null. */
const held = (table: Table, path: string) =>
  [...(table.columns.get(path)?.values ?? []).slice(table.start, table.end)].map((value) =>
    Number.isNaN(value) ? null : value,
  );
const times = (table: Table) => [...table.times_ms.slice(table.start, table.end)].map((time_ms) => time_ms - T);

describe('a table', () => {
  test('keeps figures by time, and what a sample does not have is missing there alone', () => {
    const table = new Table();
    table.add(T, [['cpu_percentage', 1]]);
    table.add(T + 1000, [
      ['cpu_percentage', 2],
      ['gpu/temperature_celsius', 41],
    ]);
    expect(times(table)).toEqual([0, 1000]);
    expect(held(table, 'cpu_percentage')).toEqual([1, 2]);
    expect(held(table, 'gpu/temperature_celsius')).toEqual([null, 41]);
    expect(table.columns.get('gpu/temperature_celsius')?.since_ms).toBe(T + 1000);
  });

  test('a sample that is told twice is one row, and what is told later adds to it', () => {
    const table = new Table();
    table.add(T, [['cpu_percentage', 7]]);
    table.add(T, [['cpu_result', 2]]);
    expect(times(table)).toEqual([0]);
    expect(held(table, 'cpu_result')).toEqual([2]);
  });

  test('what the server remembers comes before and between what came live, and does not overwrite it', () => {
    const table = new Table();
    table.add(T + 2000, [['cpu_percentage', 3]]);
    table.merge(
      Float64Array.of(T, T + 1000, T + 2000),
      ['cpu_percentage', 'cpu/user_percentage'],
      [Float32Array.of(1, 2, 99), Float32Array.of(Number.NaN, 20, 30)],
    );
    table.add(T + 3000, [['cpu_percentage', 4]]);
    expect(times(table)).toEqual([0, 1000, 2000, 3000]);
    expect(held(table, 'cpu_percentage')).toEqual([1, 2, 3, 4]);
    expect(held(table, 'cpu/user_percentage')).toEqual([null, 20, 30, null]);
  });

  test('a sample that was overtaken is put where it belongs', () => {
    const table = new Table();
    for (const at of [0, 2000, 1000]) table.add(T + at, [['cpu_percentage', at]]);
    expect(times(table)).toEqual([0, 1000, 2000]);
    expect(held(table, 'cpu_percentage')).toEqual([0, 1000, 2000]);
  });

  test('forgets what is older than the past that is kept, and figures that nobody has told of since', () => {
    const table = new Table();
    table.add(T, [['disks/devices/sdb/busy_percentage', 1]]);
    table.add(T + 1000, [['cpu_percentage', 1]]);
    table.add(T + 1000 + PAST_MS, [['cpu_percentage', 2]]);
    const shape = table.shape;
    table.forgetOld();
    expect(times(table)).toEqual([1000, 1000 + PAST_MS]);
    expect([...table.columns.keys()]).toEqual(['cpu_percentage']);
    expect(table.shape).not.toBe(shape);
    expect(table.dropped_rows).toBe(0);
  });

  test('holds no more rows than it may, and counts those that had to go', () => {
    const table = new Table();
    for (let i = 0; i < ROWS_MAX + 5; i++) table.add(T + i * 50, [['cpu_percentage', i % 100]]);
    expect(table.rows).toBe(ROWS_MAX);
    expect(table.dropped_rows).toBe(5);
    expect(held(table, 'cpu_percentage').at(-1)).toBe((ROWS_MAX + 4) % 100);
    expect(table.times_ms.length).toBeLessThanOrEqual(2 * ROWS_MAX);
  });

  test('holds no more figures than it may, and counts those that are left out', () => {
    const table = new Table();
    const many = Array.from({ length: COLUMNS_MAX + 3 }, (_, i): [string, number] => [`a/f${i}`, i]);
    table.add(T, many);
    table.add(T + 1000, many);
    expect(table.columns.size).toBe(COLUMNS_MAX);
    expect(table.left_out).toBe(3);
  });

  test('after the clock was set back goes on from there', () => {
    const table = new Table();
    table.add(T, [['cpu_percentage', 1]]);
    table.add(T + 600_000, [['cpu_percentage', 2]]);
    table.add(T + 1000, [['cpu_percentage', 3]]);
    expect(times(table)).toEqual([0, 1000]);
    expect(held(table, 'cpu_percentage')).toEqual([1, 3]);
  });

  test('knows what has moved, and how far', () => {
    const table = new Table();
    for (const at of [0, 1000]) {
      table.add(T + at, [
        ['a/still', 0.1],
        ['a/moves', at],
      ]);
    }
    expect(table.columns.get('a/still')?.moved).toBe(false);
    expect(table.columns.get('a/moves')).toMatchObject({ moved: true, peak: 1000 });
  });

  test('what is no number is no figure', () => {
    const table = new Table();
    table.add(T, [
      ['a/x', Number.NaN],
      ['a/y', Number.POSITIVE_INFINITY],
    ]);
    expect(table.columns.size).toBe(0);
  });

  test('finds the row nearest to a moment, and a figure that was told shortly before', () => {
    const table = new Table();
    table.add(T, [['a/slow', 5]]);
    for (const at of [1000, 2000]) table.add(T + at, [['a/fast', at]]);
    const row = table.rowNear(T + 1400);
    expect(row).toBe(1);
    expect(table.valueAt('a/slow', row ?? -1, 1500)).toBe(5);
    expect(table.valueAt('a/slow', row ?? -1, 500)).toBeNaN();
    expect(table.rowNear(T + 9000)).toBe(2);
    expect(new Table().rowNear(T)).toBeUndefined();
  });
});
