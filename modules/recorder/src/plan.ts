// What the past will take on disk, by what was measured: see bench/README.md.

import { LEVELS, levelAt, SAMPLE_LEVEL } from './levels.ts';

/** Bytes of one figure in a sample, and in a cell of each level, its share of all that stands around it included. */
const BYTES_OF_VALUE = [1.5, 5, 5.5, 5.5, 5.5] as const;

/** What SQLite's pages leave unused, and what waits beside the file. */
const PAGES_FACTOR = 1.15;
const BESIDE_BYTES = 20 * 1_048_576;

/** The figures of an analysis are few; they are kept beside those of the measure. */
const FIGURES_OF_ANALYSIS = 10;

export interface PlanOptions {
  readonly machines: number;
  /** Figures of a machine's measure. */
  readonly figures: number;
  /** Between two samples of a machine. */
  readonly interval_ms: number;
  /** How long each level is kept, milliseconds. */
  readonly keep_ms: readonly number[];
}

export interface LevelPlan {
  /** The width of its cells; 0 for samples as they came. */
  readonly width_ms: number;
  readonly keep_ms: number;
  readonly bytes: number;
}

/** What each level will take when it is as full as it gets, and all together. */
export function planOf({ machines, figures, interval_ms, keep_ms }: PlanOptions): {
  readonly levels: readonly LevelPlan[];
  readonly bytes: number;
} {
  const levels = LEVELS.map(({ width_ms }, level) => {
    const keeps_ms = keep_ms[level] ?? levelAt(level).keep_ms;
    // Where samples are rarer than cells, each has a cell of its own.
    const apart_ms = level === SAMPLE_LEVEL ? interval_ms : Math.max(width_ms, interval_ms);
    const values = (keeps_ms / apart_ms) * machines * (figures + FIGURES_OF_ANALYSIS);
    return {
      width_ms,
      keep_ms: keeps_ms,
      bytes: Math.round(values * (BYTES_OF_VALUE[level] as number) * PAGES_FACTOR),
    };
  });
  return { levels, bytes: levels.reduce((sum, { bytes }) => sum + bytes, BESIDE_BYTES) };
}
