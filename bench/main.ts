// The bench: every part in turn on one private RabbitMQ, then the table. Started by scripts/bench.mjs.

import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { startRabbitmq } from '@ganglion/testkit';
import type { Bench } from './context.ts';
import { Driver } from './driver.ts';
import { measureLatency } from './latency.ts';
import { lookAtMachine, machineText } from './machine.ts';
import { measureSteps } from './micro.ts';
import { measurePage } from './page-size.ts';
import { type Row, tableOf } from './report.ts';
import { measureThroughput } from './throughput.ts';
import { measureTracker } from './tracker.ts';

const PARTS: Readonly<Record<string, (bench: Bench) => Promise<Row[]>>> = {
  latency: measureLatency,
  throughput: measureThroughput,
  tracker: measureTracker,
  page: async () => measurePage(),
  steps: ({ quick }) => measureSteps(quick),
};

/** In the repository. This file runs as `.build/bench/main.js`. */
const FOLDER = fileURLToPath(new URL('../../bench/', import.meta.url));

/** Of a run that is not kept. */
const PASSING_RESULTS = fileURLToPath(new URL('./results.json', import.meta.url));

const { values, positionals } = parseArgs({ options: { quick: { type: 'boolean' } }, allowPositionals: true });
const quick = values.quick ?? false;
const unknown = positionals.find((name) => !(name in PARTS));
if (unknown !== undefined) {
  console.error(`There is no part "${unknown}"; there are ${Object.keys(PARTS).join(', ')}.`);
  process.exit(2);
}

const began_ms = performance.now();
const say = (text: string) =>
  console.log(`${((performance.now() - began_ms) / 1_000).toFixed(0).padStart(4)} s  ${text}`);

const seen = await lookAtMachine();
say('starting a private RabbitMQ');
const broker = await startRabbitmq();
const driver = await Driver.open(broker.url);
const machine = { ...seen, rabbitmq: driver.broker_version };

const rows: Row[] = [];
for (const [name, measure] of Object.entries(PARTS)) {
  if (positionals.length > 0 && !positionals.includes(name)) continue;
  rows.push(...(await measure({ url: broker.url, driver, quick, say })));
}
await driver.close();
await broker.stop();
say('done');

const table = tableOf(rows);
console.log(`\n${table}\n\n${machineText(machine)}`);
const taken_at = new Date().toISOString();
const results = `${JSON.stringify({ taken_at, machine, rows }, roundedForReading, 1)}\n`;
if (quick || positionals.length > 0) {
  writeFileSync(PASSING_RESULTS, results);
  console.log(
    `Every round stands in ${PASSING_RESULTS}; bench/ is left as it is, since not all was measured, or not for long.`,
  );
} else {
  writeFileSync(`${FOLDER}results.json`, results);
  writeFileSync(`${FOLDER}README.md`, withTable(readFileSync(`${FOLDER}README.md`, 'utf8'), taken_at));
}

/** Seven digits behind the point help nobody; a measure that never came has no number. */
function roundedForReading(_key: string, value: unknown): unknown {
  if (typeof value !== 'number' || Number.isInteger(value)) return value;
  return Number.isFinite(value) ? Number(value.toPrecision(4)) : String(value);
}

/** The README with the table of this run in the place of the last one's. */
function withTable(readme: string, taken_at: string): string {
  const [begin, end] = ['<!-- table -->\n', '<!-- /table -->'];
  const from = readme.indexOf(begin) + begin.length;
  const to = readme.indexOf(end);
  if (from < begin.length || to < from) throw new Error('bench/README.md has no place for the table');
  return `${readme.slice(0, from)}${table}\n\nTaken on ${taken_at.slice(0, 10)}. ${machineText(machine)}\n${readme.slice(to)}`;
}
