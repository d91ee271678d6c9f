// Two hundred clients on one server, beside a bare loop that sends the very same frames at the same moments: in turns, each with
// the machine for itself. What counts is how many frames go out for the CPU time of the process that sends them.

import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { cpuOf, type Program, startOwn } from '../processes.ts';
import { compare, type Row } from '../report.ts';
import { median } from '../statistics.ts';
import { type PageBench, pause, SETTLE_MS } from './context.ts';
import { startFleet } from './fleet.ts';
import { readRecording } from './recording.ts';

const MACHINES = 1_000;
const CLIENTS = 200;
const ROUNDS = 3;
const LEAD_IN_MS = 2_000;
const DURATION_MS = 10_000;

interface Round {
  readonly frames: number;
  readonly bytes: number;
  readonly cpu_percentage: number;
  /** Frames that went out to one of the clients, for a millisecond of CPU. */
  readonly sends_per_ms: number;
}

export async function measureClients({ url, quick, say }: PageBench): Promise<Row[]> {
  const fleet = await startFleet(url, MACHINES, 'analyses');
  const ours: Round[] = [];
  const floor: Round[] = [];
  const duration_ms = quick ? 2_000 : DURATION_MS;
  const file = (name: string) => join(tmpdir(), `${name}-${process.pid}.frames`);
  try {
    await pause(quick ? 3_000 : SETTLE_MS);
    for (let round = 0; round < (quick ? 1 : ROUNDS); round++) {
      say(`clients: round ${round + 1}, ours`);
      const web = fleet.programs['web'] as Program;
      ours.push(await measureRound(web, fleet.port, file('ours'), duration_ms));
      say(`clients: round ${round + 1}, the bare loop`);
      const bare = await startOwn('page/broadcaster', file('ours'), `${CLIENTS}`);
      try {
        floor.push(await measureRound(bare, bare.port ?? 0, file('bare'), duration_ms));
      } finally {
        await bare.stop();
      }
    }
  } finally {
    await fleet.stop();
  }
  const what = `${CLIENTS} clients, 1,000 machines a second`;
  return [
    compare({
      part: 'clients',
      what: `${what}: frames sent for a millisecond of CPU`,
      unit: '/ms',
      floor: floor.map((round) => round.sends_per_ms),
      ours: ours.map((round) => round.sends_per_ms),
      goal: { ratio_min: 0.8 },
      details: { floor, ours },
    }),
    compare({
      part: 'clients',
      what: `${what}: CPU of one core`,
      unit: '%',
      floor: floor.map((round) => round.cpu_percentage),
      ours: ours.map((round) => round.cpu_percentage),
    }),
    compare({
      part: 'clients',
      what: `${what}: frames to each`,
      unit: '/s',
      floor: floor.map((round) => (round.frames * 1_000) / duration_ms),
      ours: ours.map((round) => (round.frames * 1_000) / duration_ms),
    }),
  ];
}

/** What a program that sends to all clients takes; what they get is left in a file. */
async function measureRound(sender: Program, port: number, path: string, duration_ms: number): Promise<Round> {
  const clients = await startOwn('page/clients', `${port}`, `${CLIENTS}`, path);
  const began_ms = Date.now();
  let cpu_ms = 0;
  let window: readonly [from_ms: number, to_ms: number] = [0, 0];
  try {
    await pause(LEAD_IN_MS);
    const before = { at_ms: Date.now(), cpu_ms: cpuOf(sender.pid) };
    await pause(began_ms + LEAD_IN_MS + duration_ms - Date.now());
    window = [before.at_ms, Date.now()];
    cpu_ms = cpuOf(sender.pid) - before.cpu_ms;
    // Past the end a bit more is written down, so that whoever plays it has something to send until it is measured.
    await pause(LEAD_IN_MS);
  } finally {
    await clients.stop();
  }
  const [from_ms, to_ms] = window;
  const frames = readRecording(path).filter(({ at_ms }) => at_ms >= from_ms && at_ms < to_ms);
  return {
    frames: frames.length,
    bytes: median(frames.map(({ data }) => data.length)),
    cpu_percentage: (cpu_ms / (to_ms - from_ms)) * 100,
    sends_per_ms: (frames.length * CLIENTS) / cpu_ms,
  };
}
