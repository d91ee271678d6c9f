// npm run bench:anomaly: the detector by the rules of the Numenta Anomaly Benchmark, with what each part is good for and
// what becomes of the score when a setting is another. It asks for a folder with the series; corpus.ts says in which shape.

import { existsSync } from 'node:fs';
import {
  DEFAULTS,
  Detector,
  type DetectorOptions,
  PARTS,
  type Settings,
  STATE_BYTES_MAX,
  State,
} from '@ganglion/anomaly';
import { type Judge, random, silent, windowedGaussian } from './baselines.ts';
import { halves, readCorpus, type Series } from './corpus.ts';
import { bestResult, type Scored, tally } from './score.ts';
import { crossValidate, moveAll, type Spread } from './unseen.ts';

/** Where the series are when nobody says. */
const FOLDER = 'shared/data/nab';

/** How far each setting is moved, up and down. */
const MOVED = 0.3;

/** Rounds over the whole corpus for the time a value takes. */
const ROUNDS = 5;

main(process.argv[2] ?? process.env['GANGLION_NAB'] ?? FOLDER);

function main(folder: string): void {
  if (!existsSync(folder)) {
    console.error(`There is no folder ${folder}. Type: npm run bench:anomaly -- FOLDER, with the benchmark's series`);
    process.exitCode = 2;
    return;
  }
  const corpus = readCorpus(folder);
  const { ones, others } = halves(corpus);
  const rows = corpus.reduce((sum, { values }) => sum + values.length, 0);
  console.log(`${corpus.length} series, ${rows} rows, standard profile. Each score is at its own best threshold.\n`);

  say('', ['all', 'one half', 'other half', 'threshold', 'found', 'false alarms']);
  const line = (name: string, makeJudge: () => Judge) => {
    const all = scoreAll(corpus, makeJudge);
    const of = (some: readonly Series[]) => all.filter(({ series }) => some.includes(series));
    const best = bestResult(all);
    const { found, windows, false_alarms } = tally(all, best.threshold);
    say(name, [
      best.score.toFixed(1),
      bestResult(of(ones)).score.toFixed(1),
      bestResult(of(others)).score.toFixed(1),
      best.threshold.toFixed(4),
      `${found} of ${windows}`,
      String(false_alarms),
    ]);
    return { all, ...best };
  };
  line('silent', silent);
  line('random', random);
  line('windowed Gaussian', windowedGaussian);
  const ours = line('ours', ours_with({}));

  console.log('\nBy category, at the threshold of all');
  for (const category of new Set(corpus.map((series) => series.category))) {
    const { windows, found, false_alarms, points, score } = tally(
      ours.all.filter(({ series }) => series.category === category),
      ours.threshold,
    );
    const text = windows === 0 ? `${points.toFixed(2)} points` : score.toFixed(1);
    say(`  ${category}`, [text, `${found} of ${windows}`, `${false_alarms} false`]);
  }

  console.log('\nWithout a part');
  for (const part of PARTS) line(`  ${part}`, ours_with({ without: [part] }));

  console.log(`\nWith a setting ${MOVED * 100} % smaller, and larger`);
  const scoreWith = (settings: Partial<Settings>) => bestResult(scoreAll(corpus, ours_with({ settings }))).score;
  const moved: number[] = [];
  for (const [name, value] of Object.entries(DEFAULTS)) {
    const scores = [1 - MOVED, 1 + MOVED].map((factor) => scoreWith({ [name]: value * factor }));
    moved.push(...scores);
    say(
      `  ${name} ${value}`,
      scores.map((score) => score.toFixed(1)),
    );
  }
  const mean = moved.reduce((sum, score) => sum + score, 0) / moved.length;
  console.log(
    `  from ${Math.min(...moved).toFixed(1)} to ${Math.max(...moved).toFixed(1)}, ${mean.toFixed(1)} on average`,
  );

  console.log('\nWith all settings moved at random');
  const scoreOf = (options: DetectorOptions) => scoreAll(corpus, ours_with(options));
  for (const { by, score } of moveAll(scoreOf)) say(`  by ${by * 100} %`, [plusMinus(score)]);

  console.log('\nChosen on one random half among random settings and parts');
  const validated = crossValidate(corpus, scoreOf);
  say('  the chosen, on that half', [plusMinus(validated.chosen)]);
  say('  the chosen, on the other', [plusMinus(validated.other)]);
  say('  at the same threshold', [plusMinus(validated.other_same_threshold)]);
  say('  any of them, on all', [plusMinus(validated.any)]);
  say('  ours, on a half', [plusMinus(validated.ours)]);

  const took_ns = Array.from({ length: ROUNDS }, () => {
    const began = process.cpuUsage();
    scoreAll(corpus, ours_with({}));
    const { user, system } = process.cpuUsage(began);
    return (1_000 * (user + system)) / rows;
  });
  const bytes = new State().toBytes().length;
  console.log(
    `\n${Math.min(...took_ns).toFixed(0)} ns of CPU a value; a state of ${bytes} bytes of at most ${STATE_BYTES_MAX}`,
  );
}

function ours_with(options: DetectorOptions): () => Judge {
  return () => {
    const detector = new Detector(options);
    const state = new State();
    return (time_ms, value) => detector.next(state, time_ms, value);
  };
}

function scoreAll(corpus: readonly Series[], makeJudge: () => Judge): Scored[] {
  return corpus.map((series) => {
    const judge = makeJudge();
    const scores = Float64Array.from(series.values, (value, row) => judge(series.times_ms[row] ?? Number.NaN, value));
    return { series, scores };
  });
}

function plusMinus({ mean, deviation }: Spread): string {
  return `${mean.toFixed(1)} ± ${deviation.toFixed(1)}`;
}

function say(name: string, cells: readonly string[]): void {
  console.log(name.padEnd(34) + cells.map((cell) => cell.padStart(13)).join(''));
}
