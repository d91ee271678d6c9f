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
  /** Memory of what the season does not explain. */
  readonly season_rows: number;
  /** How much of a profile the newest day, or week, is; of 1. */
  readonly season_rate: number;
  /** How slowly the range that was seen shrinks again. */
  readonly range_rows: number;
  /** Nats for a value outside the range, as a multiple of the logarithm of how far. */
  readonly range_nats: number;
  /** How much each look counts; about 1. */
  readonly forecast_weight: number;
  readonly jump_weight: number;
  readonly level_weight: number;
  readonly drift_weight: number;
  readonly motion_weight: number;
  readonly season_weight: number;
  /** How many values the tables remember. */
  readonly memory_rows: number;
  /** Bins of a table to a doubling. */
  readonly bins_per_doubling: number;
  /** After so many rows half of a surprise is forgotten; until then only a larger one is told. */
  readonly quiet_rows: number;
  /** How much it counts that nothing like it was seen for long; nats for each e-fold of rows. */
  readonly rarity_nats: number;
  /** How much of what surprises every day at this hour a surprise loses, of 1. */
  readonly habit_share: number;
  /** What is told: so many nats are a score of one half. */
  readonly told_nats: number;
  /** Rows in which it is not told again, unless it grows. */
  readonly rest_rows: number;
}

/** Found on one half of the Numenta Anomaly Benchmark's series and looked at on the other; see docs/anomaly.md. */
export const DEFAULTS: Settings = {
  jump_rows: 3,
  forecast_rate: 0.0023,
  level_rows: 13,
  level_before_rows: 260,
  press_distances: 3,
  press_rate: 0.0116,
  drift_rows: 31,
  drift_before_rows: 1_700,
  motion_rows: 12,
  motion_before_rows: 440,
  season_rows: 6,
  season_rate: 0.25,
  range_rows: 16_000,
  range_nats: 5,
  forecast_weight: 1,
  jump_weight: 1,
  level_weight: 0.885,
  drift_weight: 1,
  motion_weight: 1,
  season_weight: 1,
  memory_rows: 10_000,
  bins_per_doubling: 2,
  quiet_rows: 500,
  rarity_nats: 0.4,
  habit_share: 0.3,
  told_nats: 8.9,
  rest_rows: 20,
};

/** What can be left out, to see what it is good for. */
export const PARTS = [
  'forecast',
  'jump',
  'level',
  'drift',
  'motion',
  'season',
  'week',
  'explained',
  'range',
  'signs',
  'quiet',
  'rarity',
  'habit',
  'rest',
] as const;

/** One of the detector's parts. */
export type Part = (typeof PARTS)[number];
