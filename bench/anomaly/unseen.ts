// What a score on these series says of others: how it hangs on the settings, and what is left of it on a half of the series
// that had no say in the choice.

import { DEFAULTS, type DetectorOptions, PARTS } from '@ganglion/anomaly';
import { random } from './baselines.ts';
import type { Series } from './corpus.ts';
import type { Scored } from './score.ts';
import { bestOf, type Steps, scoreAt, stepsOf } from './steps.ts';

/** How far settings are moved at random: the deviation of their logarithm. */
const MOVED = [0.1, 0.2, 0.3];
const DRAWS = 30;

/** Detectors to choose from: settings moved by this, and each part left out with this chance. */
const CANDIDATES = 150;
const CANDIDATES_MOVED = 0.3;
const LEFT_OUT = 1 / 6;

/** Random halves. */
const SPLITS = 300;

/** The best threshold tells the scorer; the detector's own only says when it rests. */
const FIXED = new Set(['told_nats']);

/** A mean and how far single ones are from it, one deviation. */
export interface Spread {
  readonly mean: number;
  readonly deviation: number;
}

/** The score with all settings moved at random, for several distances. */
export function moveAll(score: (options: DetectorOptions) => readonly Scored[]): { by: number; score: Spread }[] {
  const draw = drawer(1);
  return MOVED.map((by) => {
    const scores = Array.from(
      { length: DRAWS },
      () => bestOf(score({ settings: settingsNear(by, draw) }).map(stepsOf)).score,
    );
    return { by, score: spreadOf(scores) };
  });
}

/** What was chosen on a half, and what it reaches on the other. */
export interface CrossValidated {
  /** Ours as it is, on a half. */
  readonly ours: Spread;
  /** The best candidate on the half it was chosen on. */
  readonly chosen: Spread;
  /** The same on the other half, at the threshold that is best there, and at that of the first half. */
  readonly other: Spread;
  readonly other_same_threshold: Spread;
  /** A candidate that nobody chose, on all series. */
  readonly any: Spread;
}

/** Chooses among random detectors on random halves, the same share of each category in both. */
export function crossValidate(
  corpus: readonly Series[],
  score: (options: DetectorOptions) => readonly Scored[],
): CrossValidated {
  const draw = drawer(2);
  const ours = score({}).map(stepsOf);
  const candidates = Array.from({ length: CANDIDATES }, () =>
    score({
      settings: settingsNear(CANDIDATES_MOVED, draw),
      without: PARTS.filter(() => draw() < LEFT_OUT),
    }).map(stepsOf),
  );
  const found = { ours: [] as number[], chosen: [] as number[], other: [] as number[], same: [] as number[] };
  for (let split = 0; split < SPLITS; split++) {
    const is_one = halve(corpus, draw);
    const of = (steps: readonly Steps[], one: boolean) => steps.filter((_, at) => is_one[at] === one);
    const results = candidates.map((steps) => ({ steps, ...bestOf(of(steps, true)) }));
    const best = results.reduce((one, other) => (other.score > one.score ? other : one));
    found.ours.push(bestOf(of(ours, false)).score);
    found.chosen.push(best.score);
    found.other.push(bestOf(of(best.steps, false)).score);
    found.same.push(scoreAt(of(best.steps, false), best.threshold));
  }
  return {
    ours: spreadOf(found.ours),
    chosen: spreadOf(found.chosen),
    other: spreadOf(found.other),
    other_same_threshold: spreadOf(found.same),
    any: spreadOf(candidates.map((steps) => bestOf(steps).score)),
  };
}

/** Which series are in the first half: every second of each category, in random order. */
function halve(corpus: readonly Series[], draw: () => number): boolean[] {
  const order = corpus.map((series, at) => ({ at, category: series.category, key: draw() }));
  order.sort((one, other) => one.key - other.key);
  const turns = new Map<string, number>();
  const is_one = corpus.map(() => false);
  for (const { at, category } of order) {
    const turn = turns.get(category) ?? (draw() < 0.5 ? 0 : 1);
    is_one[at] = turn % 2 === 0;
    turns.set(category, turn + 1);
  }
  return is_one;
}

function settingsNear(by: number, draw: () => number): NonNullable<DetectorOptions['settings']> {
  return Object.fromEntries(
    Object.entries(DEFAULTS).map(([name, value]) => [
      name,
      FIXED.has(name) ? value : value * Math.exp(by * normal(draw)),
    ]),
  );
}

function drawer(seed: number): () => number {
  const judge = random(seed);
  return () => judge(0, 0);
}

/** Box and Muller's; never further than two deviations. */
function normal(draw: () => number): number {
  const far = Math.sqrt(-2 * Math.log(1 - draw())) * Math.cos(2 * Math.PI * draw());
  return Math.max(-2, Math.min(2, far));
}

function spreadOf(values: readonly number[]): Spread {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const square = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length;
  return { mean, deviation: Math.sqrt(square) };
}
