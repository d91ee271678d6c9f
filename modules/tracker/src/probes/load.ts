// Load: how many tasks run, wait for a core, or wait for a disk, averaged over one, five and fifteen minutes.

import Type, { type Static } from 'typebox';
import { procUnexpected } from '../errors.ts';
import { Count } from '../figures.ts';
import type { Os } from '../host.ts';
import { defineProbe, percentageOf, type Reading } from '../probe.ts';
import type { Scanner } from '../scanner.ts';
import { parseStat } from './cpu.ts';

const Average = (title: string) => Type.Number({ title, minimum: 0, unit: 'tasks' });

const schema = Type.Object({
  load_1: Average('Average of 1 minute'),
  load_5: Average('Average of 5 minutes'),
  load_15: Average('Average of 15 minutes'),
  runnable: Type.Optional(Count('Tasks that run or wait for a core now')),
  blocked: Type.Optional(Count('Tasks that wait for a disk now')),
  tasks: Type.Optional(Count('Tasks, threads included')),
});

type Figures = Static<typeof schema>;

export const load = defineProbe({
  name: 'load',
  schema,
  // The kernel averages anew every 5 s.
  every_ms: 5_000,
  open: ({ proc, os }) => ({
    read: () => {
      if (proc === undefined) return loadOf(os);
      const figures = proc.read('loadavg', parseLoad);
      const { online = 0, blocked } = (figures && proc.read('stat', parseStat)) ?? {};
      if (figures !== undefined && blocked !== undefined) figures.blocked = blocked;
      return figures && withHeadline(figures, online);
    },
  }),
});

/**
 * Parses /proc/loadavg, see proc(5): `1.68 1.34 0.85 4/179 23834`. Undefined when it is empty or a stand-in: where
 * someone reads, there is a task.
 *
 * @throws CodedError `PROC_UNEXPECTED`
 */
export function parseLoad(file: Scanner): Figures | undefined {
  if (file.ended) return undefined;
  const [load_1, load_5, load_15, runnable, tasks] = LOADAVG.exec(file.rest())?.slice(1).map(Number) ?? [];
  if (load_1 === undefined || load_5 === undefined || load_15 === undefined) {
    throw procUnexpected('/proc/loadavg', 'it has not three averages');
  }
  if (runnable === undefined || tasks === undefined || Number.isNaN(tasks)) return { load_1, load_5, load_15 };
  return tasks === 0 ? undefined : { load_1, load_5, load_15, runnable, tasks };
}

const LOADAVG = /^(\d{1,15}\.\d+) (\d{1,15}\.\d+) (\d{1,15}\.\d+)(?: (\d{1,15})\/(\d{1,15}))?/;

/** The same from Node's view of the machine; Windows has no load. */
export function loadOf(os: Pick<Os, 'loadavg' | 'availableParallelism' | 'platform'>): Reading<Figures> | undefined {
  if (os.platform() === 'win32') return undefined;
  const [load_1 = 0, load_5 = 0, load_15 = 0] = os.loadavg().map((average) => Math.round(average * 100) / 100);
  return withHeadline({ load_1, load_5, load_15 }, os.availableParallelism());
}

/**
 * The headline is the last minute's load for each core online, and 100 where there is more to do than they can. No
 * headline when the cores are not known, which is 0.
 */
export function withHeadline(figures: Figures, cores: number): Reading<Figures> {
  return cores === 0 ? { figures } : { percentage: percentageOf(Math.min(figures.load_1, cores), cores), figures };
}
