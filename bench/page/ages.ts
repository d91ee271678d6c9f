// From ages as they were counted to the figures of the table.

import type { Ages } from './probe.ts';

export interface AgeFigures {
  readonly p50_ms: number;
  readonly p99_ms: number;
  readonly max_ms: number;
  /** Samples that were due in the time. */
  readonly samples: number;
  /** Of those, how many were never drawn. A newer one of the same machine may have been drawn instead. */
  readonly lost: number;
  readonly pictures: number;
}

/**
 * A sample that was never drawn counts as endless.
 *
 * @param due samples that were due in the time
 */
export function figuresOf({ counts, pictures }: Ages, due: number): AgeFigures {
  const drawn = counts.reduce((sum, count) => sum + count, 0);
  // Where the time begins and ends is a matter of a millisecond: one or two samples more or less.
  const samples = Math.max(due, drawn);
  const at = (share: number) => {
    let left = Math.ceil(samples * share);
    const age_ms = counts.findIndex((count) => {
      left -= count;
      return left <= 0;
    });
    return age_ms === -1 ? Number.POSITIVE_INFINITY : age_ms;
  };
  return {
    p50_ms: at(0.5),
    p99_ms: at(0.99),
    max_ms: counts.findLastIndex((count) => count > 0),
    samples,
    lost: samples - drawn,
    pictures,
  };
}
