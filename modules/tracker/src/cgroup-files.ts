// The files of control groups: what a group uses and what it may, in both versions of them.
//
// See the kernel's admin-guide/cgroup-v2 and admin-guide/cgroup-v1. Version 2 has one tree with all the files of a group in one
// folder; before, each controller has a tree of its own. Figures include what is inside of a group.

import type { Folder } from './host.ts';
import type { Kept } from './kept-files.ts';

/** What a group has used since it was made, and what it has now. NaN where it is not told, or has no limit. */
export interface Group {
  readonly cpu_us: number;
  /** Stretches of time in which its CPU was limited, and those in which it would have had more. */
  readonly periods: number;
  readonly throttled_periods: number;
  readonly cpu_max_cores: number;
  /** Without files that are cached and not in use. */
  readonly memory_bytes: number;
  readonly memory_max_bytes: number;
  readonly oom_kills: number;
  readonly read_bytes: number;
  readonly written_bytes: number;
  readonly processes: number;
}

/** The groups of a machine. A path begins with `/` and is that of /proc/<pid>/cgroup. */
export interface GroupFiles {
  /** The names of what is in a group: groups, and files of its own. The group of all has an empty path. */
  list(path: string): readonly string[];
  /** CPU time since a group was made, in microseconds; NaN where it is not told. Costs one file. */
  cpuOf(path: string): number;
  /** All of a group. Costs eight files. */
  read(path: string): Group;
  /**
   * Lets go of the files of groups that are not wanted, and of all but the CPU's of those that are told no more. Where the
   * kernel says that something happens in those that are told, it is listened to.
   */
  keepOnly(paths: ReadonlySet<string>, told: ReadonlySet<string>): void;
  close(): void;
}

const ROOT = 'fs/cgroup';

/** In version 2 the kernel says when one of these becomes another: a task was killed for want of memory, the last one ended. */
const EVENT_FILES = ['memory.events', 'cgroup.events'];

/**
 * Undefined where there are no control groups, or none that tell anything.
 *
 * @param changed called when the kernel says that something has happened in a group that is told
 */
export function openGroups(sys: Folder | undefined, changed: () => void = () => {}): GroupFiles | undefined {
  if (sys === undefined) return undefined;
  if (sys.has(`${ROOT}/cgroup.controllers`)) return new Unified(sys, changed);
  return sys.has(`${ROOT}/cpuacct`) || sys.has(`${ROOT}/memory`) ? new Controllers(sys) : undefined;
}

/** Version 2. */
class Unified implements GroupFiles {
  readonly #sys: Folder;
  readonly #changed: () => void;
  readonly #kept: Kept;
  /** By path, how to end what listens there. At most as many as are told. */
  readonly #listening = new Map<string, readonly (() => void)[]>();

  constructor(sys: Folder, changed: () => void) {
    this.#sys = sys;
    this.#changed = changed;
    this.#kept = sys.keep();
  }

  list(path: string): readonly string[] {
    return this.#sys.list(`${ROOT}${path}`);
  }

  cpuOf(path: string): number {
    return numberAfter(this.#text(path, 'cpu.stat'), 'usage_usec ');
  }

  read(path: string): Group {
    const cpu = this.#text(path, 'cpu.stat');
    const io = this.#text(path, 'io.stat');
    return {
      cpu_us: numberAfter(cpu, 'usage_usec '),
      periods: numberAfter(cpu, 'nr_periods '),
      throttled_periods: numberAfter(cpu, 'nr_throttled '),
      cpu_max_cores: parseCpuMax(this.#text(path, 'cpu.max')),
      memory_bytes: withoutCache(
        numberOf(this.#text(path, 'memory.current')),
        numberAfter(this.#text(path, 'memory.stat'), 'inactive_file '),
      ),
      memory_max_bytes: limitOf(this.#text(path, 'memory.max')),
      oom_kills: numberAfter(this.#text(path, 'memory.events'), 'oom_kill '),
      read_bytes: sumOf(io, /\brbytes=(\d{1,19})\b/g),
      written_bytes: sumOf(io, /\bwbytes=(\d{1,19})\b/g),
      processes: numberOf(this.#text(path, 'pids.current')),
    };
  }

  keepOnly(paths: ReadonlySet<string>, told: ReadonlySet<string>): void {
    this.#kept.keepOnly((name) => isWanted(name, ROOT.length, 'cpu.stat', paths, told));
    this.#listenTo(told);
  }

  close(): void {
    this.#kept.close();
    this.#listenTo(new Set());
  }

  #listenTo(told: ReadonlySet<string>): void {
    for (const [path, ends] of this.#listening) {
      if (told.has(path)) continue;
      for (const end of ends) end();
      this.#listening.delete(path);
    }
    for (const path of told) {
      if (this.#listening.has(path)) continue;
      const ends = EVENT_FILES.map((file) => this.#sys.watch(`${ROOT}${path}/${file}`, this.#changed));
      this.#listening.set(path, ends);
    }
  }

  #text(path: string, file: string): string {
    return this.#kept.read(`${ROOT}${path}/${file}`) ?? '';
  }
}

/** Version 1. */
class Controllers implements GroupFiles {
  readonly #sys: Folder;
  readonly #kept: Kept;

  constructor(sys: Folder) {
    this.#sys = sys;
    this.#kept = sys.keep();
  }

  list(path: string): readonly string[] {
    // A service may have one and not the other.
    const names = ['memory', 'cpuacct'].flatMap((tree) => this.#sys.list(`${ROOT}/${tree}${path}`));
    return [...new Set(names)];
  }

  cpuOf(path: string): number {
    return numberOf(this.#text('cpuacct', path, 'cpuacct.usage')) / 1_000;
  }

  read(path: string): Group {
    const cpu = this.#text('cpu', path, 'cpu.stat');
    const quota_us = numberOf(this.#text('cpu', path, 'cpu.cfs_quota_us'));
    const io = this.#text('blkio', path, 'blkio.throttle.io_service_bytes_recursive');
    return {
      cpu_us: this.cpuOf(path),
      periods: numberAfter(cpu, 'nr_periods '),
      throttled_periods: numberAfter(cpu, 'nr_throttled '),
      cpu_max_cores: quota_us / numberOf(this.#text('cpu', path, 'cpu.cfs_period_us')),
      memory_bytes: withoutCache(
        numberOf(this.#text('memory', path, 'memory.usage_in_bytes')),
        numberAfter(this.#text('memory', path, 'memory.stat'), 'total_inactive_file '),
      ),
      memory_max_bytes: limitOf(this.#text('memory', path, 'memory.limit_in_bytes')),
      oom_kills: numberAfter(this.#text('memory', path, 'memory.oom_control'), 'oom_kill '),
      read_bytes: sumOf(io, /^\d+:\d+ Read (\d{1,19})$/gm),
      written_bytes: sumOf(io, /^\d+:\d+ Write (\d{1,19})$/gm),
      processes: numberOf(this.#text('pids', path, 'pids.current')),
    };
  }

  keepOnly(paths: ReadonlySet<string>, told: ReadonlySet<string>): void {
    this.#kept.keepOnly((name) => {
      const after_tree = name.indexOf('/', ROOT.length + 1);
      return isWanted(name, after_tree, 'cpuacct.usage', paths, told);
    });
  }

  close(): void {
    this.#kept.close();
  }

  #text(tree: string, path: string, file: string): string {
    return this.#kept.read(`${ROOT}/${tree}${path}/${file}`) ?? '';
  }
}

/** Whether a file that is kept open is still of use. */
function isWanted(
  name: string,
  path_begins: number,
  cpu_file: string,
  paths: ReadonlySet<string>,
  told: ReadonlySet<string>,
): boolean {
  const path_ends = name.lastIndexOf('/');
  const path = name.slice(path_begins, path_ends);
  return told.has(path) || (paths.has(path) && name.slice(path_ends + 1) === cpu_file);
}

/** A file that is one number. NaN when it is none, as `max` and `-1`, which stand for no limit. */
export function numberOf(text: string): number {
  return /^\d{1,19}$/.test(text) ? Number(text) : Number.NaN;
}

/** The same of a limit; version 1 writes a number beyond all memory where there is none. */
export function limitOf(text: string): number {
  const limit = numberOf(text);
  return limit <= Number.MAX_SAFE_INTEGER ? limit : Number.NaN;
}

/** The number behind a label at the beginning of a line. NaN when there is none. */
export function numberAfter(text: string, label: string): number {
  const before = text.startsWith(label) ? 0 : text.indexOf(`\n${label}`) + 1;
  if (before === 0 && !text.startsWith(label)) return Number.NaN;
  const at = before + label.length;
  const end = text.indexOf('\n', at);
  return numberOf(text.slice(at, end === -1 ? text.length : end));
}

/** Parses `50000 100000`: so much in each such time. NaN when there is no limit: `max 100000`. */
export function parseCpuMax(text: string): number {
  const [, quota, period] = /^(\d{1,15}) (\d{1,15})$/.exec(text) ?? [];
  return Number(quota ?? Number.NaN) / Number(period ?? Number.NaN);
}

/** What the numbers that a pattern finds come to. NaN when it finds none. */
function sumOf(text: string, pattern: RegExp): number {
  let sum = Number.NaN;
  for (const [, number] of text.matchAll(pattern)) sum = (Number.isNaN(sum) ? 0 : sum) + Number(number);
  return sum;
}

/** The two are read one after the other. */
function withoutCache(memory_bytes: number, cached_bytes: number): number {
  return cached_bytes <= memory_bytes ? memory_bytes - cached_bytes : memory_bytes;
}
