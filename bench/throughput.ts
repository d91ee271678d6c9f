// Measures judged a second when as many come as can be judged, at least once: from a durable queue, acknowledged when the
// broker has confirmed the answer. A measure goes out for each answer that comes in, so the backlog stays what it is.

import { now_ms } from './clock.ts';
import type { Bench } from './context.ts';
import { type Driver, type Lane, MACHINES_MAX } from './driver.ts';
import { cpuOf, type Program, startFloor, startGanglion } from './processes.ts';
import { compare, type Row } from './report.ts';

/** Measures without an answer: enough that the broker always has more than one listener may have in flight. */
const BACKLOG = 2_000;

const ROUNDS = 4;
const DURATION_MS = 4_000;
const LEAD_IN_MS = 1_000;
const WARM_UP_MS = 6_000;

interface Round {
  readonly measures_per_second: number;
  readonly lost: number;
  /** CPU time of the relay or the analyzer for a measure, in microseconds. */
  readonly cpu_us: number;
}

export async function measureThroughput({ url, driver, quick, say }: Bench): Promise<Row[]> {
  const floor = await startFloor('relay', url, 'bench-floor');
  const ours = await startGanglion('analyzer', '--broker', url, '--exchange', 'bench-ours');
  const lanes = [
    { program: floor, lane: await driver.overQueue('bench-floor'), rounds: [] as Round[] },
    { program: ours, lane: await driver.overQueue('bench-ours'), rounds: [] as Round[] },
  ] as const;
  try {
    say('throughput: warming up');
    for (const { lane, program } of lanes) {
      await driver.tryOut(lane);
      await measureRound(driver, lane, program, quick ? 500 : WARM_UP_MS);
    }
    const count = quick ? 1 : ROUNDS;
    for (let round = 0; round < count; round++) {
      say(`throughput: round ${round + 1} of ${count}`);
      for (const { lane, program, rounds } of round % 2 === 0 ? lanes : lanes.toReversed()) {
        rounds.push(await measureRound(driver, lane, program, quick ? 1_000 : DURATION_MS));
      }
    }
    const [{ rounds: bare }, { rounds: judged }] = lanes;
    return [
      compare({
        part: 'throughput',
        what: 'measures judged at least once, by all rules',
        unit: '/s',
        floor: bare.map((round) => round.measures_per_second),
        ours: judged.map((round) => round.measures_per_second),
        goal: { ratio_min: 0.6 },
        details: { floor: bare, ours: judged },
      }),
      compare({
        part: 'throughput',
        what: 'CPU of the relay, the analyzer for one of them',
        unit: 'µs',
        floor: bare.map((round) => round.cpu_us),
        ours: judged.map((round) => round.cpu_us),
      }),
    ];
  } finally {
    for (const { lane } of lanes) await lane.close();
    await Promise.all([floor.stop(), ours.stop()]);
  }
}

async function measureRound(driver: Driver, lane: Lane, program: Program, duration_ms: number): Promise<Round> {
  const answered = new Set<number>();
  let published = 0;
  let over = false;
  const publish = () => driver.publish(lane, published++ % MACHINES_MAX);
  const first_serial = driver.listen((serial) => {
    answered.add(serial - first_serial);
    if (!over) publish();
  });
  while (published < BACKLOG) publish();

  await pause(LEAD_IN_MS);
  const before = { at_ms: now_ms(), answered: answered.size, cpu_ms: cpuOf(program.pid) };
  await pause(duration_ms);
  const after = { at_ms: now_ms(), answered: answered.size, cpu_ms: cpuOf(program.pid) };
  over = true;
  await driver.drain();

  const measures = after.answered - before.answered;
  return {
    measures_per_second: (measures * 1_000) / (after.at_ms - before.at_ms),
    lost: published - answered.size,
    cpu_us: ((after.cpu_ms - before.cpu_ms) * 1_000) / measures,
  };
}

function pause(duration_ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, duration_ms));
}
