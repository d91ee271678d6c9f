// What a chart draws: a stretch of the table as columns that break where nothing was known.

import type { Table } from './table.ts';

/** Columns for uPlot: null breaks a curve, undefined does not. */
export interface Slice {
  readonly times_ms: number[];
  readonly curves: (number | null | undefined)[][];
  /** For each curve the places of values with nothing on either side: a line cannot show them. */
  readonly alone: number[][];
  readonly least: number;
  readonly most: number;
}

/**
 * Cuts a stretch of time out of a table, and one row more on either side, so that curves go to the edge.
 *
 * @param gap_ms a longer time without a value breaks a curve
 */
export function sliceOf(table: Table, paths: readonly string[], from_ms: number, to_ms: number, gap_ms: number): Slice {
  const from = Math.max(table.start, table.rowFrom(from_ms) - 1);
  const to = Math.min(table.end, table.rowFrom(to_ms) + 1);
  const times_ms: number[] = [];
  /** Which row stands at each place; -1 for a break. */
  const rows: number[] = [];
  for (let row = from; row < to; row++) {
    const time_ms = table.times_ms[row] as number;
    const before_ms = times_ms.at(-1);
    if (before_ms !== undefined && time_ms - before_ms > gap_ms) {
      times_ms.push((before_ms + time_ms) / 2);
      rows.push(-1);
    }
    times_ms.push(time_ms);
    rows.push(row);
  }
  let least = Number.POSITIVE_INFINITY;
  let most = Number.NEGATIVE_INFINITY;
  const alone: number[][] = [];
  const curves = paths.map((path) => {
    const values = table.columns.get(path)?.values;
    const curve: (number | null | undefined)[] = new Array(times_ms.length).fill(undefined);
    const alone_here: number[] = [];
    alone.push(alone_here);
    if (values === undefined) return curve;
    let last_ms = Number.NEGATIVE_INFINITY;
    let last_place = -1;
    let begins = true;
    for (let place = 0; place < rows.length; place++) {
      const row = rows[place] as number;
      const time_ms = times_ms[place] as number;
      const value = row === -1 ? Number.NaN : (values[row] as number);
      if (Number.isNaN(value)) continue;
      if (time_ms >= from_ms && time_ms <= to_ms) {
        least = Math.min(least, value);
        most = Math.max(most, value);
      }
      const breaks = time_ms - last_ms > gap_ms;
      if (breaks) {
        if (last_place !== -1) {
          if (begins) alone_here.push(last_place);
          curve.fill(null, last_place + 1, place);
        }
        begins = true;
      } else {
        begins = false;
      }
      curve[place] = value;
      last_ms = time_ms;
      last_place = place;
    }
    if (begins && last_place !== -1) alone_here.push(last_place);
    return curve;
  });
  return { times_ms, curves, alone, least, most };
}

/** How far one figure's cells reached, as far as they follow each other: a run ends where nothing was known. */
export interface Reach {
  readonly times_ms: readonly number[];
  readonly least: readonly number[];
  readonly most: readonly number[];
}

/** How far a figure's cells reached in a stretch of time, and one cell more on either side. */
export function reachOf(
  { least, most }: { readonly least: Table; readonly most: Table },
  path: string,
  from_ms: number,
  to_ms: number,
  gap_ms: number,
): Reach[] {
  const lows = least.columns.get(path)?.values;
  const highs = most.columns.get(path)?.values;
  if (lows === undefined || highs === undefined) return [];
  const runs: { times_ms: number[]; least: number[]; most: number[] }[] = [];
  let last_ms = Number.NEGATIVE_INFINITY;
  const end = Math.min(least.end, least.rowFrom(to_ms) + 1);
  for (let row = Math.max(least.start, least.rowFrom(from_ms) - 1); row < end; row++) {
    const time_ms = least.times_ms[row] as number;
    const [low, high] = [lows[row] as number, highs[most.rowFrom(time_ms)] as number];
    if (Number.isNaN(low) || Number.isNaN(high)) continue;
    if (time_ms - last_ms > gap_ms) runs.push({ times_ms: [], least: [], most: [] });
    last_ms = time_ms;
    const run = runs.at(-1);
    run?.times_ms.push(time_ms);
    run?.least.push(low);
    run?.most.push(high);
  }
  return runs;
}

const STEPS = [1, 1.5, 2, 3, 4, 5, 6, 8, 10];

/** The next round number that is not below: a scale that ends there stays as it is while values change a little. */
export function roundUp(value: number): number {
  if (value <= 0) return 0;
  const magnitude = 10 ** Math.floor(Math.log10(value));
  const step = STEPS.find((candidate) => candidate * magnitude >= value * (1 - 1e-9)) ?? 10;
  return step * magnitude;
}

/** A stretch of time in which a resource was in one band. */
export interface Run {
  readonly rank: number;
  readonly from_ms: number;
  readonly to_ms: number;
}

/** When a resource was how bad, oldest first, from its `_result` column: a band lasts until another is told, or until a gap. */
export function bandsOf(table: Table, path: string, from_ms: number, to_ms: number, gap_ms: number): Run[] {
  const values = table.columns.get(path)?.values;
  const runs: { rank: number; from_ms: number; to_ms: number }[] = [];
  if (values === undefined) return runs;
  const end = Math.min(table.end, table.rowFrom(to_ms) + 1);
  for (let row = Math.max(table.start, table.rowFrom(from_ms) - 1); row < end; row++) {
    const rank = values[row] as number;
    if (Number.isNaN(rank)) continue;
    const time_ms = table.times_ms[row] as number;
    const last = runs.at(-1);
    const joins = last !== undefined && time_ms - last.to_ms <= gap_ms;
    if (joins) last.to_ms = time_ms;
    if (!joins || last.rank !== rank) runs.push({ rank, from_ms: time_ms, to_ms: time_ms });
  }
  return runs;
}
