// Processes: how many there are and what they do, and those that use the most CPU and the most memory.
//
// From /proc/<pid>/stat, see proc(5). A process costs 10 µs of CPU time (2 cores, Node 20.20, nothing optimized): 300 processes
// every 5 s are 0.06 % of a core. Names are those the kernel has, of up to 15
// characters; what a program was called with is left out, since there may be secrets in it.

import { setImmediate } from 'node:timers/promises';
import { oneLine } from '@ganglion/kernel';
import Type, { type Static } from 'typebox';
import { unitOfProcess } from '../cgroup-path.ts';
import { Bytes, Count } from '../figures.ts';
import type { Folder, Host } from '../host.ts';
import type { Kept } from '../kept-files.ts';
import { defineProbe, type Reading } from '../probe.ts';
import { grown, tell } from '../rate.ts';

/** Processes that are told by CPU, and by memory; some are in both. */
export const TOP_MAX = 10;

/** Processes read in one reading; where there are more, the next goes on from there. */
export const READ_MAX = 4_096;

/** Time that reading takes before it lets others have a turn. */
export const TURN_MS = 2;

/** Processes that are remembered; the rest is counted. */
export const KNOWN_MAX = 65_536;

/** Linux tells times in hundredths of a second, whatever its own ticks have. */
const TICK_MS = 10;

const Process = Type.Object({
  name: Type.String({ title: 'Name' }),
  process: Type.String({ title: 'Its number, and when it started: <pid>@<start>' }),
  cpu_cores: Type.Optional(Type.Number({ title: 'CPU', minimum: 0, unit: 'cores' })),
  memory_bytes: Type.Optional(Bytes('Memory')),
  unit: Type.Optional(Type.String({ title: 'Container or unit that it is in' })),
});

type Process = Static<typeof Process>;

const schema = Type.Object({
  total: Count('Processes'),
  threads: Count('Threads'),
  threads_max: Type.Optional(Count('Threads that there may be')),
  running: Count('That run or wait for a core'),
  sleeping: Count('That wait for something to happen'),
  waiting: Count('That wait for a disk and cannot be ended'),
  idle: Count("The kernel's own with nothing to do"),
  stopped: Count('That were halted'),
  zombies: Count('That have ended and nobody has asked how'),
  // Listed by name, not by number: whoever draws a curve of each has no more of them with every process that comes and goes.
  top: Type.Array(Process, { title: `The first ${TOP_MAX} by CPU, and by memory` }),
  left_out: Type.Optional(Count(`Processes beyond the first ${KNOWN_MAX}`)),
});

type Figures = Static<typeof schema>;

export const processes = defineProbe({
  name: 'processes',
  schema,
  every_ms: 5_000,
  open: ({ proc, now }) => {
    if (proc === undefined) return { read: () => undefined };
    const all = new Processes(proc.folder, now);
    const details = new Details(proc.folder, now);
    return {
      read: async () => {
        if (!(await all.read())) return undefined;
        return processesOf(all, details, threadsMax(proc));
      },
      close: () => all.close(),
    };
  },
});

/** What bounds the number of threads: how many there may be, and how many numbers there are for them. */
function threadsMax(proc: NonNullable<Host['proc']>): number {
  const [threads, numbers] = ['threads-max', 'pid_max'].map((name) => {
    const text = proc.folder.read(`sys/kernel/${name}`) ?? '';
    return /^\d{1,10}$/.test(text) ? Number(text) : Number.NaN;
  });
  return Math.min(threads ?? Number.NaN, numbers ?? Number.NaN);
}

/** What a process's stat says. */
export interface ProcessStat {
  readonly name: string;
  /** One letter, see proc(5). */
  readonly state: string;
  /** CPU time in hundredths of a second, since it started. */
  readonly ticks: number;
  readonly threads: number;
  /** When it started, in hundredths of a second since the machine did. With its number this tells it from any other. */
  readonly start_ticks: number;
  readonly memory_pages: number;
}

/**
 * Parses a process's stat, `1234 (name) S 1 …`; the name may hold spaces and parentheses. Undefined when it is something
 * else: a process that has just ended says nothing.
 */
export function parseProcess(text: string): ProcessStat | undefined {
  const [, name, state, user, system, threads, start, pages] = PROCESS.exec(text) ?? [];
  if (name === undefined || state === undefined) return undefined;
  return {
    name,
    state,
    ticks: Number(user) + Number(system),
    threads: Number(threads),
    start_ticks: Number(start),
    memory_pages: Number(pages),
  };
}

const PROCESS =
  /^\d+ \((.*)\) (\w) (?:\S+ ){10}(\d{1,15}) (\d{1,15}) (?:\S+ ){4}(\d{1,10}) \S+ (\d{1,15}) \d+ (\d{1,15})/s;

/** A process as it was read last. */
export interface Known extends ProcessStat {
  readonly read_ms: number;
  /** Cores that it had since the reading before; NaN when there was none. */
  readonly cpu_cores: number;
}

/** All processes, read in turns. */
export class Processes {
  /** By process number. */
  known: ReadonlyMap<number, Known> = new Map();
  left_out = 0;
  readonly #folder: Folder;
  readonly #stats: Kept;
  readonly #now: () => number;
  /** The number of the one that was read last. */
  #last = -1;
  /** Whether each was read once. */
  #complete = false;

  constructor(folder: Folder, now: () => number) {
    this.#folder = folder;
    this.#stats = folder.keep();
    this.#now = now;
  }

  /** Reads as many as there may be. False while nothing can be told of all: not all were read, or not all may be seen. */
  async read(): Promise<boolean> {
    // Where the first process cannot be seen, others can't either.
    if (parseProcess(this.#stats.read('1/stat') ?? '') === undefined) return false;
    const there = numbersIn(this.#folder.list('.'));
    this.left_out = Math.max(0, there.length - KNOWN_MAX);
    there.length = Math.min(there.length, KNOWN_MAX);
    // In the order of the numbers, from the last one on.
    const next = there.findIndex((pid) => pid > this.#last);
    const rest = next === -1 ? there : [...there.slice(next), ...there.slice(0, next)];
    const found = new Map<number, Known>();
    for (const pid of rest.slice(READ_MAX)) {
      const known = this.known.get(pid);
      if (known !== undefined) found.set(pid, known);
    }
    let turn_ms = this.#now();
    for (const pid of rest.slice(0, READ_MAX)) {
      const process = this.#readOne(pid);
      if (process !== undefined) found.set(pid, process);
      this.#last = pid;
      if (this.#now() - turn_ms < TURN_MS) continue;
      await setImmediate();
      turn_ms = this.#now();
    }
    this.known = found;
    this.#stats.keepOnly((name) => found.has(Number.parseInt(name, 10)));
    this.#complete ||= rest.length <= READ_MAX || this.#last < (rest[0] ?? 0) || this.#last === there.at(-1);
    return this.#complete;
  }

  close(): void {
    this.#stats.close();
  }

  #readOne(pid: number): Known | undefined {
    const process = parseProcess(this.#stats.read(`${pid}/stat`) ?? '');
    if (process === undefined) return undefined;
    const read_ms = this.#now();
    const before = this.known.get(pid);
    const is_same = before?.start_ticks === process.start_ticks;
    const worked_ms = grown(is_same ? before.ticks : Number.NaN, process.ticks) * TICK_MS;
    return { ...process, read_ms, cpu_cores: worked_ms / (read_ms - (before?.read_ms ?? Number.NaN)) };
  }
}

function numbersIn(names: readonly string[]): number[] {
  const numbers: number[] = [];
  for (const name of names) {
    const number = Number(name);
    if (number > 0 && Number.isSafeInteger(number)) numbers.push(number);
  }
  return numbers.sort((a, b) => a - b);
}

type State = 'running' | 'sleeping' | 'waiting' | 'idle' | 'stopped' | 'zombies';

/** By the kernel's letter; what it has no letter for here is gone the next moment. */
const STATES: ReadonlyMap<string, State> = new Map([
  ['R', 'running'],
  ['S', 'sleeping'],
  ['D', 'waiting'],
  ['I', 'idle'],
  ['T', 'stopped'],
  ['t', 'stopped'],
  ['Z', 'zombies'],
]);

/** What all the processes are, and those that use most. */
export function processesOf(
  { known, left_out }: Pick<Processes, 'known' | 'left_out'>,
  details: Details,
  threads_max: number,
): Reading<Figures> {
  const counts = { running: 0, sleeping: 0, waiting: 0, idle: 0, stopped: 0, zombies: 0 };
  let threads = 0;
  const by_cpu = new Top();
  const by_memory = new Top();
  for (const [pid, process] of known) {
    const state = STATES.get(process.state);
    if (state !== undefined) counts[state]++;
    threads += process.threads;
    by_cpu.offer(pid, process.cpu_cores);
    by_memory.offer(pid, process.memory_pages);
  }
  const top: Process[] = [];
  for (const pid of new Set([...by_cpu.pids, ...by_memory.pids])) {
    const process = known.get(pid);
    if (process !== undefined) top.push(details.of(process, pid));
  }
  details.keepOnly(top);
  const figures: Figures = { total: known.size, threads, ...counts, top };
  tell(figures, 'threads_max', threads_max);
  if (left_out > 0) figures.left_out = left_out;
  return { figures };
}

/** The processes that have the most of something, most first. Those that have nothing are none. */
class Top {
  readonly #entries: { readonly pid: number; readonly amount: number }[] = [];

  get pids(): number[] {
    return this.#entries.map(({ pid }) => pid);
  }

  offer(pid: number, amount: number): void {
    const last = this.#entries[TOP_MAX - 1]?.amount ?? 0;
    if (!(amount > last && Number.isFinite(amount))) return;
    const place = this.#entries.findIndex((entry) => entry.amount < amount);
    this.#entries.splice(place === -1 ? this.#entries.length : place, 0, { pid, amount });
    if (this.#entries.length > TOP_MAX) this.#entries.pop();
  }
}

/** What a process is in is read again after this time: some are moved once they have started. */
const UNIT_MS = 60_000;

/** What is told of a process beside its stat; what hardly changes is kept. */
export class Details {
  readonly #folder: Folder;
  readonly #now: () => number;
  /** Bytes of a page; NaN until a process has told it. */
  #page_bytes = Number.NaN;
  /** What processes are in, by number and start: of those that are told. */
  readonly #units = new Map<string, { readonly name: string | undefined; readonly read_ms: number }>();

  constructor(folder: Folder, now: () => number) {
    this.#folder = folder;
    this.#now = now;
  }

  of(known: Known, pid: number): Process {
    const process: Process = { name: oneLine(known.name, NAME_MAX), process: `${pid}@${known.start_ticks}` };
    tell(process, 'cpu_cores', Math.round(known.cpu_cores * 1_000) / 1_000);
    // The kernel's own tasks have none.
    if (known.memory_pages > 0) tell(process, 'memory_bytes', known.memory_pages * this.#pageBytes(known, pid));
    const unit = this.#unitOf(process.process, pid);
    if (unit !== undefined) process.unit = unit;
    return process;
  }

  /** Lets go of what was kept of others. */
  keepOnly(told: readonly Process[]): void {
    const wanted = new Set(told.map(({ process }) => process));
    for (const process of this.#units.keys()) if (!wanted.has(process)) this.#units.delete(process);
  }

  #pageBytes({ memory_pages }: Known, pid: number): number {
    if (Number.isNaN(this.#page_bytes)) {
      this.#page_bytes = pageBytesOf(memoryIn(this.#folder.read(`${pid}/status`) ?? ''), memory_pages);
    }
    return this.#page_bytes;
  }

  #unitOf(process: string, pid: number): string | undefined {
    const now_ms = this.#now();
    let unit = this.#units.get(process);
    if (unit === undefined || now_ms - unit.read_ms >= UNIT_MS) {
      unit = { name: unitOfProcess(this.#folder.read(`${pid}/cgroup`) ?? '')?.name, read_ms: now_ms };
      this.#units.set(process, unit);
    }
    return unit.name;
  }
}

/**
 * The bytes of a page, which a stat counts in and does not tell: of a process whose memory is told in both ways, a moment
 * apart. A power of two from 4 KiB to 64 KiB, NaN when it is none of these.
 */
export function pageBytesOf(memory_bytes: number, pages: number): number {
  const page_bytes = 2 ** Math.round(Math.log2(memory_bytes / pages));
  return page_bytes >= 4_096 && page_bytes <= 65_536 ? page_bytes : Number.NaN;
}

const NAME_MAX = 64;

/** Bytes in memory, from a process's status: `VmRSS:\t   17004 kB`. NaN when it is not told. */
function memoryIn(status: string): number {
  return Number(/^VmRSS:\s+(\d{1,12}) kB$/m.exec(status)?.[1] ?? Number.NaN) * 1_024;
}
