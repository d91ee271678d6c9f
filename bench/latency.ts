// From the moment a measure is due until its answer is at the other end: the bare relay's in a bare consumer, ours in a
// WebSocket. The pace does not wait for answers, so a stall counts against every measure that was due meanwhile.

import { now_ms } from './clock.ts';
import type { Bench } from './context.ts';
import { type Driver, type Lane, MACHINES_MAX } from './driver.ts';
import { pace } from './pacer.ts';
import { cpuOf, type Program, startFloor, startGanglion } from './processes.ts';
import { compare, type Row } from './report.ts';
import { percentile } from './statistics.ts';

/** The bare loop, and ours in the WebSocket's two dialects. */
const LANES = ['floor', 'plain', 'page'] as const;
type LaneName = (typeof LANES)[number];

/** What is measured at one rate. */
interface Plan {
  /** Measures a second. */
  readonly rate: number;
  /** Of one round, on one lane. */
  readonly duration_s: number;
  readonly rounds: number;
  readonly lanes: readonly LaneName[];
  /** The largest ratio to the bare loop, where one is promised. */
  readonly ratio_max?: number;
}

const PLANS: readonly Plan[] = [
  { rate: 10, duration_s: 8, rounds: 2, lanes: ['floor', 'plain'] },
  { rate: 100, duration_s: 5, rounds: 3, lanes: ['floor', 'plain'], ratio_max: 1.5 },
  { rate: 1_000, duration_s: 5, rounds: 9, lanes: LANES, ratio_max: 1.5 },
  { rate: 3_000, duration_s: 4, rounds: 3, lanes: ['floor', 'plain'] },
];

const PLANS_QUICK: readonly Plan[] = PLANS.map((plan) => ({ ...plan, duration_s: 1, rounds: 1 }));

/** At the start of each round, not counted. */
const LEAD_IN_S = 0.5;

/** Before the first round: the code gets compiled, and the time passes in which a new publisher waits for listeners. */
const WARM_UP = { rate: 1_000, duration_s: 8 };
const WARM_UP_QUICK = { rate: 1_000, duration_s: 1 };

/** One round on one lane; a measure without an answer counts as endless. */
interface Round {
  readonly p50_ms: number;
  readonly p99_ms: number;
  readonly max_ms: number;
  readonly measures: number;
  readonly lost: number;
  /** How late the driver itself was: part of the above. */
  readonly late_p50_ms: number;
  readonly late_p99_ms: number;
  /** CPU time for a measure, in microseconds, by program. */
  readonly cpu_us: Readonly<Record<string, number>>;
}

export async function measureLatency({ url, driver, quick, say }: Bench): Promise<Row[]> {
  const programs = {
    relay: await startFloor('relay', url, 'bench-floor'),
    analyzer: await startGanglion('analyzer', '--broker', url, '--exchange', 'bench-ours'),
    web: await startGanglion('web', '--broker', url, '--exchange', 'bench-ours', '--port', '0'),
  };
  const { port = 0 } = programs.web;
  const open: Record<LaneName, () => Promise<Lane>> = {
    floor: () => driver.overQueue('bench-floor'),
    plain: () => driver.overWebSocket('bench-ours', port, 'plain'),
    page: () => driver.overWebSocket('bench-ours', port, 'page'),
  };
  const measure = async (name: LaneName, rate: number, duration_s: number): Promise<Round> => {
    const lane = await open[name]();
    try {
      await driver.tryOut(lane);
      return await measureRound(driver, lane, rate, duration_s, programs);
    } finally {
      await lane.close();
    }
  };

  try {
    say('latency: warming up');
    const warm_up = quick ? WARM_UP_QUICK : WARM_UP;
    for (const name of LANES) await measure(name, warm_up.rate, warm_up.duration_s);

    const plans = quick ? PLANS_QUICK : PLANS;
    const results = plans.map(() => new Map<LaneName, Round[]>(LANES.map((name) => [name, []])));
    for (let round = 0; round < Math.max(...plans.map(({ rounds }) => rounds)); round++) {
      for (const [index, { rate, duration_s, rounds, lanes }] of plans.entries()) {
        if (round >= rounds) continue;
        say(`latency at ${rate}/s: round ${round + 1} of ${rounds}`);
        // Turned round each time, so that none is always the first.
        for (const name of round % 2 === 0 ? lanes : lanes.toReversed()) {
          results[index]?.get(name)?.push(await measure(name, rate, duration_s + LEAD_IN_S));
        }
      }
    }
    return plans.flatMap((plan, index) => rowsOf(plan, results[index] ?? new Map()));
  } finally {
    await Promise.all(Object.values(programs).map((program) => program.stop()));
  }
}

function rowsOf({ rate, lanes, ratio_max }: Plan, results: ReadonlyMap<LaneName, readonly Round[]>): Row[] {
  const floor = results.get('floor') ?? [];
  return lanes.flatMap((name) => {
    const ours = results.get(name) ?? [];
    if (name === 'floor' || ours.length === 0) return [];
    return (['p50', 'p99'] as const).map((figure) =>
      compare({
        part: 'latency',
        what: `measure to WebSocket at ${rate.toLocaleString('en')}/s${name === 'page' ? ", page's dialect" : ''}, ${figure}`,
        unit: 'ms',
        floor: floor.map((round) => round[`${figure}_ms`]),
        ours: ours.map((round) => round[`${figure}_ms`]),
        // What is promised is promised to whoever reads the plain dialect; the page's is there to compare.
        ...(ratio_max === undefined || name === 'page' ? {} : { goal: { ratio_max } }),
        // Once is enough.
        ...(figure === 'p50' ? { details: { floor, ours } } : {}),
      }),
    );
  });
}

async function measureRound(
  driver: Driver,
  lane: Lane,
  rate: number,
  duration_s: number,
  programs: Readonly<Record<string, Program>>,
): Promise<Round> {
  // Past a thousand a second, several are due at once.
  const at_once = Math.ceil(rate / 1_000);
  const machines = Math.min(Math.max(rate, 10), MACHINES_MAX);
  const due_ms: number[] = [];
  const late_ms: number[] = [];
  const took_ms: number[] = [];
  const first_serial = driver.listen((serial) => {
    const index = serial - first_serial;
    // The first answer counts; one that comes twice is no news.
    took_ms[index] ??= now_ms() - (due_ms[index] ?? Number.NaN);
  });
  const cpu_before = cpuByProgram(programs);
  await pace((at_once * 1_000) / rate, duration_s * 1_000, (tick_ms) => {
    late_ms.push(now_ms() - tick_ms);
    for (let i = 0; i < at_once; i++) {
      due_ms.push(tick_ms);
      driver.publish(lane, due_ms.length % machines);
    }
  });
  await driver.drain();
  const cpu_after = cpuByProgram(programs);

  const skipped = Math.round(LEAD_IN_S * rate);
  const counted = Array.from(due_ms, (_, index) => took_ms[index] ?? Number.POSITIVE_INFINITY).slice(skipped);
  return {
    p50_ms: percentile(counted, 0.5),
    p99_ms: percentile(counted, 0.99),
    max_ms: percentile(counted, 1),
    measures: counted.length,
    lost: counted.filter((each) => each === Number.POSITIVE_INFINITY).length,
    late_p50_ms: percentile(late_ms, 0.5),
    late_p99_ms: percentile(late_ms, 0.99),
    cpu_us: Object.fromEntries(
      Object.entries(cpu_after).map(([name, cpu_ms]) => [
        name,
        ((cpu_ms - (cpu_before[name] ?? 0)) * 1_000) / due_ms.length,
      ]),
    ),
  };
}

function cpuByProgram(programs: Readonly<Record<string, Program>>): Record<string, number> {
  return Object.fromEntries(Object.entries(programs).map(([name, { pid }]) => [name, cpuOf(pid)]));
}
