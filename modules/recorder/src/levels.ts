// The levels of the past: samples as they came, and cells of four widths. Each lies in blocks of one machine and some time; a
// block of cells is made of the blocks of the next finer level in its time.

const SECOND_MS = 1_000;
const MINUTE_MS = 60 * SECOND_MS;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;

export interface Level {
  /** What it is called in settings and answers. */
  readonly name: string;
  /** The width of a cell; nought where there are samples. */
  readonly width_ms: number;
  /** The time that one block covers, a whole number of the next finer level's. */
  readonly span_ms: number;
  /** How long it is kept, if nothing else is said. */
  readonly keep_ms: number;
}

/** From the finest to the coarsest. The last is small and makes the picture of years quick. */
export const LEVELS: readonly Level[] = [
  { name: 'samples', width_ms: 0, span_ms: MINUTE_MS, keep_ms: 2 * HOUR_MS },
  { name: '10s', width_ms: 10 * SECOND_MS, span_ms: 10 * MINUTE_MS, keep_ms: 3 * DAY_MS },
  { name: '1min', width_ms: MINUTE_MS, span_ms: HOUR_MS, keep_ms: 60 * DAY_MS },
  { name: '15min', width_ms: 15 * MINUTE_MS, span_ms: DAY_MS, keep_ms: 730 * DAY_MS },
  { name: '6h', width_ms: 6 * HOUR_MS, span_ms: 30 * DAY_MS, keep_ms: 730 * DAY_MS },
];

export const SAMPLE_LEVEL = 0;
export const TOP_LEVEL = LEVELS.length - 1;

export function levelAt(level: number): Level {
  const found = LEVELS[level];
  if (found === undefined) throw new RangeError(`there is no level ${level}`);
  return found;
}

/** When the block begins in which a time lies. */
export function blockStart(level: number, time_ms: number): number {
  const { span_ms } = levelAt(level);
  return Math.floor(time_ms / span_ms) * span_ms;
}
