// The bench of the page: every part in turn in one Chromium on one private RabbitMQ, then the table. Started by
// scripts/bench-page.mjs.

import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { CHROMIUM, startRabbitmq } from '@ganglion/testkit';
import { chromium } from 'playwright-core';
import { Driver } from './driver.ts';
import { keepResults, keepTable } from './keep.ts';
import { lookAtMachine, machineText } from './machine.ts';
import { measureChain } from './page/chain.ts';
import type { PageBench } from './page/context.ts';
import { measureCrowd } from './page/crowd.ts';
import { measureHeap } from './page/heap.ts';
import { measureLoad } from './page/load.ts';
import { measureClients } from './page/many-clients.ts';
import { partsOf, startClock } from './parts.ts';
import { type Row, tableOf } from './report.ts';

const PARTS: Readonly<Record<string, (bench: PageBench) => Promise<Row[]>>> = {
  chain: measureChain,
  crowd: measureCrowd,
  load: measureLoad,
  clients: measureClients,
  heap: measureHeap,
};

/** In the repository. This file runs as `.build/bench/page.js`. */
const FOLDER = fileURLToPath(new URL('../../bench/', import.meta.url));

/** Of a run that is not kept. */
const PASSING_RESULTS = fileURLToPath(new URL('./page-results.json', import.meta.url));

const { values, positionals } = parseArgs({
  options: { quick: { type: 'boolean' }, minutes: { type: 'string' } },
  allowPositionals: true,
});
const quick = values.quick ?? false;
const minutes = Number(values.minutes ?? 2);
const parts = partsOf(PARTS, positionals);
if (!(Number.isInteger(minutes) && minutes >= 2)) {
  console.error('--minutes takes a whole number from 2 on.');
  process.exit(2);
}

const say = startClock();

const seen = await lookAtMachine();
say('starting a private RabbitMQ and Chromium');
const broker = await startRabbitmq();
const driver = await Driver.open(broker.url);
const rabbitmq = driver.broker_version;
await driver.close();
const browser = await chromium.launch(CHROMIUM);
const machine = { ...seen, rabbitmq, chromium: browser.version() };

const rows: Row[] = [];
for (const measure of parts) {
  rows.push(...(await measure({ url: broker.url, browser, quick, minutes, cores: seen.cores, say })));
}
await browser.close();
await broker.stop();
say('done');

const run = { taken_at: new Date().toISOString(), machine, rows };
const sentence = `Chromium ${machine.chromium} without a graphics card. ${machineText(machine)}`;
console.log(`\n${tableOf(rows)}\n\n${sentence}`);
if (quick || positionals.length > 0) {
  keepResults(PASSING_RESULTS, run);
  console.log(
    `Every round stands in ${PASSING_RESULTS}; bench/ is left as it is, since not all was measured, or not for long.`,
  );
} else {
  keepResults(`${FOLDER}page-results.json`, run);
  keepTable(`${FOLDER}README.md`, 'page table', run, sentence);
}
