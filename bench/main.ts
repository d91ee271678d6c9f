// The bench: every part in turn on one private RabbitMQ, then the table. Started by scripts/bench.mjs.

import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { startRabbitmq } from '@ganglion/testkit';
import type { Bench } from './context.ts';
import { Driver } from './driver.ts';
import { measureExporter } from './exporter.ts';
import { measureGrowth } from './growth.ts';
import { keepResults, keepTable } from './keep.ts';
import { measureLatency } from './latency.ts';
import { lookAtMachine, machineText } from './machine.ts';
import { measureSteps } from './micro.ts';
import { measurePage } from './page-size.ts';
import { partsOf, startClock } from './parts.ts';
import { measurePast } from './past.ts';
import { measurePeers } from './peers.ts';
import { measureRecorder } from './recorder.ts';
import { type Row, tableOf } from './report.ts';
import { measureRules } from './rules.ts';
import { measureSharing } from './sharing.ts';
import { measureSyscalls } from './syscalls.ts';
import { measureThroughput } from './throughput.ts';
import { measureTracker } from './tracker.ts';

const PARTS: Readonly<Record<string, (bench: Bench) => Promise<Row[]>>> = {
  latency: measureLatency,
  throughput: measureThroughput,
  sharing: measureSharing,
  tracker: measureTracker,
  page: async () => measurePage(),
  steps: ({ quick }) => measureSteps(quick),
  rules: measureRules,
  peers: measurePeers,
  syscalls: measureSyscalls,
  exporter: measureExporter,
};

/** What is measured only when it is asked for. */
const LONG: typeof PARTS = { growth: measureGrowth, recorder: measureRecorder, past: measurePast };

/** Parts that have a table of their own, which a run of them alone writes anew. */
const APART = ['peers', 'syscalls', 'exporter', 'recorder', 'past'];

/** In the repository. This file runs as `.build/bench/main.js`. */
const FOLDER = fileURLToPath(new URL('../../bench/', import.meta.url));

/** Of a run that is not kept. */
const PASSING_RESULTS = fileURLToPath(new URL('./results.json', import.meta.url));

const { values, positionals } = parseArgs({
  options: { quick: { type: 'boolean' }, minutes: { type: 'string' } },
  allowPositionals: true,
});
const quick = values.quick ?? false;
const minutes = Number(values.minutes ?? 60);
if (!(Number.isInteger(minutes) && minutes >= 10)) {
  console.error('--minutes takes a whole number from 10 on.');
  process.exit(2);
}
const parts = positionals.length === 0 ? partsOf(PARTS, []) : partsOf({ ...PARTS, ...LONG }, positionals);

const say = startClock();

const seen = await lookAtMachine();
say('starting a private RabbitMQ');
const broker = await startRabbitmq();
const driver = await Driver.open(broker.url);
const machine = { ...seen, rabbitmq: driver.broker_version };

const rows: Row[] = [];
for (const measure of parts) {
  rows.push(...(await measure({ url: broker.url, driver, quick, minutes, say })));
}
await driver.close();
await broker.stop();
say('done');

const run = { taken_at: new Date().toISOString(), machine, rows };
const sentence = machineText(machine);
console.log(`\n${tableOf(rows)}\n\n${sentence}`);
if (!quick) {
  for (const part of APART) {
    const own = rows.filter((row) => row.part === part);
    if (own.length > 0) keepTable(`${FOLDER}README.md`, part, { ...run, rows: own }, sentence);
  }
}
if (quick || positionals.length > 0) {
  keepResults(PASSING_RESULTS, run);
  console.log(`Every round stands in ${PASSING_RESULTS}; the table of all is left as it is.`);
} else {
  keepResults(`${FOLDER}results.json`, run);
  const of_all = { ...run, rows: rows.filter((row) => !APART.includes(row.part)) };
  keepTable(`${FOLDER}README.md`, 'table', of_all, sentence);
}
