// npm run verify:tracker: what our tracker says of this machine beside what the kernel's own tools say of the same seconds,
// while known loads run. Started by scripts/verify-tracker.mjs.

import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import os from 'node:os';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { keepBetween } from '../bench/keep.ts';
import { partsOf, startClock } from '../bench/parts.ts';
import { PHASES, type Place } from './phases.ts';
import { atEnd, runNow } from './programs.ts';
import { countsOf, judge, type Row, tableOf } from './report.ts';
import { startTracker } from './tracker.ts';
import { watch } from './window.ts';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));

/** What a load may take until it is steady. */
const SETTLE_MS = 4_000;

const { positionals } = parseArgs({ allowPositionals: true });
const phases = partsOf(PHASES, positionals);

const say = startClock();
const place: Place = { folder: mkdtempSync(`${ROOT}.build/verify-`), absent: new Map() };
atEnd(() => rmSync(place.folder, { recursive: true, force: true }));

say('starting a private RabbitMQ, a tracker and a tap');
const tracker = await startTracker();
const rows: Row[] = [];
for (const phase of phases) {
  say(phase.load);
  const { loads, looks, compare } = await phase.begin(place);
  await new Promise((resolve) => setTimeout(resolve, SETTLE_MS));
  const window = await watch(tracker, looks);
  await Promise.all(loads.map((load) => load.stop()));
  rows.push(...compare(window).map((compared) => judge(phase.load, compared)));
}
await tracker.stop();
say('done');

const machine = `${os.cpus()[0]?.model.trim()}, ${os.cpus().length} cores, ${(os.totalmem() / 2 ** 30).toFixed(1)} GiB; ${os.type()} ${os.release()}`;
const table = tableOf(rows);
const counts = countsOf(rows);
const taken = `Taken on ${new Date().toISOString().slice(0, 10)}. ${machine}, Node ${process.version}. ${toolVersions()}.`;
console.log(`\n${table}\n\n${taken}\n${counts}`);
if (positionals.length === 0)
  keepBetween(`${ROOT}docs/verification.md`, 'table', `${table}\n\n**${counts}.** ${taken}\n`);
process.exit(rows.some(({ verdict }) => verdict === 'NO') ? 1 : 0);

/** The Debian packages that the tools come from, with their versions. */
function toolVersions(): string {
  const packages = ['sysstat', 'procps', 'iproute2', 'coreutils', 'stress-ng', 'fio', 'iperf3', 'systemd'];
  const [, system = ''] = /^PRETTY_NAME="(.*)"$/m.exec(readFileSync('/etc/os-release', 'utf8')) ?? [];
  const listed = runNow('dpkg-query', '-W', '-f', `\${Package} \${Version}, `, ...packages) ?? '';
  return `${system}: ${listed.replace(/, $/, '')}`;
}
