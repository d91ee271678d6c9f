// What the bench ran on. Figures of another machine, or of a busy one, say something else.

import { readFileSync } from 'node:fs';
import os from 'node:os';

export interface Machine {
  readonly cpu: string;
  readonly cores: number;
  readonly memory_bytes: number;
  readonly kernel: string;
  readonly node: string;
  readonly rabbitmq: string;
  /** Of one, five and fifteen minutes, before the bench began. */
  readonly load: readonly number[];
  /** Share of all cores that others used, before the bench began. */
  readonly busy_percentage: number;
}

/** What others may use before figures of two runs cannot be compared any more. */
const QUIET_PERCENTAGE = 10;

/** How long the machine is watched before the bench begins. */
const WATCHED_MS = 2_000;

/** Looks at the machine while the bench still does nothing. */
export async function lookAtMachine(): Promise<Omit<Machine, 'rabbitmq'>> {
  const load = os.loadavg().map((each) => Math.round(each * 100) / 100);
  const before = readTicks();
  await new Promise((resolve) => setTimeout(resolve, WATCHED_MS));
  const after = readTicks();
  const idle_share = (after.idle - before.idle) / (after.all - before.all);
  return {
    cpu: os.cpus()[0]?.model.trim() ?? 'unknown',
    cores: os.cpus().length,
    memory_bytes: os.totalmem(),
    kernel: `${os.type()} ${os.release()}`,
    node: process.version,
    load,
    busy_percentage: Math.round((1 - idle_share) * 1_000) / 10,
  };
}

/** The machine in a sentence or two. */
export function machineText(machine: Machine): string {
  const gibibytes = (machine.memory_bytes / 2 ** 30).toFixed(1);
  return (
    `${machine.cpu}, ${machine.cores} cores, ${gibibytes} GiB; ${machine.kernel}, Node ${machine.node}, ` +
    `RabbitMQ ${machine.rabbitmq}, all on the same cores. ` +
    `Before the bench began: load ${machine.load.join(', ')}, others used ${machine.busy_percentage} % of the cores` +
    `${machine.busy_percentage > QUIET_PERCENTAGE ? ', so these figures say little' : ''}.`
  );
}

/** Idle time, waiting for a disk included, and all time of all cores since the start. See proc(5), /proc/stat. */
function readTicks(): { readonly idle: number; readonly all: number } {
  const [user = 0, nice = 0, system = 0, idle = 0, iowait = 0, irq = 0, softirq = 0, steal = 0] = readFileSync(
    '/proc/stat',
    'utf8',
  )
    .split('\n', 1)
    .flatMap((line) => line.trim().split(/ +/).slice(1).map(Number));
  return { idle: idle + iowait, all: user + nice + system + idle + iowait + irq + softirq + steal };
}
