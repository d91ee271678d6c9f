// Six months of two hundred machines, made beforehand, and then used: how long an answer about them takes, from the question to the
// answer on the page's socket, while the recorder records.

import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { WebSocket } from 'ws';
import { unpack } from '../modules/web/wire/columns.ts';
import { PAGE_PROTOCOL, type Recall } from '../modules/web/wire/frames.ts';
import type { Bench } from './context.ts';
import { type Program, startGanglion, startOwn } from './processes.ts';
import { fleetOf } from './recorder/machines.ts';
import { makeMonths } from './recorder/months.ts';
import { alone, type Row } from './report.ts';
import { percentile } from './statistics.ts';

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;

/** Machines with six months of all their figures, of which so many are recorded sample by sample and the others are like them. */
const MACHINES = 200;
const RECORDED = 2;
const SPAN_MS = 182 * DAY_MS;

/** Machines of the fleet at a moment. */
const FLEET = 1_000;

/** Of a quick run. */
const QUICK = { machines: 20, fleet: 40, span_ms: 4 * DAY_MS };

const EXCHANGE = 'bench-past';
const ROUNDS = 40;
/** Points of a chart. */
const POINTS = 1_000;
const SETTLE_MS = 70_000;

export async function measurePast({ url, quick, say }: Bench): Promise<Row[]> {
  const machines = quick ? QUICK.machines : MACHINES;
  const span_ms = quick ? QUICK.span_ms : SPAN_MS;
  const fleet = fleetOf(quick ? QUICK.fleet : FLEET);
  const folder = mkdtempSync(join(tmpdir(), 'ganglion-bench-past-'));
  const until_ms = Date.now();
  const agos: readonly (readonly [string, number])[] = [
    ['five minutes', 5 * MINUTE_MS],
    ['five hours', 5 * HOUR_MS],
    ['a month', 30 * DAY_MS],
    ['five months', 150 * DAY_MS],
  ];
  const moments = agos.filter(([, ago_ms]) => ago_ms < span_ms);
  say(`past: making ${(span_ms / DAY_MS).toFixed(0)} days of ${machines} machines`);
  const programs: Program[] = [];
  const started = async (starting: Promise<Program>) => {
    const program = await starting;
    programs.push(program);
    return program;
  };
  try {
    await makeMonths({
      ...{ folder, fleet, recorded: RECORDED, machines, until_ms, span_ms, say },
      moments_ms: moments.map(([, ago_ms]) => until_ms - ago_ms),
    });
    const gigabytes = statSync(join(folder, 'history.db')).size / 1e9;
    say(`past: ${gigabytes.toFixed(2)} GB; ${machines} machines go on measuring`);
    const place = ['--broker', url, '--exchange', EXCHANGE];
    await started(startGanglion('presence', ...place));
    const recorder = await started(startGanglion('recorder', ...place, '--history', folder));
    const web = await started(startGanglion('web', ...place, '--port', '0'));
    await started(startOwn('recorder/feed', url, EXCHANGE, String(machines), join(folder, 'sent')));
    await new Promise((resolve) => setTimeout(resolve, quick ? 3_000 : SETTLE_MS));
    const page = await Page.open(web.port ?? 0);
    const machine = (round: number) => fleet.names[(round * 37) % machines] ?? '';
    const range = (round: number, before_ms: number): Recall => {
      const to_ms = Date.now();
      return { what: 'range', machine: machine(round), from_ms: to_ms - before_ms, to_ms, points_max: POINTS };
    };
    const questions: readonly (readonly [string, number, (round: number) => Recall])[] = [
      ['one machine, all charts, the last 15 min', 50, (round) => range(round, 15 * MINUTE_MS)],
      ['one machine, all charts, the last day', 150, (round) => range(round, DAY_MS)],
      ['one machine, all charts, the last month', 250, (round) => range(round, 30 * DAY_MS)],
      ['one machine, all charts, two years', 250, (round) => range(round, 730 * DAY_MS)],
      ...moments.map(
        ([name, ago_ms]) =>
          [
            `the fleet of ${fleet.names.length} ${name} ago`,
            150,
            (round: number): Recall => ({ what: 'moment', at_ms: until_ms - ago_ms + round * 1_000 }),
          ] as const,
      ),
    ];
    const rows: Row[] = [];
    for (const [what, max, question] of questions) {
      const took: number[] = [];
      let told = '';
      for (let round = 0; round < (quick ? 5 : ROUNDS); round++) {
        const began_ms = performance.now();
        told = await page.ask(question(round));
        took.push(performance.now() - began_ms);
        await new Promise((resolve) => setTimeout(resolve, 50 + 50 * Math.random()));
      }
      const details = { took, told, gigabytes };
      const row = { part: 'past', unit: 'ms', details };
      rows.push(
        alone({ ...row, what: `${what}, p50`, ours: percentile(took, 0.5), goal: { max } }),
        alone({ ...row, what: `${what}, p95`, ours: percentile(took, 0.95) }),
      );
      say(
        `past: ${what}: ${percentile(took, 0.5).toFixed(1)} ms, p95 ${percentile(took, 0.95).toFixed(1)} ms; ${told}`,
      );
    }
    page.close();
    rows.push(alone({ part: 'past', what: 'the file', unit: 'GB', ours: gigabytes, details: { pid: recorder.pid } }));
    return rows;
  } finally {
    await Promise.all(programs.map((program) => program.stop()));
    rmSync(folder, { recursive: true, force: true });
  }
}

/** A client in the page's dialect that asks, one question at a time. */
class Page {
  readonly #socket: WebSocket;
  #number = 0;
  #told: ((told: string) => void) | undefined;

  private constructor(socket: WebSocket) {
    this.#socket = socket;
    socket.on('message', (data: Buffer, is_binary: boolean) => {
      const told = is_binary ? toldOfRange(data, this.#number) : toldOfText(data, this.#number);
      if (told !== undefined) this.#told?.(told);
    });
  }

  static async open(port: number): Promise<Page> {
    const socket = new WebSocket(`ws://127.0.0.1:${port}/ws`, PAGE_PROTOCOL, { perMessageDeflate: false });
    await new Promise<void>((resolve, reject) => {
      socket.once('open', () => resolve());
      socket.once('error', reject);
    });
    return new Page(socket);
  }

  /** Resolves to what was told, in a few words. */
  ask(recall: Recall): Promise<string> {
    const told = new Promise<string>((resolve) => {
      this.#told = resolve;
    });
    this.#socket.send(JSON.stringify({ recall, number: ++this.#number }));
    return told;
  }

  close(): void {
    this.#socket.close();
  }
}

/** What an answer with a number tells; undefined of any other frame. */
function toldOfRange(data: Buffer, number: number): string | undefined {
  const frame = unpack(Uint8Array.from(data).buffer);
  if (frame?.type !== 'range' || frame.number !== number) return undefined;
  return `${frame.paths.length} figures in ${frame.times_ms.length} cells of ${frame.width_ms} ms, ${data.length} bytes`;
}

function toldOfText(data: Buffer, number: number): string | undefined {
  const frame: unknown = JSON.parse(data.toString());
  if (typeof frame !== 'object' || frame === null || !('number' in frame) || frame.number !== number) return undefined;
  if ('why' in frame) throw new Error(`it was refused: ${frame.why}`);
  const machines = 'machines' in frame && Array.isArray(frame.machines) ? frame.machines.length : 0;
  return `${machines} machines, ${data.length} bytes`;
}
