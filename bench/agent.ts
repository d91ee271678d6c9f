// The bench of the agent: what its two shapes cost beside the whole command and beside a plain Node with a connection to
// the broker, and what each way to make them smaller brings. Started by scripts/bench-agent.mjs.

import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { startRabbitmq } from '@ganglion/testkit';
import { Driver } from './driver.ts';
import { lookAtMachine, machineText } from './machine.ts';
import { startClock } from './parts.ts';
import { cpuOf, memoryOf, type Program, startFloor, startGanglion, startProgram } from './processes.ts';
import { median } from './statistics.ts';

/** After the start, not counted: what runs once a second is compiled late. */
const SETTLE_MS = 30_000;
const DURATION_MS = 60_000;

/** Of each way, started one after the other; a figure is the median of theirs. */
const EACH = 3;

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
/** The agent's file and its executables, without their endings. */
const AGENT = `${ROOT}.build/agent/ganglion-agent`;
const PAPER = `${ROOT}docs/agent.md`;

/** One way to run a tracker. */
interface Way {
  readonly what: string;
  start(...words: readonly string[]): Promise<Program>;
}

const file = (what: string, ...flags: readonly string[]): Way => ({
  what: `file, ${what}`,
  start: (...words) => startProgram(process.execPath, [...flags, `${AGENT}.mjs`, 'run', 'tracker', ...words]),
});

const executable = (what: string, variables: Readonly<Record<string, string>> = {}, kind = ''): Way => ({
  what: `executable, ${what}`,
  start: (...words) => startProgram(`${AGENT}${kind}`, ['run', 'tracker', ...words], variables),
});

const withOptions = (...options: readonly string[]): Way =>
  executable(options.join(' '), { NODE_OPTIONS: options.join(' ') });

const WAYS: readonly Way[] = [
  { what: 'the whole command', start: (...words) => startGanglion('tracker', ...words) },
  file('as it is'),
  {
    what: 'file, as CommonJS',
    start: (...words) => startProgram(process.execPath, [`${AGENT}.cjs`, 'run', 'tracker', ...words]),
  },
  file('--jitless', '--jitless'),
  file('--lite-mode', '--lite-mode'),
  file('--optimize-for-size', '--optimize-for-size'),
  file('--max-semi-space-size=1', '--max-semi-space-size=1'),
  file('--no-sparkplug', '--no-sparkplug'),
  file('--max-lazy', '--max-lazy'),
  file('--single-threaded', '--single-threaded'),
  file('--v8-pool-size=0', '--v8-pool-size=0'),
  executable('as it is'),
  withOptions('--jitless'),
  withOptions('--jitless', '--v8-pool-size=0'),
  withOptions('--max-semi-space-size=1'),
  executable('MALLOC_ARENA_MAX=1', { MALLOC_ARENA_MAX: '1' }),
  executable('not stripped', {}, '-unstripped'),
  executable('with a code cache', {}, '-cached'),
  executable('from a snapshot', {}, '-snapshot'),
];

const { values, positionals } = parseArgs({ options: { quick: { type: 'boolean' } }, allowPositionals: true });
const quick = values.quick ?? false;
const say = startClock();
const seen = await lookAtMachine();
say('starting a private RabbitMQ');
const broker = await startRabbitmq();
const driver = await Driver.open(broker.url);
const machine = { ...seen, rabbitmq: driver.broker_version };

interface Found {
  readonly what: string;
  readonly cpu_percentage: number;
  readonly resident_megabytes: number;
  readonly written_megabytes: number;
  readonly start_ms: number;
}

const exchange = 'bench-agent';
const heard = new Map<string, number>();
const lane = await driver.overQueue(exchange, '#.measure', (name) => heard.set(name, (heard.get(name) ?? 0) + 1));
const wordsOf = (name: string) => [
  '--broker',
  broker.url,
  '--exchange',
  exchange,
  '--machine',
  name,
  '--spool',
  'none',
];
const idle = { what: 'plain Node with an open connection', start: () => startFloor('idle', broker.url) };
const asked = WAYS.filter(({ what }) => positionals.length === 0 || positionals.some((word) => what.includes(word)));

const found: Found[] = [];
const running: { readonly way: Pick<Way, 'what'>; readonly programs: Program[]; readonly starts_ms: number[] }[] = [];
try {
  say('starting each, one after the other');
  const each = quick ? 1 : EACH;
  for (const [at, way] of [idle, ...asked].entries()) {
    const programs: Program[] = [];
    const starts_ms: number[] = [];
    running.push({ way, programs, starts_ms });
    for (let n = 0; n < each; n++) {
      const began_ms = performance.now();
      programs.push(await way.start(...wordsOf(`way-${at}-${n}`)));
      starts_ms.push(performance.now() - began_ms);
    }
  }
  say(`${running.length} ways side by side, ${each} of each`);
  await pause(quick ? 2_000 : SETTLE_MS);
  heard.clear();
  const duration_ms = quick ? 3_000 : DURATION_MS;
  const cpuNow = () => running.map(({ programs }) => programs.map(({ pid }) => cpuOf(pid)));
  const before = cpuNow();
  const began_ms = performance.now();
  await pause(duration_ms);
  const passed_ms = performance.now() - began_ms;
  const after = cpuNow();
  for (const [at, { way, programs, starts_ms }] of running.entries()) {
    const memory = programs.map(({ pid }) => memoryOf(pid));
    const cpu_ms = programs.map((_, n) => (after[at]?.[n] ?? Number.NaN) - (before[at]?.[n] ?? Number.NaN));
    found.push({
      what: way.what,
      cpu_percentage: (median(cpu_ms) / passed_ms) * 100,
      resident_megabytes: median(memory.map(({ resident_bytes }) => resident_bytes)) / 1e6,
      written_megabytes: median(memory.map(({ written_bytes }) => written_bytes)) / 1e6,
      start_ms: median(starts_ms),
    });
  }
  const lazy = [...heard].filter(([, count]) => count < Math.floor(duration_ms / 1_000) - 1);
  if (heard.size !== (running.length - 1) * each || lazy.length > 0) {
    throw new Error(`not all measured each second: ${JSON.stringify([...heard])}`);
  }
} finally {
  await lane.close();
  await Promise.all(running.flatMap(({ programs }) => programs.map((program) => program.stop())));
  await driver.close();
  await broker.stop();
}

const [plain] = found;
const table = tableOf(found, plain);
const text = `${table}\n\nTaken on ${new Date().toISOString().slice(0, 10)}. ${machineText(machine)}\n`;
console.log(`\n${text}`);
if (!quick && positionals.length === 0) keepTable(text);

function tableOf(rows: readonly Found[], plain: Found | undefined): string {
  const over = (value: number, from: number | undefined) => {
    const more = value - (from ?? Number.NaN);
    return `${more < 0 ? '−' : '+'}${Math.abs(more).toFixed(1)}`;
  };
  const cells = rows.map((row) => [
    row.what,
    row.resident_megabytes.toFixed(1),
    over(row.resident_megabytes, plain?.resident_megabytes),
    row.written_megabytes.toFixed(1),
    over(row.written_megabytes, plain?.written_megabytes),
    row.cpu_percentage.toFixed(2),
    row.start_ms.toFixed(0),
  ]);
  const heads = ['', 'resident, MB', 'to plain', 'written, MB', 'to plain', 'CPU, %', 'start, ms'];
  const widths = heads.map((head, at) => Math.max(head.length, ...cells.map((row) => row[at]?.length ?? 0)));
  const line = (row: readonly string[]) =>
    `| ${row.map((cell, at) => (at === 0 ? cell.padEnd(widths[at] ?? 0) : cell.padStart(widths[at] ?? 0))).join(' | ')} |`;
  const rule = `|${widths.map((width, at) => (at === 0 ? '-'.repeat(width + 2) : `${'-'.repeat(width + 1)}:`)).join('|')}|`;
  return [line(heads), rule, ...cells.map(line)].join('\n');
}

function keepTable(text: string): void {
  const paper = readFileSync(PAPER, 'utf8');
  const [begin, end] = ['<!-- table -->\n', '<!-- /table -->'];
  const [from, to] = [paper.indexOf(begin) + begin.length, paper.indexOf(end)];
  if (from < begin.length || to < from) throw new Error(`${PAPER} has no place for the table`);
  writeFileSync(PAPER, paper.slice(0, from) + text + paper.slice(to));
}

function pause(duration_ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, duration_ms));
}
