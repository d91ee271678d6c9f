// Roll-ups: what many samples come to. A cell is some time of one machine, and tells of each figure its smallest and its
// largest value, the sum, the last one, and how many there were. Cells are made of samples, or of smaller cells, always from
// all that there is in the order of its time: so they say the same however late and in whatever order it came.

import {
  COUNT,
  type Columns,
  columnOf,
  figureOf,
  LAST,
  LAST_AT,
  LAST_TIME,
  MAX,
  MIN,
  SUM,
  statOf,
  TIME,
} from './block.ts';
import { sumOf } from './decimals.ts';

/** Rows in columns, in the order of their time. */
export interface Table {
  readonly rows: number;
  readonly columns: Columns;
}

export const NO_ROWS: Table = { rows: 0, columns: new Map([[TIME, new Float64Array(0)]]) };

/** Some rows of a table that belong together. */
interface Group {
  readonly start_ms: number;
  readonly from: number;
  readonly to: number;
}

/** Makes cells of samples. */
export function rollSamples(samples: Table, width_ms: number): Table {
  const groups = groupsOf(samples, width_ms);
  const columns = frameOf(samples, groups, TIME);
  const times = samples.columns.get(TIME) as Float64Array;
  for (const [number, values] of samples.columns) {
    const figure = figureOf(number);
    if (figure === 0) continue;
    const cells = emptyCells(groups.length);
    // Some values may be absent: those that are there, without gaps.
    const present = new Float64Array(values.length);
    for (const [cell, { from, to }] of groups.entries()) {
      let count = 0;
      let min = Number.POSITIVE_INFINITY;
      let max = Number.NEGATIVE_INFINITY;
      let last_row = from;
      for (let row = from; row < to; row++) {
        const value = values[row] as number;
        if (Number.isNaN(value)) continue;
        present[count++] = value;
        last_row = row;
        if (value < min) min = value;
        if (value > max) max = value;
      }
      if (count === 0) continue;
      cells.min[cell] = min;
      cells.max[cell] = max;
      cells.last[cell] = present[count - 1] as number;
      cells.sum[cell] = sumOf(present, 0, count);
      cells.count[cell] = count;
      if (last_row < to - 1) cells.last_at[cell] = times[last_row] as number;
    }
    putCells(columns, figure, cells);
  }
  return { rows: groups.length, columns };
}

/** Makes larger cells of cells. */
export function rollCells(table: Table, width_ms: number): Table {
  const groups = groupsOf(table, width_ms);
  const columns = frameOf(table, groups, LAST_TIME);
  const times = table.columns.get(LAST_TIME) as Float64Array;
  for (const number of table.columns.keys()) {
    const figure = figureOf(number);
    if (figure === 0 || statOf(number) !== COUNT) continue;
    putCells(columns, figure, rollFigure(cellsOf(table, figure), groups, times));
  }
  return { rows: groups.length, columns };
}

function rollFigure(of: Cells, groups: readonly Group[], times: Float64Array): Cells {
  const cells = emptyCells(groups.length);
  const sums = new Float64Array(of.count.length);
  for (const [cell, { from, to }] of groups.entries()) {
    let parts = 0;
    let count = 0;
    let min = Number.POSITIVE_INFINITY;
    let max = Number.NEGATIVE_INFINITY;
    let last = Number.NaN;
    let last_at = Number.NEGATIVE_INFINITY;
    for (let row = from; row < to; row++) {
      const some = of.count[row] as number;
      // A figure that one of two tables has not.
      if (!(some > 0)) continue;
      count += some;
      sums[parts++] = of.sum[row] as number;
      min = Math.min(min, of.min[row] as number);
      max = Math.max(max, of.max[row] as number);
      const own_at = of.last_at[row] as number;
      const at = Number.isNaN(own_at) ? (times[row] as number) : own_at;
      if (at < last_at) continue;
      last_at = at;
      last = of.last[row] as number;
    }
    if (count === 0) continue;
    cells.min[cell] = min;
    cells.max[cell] = max;
    cells.last[cell] = last;
    cells.sum[cell] = sumOf(sums, 0, parts);
    cells.count[cell] = count;
    if (last_at < (times[to - 1] as number)) cells.last_at[cell] = last_at;
  }
  return cells;
}

/**
 * Puts cells of the same width together, where each holds other samples. Whose last sample is the later one, has the last
 * values.
 */
export function mergeCells(one: Table, other: Table, width_ms: number): Table {
  return rollCells(joinTables([one, other], LAST_TIME), width_ms);
}

/** All rows of some tables in the order of one column, that of equal rank as the tables are given. */
export function joinTables(tables: readonly Table[], by: number = TIME): Table {
  const some = tables.filter(({ rows }) => rows > 0);
  const [first] = some;
  if (first === undefined) return NO_ROWS;
  const numbers = new Set(some.flatMap(({ columns }) => [...columns.keys()]));
  const rows = some.reduce((sum, table) => sum + table.rows, 0);
  if (some.length === 1 && isRising(first, by)) return first;
  const joined: Columns = new Map();
  for (const number of numbers) {
    const values = new Float64Array(rows);
    let at = 0;
    for (const table of some) {
      const column = table.columns.get(number);
      if (column === undefined) values.fill(Number.NaN, at, at + table.rows);
      else values.set(column.subarray(0, table.rows), at);
      at += table.rows;
    }
    joined.set(number, values);
  }
  const table = { rows, columns: joined };
  return isRising(table, by) ? table : sorted(table, by);
}

/** The figures of two tables that have none in common, at the times of either. */
export function besides(one: Table, other: Table): Table {
  if (one.rows === 0) return other;
  if (other.rows === 0) return one;
  const [ones, others] = [one, other].map(({ columns }) => columns.get(TIME) as Float64Array) as [
    Float64Array,
    Float64Array,
  ];
  const times: number[] = [];
  /** The row of each of both at a time; -1 where it has none. */
  const rows: [number, number][] = [];
  for (let a = 0, b = 0; a < one.rows || b < other.rows; ) {
    const [at_a, at_b] = [
      a < one.rows ? (ones[a] as number) : Infinity,
      b < other.rows ? (others[b] as number) : Infinity,
    ];
    times.push(Math.min(at_a, at_b));
    rows.push([at_a <= at_b ? a++ : -1, at_b <= at_a ? b++ : -1]);
  }
  const columns: Columns = new Map([[TIME, Float64Array.from(times)]]);
  for (const [which, table] of [one, other].entries()) {
    for (const [number, values] of table.columns) {
      if (columns.has(number)) continue;
      columns.set(
        number,
        Float64Array.from(rows, (row) => values[row[which] as number] ?? Number.NaN),
      );
    }
  }
  return { rows: times.length, columns };
}

/** The same samples, each once: of those that tell the same of the same time, the first. In the order of their time. */
export function withoutRepeats(table: Table): Table {
  const times = table.columns.get(TIME) as Float64Array;
  const keep: number[] = [];
  for (let row = 0; row < table.rows; row++) {
    let is_new = true;
    for (let i = keep.length - 1; i >= 0 && times[keep[i] as number] === times[row]; i--) {
      if (areEqual(table, keep[i] as number, row)) is_new = false;
    }
    if (is_new) keep.push(row);
  }
  return keep.length === table.rows ? table : picked(table, keep);
}

/** The rows of a table whose time is from one until before another. */
export function between(table: Table, from_ms: number, to_ms: number): Table {
  const times = table.columns.get(TIME) as Float64Array;
  let from = 0;
  while (from < table.rows && (times[from] as number) < from_ms) from++;
  let to = table.rows;
  while (to > from && (times[to - 1] as number) >= to_ms) to--;
  if (from === 0 && to === table.rows) return table;
  const columns: Columns = new Map();
  for (const [number, values] of table.columns) columns.set(number, values.subarray(from, to));
  return { rows: to - from, columns };
}

function areEqual({ columns }: Table, one: number, other: number): boolean {
  for (const values of columns.values()) if (!Object.is(values[one], values[other])) return false;
  return true;
}

function isRising({ rows, columns }: Table, by: number): boolean {
  const times = columns.get(by) as Float64Array;
  for (let row = 1; row < rows; row++) if ((times[row] as number) < (times[row - 1] as number)) return false;
  return true;
}

function sorted(table: Table, by: number): Table {
  const times = table.columns.get(by) as Float64Array;
  const order = Array.from({ length: table.rows }, (_, row) => row);
  order.sort((a, b) => (times[a] as number) - (times[b] as number));
  return picked(table, order);
}

/** Some rows of a table, in the order that is given. */
export function picked(table: Table, rows: readonly number[]): Table {
  const columns: Columns = new Map();
  for (const [number, values] of table.columns) {
    const some = new Float64Array(rows.length);
    for (let i = 0; i < rows.length; i++) some[i] = values[rows[i] as number] as number;
    columns.set(number, some);
  }
  return { rows: rows.length, columns };
}

/** Rows of the same span of time. They follow one another, whatever the order inside. */
function groupsOf({ rows, columns }: Table, width_ms: number): Group[] {
  const times = columns.get(TIME) as Float64Array;
  const groups: Group[] = [];
  let from = 0;
  while (from < rows) {
    const start_ms = Math.floor((times[from] as number) / width_ms) * width_ms;
    let to = from + 1;
    while (to < rows && Math.floor((times[to] as number) / width_ms) * width_ms === start_ms) to++;
    groups.push({ start_ms, from, to });
    from = to;
  }
  return groups;
}

/** When each cell begins, and when its last sample was taken. */
function frameOf({ columns }: Table, groups: readonly Group[], last_time: number): Columns {
  const times = columns.get(last_time) as Float64Array;
  const starts = new Float64Array(groups.length);
  const lasts = new Float64Array(groups.length);
  for (const [cell, { start_ms, to }] of groups.entries()) {
    starts[cell] = start_ms;
    lasts[cell] = times[to - 1] as number;
  }
  return new Map([
    [TIME, starts],
    [LAST_TIME, lasts],
  ]);
}

/** The cells of one figure. */
interface Cells {
  readonly min: Float64Array;
  readonly max: Float64Array;
  readonly sum: Float64Array;
  readonly last: Float64Array;
  readonly count: Float64Array;
  /** {@link LAST_AT} */
  readonly last_at: Float64Array;
}

function emptyCells(rows: number): Cells {
  const none = () => new Float64Array(rows).fill(Number.NaN);
  return { min: none(), max: none(), sum: none(), last: none(), count: new Float64Array(rows), last_at: none() };
}

function cellsOf({ rows, columns }: Table, figure: number): Cells {
  const column = (stat: number) => columns.get(columnOf(figure, stat)) ?? new Float64Array(rows).fill(Number.NaN);
  return {
    min: column(MIN),
    max: column(MAX),
    sum: column(SUM),
    last: column(LAST),
    count: column(COUNT),
    last_at: column(LAST_AT),
  };
}

function putCells(columns: Columns, figure: number, { min, max, sum, last, count, last_at }: Cells): void {
  columns.set(columnOf(figure, LAST), last);
  columns.set(columnOf(figure, MIN), min);
  columns.set(columnOf(figure, MAX), max);
  columns.set(columnOf(figure, SUM), sum);
  columns.set(columnOf(figure, COUNT), count);
  if (!last_at.every(Number.isNaN)) columns.set(columnOf(figure, LAST_AT), last_at);
}
