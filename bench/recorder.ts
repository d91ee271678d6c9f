// What it costs to keep the past of a thousand machines, and how long an answer about it takes while that goes on: the recorder as a
// person runs it, over RabbitMQ, with sixty figures of each machine every second.

import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { amqpBus } from '@ganglion/bus-amqp';
import { defineModule, runModule, silentLog } from '@ganglion/kernel';
import { type PastAnswered, type PastAsked, past } from '@ganglion/topics';
import { connect } from 'amqplib';
import { openSqlite } from '../modules/recorder/src/sqlite/store.ts';
import type { Bench } from './context.ts';
import { cpuOf, memoryOf, startGanglion } from './processes.ts';
import { FIGURES, fleetOf } from './recorder/machines.ts';
import { makePast } from './recorder/past.ts';
import { alone, type Row } from './report.ts';
import { median } from './statistics.ts';

const MACHINES = 1_000;
/** Values of a second: those of the measures, and those of the analyses. */
const VALUES = MACHINES * (FIGURES + 5);

/** After the start, not counted. */
const SETTLE_MS = 30_000;
/** Longer than ten minutes, so that cells of all machines are made in it. */
const DURATION_MS = 11 * 60_000;
const QUICK_MS = 15_000;

const ROUNDS = 40;

/** Machines that the feed speaks for in one turn. */
const TURN_MAX = 100;
const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

export async function measureRecorder({ url, quick, say }: Bench): Promise<Row[]> {
  const exchange = 'bench-recorder';
  const folder = mkdtempSync(join(tmpdir(), 'ganglion-bench-recorder-'));
  mkdirSync(folder, { recursive: true });
  const fleet = fleetOf(MACHINES);
  say('recorder: making two years of a past');
  await makePast(folder, fleet, Date.now());
  const before_bytes = await usedIn(folder);

  const recorder = await startGanglion('recorder', '--broker', url, '--exchange', exchange, '--history', folder);
  const feed = await startFeed(url, exchange, fleet);
  const asker = await startAsker(url, exchange);
  try {
    const settle_ms = quick ? 2_000 : SETTLE_MS;
    const duration_ms = quick ? QUICK_MS : DURATION_MS;
    say(
      `recorder: ${MACHINES} machines with ${FIGURES} figures each second for ${(settle_ms + duration_ms) / 1_000} s`,
    );
    await pause(settle_ms);
    const from = { cpu_ms: cpuOf(recorder.pid), at_ms: performance.now(), sent: feed.sent() };
    let resident_bytes = 0;
    for (let passed_ms = 0; passed_ms < duration_ms; passed_ms += 5_000) {
      await pause(Math.min(5_000, duration_ms - passed_ms));
      resident_bytes = Math.max(resident_bytes, memoryOf(recorder.pid).resident_bytes);
    }
    const passed_ms = performance.now() - from.at_ms;
    const cpu = ((cpuOf(recorder.pid) - from.cpu_ms) / passed_ms) * 100;
    const rate = (feed.sent() - from.sent) / (passed_ms / 1_000);

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
        const answer = await asker.ask(question());
        took.push(performance.now() - began_ms);
        told = sizeOf(answer);
        await pause(50 + 50 * Math.random());
      }
      took.sort((one, other) => one - other);
      const row = { part: 'recorder', unit: 'ms' };
      const p95 = took[Math.floor(took.length * 0.95)] ?? Number.NaN;
      rows.push(
        alone({
          ...row,
          what: `${what}: question to answer, p50`,
          ours: median(took),
          goal: { max },
          details: { took, told },
        }),
      );
      rows.push(alone({ ...row, what: `${what}: question to answer, p95`, ours: p95 }));
    }
    await asker.stop();
    await feed.stop();
    // What is under way is written, and what waits beside the file goes over into it.
    await recorder.stop();
    const values = (feed.sent() / MACHINES) * VALUES;
    const bytes = (await usedIn(folder)) - before_bytes;
    const row = { part: 'recorder' };
    return [
      alone({ ...row, what: 'recorder: CPU of one core', unit: '%', ours: cpu, goal: { max: 30 }, details: { rate } }),
      alone({
        ...row,
        what: 'recorder: memory, resident, at most',
        unit: 'MB',
        ours: resident_bytes / 1e6,
        goal: { max: 150 },
      }),
      alone({
        ...row,
        what: 'recorder: disk, with all roll-ups',
        unit: 'bytes/value',
        ours: bytes / values,
        goal: { max: 2.5 },
      }),
      ...rows,
    ];
  } finally {
    await asker.stop();
    await feed.stop();
    await recorder.stop();
    rmSync(folder, { recursive: true, force: true });
  }
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

/** Sends a measure and an analysis of every machine each second, spread over it. */
async function startFeed(url: string, exchange: string, fleet: ReturnType<typeof fleetOf>) {
  const connection = await connect(url, { noDelay: true });
  const channel = await connection.createChannel();
  let sent = 0;
  let stopped = false;
  const publish = (machine: number, second: number) => {
    const name = fleet.names[machine] ?? '';
    const measure = fleet.measureOf(machine) as { readonly cpu_percentage: number; readonly memory_percentage: number };
    const { cpu_percentage, memory_percentage } = measure;
    const analysis = {
      cpu_result: 'LOW',
      cpu_percentage,
      memory_result: 'MEDIUM',
      memory_percentage,
      disks_result: 'LOW',
    };
    const headers = { time: new Date().toISOString() };
    const more = { persistent: true, headers, contentType: 'application/json' };
    channel.publish(exchange, `${name}.measure`, Buffer.from(JSON.stringify(measure)), {
      ...{ ...more, messageId: `tracker-0a1b@${name}/${second}`, appId: `tracker-0a1b@${name}`, type: 'measure' },
    });
    channel.publish(exchange, `${name}.analysis`, Buffer.from(JSON.stringify(analysis)), {
      ...{ ...more, messageId: `analyzer-0a1b@x/${second}/${machine}`, appId: 'analyzer-0a1b@x', type: 'analysis' },
    });
    sent++;
  };
  const began_ms = performance.now();
  const timer = setInterval(() => {
    const due = Math.floor(((performance.now() - began_ms) / 1_000) * MACHINES);
    // On a machine that is too busy it falls behind, and says so in the rate, instead of keeping everybody from working.
    for (let i = 0; i < TURN_MAX && sent < due; i++) publish(sent % MACHINES, Math.floor(sent / MACHINES));
  }, 10);
  return {
    sent: () => sent,
    async stop() {
      if (stopped) return;
      stopped = true;
      clearInterval(timer);
      await channel.close();
      await connection.close();
    },
  };
}

/** Asks as any module does. */
async function startAsker(url: string, exchange: string) {
  let ask: ((asked: PastAsked) => Promise<PastAnswered>) | undefined;
  const module = defineModule({
    name: 'asker',
    asks: { past },
    start: (context) => {
      ask = (asked) => context.ask(past, asked.what === 'range' ? asked.machine : 'fleet', asked);
    },
  });
  const bus = amqpBus({
    url,
    exchange,
    exchange_durable: true,
    name: 'asker@bench',
    log: silentLog,
    buffer_messages: 1_000,
  });
  await bus.opened;
  const running = await runModule(module, { bus, log: silentLog });
  let stopped = false;
  return {
    ask: (asked: PastAsked) => {
      if (ask === undefined) throw new Error('the asker did not start');
      return ask(asked);
    },
    async stop() {
      if (stopped) return;
      stopped = true;
      await running.stop();
      await bus.close();
    },
  };
}

function pause(duration_ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, duration_ms));
}
