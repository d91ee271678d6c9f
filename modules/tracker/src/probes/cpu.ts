// The CPU: how much of it is in use, by core and by mode, between two readings.
//
// From /proc/stat, see proc(5). A core is in use when it is neither idle nor waiting for I/O. Stolen time, when the
// hypervisor ran someone else, is not idle: there was work to do. Time spent for guests is already in user and nice;
// here it is taken out of them, so that the modes add up to 100. The same file tells how often the kernel was called upon.

import Type, { type Static } from 'typebox';
import { procUnexpected } from '../errors.ts';
import { Count, Percentage, PerSecond } from '../figures.ts';
import type { Os } from '../host.ts';
import { defineProbe, percentageOf, type Reading } from '../probe.ts';
import { grown, perSecond, tell } from '../rate.ts';
import { ascii, type Scanner } from '../scanner.ts';

/** The columns of /proc/stat, in its order. Kernels before 2.6.33 have fewer. */
const FIELDS = [
  'user_percentage',
  'nice_percentage',
  'system_percentage',
  'idle_percentage',
  'iowait_percentage',
  'irq_percentage',
  'softirq_percentage',
  'steal_percentage',
  'guest_percentage',
  'guest_nice_percentage',
] as const;

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
  context_switches_per_second: Type.Optional(PerSecond('Context switches')),
  interrupts_per_second: Type.Optional(PerSecond('Interrupts')),
  forks_per_second: Type.Optional(PerSecond('Tasks started, threads included')),
});

type Figures = Static<typeof schema>;

export const cpu = defineProbe({
  name: 'cpu',
  schema,
  open: ({ proc, os, now }) => {
    const readTimes = () => (proc === undefined ? timesOf(os) : proc.read('stat', parseStat));
    let before = readTimes();
    let before_ms = now();
    return {
      read: () => {
        const after = readTimes();
        const after_ms = now();
        const reading = before && after && usage(before, after, after_ms - before_ms);
        before = after;
        before_ms = after_ms;
        return reading;
      },
    };
  },
});

/** Since the start of the machine: the time spent, in ticks of any length, and what was counted. */
export interface CpuTimes {
  /** All cores together, those included that went offline. */
  readonly all: Columns;
  /** Each core that is online, under its number. */
  readonly cores: readonly (CoreTimes | undefined)[];
  /** The number of cores online. */
  readonly online: number;
  /** Undefined where this system does not tell it. */
  readonly context_switches?: number;
  readonly interrupts?: number;
  readonly forks?: number;
  /** Tasks that wait for a disk now. */
  readonly blocked?: number;
}

/** A column a mode; undefined where this system does not tell it. */
type Columns = readonly (number | undefined)[];

/** One core: its time in use, and all its time. */
interface CoreTimes {
  readonly busy: number;
  readonly total: number;
}

/**
 * Parses /proc/stat. Undefined when it is empty.
 *
 * @throws CodedError `PROC_UNEXPECTED`
 */
export function parseStat(file: Scanner): CpuTimes | undefined {
  if (file.ended) return undefined;
  let all: Columns | undefined;
  const cores: (CoreTimes | undefined)[] = [];
  let online = 0;
  // `cpu0 23922 1628 12570 441518 …`: these lines come first. That of all cores has no number.
  while (file.take(CPU)) {
    const core = file.whole();
    const columns: number[] = [];
    file.numbers(columns, FIELDS.length);
    if (columns.length < COLUMNS_MIN) throw procUnexpected('/proc/stat', `a core has ${columns.length} columns`);
    if (core > CORE_MAX) throw procUnexpected('/proc/stat', `a core has the number ${core}`);
    if (core === -1) {
      all = columns;
    } else {
      cores[core] = coreTimes(columns);
      online++;
    }
  }
  if (all === undefined) throw procUnexpected('/proc/stat', 'it has no line for all cores');
  const times: { -readonly [Name in keyof CpuTimes]: CpuTimes[Name] } = { all, cores, online };
  // A line each, and others between them: `ctxt 316889846`.
  for (const { name, label } of COUNTERS) {
    const counted = file.counterAfter(label);
    if (!Number.isNaN(counted)) times[name] = counted;
  }
  return times;
}

const CPU = ascii('cpu');

/** What is counted, in the order of /proc/stat. Kernels before 2.6 do not tell the last. */
const COUNTERS = [
  { name: 'interrupts', label: ascii('\nintr ') },
  { name: 'context_switches', label: ascii('\nctxt ') },
  { name: 'forks', label: ascii('\nprocesses ') },
  { name: 'blocked', label: ascii('\nprocs_blocked ') },
] as const;

/** What the oldest kernels tell. */
const COLUMNS_MIN = 4;

/** Linux knows 8,192 cores at most. */
const CORE_MAX = 9_999;

/** The same from Node's view of the machine. Undefined when it shows no core. */
export function timesOf(os: Pick<Os, 'cpus' | 'platform'>): CpuTimes | undefined {
  const platform = os.platform();
  // Node fills in nought for what a system does not tell; Windows counts interrupts inside sys too.
  const tells_nice = platform !== 'win32';
  const tells_irq = platform !== 'win32' && platform !== 'darwin';
  const rows = os.cpus().map(({ times: { user, nice, sys, idle, irq } }): Columns => {
    return [user, tells_nice ? nice : undefined, sys, idle, undefined, tells_irq ? irq : undefined];
  });
  const [first] = rows;
  if (first === undefined) return undefined;
  const add = (column: number) => rows.reduce((ticks, row) => ticks + (row[column] ?? 0), 0);
  return {
    all: first.map((ticks, column) => (ticks === undefined ? undefined : add(column))),
    cores: rows.map(coreTimes),
    online: rows.length,
  };
}

function coreTimes(columns: Columns): CoreTimes {
  const total = sum(columns);
  return { busy: total - (columns[IDLE] ?? 0) - (columns[IOWAIT] ?? 0), total };
}

/** All the time of a row. Guests' time is in other columns already. */
function sum(columns: Columns): number {
  let ticks = 0;
  for (let column = 0; column < GUEST; column++) ticks += columns[column] ?? 0;
  return ticks;
}

/** The use between two readings; undefined when no time has passed, or the counters have begun again. */
export function usage(before: CpuTimes, after: CpuTimes, elapsed_ms: number): Reading<Figures> | undefined {
  // A column that went back counts as nought: iowait may, by proc(5), and so may idle and steal.
  const spent = after.all.map((ticks, column) =>
    ticks === undefined ? undefined : Math.max(0, ticks - (before.all[column] ?? ticks)),
  );
  const { busy, total } = coreTimes(spent);
  if (total === 0 || sum(after.all) < sum(before.all)) return undefined;
  takeOut(spent, USER, GUEST);
  takeOut(spent, NICE, GUEST_NICE);
  const figures: Figures = {};
  if (after.online > 0) {
    figures.cores = after.online;
    figures.core_percentages = coreUsage(before.cores, after.cores);
  }
  for (let column = 0; column < FIELDS.length; column++) {
    const field = FIELDS[column];
    const ticks = spent[column];
    if (field !== undefined && ticks !== undefined) figures[field] = percentageOf(ticks, total);
  }
  for (const { name, field } of RATES) {
    tell(figures, field, perSecond(grown(before[name] ?? Number.NaN, after[name] ?? Number.NaN), elapsed_ms));
  }
  return { percentage: percentageOf(busy, total), figures };
}

const RATES = [
  { name: 'context_switches', field: 'context_switches_per_second' },
  { name: 'interrupts', field: 'interrupts_per_second' },
  { name: 'forks', field: 'forks_per_second' },
] as const;

/** Takes the time of guests out of the column in which the kernel has counted it too, a moment earlier or later. */
function takeOut(spent: (number | undefined)[], host: number, guest: number): void {
  const [host_ticks = 0, guest_ticks] = [spent[host], spent[guest]];
  if (guest_ticks === undefined) return;
  spent[guest] = Math.min(guest_ticks, host_ticks);
  spent[host] = host_ticks - spent[guest];
}

/** The use of each core by its number; null where it is offline, is new, or its counters have begun again. */
function coreUsage(before: CpuTimes['cores'], after: CpuTimes['cores']): (number | null)[] {
  const percentages: (number | null)[] = [];
  for (let core = 0; core < after.length; core++) {
    const from = before[core];
    const to = after[core];
    const total = from && to ? to.total - from.total : 0;
    const busy = from && to ? to.busy - from.busy : 0;
    percentages.push(total > 0 ? percentageOf(Math.min(Math.max(0, busy), total), total) : null);
  }
  return percentages;
}
