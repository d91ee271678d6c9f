// Pressure: for how much of the time tasks could not go on for want of a CPU, of memory or of a disk. It tells what a
// share in use cannot: whether anybody waits.
//
// See the kernel's accounting/psi. Not all kernels have it, and some only when told to at their start. `some`: at least one
// task waited; `full`: all that were not idle did, so that nothing at all was done.

import Type, { type Static } from 'typebox';
import { procUnexpected } from '../errors.ts';
import { Percentage } from '../figures.ts';
import { defineProbe } from '../probe.ts';
import { grown, perSecond, tell } from '../rate.ts';
import type { Scanner } from '../scanner.ts';

const Share = (title: string) => Type.Optional(Percentage(title));

const Some = {
  some_percentage: Share('Some waited'),
  some_10_percentage: Share('Some waited, average of 10 seconds'),
  some_60_percentage: Share('Some waited, average of 1 minute'),
  some_300_percentage: Share('Some waited, average of 5 minutes'),
};
const Full = {
  full_percentage: Share('All waited'),
  full_10_percentage: Share('All waited, average of 10 seconds'),
  full_60_percentage: Share('All waited, average of 1 minute'),
  full_300_percentage: Share('All waited, average of 5 minutes'),
};

const schema = Type.Object({
  // The kernel writes a line `full` for the CPU, always nought: while all wait for a CPU, somebody has it.
  cpu: Type.Optional(Type.Object(Some, { title: 'For a CPU' })),
  memory: Type.Optional(Type.Object({ ...Some, ...Full }, { title: 'For memory' })),
  io: Type.Optional(Type.Object({ ...Some, ...Full }, { title: 'For a disk' })),
});

type Figures = Static<typeof schema>;
type Resource = keyof Figures;
type Shares = NonNullable<Figures['io']>;

const RESOURCES: readonly Resource[] = ['cpu', 'memory', 'io'];

export const pressure = defineProbe({
  name: 'pressure',
  schema,
  open: ({ proc, now }) => {
    const resources = RESOURCES.map((resource) => ({
      resource,
      path: `pressure/${resource}`,
      before: undefined as Pressure | undefined,
      before_ms: 0,
    }));
    const read = () => {
      const figures: Figures = {};
      let told = false;
      for (const each of resources) {
        const after = proc?.read(each.path, parsePressure);
        const after_ms = now();
        if (after !== undefined) {
          figures[each.resource] = pressureOf(each.resource, each.before, after, after_ms - each.before_ms);
          told = true;
        }
        each.before = after;
        each.before_ms = after_ms;
      }
      return told ? { figures } : undefined;
    };
    read();
    return { read };
  },
});

/** One file: the averages, in percent, and the time that was waited since the start, in microseconds. */
export interface Pressure {
  readonly some: Waited;
  /** Undefined before Linux 5.13 for the CPU. */
  readonly full: Waited | undefined;
}

interface Waited {
  readonly average_10: number;
  readonly average_60: number;
  readonly average_300: number;
  readonly total_us: number;
}

/**
 * Parses a file of /proc/pressure: `some avg10=0.02 avg60=0.09 avg300=0.44 total=441416050`, and a line `full`. Undefined
 * when it is empty.
 *
 * @throws CodedError `PROC_UNEXPECTED`
 */
export function parsePressure(file: Scanner): Pressure | undefined {
  if (file.ended) return undefined;
  const text = file.rest();
  const told = PRESSURE.exec(text)?.slice(1).map(Number) ?? [];
  const some = waited(told.slice(0, 4));
  if (some === undefined) throw procUnexpected('/proc/pressure', `no pressure in "${text}"`);
  return { some, full: waited(told.slice(4)) };
}

const WAITED = String.raw`avg10=(\d+\.\d+) avg60=(\d+\.\d+) avg300=(\d+\.\d+) total=(\d+)`;
const PRESSURE = new RegExp(`^some ${WAITED}(?:\nfull ${WAITED})?`);

function waited(told: readonly number[]): Waited | undefined {
  const [average_10 = 101, average_60 = 101, average_300 = 101, total_us = Number.NaN] = told;
  if (!(average_10 <= 100 && average_60 <= 100 && average_300 <= 100)) return undefined;
  return { average_10, average_60, average_300, total_us };
}

/** The pressure at a reading. The share since the one before is absent where there was none. */
export function pressureOf(
  resource: Resource,
  before: Pressure | undefined,
  after: Pressure,
  elapsed_ms: number,
): Shares {
  const { some, full } = after;
  const shares: Shares = {};
  tell(shares, 'some_percentage', shareOf(before?.some, some, elapsed_ms));
  shares.some_10_percentage = some.average_10;
  shares.some_60_percentage = some.average_60;
  shares.some_300_percentage = some.average_300;
  if (full === undefined || resource === 'cpu') return shares;
  tell(shares, 'full_percentage', shareOf(before?.full, full, elapsed_ms));
  shares.full_10_percentage = full.average_10;
  shares.full_60_percentage = full.average_60;
  shares.full_300_percentage = full.average_300;
  return shares;
}

/** The share of the time that was waited in. The two are read one after the other, so it may come out above. */
function shareOf(before: Waited | undefined, after: Waited, elapsed_ms: number): number {
  const waited_us = grown(before?.total_us ?? Number.NaN, after.total_us);
  return Math.min(100, perSecond(waited_us / 10_000, elapsed_ms));
}
