// npm run bench:calm: how often the analyzer calls somebody for nothing, and whether it calls when something is wrong. A fleet
// of healthy machines for a day, a hundred faults, and inputs that flap, judged as the analyzer judges, in simulated time.

import { availableParallelism } from 'node:os';
import { parseArgs } from 'node:util';
import { Worker } from 'node:worker_threads';
import { FAULTS, type FaultName } from '../../modules/simulator/src/faults.ts';
import { startClock } from '../parts.ts';
import { median } from '../statistics.ts';
import { FLAPPING } from './flapping.ts';
import type { Done, Job } from './jobs.ts';

const { values } = parseArgs({
  options: {
    machines: { type: 'string', default: '1000' },
    hours: { type: 'string', default: '24' },
    seed: { type: 'string', default: '2016' },
    faults: { type: 'string', default: '100' },
    'warm-hours': { type: 'string', default: '6' },
    only: { type: 'string' },
    rule: { type: 'string' },
    verbose: { type: 'boolean', default: false },
  },
});
const number = (name: 'machines' | 'hours' | 'seed' | 'faults' | 'warm-hours') => {
  const value = Number(values[name]);
  if (Number.isInteger(value) && value >= 0) return value;
  console.error(`--${name} takes a whole number.`);
  process.exit(2);
};
const [machines, hours, seed, faults, warm_hours] = [
  number('machines'),
  number('hours'),
  number('seed'),
  number('faults'),
  number('warm-hours'),
];

/** Of the healthy fleet; of those with which something goes wrong it is a second. */
const INTERVAL_MS = 10_000;
const CHUNK = 10;

/** Silence is judged by who knows the machines that should be there. */
const KINDS = (Object.keys(FAULTS) as FaultName[]).filter((name) => name !== 'silence');

const say = startClock();
const jobs: Job[] = [];
const wants = (kind: string) => values.only === undefined || values.only === kind;
if (wants('flapping'))
  for (let each = 0; each < FLAPPING.length; each++)
    jobs.push({ kind: 'flapping', seed, number: each, hours: warm_hours });
if (wants('faults')) {
  for (let each = 0; each < faults; each++) {
    jobs.push({ kind: 'fault', seed, number: each, fault: KINDS[each % KINDS.length] as FaultName, hours: warm_hours });
  }
}
if (wants('healthy')) {
  for (let first = 0; first < machines; first += CHUNK) {
    jobs.push({
      kind: 'healthy',
      seed,
      first,
      count: Math.min(CHUNK, machines - first),
      hours,
      interval_ms: INTERVAL_MS,
    });
  }
}
const done = await playAll(jobs);
report(done);

async function playAll(waiting: readonly Job[]): Promise<Done[]> {
  const results: Done[] = [];
  const queue = [...waiting];
  let told = 0;
  await Promise.all(
    Array.from({ length: availableParallelism() }, async () => {
      const worker = new Worker(new URL('./worker.js', import.meta.url));
      for (let job = queue.shift(); job !== undefined; job = queue.shift()) {
        const result = await new Promise<Done>((resolve, reject) => {
          worker.once('message', resolve);
          worker.once('error', reject);
          worker.postMessage(job);
        });
        worker.removeAllListeners('error');
        results.push(result);
        if (results.length >= told + waiting.length / 10) {
          told = results.length;
          say(`${told} of ${waiting.length} parts`);
        }
      }
      await worker.terminate();
    }),
  );
  return results;
}

function report(all: readonly Done[]): void {
  const of = (kind: Job['kind']) => all.filter(({ job }) => job.kind === kind);
  const healthy = of('healthy').flatMap(({ raised }) => raised);
  const weeks = (machines * hours) / (7 * 24);
  const byRule = new Map<string, number>();
  for (const { rule } of healthy) byRule.set(rule, (byRule.get(rule) ?? 0) + 1);
  console.log(`\n${machines} healthy machines, ${hours} h: alerts a machine a week`);
  for (const [rule, count] of byRule)
    console.log(`  ${rule}: ${count} alerts, ${(count / weeks).toFixed(2)} a machine a week`);
  const byFigure = new Map<string, number>();
  for (const { rule, figure } of healthy) if (rule === 'anomaly') byFigure.set(figure, (byFigure.get(figure) ?? 0) + 1);
  if (values.verbose) {
    for (const [figure, count] of [...byFigure].sort(([, a], [, b]) => b - a)) console.log(`    ${figure}: ${count}`);
    for (const { machine, at_ms, sentence } of healthy.filter(({ rule }) => rule === 'anomaly').slice(0, 60)) {
      console.log(`    ${(at_ms / 3_600_000).toFixed(1).padStart(5)} h ${machine}: ${sentence}`);
    }
    const early = healthy
      .filter(({ rule }) => rule === 'anomaly')
      .reduce((bins, { at_ms }) => {
        const bin = Math.floor(at_ms / 3_600_000);
        bins[bin] = (bins[bin] ?? 0) + 1;
        return bins;
      }, [] as number[]);
    console.log(`    by hour: ${Array.from(early, (each) => each ?? 0).join(' ')}`);
  }

  const first = of('fault').map((each) => {
    const from_ms = each.fault_from_ms ?? 0;
    const found = each.raised.find(({ at_ms, rule }) => at_ms >= from_ms && (values.rule ?? rule) === rule);
    const before = each.raised.filter(({ at_ms }) => at_ms < from_ms);
    return {
      job: each.job as Extract<Job, { kind: 'fault' }>,
      found,
      before,
      took_s: ((found?.at_ms ?? Number.NaN) - from_ms) / 1_000,
      lasted_s: ((each.fault_until_ms ?? 0) - from_ms) / 1_000,
    };
  });
  const found = first.filter((each) => each.found !== undefined);
  console.log(
    `\n${first.length} faults: ${found.length} found, median ${median(found.map(({ took_s }) => took_s)).toFixed(0)} s`,
  );
  for (const kind of KINDS) {
    const mine = first.filter(({ job }) => job.fault === kind);
    const seen = mine.filter((each) => each.found !== undefined);
    const rules = new Map<string, number>();
    for (const { found } of seen) rules.set(found?.rule ?? '', (rules.get(found?.rule ?? '') ?? 0) + 1);
    const took = seen.map(({ took_s }) => took_s);
    console.log(
      `  ${kind}: ${seen.length} of ${mine.length}, median ${median(took).toFixed(0)} s, longest ${Math.max(...took)} s; ${[...rules].map(([rule, n]) => `${rule} ${n}`).join(', ')}`,
    );
    if (values.verbose)
      for (const { found, job, took_s, lasted_s } of mine)
        console.log(`      ${job.number}: ${took_s} s of ${lasted_s}: ${found?.rule} ${found?.sentence}`);
  }
  const before = first.flatMap((each) => each.before);
  console.log(
    `  before them: ${before.length} alerts ${before.map(({ rule, figure }) => `${rule} ${figure}`).join(', ')}`,
  );

  console.log('\nflapping');
  for (const { job, raised } of of('flapping')) {
    if (job.kind !== 'flapping') continue;
    const rules = new Map<string, number>();
    for (const { rule } of raised) rules.set(rule, (rules.get(rule) ?? 0) + 1);
    console.log(`  ${FLAPPING[job.number]?.name}: ${[...rules].map(([rule, n]) => `${rule} ${n}`).join(', ')}`);
  }
  say(`${all.reduce((sum, { samples }) => sum + samples, 0)} samples`);
}
