// What it costs to hand over what is known: the whole system in one process, with an export and without, side by side, each fed
// with the same machines at the same pace. And what a receiver changes that takes nothing and never answers.

import { pulse } from '@ganglion/kernel';
import { connect } from 'amqplib';
import type { Bench } from './context.ts';
import { pace } from './pacer.ts';
import { cpuOf, memoryOf, type Program, startSystem } from './processes.ts';
import { LIVE } from './queues.ts';
import { openAsker, openLines, openSilent, openTaker, type Receiver } from './receivers.ts';
import { alone, compare, type Row } from './report.ts';

/** Each measured once a second. */
const MACHINES = 1_000;
const MACHINES_QUICK = 50;

/** The time between two samples that are handed over, as the settings have it. A round is as long: one is in each. */
const INTERVAL_MS = 10_000;

const ROUNDS = 4;

/** Rounds at the start that are not counted: births, and code that gets compiled. */
const SETTLE_ROUNDS = 2;

/** What may wait for the receiver that never answers: so little that it is full before the first round that counts. */
const BUFFER_BYTES = 128 * 1024;

const EXPORTS: readonly (readonly [name: string, open: () => Promise<Receiver>])[] = [
  ['Prometheus asks', () => openAsker(INTERVAL_MS)],
  ['remote write', () => openTaker('remote-write')],
  ['OpenTelemetry', () => openTaker('opentelemetry')],
  ['InfluxDB', () => openTaker('influxdb')],
  ['Graphite', () => openLines()],
  ['nobody answers', () => openSilent('remote-write', BUFFER_BYTES)],
];

export async function measureExporter(bench: Bench): Promise<Row[]> {
  const rows: Row[] = [];
  for (const [name, open] of EXPORTS) {
    const receiver = await open();
    try {
      rows.push(...(await sideBySide(name, receiver, bench)));
    } finally {
      await receiver.close();
    }
  }
  return rows;
}

async function sideBySide(name: string, receiver: Receiver, { url, driver, quick, say }: Bench): Promise<Row[]> {
  const machines = quick ? MACHINES_QUICK : MACHINES;
  const settle_rounds = quick ? 0 : SETTLE_ROUNDS;
  const rounds = quick ? 1 : ROUNDS;
  const word = name.toLowerCase().replaceAll(' ', '-');
  say(`exporter: ${name}, ${((settle_rounds + rounds) * INTERVAL_MS) / 1_000} s beside the same system without it`);

  const exchanges = { plain: `bench-without-${word}`, exporting: `bench-with-${word}` };
  const counts = await hearCounts(url, exchanges.exporting);
  const start = (exchange: string, ...flags: readonly string[]) =>
    startSystem('--broker', url, '--exchange', exchange, '--port', '0', ...flags);
  const plain = await start(exchanges.plain);
  const exporting = await start(exchanges.exporting, ...receiver.flags);
  try {
    const lanes = Object.values(exchanges).map((exchange) => ({ exchange, close: async () => {} }));
    const cpu = { plain: new Cpu(plain), exporting: new Cpu(exporting) };
    const round_ticks = (INTERVAL_MS / 1_000) * machines;
    let ticks = 0;
    await pace(1_000 / machines, (settle_rounds + rounds) * INTERVAL_MS, () => {
      for (const lane of lanes) driver.publish(lane, ticks % machines);
      if (++ticks % round_ticks !== 0) return;
      const counts_now = ticks / round_ticks > settle_rounds;
      cpu.plain.round(counts_now);
      cpu.exporting.round(counts_now);
    });
    const more_bytes = memoryOf(exporting.pid).private_bytes - memoryOf(plain.pid).private_bytes;
    const dropped = counts.of('remote_write_figures_dropped');
    if (!quick && receiver.taken() + dropped === 0) throw new Error(`${name}: no figure was taken, and none dropped`);
    return [
      compare({
        part: 'exporter',
        what: `${machines.toLocaleString('en')} machines, ${name}: CPU of one core`,
        unit: '%',
        floor: cpu.plain.rounds,
        ours: cpu.exporting.rounds,
        goal: { ratio_max: 1.1 },
        details: { plain: cpu.plain.rounds, exporting: cpu.exporting.rounds, taken_bytes: receiver.taken() },
      }),
      alone({ part: 'exporter', what: `${name}: memory more than without it`, unit: 'MB', ours: more_bytes / 1e6 }),
      ...(dropped > 0
        ? [alone({ part: 'exporter', what: `${name}: figures let go, as its pulses count`, unit: '', ours: dropped })]
        : []),
    ];
  } finally {
    await Promise.all([plain.stop(), exporting.stop()]);
    await counts.close();
  }
}

/** The CPU time of a program, round by round, in percent of one core. */
class Cpu {
  readonly rounds: number[] = [];
  readonly #pid: number;
  #cpu_ms: number;
  #at_ms = performance.now();

  constructor({ pid }: Program) {
    this.#pid = pid;
    this.#cpu_ms = cpuOf(pid);
  }

  /** A round is over; it counts or not. */
  round(counts: boolean): void {
    const [cpu_ms, at_ms] = [cpuOf(this.#pid), performance.now()];
    if (counts) this.rounds.push(((cpu_ms - this.#cpu_ms) / (at_ms - this.#at_ms)) * 100);
    this.#cpu_ms = cpu_ms;
    this.#at_ms = at_ms;
  }
}

/** Adds up what the exporters on an exchange count in their pulses. */
async function hearCounts(
  url: string,
  exchange: string,
): Promise<{ of(name: string): number; close(): Promise<void> }> {
  const sums = new Map<string, number>();
  const connection = await connect(url);
  const channel = await connection.createChannel();
  await channel.assertExchange(exchange, 'topic', { durable: true });
  const { queue } = await channel.assertQueue('', LIVE);
  await channel.bindQueue(queue, exchange, '#.pulse');
  await channel.consume(
    queue,
    (message) => {
      const body: unknown = JSON.parse(message?.content.toString() ?? 'null');
      if (!pulse.check(body) || body.module !== 'exporter') return;
      for (const [name, n] of Object.entries(body.counts)) sums.set(name, (sums.get(name) ?? 0) + n);
    },
    { noAck: true },
  );
  return { of: (name) => sums.get(name) ?? 0, close: () => connection.close() };
}
