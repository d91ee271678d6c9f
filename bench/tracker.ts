// What it costs to measure one machine each second and to tell it over RabbitMQ: our tracker with all its probes beside a
// bare loop that reads the same files. All run at the same time, several of each, so that what happens on the machine
// happens to all.

import { readdirSync, readlinkSync } from 'node:fs';
import * as probes from '@ganglion/tracker/probes';
import type { Bench } from './context.ts';
import { cpuOf, memoryOf, type Program, startFloor, startGanglion } from './processes.ts';
import { alone, compare, type Row } from './report.ts';
import { median } from './statistics.ts';

const EACH = 3;

/** After the start, not counted: what runs once a second is compiled late. */
const SETTLE_MS = 30_000;
const DURATION_MS = 60_000;

interface Cost {
  /** Of one core. */
  readonly cpu_percentage: number;
  readonly resident_megabytes: number;
  readonly private_megabytes: number;
}

export async function measureTracker({ url, driver, quick, say }: Bench): Promise<Row[]> {
  const exchange = 'bench-tracker';
  // Somebody listens to both, so that the broker has the same to do.
  const heard = new Map<string, number>();
  const lane = await driver.overQueue(exchange, '#.measure', (machine) =>
    heard.set(machine, (heard.get(machine) ?? 0) + 1),
  );
  const started: Program[] = [];
  const startEach = async (name: string, start: (machine: string) => Promise<Program>) => {
    const programs: Program[] = [];
    for (let i = 0; i < EACH; i++) {
      const program = await start(`${name}-${i}`);
      programs.push(program);
      started.push(program);
    }
    return programs;
  };

  try {
    const trackers = await startEach('tracker', (machine) =>
      startGanglion('tracker', '--broker', url, '--exchange', exchange, '--machine', machine, '--interval', '1s'),
    );
    const files = await filesOfEachSecond(url);
    const readers = await startEach('reader', (machine) => startFloor('reader', url, exchange, machine, ...files));
    const idlers = await startEach('idle', () => startFloor('idle', url));

    const settle_ms = quick ? 1_000 : SETTLE_MS;
    const duration_ms = quick ? 5_000 : DURATION_MS;
    say(`tracker: ${EACH} trackers and ${EACH} bare readers side by side for ${(settle_ms + duration_ms) / 1_000} s`);
    await pause(settle_ms);
    heard.clear();
    const costs = await costsOf([trackers, readers, idlers], duration_ms);
    checkHeard(heard, duration_ms);

    const [ours = [], floor = [], idle = []] = costs;
    const row = (what: string, unit: string, key: keyof Cost) =>
      compare({
        part: 'tracker',
        what: `tracker at one second: ${what}`,
        unit,
        floor: floor.map((cost) => cost[key]),
        ours: ours.map((cost) => cost[key]),
        goal: { ratio_max: 1 },
        ...(key === 'cpu_percentage' ? { details: { files, floor, ours, idle } } : {}),
      });
    const reference = (what: string, unit: string, key: keyof Cost) =>
      alone({
        part: 'tracker',
        what: `Node with an idle connection: ${what}`,
        unit,
        ours: median(idle.map((cost) => cost[key])),
      });
    return [
      row('CPU of one core', '%', 'cpu_percentage'),
      row('memory, resident', 'MB', 'resident_megabytes'),
      row('memory, its own', 'MB', 'private_megabytes'),
      reference('CPU of one core', '%', 'cpu_percentage'),
      reference('memory, resident', 'MB', 'resident_megabytes'),
      reference('memory, its own', 'MB', 'private_megabytes'),
    ];
  } finally {
    await lane.close();
    await Promise.all(started.map((program) => program.stop()));
  }
}

/**
 * The files of the kernel that a tracker reads each second: those that one holds open which has no other probes. What the others
 * cost (processes, control groups, sockets and more, each at its own interval) is the tracker's alone.
 */
async function filesOfEachSecond(url: string): Promise<string[]> {
  const slower = Object.values(probes).filter(({ every_ms = 0 }) => every_ms > 0);
  const off = slower.flatMap(({ name }) => ['--probe', `${name}=off`]);
  const lister = await startGanglion('tracker', '--broker', url, '--machine', 'lister', ...off);
  try {
    await pause(1_500);
    const folder = `/proc/${lister.pid}/fd`;
    const open = readdirSync(folder).map((name) => readlinkSync(`${folder}/${name}`));
    const of_kernel = open.filter((path) => /^\/(proc|sys)\//.test(path));
    // What is behind /proc/self is each reader's own.
    const files = [...new Set(of_kernel.map((path) => path.replace(`/proc/${lister.pid}/`, '/proc/self/')))].sort();
    if (files.length === 0) throw new Error('the tracker holds no file of the kernel open: what does it read?');
    return files;
  } finally {
    await lister.stop();
  }
}

async function costsOf(groups: readonly (readonly Program[])[], duration_ms: number): Promise<Cost[][]> {
  const cpuNow = () => groups.map((programs) => programs.map(({ pid }) => cpuOf(pid)));
  const started_ms = performance.now();
  const before = cpuNow();
  await pause(duration_ms);
  const after = cpuNow();
  const passed_ms = performance.now() - started_ms;
  return groups.map((programs, group) =>
    programs.map(({ pid }, i) => {
      const { resident_bytes, private_bytes } = memoryOf(pid);
      const cpu_ms = (after[group]?.[i] ?? Number.NaN) - (before[group]?.[i] ?? Number.NaN);
      return {
        cpu_percentage: (cpu_ms / passed_ms) * 100,
        resident_megabytes: resident_bytes / 1e6,
        private_megabytes: private_bytes / 1e6,
      };
    }),
  );
}

/** Whoever says less often than each second costs less and proves nothing. */
function checkHeard(heard: ReadonlyMap<string, number>, duration_ms: number): void {
  const due = Math.floor(duration_ms / 1_000);
  const lazy = [...heard].filter(([, count]) => count < due - 1);
  if (heard.size !== 2 * EACH || lazy.length > 0) {
    throw new Error(`in ${due} s came only ${[...heard].map(([machine, count]) => `${machine} ${count}`).join(', ')}`);
  }
}

function pause(duration_ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, duration_ms));
}
