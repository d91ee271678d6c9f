// The rules of the Numenta Anomaly Benchmark, standard profile: Lavin and Ahmad, "Evaluating Real-time Anomaly Detection
// Algorithms" (2015).

import type { Series } from './corpus.ts';

/** What a detection outside every window costs, at most. A window found at its first row earns 1, one missed costs 1. */
const FALSE_ALARM = 0.11;

/** One detector on one series: a score from 0 to 1 for each row. */
export interface Scored {
  readonly series: Series;
  readonly scores: ArrayLike<number>;
}

export interface Result {
  /** From minus something to 100: 0 is who detects nothing, 100 who detects each window at its first row and nothing else. */
  readonly score: number;
  /** A row is a detection when its anomaly score is at least this. */
  readonly threshold: number;
}

/** What is gained and lost at a threshold, over some series. */
export interface Tally {
  readonly windows: number;
  readonly found: number;
  readonly false_alarms: number;
  /** Points before they are put between the null and the perfect detector. */
  readonly points: number;
  readonly score: number;
}

/** The score at the best threshold there is for all series together. */
export function bestResult(all: readonly Scored[]): Result {
  const rows = all.flatMap(({ series, scores }) => rowsOf(series, scores));
  rows.sort((one, other) => other.score - one.score);
  const windows = countWindows(all);
  let points = -windows;
  let best = { points, threshold: Number.POSITIVE_INFINITY };
  const earned = new Map<object, number>();
  for (const [at, { score, window, worth }] of rows.entries()) {
    if (window === undefined) {
      points += worth;
    } else {
      const before = earned.get(window) ?? -1;
      if (worth > before) {
        points += worth - before;
        earned.set(window, worth);
      }
    }
    // Rows of one score are detected together.
    if (score !== rows[at + 1]?.score && points > best.points) best = { points, threshold: score };
  }
  return { score: normal(best.points, windows), threshold: best.threshold };
}

/** What a threshold brings on some series. */
export function tally(all: readonly Scored[], threshold: number): Tally {
  const windows = countWindows(all);
  let false_alarms = 0;
  let points = 0;
  const earned = new Map<object, number>();
  for (const { series, scores } of all) {
    for (const { score, window, worth } of rowsOf(series, scores)) {
      if (score < threshold) continue;
      if (window === undefined) {
        false_alarms++;
        points += worth;
      } else {
        earned.set(window, Math.max(worth, earned.get(window) ?? -1));
      }
    }
  }
  for (const worth of earned.values()) points += worth;
  points -= windows - earned.size;
  return { windows, found: earned.size, false_alarms, points, score: normal(points, windows) };
}

interface Row {
  readonly score: number;
  /** The window it stands in. */
  readonly window: object | undefined;
  /** What a detection here earns, or costs. */
  readonly worth: number;
}

/** The rows that count. */
export function rowsOf({ windows, probation_rows }: Series, scores: ArrayLike<number>): Row[] {
  const rows: Row[] = [];
  let next = 0;
  for (let at = 0; at < scores.length; at++) {
    while (at > (windows[next]?.last ?? Number.POSITIVE_INFINITY)) next++;
    if (at < probation_rows) continue;
    const score = scores[at] ?? 0;
    const window = windows[next];
    if (window !== undefined && at >= window.first) {
      const width = window.last - window.first + 1;
      rows.push({ score, window, worth: sigmoid(-(window.last - at + 1) / width) / sigmoid(-1) });
      continue;
    }
    const past = windows[next - 1];
    const worth = past === undefined ? -1 : sigmoid((at - past.last) / (past.last - past.first));
    rows.push({ score, window: undefined, worth: FALSE_ALARM * worth });
  }
  return rows;
}

function sigmoid(y: number): number {
  return y > 3 ? -1 : 2 / (1 + Math.exp(5 * y)) - 1;
}

function countWindows(all: readonly Scored[]): number {
  return all.reduce((count, { series }) => count + series.windows.length, 0);
}

/** Between the null detector, which loses every window, and the perfect one. */
function normal(points: number, windows: number): number {
  return windows === 0 ? 0 : (100 * (points + windows)) / (2 * windows);
}
