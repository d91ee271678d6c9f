// Breaks everything that can break, for real, and prints a table of what was done, seen and lost. Started by
// scripts/chaos.mjs, which leaves nothing behind however this ends.

import { parseArgs } from 'node:util';
import { startCluster, startRabbitmq } from '@ganglion/testkit';
import { cluster } from './cluster.ts';
import type { Chaos, Finding } from './context.ts';
import { deaths } from './deaths.ts';
import { hostile } from './hostile.ts';
import { kept } from './kept.ts';
import { endPrograms } from './programs.ts';
import { refusals } from './refusals.ts';
import { soak } from './soak.ts';
import { storm } from './storm.ts';

const SCENARIOS: Readonly<Record<string, (chaos: Chaos) => Promise<Finding[]>>> = {
  deaths,
  kept,
  cluster,
  hostile,
  storm,
  refusals,
  soak,
};

/** Takes half an hour, in which nothing else should run. */
const ONLY_WHEN_NAMED: readonly string[] = ['soak'];

const { values, positionals } = parseArgs({
  options: { quick: { type: 'boolean' }, minutes: { type: 'string' } },
  allowPositionals: true,
});
const minutes = values.minutes === undefined ? undefined : Number(values.minutes);
if (minutes !== undefined && !(minutes >= 2 && minutes <= 24 * 60)) {
  console.error('--minutes takes a number from 2 to 1440.');
  process.exit(2);
}
const unknown = positionals.find((name) => !(name in SCENARIOS));
if (unknown !== undefined) {
  console.error(`There is no scenario "${unknown}"; there are ${Object.keys(SCENARIOS).join(', ')}.`);
  process.exit(2);
}

const began_ms = performance.now();
const say = (text: string) =>
  console.log(`${((performance.now() - began_ms) / 1_000).toFixed(0).padStart(5)} s  ${text}`);

const findings: Finding[] = [];
for (const [name, play] of Object.entries(SCENARIOS)) {
  if (positionals.length > 0 ? !positionals.includes(name) : ONLY_WHEN_NAMED.includes(name)) continue;
  const brokers: { stop(): Promise<void> }[] = [];
  const noted = async <Broker extends { stop(): Promise<void> }>(starting: Promise<Broker>) => {
    const broker = await starting;
    brokers.push(broker);
    return broker;
  };
  try {
    const chaos: Chaos = {
      quick: values.quick ?? false,
      minutes,
      say,
      startBroker: (config = '') => noted(startRabbitmq({ config })),
      startCluster: (count) => noted(startCluster(count)),
    };
    findings.push(...(await play(chaos)));
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    findings.push({ scenario: name, done: 'the scenario itself', seen: why, lost: 'the rest of it', outcome: 'FAILS' });
  }
  await endPrograms();
  await Promise.all(brokers.map((broker) => broker.stop()));
}

console.log();
for (const { scenario, done, seen, lost, outcome } of findings) {
  console.log(
    `${outcome.padEnd(8)}${scenario.padEnd(10)}${done}\n${' '.repeat(18)}seen: ${seen}\n${' '.repeat(18)}lost: ${lost}`,
  );
}
const count = (wanted: Finding['outcome']) => findings.filter(({ outcome }) => outcome === wanted).length;
console.log(`\n${count('holds')} hold, ${count('FAILS')} fail, ${count('skipped')} skipped`);
process.exit(count('FAILS') === 0 ? 0 : 1);
