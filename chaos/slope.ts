// How fast something grows, and how sure that is.

export interface Sample {
  readonly at_s: number;
  readonly megabytes: number;
}

export interface Slope {
  /** Of the straight line through the medians of the batches, by least squares. */
  readonly megabytes_per_hour: number;
  /** Its standard error; infinite with fewer than three batches. */
  readonly error: number;
  readonly min: number;
  readonly max: number;
}

/** @param batch samples that are folded into one: what a garbage collector does between two collections is no growth */
export function slopeOf(samples: readonly Sample[], batch: number): Slope {
  const points: { x: number; y: number }[] = [];
  for (let from = 0; from + batch <= samples.length; from += batch) {
    const folded = samples.slice(from, from + batch);
    points.push({
      x: median(folded.map(({ at_s }) => at_s)) / 3_600,
      y: median(folded.map(({ megabytes }) => megabytes)),
    });
  }
  const n = points.length;
  const mean_x = points.reduce((sum, { x }) => sum + x, 0) / n;
  const mean_y = points.reduce((sum, { y }) => sum + y, 0) / n;
  const spread = points.reduce((sum, { x }) => sum + (x - mean_x) ** 2, 0);
  const slope = points.reduce((sum, { x, y }) => sum + (x - mean_x) * (y - mean_y), 0) / spread;
  const residue = points.reduce((sum, { x, y }) => sum + (y - mean_y - slope * (x - mean_x)) ** 2, 0);
  const all = samples.map(({ megabytes }) => megabytes);
  return {
    megabytes_per_hour: slope,
    error: n < 3 ? Number.POSITIVE_INFINITY : Math.sqrt(residue / (n - 2) / spread),
    min: Math.min(...all),
    max: Math.max(...all),
  };
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  const upper = sorted[middle] ?? Number.NaN;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? Number.NaN) + upper) / 2;
}
