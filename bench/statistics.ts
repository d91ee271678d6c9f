// The few figures that a table needs.

/** The value that `share` (0 to 1) of the values are not above; values need not be in order. NaN when there are none. */
export function percentile(values: Iterable<number>, share: number): number {
  const ordered = Float64Array.from(values).sort();
  return ordered[Math.max(0, Math.ceil(ordered.length * share) - 1)] ?? Number.NaN;
}

/** The middle one; of an even number, the mean of the middle two. NaN when there are none. */
export function median(values: readonly number[]): number {
  const ordered = Float64Array.from(values).sort();
  const middle = ordered.length / 2;
  const upper = ordered[Math.floor(middle)] ?? Number.NaN;
  return Number.isInteger(middle) ? (upper + (ordered[middle - 1] ?? Number.NaN)) / 2 : upper;
}
