// What has to be read back of what was sent: made of the samples themselves, the plain way.

import { FLOATING, numberOf, type Path, type Sent, type Value, valuesOf } from './signal.ts';

/** What a cell promises of one figure. Its mean is the sum divided by the count. */
export interface Cell {
  readonly start_ms: number;
  readonly min: number;
  readonly max: number;
  readonly sum: number;
  readonly last: number;
  readonly count: number;
}

/** A figure of some samples of one machine, in the order of their time. */
export function curveOf(
  seed: number,
  samples: readonly Sent[],
  path: Path,
): { readonly time_ms: number; readonly value: Value }[] {
  return samples.flatMap(({ machine, serial, time_ms }) => {
    const value = valuesOf(seed, machine, serial)[path];
    return value === undefined ? [] : [{ time_ms, value }];
  });
}

/** The cells of a curve, each in its order. */
export function cellsOf(curve: ReturnType<typeof curveOf>, width_ms: number): Cell[] {
  const cells: Cell[] = [];
  for (let from = 0; from < curve.length; ) {
    const start_ms = startOf(curve[from]?.time_ms ?? 0, width_ms);
    let to = from;
    while (to < curve.length && startOf(curve[to]?.time_ms ?? 0, width_ms) === start_ms) to++;
    const values = curve.slice(from, to).map(({ value }) => value);
    const numbers = values.map(numberOf);
    const digits = values[0]?.digits ?? 0;
    // Whole numbers add up exactly, in whatever order.
    const sum = values.reduce((total, { whole }) => total + whole, 0) / 10 ** digits;
    cells.push({
      start_ms,
      min: Math.min(...numbers),
      max: Math.max(...numbers),
      sum,
      last: numbers.at(-1) ?? Number.NaN,
      count: numbers.length,
    });
    from = to;
  }
  return cells;

  function startOf(time_ms: number, width: number): number {
    return Math.floor(time_ms / width) * width;
  }
}

/** Whether two sums, or two means, are the same: to the last bit, where that is promised. */
export function isSameSum(path: Path, one: number, other: number): boolean {
  return Object.is(one, other) || (path === FLOATING && Math.abs(one - other) <= 1e-12 * Math.abs(other));
}
