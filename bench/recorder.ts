// What it costs to keep the past of a thousand machines, and how long an answer about it takes while that goes on: the recorder as a
// person runs it, over RabbitMQ, with sixty figures of each machine every second. After it, Prometheus with the same.

import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { PastAnswered, PastAsked } from '@ganglion/topics';
import { openSqlite } from '../modules/recorder/src/sqlite/store.ts';
import type { Bench } from './context.ts';
import { cpuOf, memoryOf, startGanglion, startOwn } from './processes.ts';
import { freePort } from './receivers.ts';
import { startAsker } from './recorder/asker.ts';
import { FIGURES, fleetOf } from './recorder/machines.ts';
import { makePast } from './recorder/past.ts';
import { alone, type Row } from './report.ts';
import { percentile } from './statistics.ts';

const MACHINES = 1_000;
/** Values of a machine in a second: those of its measure, and those of its analysis. */
const VALUES = FIGURES + 5;

/** After the start, not counted. */
const SETTLE_MS = 30_000;
/** Longer than ten minutes, so that cells of all machines are made in it. */
const DURATION_MS = 11 * 60_000;
/** Of Prometheus, which writes nothing but its log for the first two hours. */
const PEER_DURATION_MS = 3 * 60_000;
const QUICK_MS = 15_000;

const ROUNDS = 40;
const LOOK_MS = 5_000;

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

export async function measureRecorder(bench: Bench): Promise<Row[]> {
  return [...(await measureOurs(bench)), ...(await measurePrometheus(bench))];
}

async function measureOurs({ url, quick, say }: Bench): Promise<Row[]> {
  const exchange = 'bench-recorder';
  const folder = mkdtempSync(join(tmpdir(), 'ganglion-bench-recorder-'));
  const history = join(folder, 'history');
  const counted = join(folder, 'sent');
  const fleet = fleetOf(MACHINES);
  say('recorder: making two years of a past');
  await makePast(history, fleet, Date.now());
  const before_bytes = await usedIn(history);

  const recorder = await startGanglion('recorder', '--broker', url, '--exchange', exchange, '--history', history);
  const feed = await startOwn('recorder/feed', url, exchange, String(MACHINES), counted);
  const asker = await startAsker(url, exchange);
  const sent = () => Number(readFileSync(counted, 'utf8'));
  try {
    const duration_ms = quick ? QUICK_MS : DURATION_MS;
    say(`recorder: ${MACHINES} machines with ${FIGURES} figures each second, for ${duration_ms / 1_000} s`);
    await pause(quick ? 2_000 : SETTLE_MS);
    const from = { sent: sent(), at_ms: performance.now() };
    const { cpu, resident_bytes } = await watch(recorder.pid, duration_ms);
    const rate = (sent() - from.sent) / ((performance.now() - from.at_ms) / 1_000);

    say('recorder: asking, while it records');
    const questions: readonly (readonly [string, number, () => PastAsked])[] = [
      ['one machine, all figures, the last 15 min', 50, () => range(fleet.names[0] ?? '', HOUR_MS / 4)],
      ['one machine, all figures, the last day', 150, () => range(fleet.names[0] ?? '', DAY_MS)],
      ['one machine, all figures, two years', 250, () => range(fleet.names[0] ?? '', 730 * DAY_MS)],
      ['the fleet a minute ago', 150, () => ({ what: 'instant', at_ms: Date.now() - 60_000 })],
      ['the fleet three hours ago', 150, () => ({ what: 'instant', at_ms: Date.now() - 3 * HOUR_MS })],
    ];
    const rows: Row[] = [];
    for (const [what, max, question] of questions) {
      const took: number[] = [];
      let told = '';
      for (let round = 0; round < (quick ? 5 : ROUNDS); round++) {
        const began_ms = performance.now();
        told = sizeOf(await asker.ask(question()));
        took.push(performance.now() - began_ms);
        await pause(50 + 50 * Math.random());
      }
      const row = { part: 'recorder', unit: 'ms' };
      rows.push(
        alone({
          ...row,
          what: `${what}: question to answer, p50`,
          ours: percentile(took, 0.5),
          goal: { max },
          details: { took, told },
        }),
        alone({ ...row, what: `${what}: question to answer, p95`, ours: percentile(took, 0.95) }),
      );
    }
    await asker.stop();
    await feed.stop();
    // What is under way is written, and what waits beside the file goes over into it.
    await recorder.stop();
    const bytes = (await usedIn(history)) - before_bytes;
    const row = { part: 'recorder' };
    const cost = [
      { what: 'recorder: CPU of one core', unit: '%', ours: cpu, goal: { max: 30 }, details: { rate } },
      { what: 'recorder: memory, resident, at most', unit: 'MB', ours: resident_bytes / 1e6, goal: { max: 150 } },
      {
        what: 'recorder: disk, with all roll-ups',
        unit: 'bytes/value',
        ours: bytes / (sent() * VALUES),
        goal: { max: 2.5 },
      },
    ];
    return [...cost.map((each) => alone({ ...row, ...each })), ...rows];
  } finally {
    await asker.stop();
    await feed.stop();
    await recorder.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}

/** The same figures, as often, of as many machines, written to Debian's Prometheus. */
async function measurePrometheus({ quick, say }: Bench): Promise<Row[]> {
  const folder = mkdtempSync(join(tmpdir(), 'ganglion-bench-prometheus-'));
  const part = 'recorder';
  const port = await freePort();
  writeFileSync(join(folder, 'prometheus.yml'), 'scrape_configs: []\n');
  const prometheus = spawn(
    'prometheus',
    [
      `--config.file=${folder}/prometheus.yml`,
      `--storage.tsdb.path=${folder}/data`,
      `--web.listen-address=127.0.0.1:${port}`,
      '--web.enable-remote-write-receiver',
      '--log.level=error',
    ],
    { stdio: 'ignore' },
  );
  const url = `http://127.0.0.1:${port}`;
  try {
    if (!(await answers(prometheus, `${url}/-/ready`))) {
      return [alone({ part, what: 'prometheus', unit: '', ours: Number.NaN, why: 'it is not here' })];
    }
    const counted = join(folder, 'sent');
    const writer = await startOwn('recorder/writer', `${url}/api/v1/write`, String(MACHINES), counted);
    const duration_ms = quick ? QUICK_MS : PEER_DURATION_MS;
    say(`recorder: prometheus with the same, for ${duration_ms / 1_000} s`);
    await pause(quick ? 2_000 : SETTLE_MS);
    const { cpu, resident_bytes } = await watch(prometheus.pid ?? 0, duration_ms);
    await writer.stop();
    const { sent, refused } = JSON.parse(readFileSync(counted, 'utf8')) as { sent: number; refused: number };
    if (refused > 0) throw new Error(`prometheus has refused ${refused} requests`);
    const bytes = sizeOfAll(join(folder, 'data'));
    return [
      alone({ part, what: 'prometheus: CPU of one core', unit: '%', ours: cpu, details: { sent } }),
      alone({ part, what: 'prometheus: memory, resident, at most', unit: 'MB', ours: resident_bytes / 1e6 }),
      alone({ part, what: 'prometheus: its log on disk', unit: 'bytes/value', ours: bytes / sent }),
    ];
  } finally {
    await end(prometheus);
    rmSync(folder, { recursive: true, force: true });
  }
}

/** CPU of one core in percent, and memory at most, while a process does what it does. */
async function watch(pid: number, duration_ms: number): Promise<{ cpu: number; resident_bytes: number }> {
  const from = { cpu_ms: cpuOf(pid), at_ms: performance.now() };
  let resident_bytes = 0;
  for (let passed_ms = 0; passed_ms < duration_ms; passed_ms += LOOK_MS) {
    await pause(Math.min(LOOK_MS, duration_ms - passed_ms));
    resident_bytes = Math.max(resident_bytes, memoryOf(pid).resident_bytes);
  }
  return { cpu: ((cpuOf(pid) - from.cpu_ms) / (performance.now() - from.at_ms)) * 100, resident_bytes };
}

/** Whether a program answers before it ends. */
async function answers(program: ChildProcess, url: string): Promise<boolean> {
  let has_ended = false;
  program.on('error', () => {
    has_ended = true;
  });
  program.on('exit', () => {
    has_ended = true;
  });
  while (!has_ended) {
    await pause(200);
    const answer = await fetch(url).catch(() => undefined);
    if (answer?.ok === true) return true;
  }
  return false;
}

async function end(program: ChildProcess): Promise<void> {
  if (program.pid === undefined || program.exitCode !== null || program.signalCode !== null) return;
  const gone = new Promise((resolve) => program.on('exit', resolve));
  program.kill('SIGKILL');
  await gone;
}

const range = (machine: string, span_ms: number): PastAsked => {
  const to_ms = Date.now();
  return { what: 'range', machine, from_ms: to_ms - span_ms, to_ms, points_max: 1_000 };
};

function sizeOf(answered: PastAnswered): string {
  const bytes = JSON.stringify(answered).length;
  if (answered.what === 'range')
    return `${answered.figures.length} figures, cells of ${answered.width_ms} ms, ${bytes} bytes`;
  if (answered.what === 'instant') return `${answered.machines.length} machines, ${bytes} bytes`;
  return `${bytes} bytes`;
}

async function usedIn(folder: string): Promise<number> {
  const store = openSqlite({ folder });
  const bytes = await store.usedBytes();
  await store.close();
  return bytes;
}

/** Bytes of all files in a folder. */
function sizeOfAll(folder: string): number {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .reduce((sum, { parentPath, name }) => sum + statSync(join(parentPath, name)).size, 0);
}

function pause(duration_ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, duration_ms));
}
