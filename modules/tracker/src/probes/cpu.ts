// The CPU: how much of it is in use, by core and by mode, between two readings.
//
// From /proc/stat, see proc(5). A core is in use when it is neither idle nor waiting for I/O. Stolen time, when the
// hypervisor ran someone else, is not idle: there was work to do. Time spent for guests is already in user and nice;
// here it is taken out of them, so that the modes add up to 100.

import Type, { type Static } from 'typebox';
import { procUnexpected } from '../errors.ts';
import { Count, Percentage } from '../figures.ts';
import type { Os } from '../host.ts';
import { defineProbe, percentageOf, type Reading } from '../probe.ts';

/** The modes in the order of /proc/stat's columns. Kernels before 2.6.33 have fewer. */
const MODES = ['user', 'nice', 'system', 'idle', 'iowait', 'irq', 'softirq', 'steal', 'guest', 'guest_nice'] as const;

type Mode = (typeof MODES)[number];

const [USER, NICE, IDLE, IOWAIT, GUEST, GUEST_NICE] = [0, 1, 3, 4, 8, 9];

const schema = Type.Object({
  cores: Type.Optional(Count('Cores online')),
  core_percentages: Type.Optional(
    Type.Array(Type.Union([Percentage('In use'), Type.Null()]), {
      title: 'In use, by core number; null: offline, or not known yet',
    }),
  ),
  user_percentage: Type.Optional(Percentage('Programs')),
  nice_percentage: Type.Optional(Percentage('Programs of low priority')),
  system_percentage: Type.Optional(Percentage('Kernel')),
  idle_percentage: Type.Optional(Percentage('Idle')),
  iowait_percentage: Type.Optional(Percentage('Idle, waiting for I/O')),
  irq_percentage: Type.Optional(Percentage('Interrupts')),
  softirq_percentage: Type.Optional(Percentage('Soft interrupts')),
  steal_percentage: Type.Optional(Percentage('Stolen by the hypervisor')),
  guest_percentage: Type.Optional(Percentage('Virtual machines')),
  guest_nice_percentage: Type.Optional(Percentage('Virtual machines of low priority')),
});

type Figures = Static<typeof schema>;

export const cpu = defineProbe({
  name: 'cpu',
  schema,
  open: ({ proc, os }) => {
    const readTimes = (): CpuTimes | undefined => {
      if (proc === undefined) return timesOf(os);
      const text = proc.read('stat');
      return text === undefined ? undefined : parseStat(text);
    };
    let before = readTimes();
    return {
      read: () => {
        const after = readTimes();
        const reading = before && after && usage(before, after);
        before = after;
        return reading;
      },
    };
  },
});

/** Time spent since the start of the machine. A row has a column a mode, in ticks of any length. */
export interface CpuTimes {
  /** The modes that this system tells; the columns of others are nought. */
  readonly modes: readonly Mode[];
  /** All cores together, those included that went offline. */
  readonly all: Row;
  /** Each core that is online, under its number. */
  readonly cores: readonly (Row | undefined)[];
}

type Row = readonly number[];

/**
 * Parses /proc/stat. Undefined when it is empty.
 *
 * @throws CodedError `PROC_UNEXPECTED`
 */
export function parseStat(text: string): CpuTimes | undefined {
  if (text === '') return undefined;
  let all: Row | undefined;
  const cores: (Row | undefined)[] = [];
  // The CPU's lines come first.
  for (let at = 0; text.startsWith('cpu', at); ) {
    const end = text.indexOf('\n', at);
    const line = end === -1 ? text.slice(at) : text.slice(at, end);
    const [, core, columns] = CPU_LINE.exec(line) ?? [];
    if (core === undefined || columns === undefined) throw procUnexpected('/proc/stat', line);
    const row = columns.split(' ', MODES.length).map(Number);
    if (core === '') all = row;
    else cores[Number(core)] = row;
    if (end === -1) break;
    at = end + 1;
  }
  if (all === undefined) throw procUnexpected('/proc/stat', text.slice(0, 80));
  return { modes: MODES.slice(0, all.length), all, cores };
}

/** `cpu0 23922 1628 12570 441518 …`: a core's number below 10,000, and at least the four columns of the oldest kernels. */
const CPU_LINE = /^cpu(\d{0,4}) +(\d{1,15}(?: \d{1,15}){3,}) *$/;

/** The same from Node's view of the machine. Undefined when it shows no core. */
export function timesOf(os: Pick<Os, 'cpus' | 'platform'>): CpuTimes | undefined {
  const cores = os.cpus().map(({ times }) => [times.user, times.nice, times.sys, times.idle, 0, times.irq]);
  if (cores.length === 0) return undefined;
  const platform = os.platform();
  // Windows counts interrupts inside sys too.
  if (platform === 'win32') for (const row of cores) row[5] = 0;
  const all = [0, 1, 2, 3, 4, 5].map((column) => cores.reduce((sum, row) => sum + (row[column] ?? 0), 0));
  return { modes: OS_MODES[platform] ?? ['user', 'nice', 'system', 'idle', 'irq'], all, cores };
}

/** Systems on which Node fills in a nought for a mode that it does not know. */
const OS_MODES: Readonly<Partial<Record<string, readonly Mode[]>>> = {
  darwin: ['user', 'nice', 'system', 'idle'],
  win32: ['user', 'system', 'idle'],
};

/** The use between two readings; undefined when no time has passed, or the counters have begun again. */
export function usage(before: CpuTimes, after: CpuTimes): Reading<Figures> | undefined {
  const all = elapsed(before.all, after.all);
  if (all === undefined) return undefined;
  const { spent, total } = all;
  // The kernel counts a guest's time twice, and updates the two columns one after the other.
  for (const [host, guest] of [
    [USER, GUEST],
    [NICE, GUEST_NICE],
  ] as const) {
    spent[guest] = Math.min(spent[guest] ?? 0, spent[host] ?? 0);
    spent[host] = (spent[host] ?? 0) - spent[guest];
  }
  const figures: Figures = {};
  if (after.cores.length > 0) {
    figures.core_percentages = Array.from(after.cores, (row, core) => {
      const one = elapsed(before.cores[core] ?? [], row ?? []);
      return one === undefined ? null : busyPercentage(one);
    });
    figures.cores = after.cores.filter((row) => row !== undefined).length;
  }
  for (const mode of after.modes) figures[`${mode}_percentage`] = percentageOf(spent[MODES.indexOf(mode)] ?? 0, total);
  return { percentage: busyPercentage(all), figures };
}

interface Elapsed {
  /** By column. */
  readonly spent: number[];
  /** Above 0. */
  readonly total: number;
}

/**
 * What was spent in each mode between two rows of one core. A column that went back counts as nought: iowait may, by
 * proc(5), and so may idle and steal. A row that went back as a whole has begun again and says nothing.
 */
function elapsed(before: Row, after: Row): Elapsed | undefined {
  const spent = after.map((ticks, column) => Math.max(0, ticks - (before[column] ?? ticks)));
  const total = sum(spent);
  return total === 0 || sum(after) < sum(before) ? undefined : { spent, total };
}

/** The sum of a row. The guests' columns, already in others, are not added. */
function sum(row: Row): number {
  let ticks = 0;
  for (let column = 0; column < GUEST; column++) ticks += row[column] ?? 0;
  return ticks;
}

function busyPercentage({ spent, total }: Elapsed): number {
  return percentageOf(total - (spent[IDLE] ?? 0) - (spent[IOWAIT] ?? 0), total);
}
