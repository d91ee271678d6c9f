// Scores of any selection of series, fast: what each series gains and loses from threshold to threshold is worked out once.

import { type Result, rowsOf, type Scored } from './score.ts';

/** No threshold is looked for below this. */
const THRESHOLD_MIN = 0.01;

/** What changes at which threshold, for one series. */
export interface Steps {
  readonly windows: number;
  readonly changes: readonly Change[];
}

interface Change {
  readonly threshold: number;
  readonly points: number;
}

/** Works out the steps of one series. */
export function stepsOf({ series, scores }: Scored): Steps {
  const rows = rowsOf(series, scores).filter(({ score }) => score >= THRESHOLD_MIN);
  rows.sort((one, other) => other.score - one.score);
  const earned = new Map<object, number>();
  const changes: Change[] = [];
  for (const { score, window, worth } of rows) {
    const before = window === undefined ? 0 : (earned.get(window) ?? -1);
    if (window !== undefined) {
      if (worth <= before) continue;
      earned.set(window, worth);
    }
    changes.push({ threshold: score, points: worth - before });
  }
  return { windows: series.windows.length, changes };
}

/** The score at the best threshold for all of them together. */
export function bestOf(all: readonly Steps[]): Result {
  const changes = all.flatMap((steps) => steps.changes).sort((one, other) => other.threshold - one.threshold);
  let points = 0;
  let best = { points, threshold: Number.POSITIVE_INFINITY };
  for (const [at, change] of changes.entries()) {
    points += change.points;
    if (change.threshold !== changes[at + 1]?.threshold && points > best.points) {
      best = { points, threshold: change.threshold };
    }
  }
  return { score: share(best.points, all), threshold: best.threshold };
}

/** The score at a threshold. */
export function scoreAt(all: readonly Steps[], threshold: number): number {
  let points = 0;
  for (const { changes } of all) {
    for (const change of changes) if (change.threshold >= threshold) points += change.points;
  }
  return share(points, all);
}

/** Of what the perfect detector gains over the one that detects nothing. */
function share(points: number, all: readonly Steps[]): number {
  const windows = all.reduce((sum, steps) => sum + steps.windows, 0);
  return windows === 0 ? 0 : (50 * points) / windows;
}
