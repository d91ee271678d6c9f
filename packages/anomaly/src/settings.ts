// What the detector can be told. Nobody needs to: the defaults are the one setting for all series.

/** The figures the detector judges by. Rows are values of the series, however far apart in time. */
export interface Settings {
  /** Memory of the level that a jump is measured from. */
  readonly jump_rows: number;
  /** How fast the forecast learns from its errors; of 1. */
  readonly forecast_rate: number;
  /** Memory of the level now, and of the level before it that it is compared with; on values pressed together. */
  readonly level_rows: number;
  readonly level_before_rows: number;
  /** How far from the middle a value counts half of what it could, in usual distances from the middle. */
  readonly press_distances: number;
  /** How fast the middle and the usual distance from it follow, in usual distances a row. */
  readonly press_rate: number;
  /** The same two memories for slow shifts, on values as they are. */
  readonly drift_rows: number;
  readonly drift_before_rows: number;
  /** The same two memories of how much the series moves from row to row. */
  readonly motion_rows: number;
  readonly motion_before_rows: number;
  /** Two memories of what the season does not explain: quick, and slow. */
  readonly season_rows: number;
  readonly season_slow_rows: number;
  /** How much of a profile the newest day, or week, is; of 1. */
  readonly season_rate: number;
  /** How slowly the range that was seen shrinks again. */
  readonly range_rows: number;
  /** Nats for a value outside the range, as a multiple of the logarithm of how far. */
  readonly range_nats: number;
  /** How many values the tables remember. */
  readonly memory_rows: number;
  /** Bins of a table to a doubling. */
  readonly bins_per_doubling: number;
  /** How much a figure on the other side of zero counts to what is usual, of 1; for all looks but the two at single values. */
  readonly other_side: number;
  /** After so many rows half of a surprise is forgotten; until then only a larger one is told. */
  readonly quiet_rows: number;
  /** How much it counts that nothing like it was seen for long; nats for each e-fold of rows. */
  readonly rarity_nats: number;
  /** What is told: so many nats are a score of one half. */
  readonly told_nats: number;
  /** Rows in which it is not told again, unless it grows. */
  readonly rest_rows: number;
}

/** Round figures from the middle of where the score hardly changes; see docs/anomaly.md. */
export const DEFAULTS: Settings = {
  jump_rows: 3,
  forecast_rate: 0.002,
  level_rows: 20,
  level_before_rows: 300,
  press_distances: 4,
  press_rate: 0.02,
  drift_rows: 30,
  drift_before_rows: 3_000,
  motion_rows: 8,
  motion_before_rows: 3_000,
  season_rows: 8,
  season_slow_rows: 30,
  season_rate: 0.1,
  range_rows: 10_000,
  range_nats: 4,
  memory_rows: 10_000,
  bins_per_doubling: 2,
  other_side: 0.25,
  quiet_rows: 200,
  rarity_nats: 0.25,
  told_nats: 8.8,
  rest_rows: 30,
};

/** What can be left out, to see what it is good for. */
export const PARTS = [
  'forecast',
  'jump',
  'level',
  'drift',
  'motion',
  'season',
  'slow season',
  'week',
  'range',
  'signs',
  'other side',
  'quiet',
  'rarity',
  'habit',
  'rest',
] as const;

/** One of the detector's parts. */
export type Part = (typeof PARTS)[number];
