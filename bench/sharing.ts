// What a measure costs when several analyzers share the machines: the CPU of all of them together, beside that of one.

import { now_ms } from './clock.ts';
import type { Bench } from './context.ts';
import type { Driver, Lane } from './driver.ts';
import { cpuOf, type Program, startGanglion } from './processes.ts';
import { compare, type Row } from './report.ts';

/** One alone is what the others are compared with. */
const COUNTS = [1, 2, 4] as const;

const MACHINES = 1_000;
const PER_SECOND = 1_000;

const ROUNDS = 4;
const DURATION_MS = 5_000;
const WARM_UP_MS = 8_000;

/** From the last start until each has its part. */
const BALANCE_MS = 4_000;

const PUBLISH_EVERY_MS = 5;

interface Round {
  /** CPU time of all analyzers for a measure, in microseconds. */
  readonly cpu_us: number;
  /** Of each of them, in one second, in milliseconds. */
  readonly cpu_ms_per_second: readonly number[];
  readonly lost: number;
}

interface Party {
  readonly count: number;
  readonly lane: Lane;
  readonly programs: readonly Program[];
  readonly rounds: Round[];
}

export async function measureSharing({ url, driver, quick, say }: Bench): Promise<Row[]> {
  const parties: Party[] = [];
  try {
    for (const count of COUNTS) {
      const exchange = `bench-sharing-${count}`;
      const programs: Program[] = [];
      parties.push({ count, lane: await driver.overQueue(exchange), programs, rounds: [] });
      while (programs.length < count)
        programs.push(await startGanglion('analyzer', '--broker', url, '--exchange', exchange));
    }
    say('sharing: warming up');
    await pause(BALANCE_MS);
    for (const party of parties) {
      await driver.tryOut(party.lane);
      // Each of them as long as one alone, by measures.
      await measureRound(driver, party, quick ? 1_000 : WARM_UP_MS, PER_SECOND * party.count);
    }
    const count = quick ? 1 : ROUNDS;
    for (let round = 0; round < count; round++) {
      say(`sharing: round ${round + 1} of ${count}`);
      for (const party of round % 2 === 0 ? parties : parties.toReversed()) {
        party.rounds.push(await measureRound(driver, party, quick ? 2_000 : DURATION_MS));
      }
    }
    const [one, ...several] = parties as [Party, ...Party[]];
    return several.map((party) =>
      compare({
        part: 'sharing',
        what: `CPU for a measure at ${PER_SECOND}/s, ${party.count} analyzers together beside one`,
        unit: 'µs',
        floor: one.rounds.map(({ cpu_us }) => cpu_us),
        ours: party.rounds.map(({ cpu_us }) => cpu_us),
        goal: { ratio_max: 1.2 },
        details: { floor: one.rounds, ours: party.rounds },
      }),
    );
  } finally {
    await Promise.all(
      parties.flatMap(({ lane, programs }) => [lane.close(), ...programs.map((program) => program.stop())]),
    );
  }
}

async function measureRound(
  driver: Driver,
  { lane, programs }: Party,
  duration_ms: number,
  per_second = PER_SECOND,
): Promise<Round> {
  const cpu = () => programs.map(({ pid }) => cpuOf(pid));
  let answered = 0;
  driver.listen(() => answered++);
  let published = 0;
  const began_ms = now_ms();
  const before = cpu();
  while (now_ms() - began_ms < duration_ms) {
    const due = ((now_ms() - began_ms) / 1_000) * per_second;
    while (published < due) driver.publish(lane, published++ % MACHINES);
    await pause(PUBLISH_EVERY_MS);
  }
  await driver.drain();
  const took_s = (now_ms() - began_ms) / 1_000;
  const used_ms = cpu().map((each, i) => each - (before[i] ?? 0));
  return {
    cpu_us: (used_ms.reduce((sum, each) => sum + each, 0) * 1_000) / published,
    cpu_ms_per_second: used_ms.map((each) => each / took_s),
    lost: published - answered,
  };
}

function pause(duration_ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, duration_ms));
}
