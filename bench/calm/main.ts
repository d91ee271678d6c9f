// npm run bench:calm: how often the analyzer calls somebody for nothing, and whether it calls when something is wrong. Fleets of
// healthy machines, a hundred faults, and inputs that flap, judged as the analyzer judges, in simulated time; and what that costs.

import { availableParallelism } from 'node:os';
import { parseArgs } from 'node:util';
import { Worker } from 'node:worker_threads';
import type { FaultName } from '../../modules/simulator/src/faults.ts';
import { keepResults, keepTable } from '../keep.ts';
import { lookAtMachine } from '../machine.ts';
import { partsOf, startClock } from '../parts.ts';
import { type Row, tableOf } from '../report.ts';
import { measureCost } from './cost.ts';
import { FLAPPING } from './flapping.ts';
import type { Done, FaultJob, FlappingJob, HealthyJob, Job } from './jobs.ts';
import { costRows, FAULTS_SHOWN, faultRows, flappingRows, healthyRows } from './table.ts';

/** What the table was made with. */
const SEED = 2016;

/** Machines are watched for so long before something goes wrong with them or flaps. */
const WATCHED_HOURS = 4;
const FAULTS = 100;

/** Of them so many are played without the fault, too. */
const WITHOUT = 35;

/** Samples of healthy machines that a thread plays at once. */
const CHUNK_SAMPLES = 60_000;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    quick: { type: 'boolean', default: false },
    seed: { type: 'string', default: String(SEED) },
  },
});
const seed = Number(values.seed);
if (!Number.isInteger(seed) || seed < 0) {
  console.error('--seed takes a whole number.');
  process.exit(2);
}
const scale = values.quick ? 20 : 1;

const PARTS = {
  cost: async (): Promise<Row[]> => costRows(measureCost(seed)),
  healthy: async () => healthyRows(await playAll(healthyJobs())),
  faults: async () => faultRows(await playAll(faultJobs())),
  flapping: async () => flappingRows(await playAll(flappingJobs())),
};

const say = startClock();
const machine = await lookAtMachine();
const rows: Row[] = [];
for (const part of partsOf(PARTS, positionals)) rows.push(...(await part()));
console.log(`\n${tableOf(rows)}\n`);
const run = { taken_at: new Date().toISOString(), machine, rows };
if (positionals.length === 0 && !values.quick && seed === SEED) {
  keepResults('bench/calm-results.json', run);
  keepTable(
    'bench/README.md',
    'calm table',
    run,
    `Seed ${seed}. ${machine.cpu}, ${machine.cores} cores; Node ${machine.node}; others used ${machine.busy_percentage} % of the cores before.`,
  );
}

function healthyJobs(): HealthyJob[] {
  const fleet = (name: string, machines: number, hours: number, interval_ms: number) => {
    const jobs: HealthyJob[] = [];
    const chunk = Math.max(1, Math.floor(CHUNK_SAMPLES / ((hours * 3_600_000) / interval_ms)));
    for (let first = 0; first < machines; first += chunk) {
      const count = Math.min(chunk, machines - first);
      jobs.push({ kind: 'healthy', fleet: name, seed, first, count, hours, interval_ms });
    }
    return jobs;
  };
  return [
    ...fleet('day', 1_000 / scale, 24, 30_000),
    ...fleet('seconds', 40 / scale, 24, 1_000),
    ...fleet('week', 60 / scale, 7 * 24, 30_000),
  ];
}

function faultJobs(): FaultJob[] {
  const names = Object.keys(FAULTS_SHOWN) as FaultName[];
  return Array.from({ length: values.quick ? 2 * names.length : FAULTS }, (_, number) => ({
    kind: 'fault' as const,
    seed,
    number,
    fault: names[number % names.length] as FaultName,
    hours: WATCHED_HOURS,
  })).flatMap((job) => [{ ...job, happens: true }, ...(job.number < WITHOUT ? [{ ...job, happens: false }] : [])]);
}

function flappingJobs(): FlappingJob[] {
  return FLAPPING.map((_, number) => ({ kind: 'flapping', seed, number, hours: WATCHED_HOURS }));
}

async function playAll<Of extends Job>(waiting: readonly Of[]): Promise<Done<Of>[]> {
  const results: Done<Of>[] = [];
  const queue = [...waiting];
  let told = 0;
  await Promise.all(
    Array.from({ length: availableParallelism() }, async () => {
      const worker = new Worker(new URL('./worker.js', import.meta.url));
      for (let job = queue.shift(); job !== undefined; job = queue.shift()) {
        const asked = job;
        results.push(
          await new Promise((resolve, reject) => {
            worker.once('message', (done: Done) => {
              worker.removeAllListeners('error');
              resolve({ ...done, job: asked });
            });
            worker.once('error', reject);
            worker.postMessage(asked);
          }),
        );
        if (results.length >= told + waiting.length / 5) {
          told = results.length;
          say(`${waiting[0]?.kind}: ${told} of ${waiting.length} parts`);
        }
      }
      await worker.terminate();
    }),
  );
  return results;
}
