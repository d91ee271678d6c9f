// Containers, virtual machines and units of systemd: what each uses, and how near it is to what it may.
//
// From /sys/fs/cgroup. Which there are is looked up when their number changes. CPU is read of all, the rest only of those that
// are told. In version 2 the kernel says when a task is killed for want of memory, and when the last one of a group has ended.

import Type, { type Static } from 'typebox';
import { type Group, type GroupFiles, openGroups } from '../cgroup-files.ts';
import { type Unit, unitIn } from '../cgroup-path.ts';
import { type ContainerName, nameOf } from '../container-names.ts';
import { Bytes, BytesPerSecond, Count, Percentage } from '../figures.ts';
import type { Folder, Host } from '../host.ts';
import { defineProbe, percentageOf, type Reading } from '../probe.ts';
import { grown, perSecond, tell } from '../rate.ts';

/** Units whose figures are in a measure, those that use the most CPU; the others are counted. */
export const UNITS_MAX = 32;

/** Units whose CPU is followed; the others are counted. */
export const FOLLOWED_MAX = 512;

/** Folders that are looked into for units, and how deep. */
export const FOLDERS_MAX = 1_024;
const DEPTH_MAX = 12;

/** Which there are is looked up after this time at the latest. */
export const LOOK_UP_MS = 30_000;

const Cores = (title: string) => Type.Number({ title, minimum: 0, unit: 'cores' });

const UnitFigures = Type.Object({
  kind: Type.Enum(['container', 'machine', 'service', 'scope'], { title: 'Kind' }),
  name: Type.Optional(Type.String({ title: 'Name' })),
  image: Type.Optional(Type.String({ title: 'Image' })),
  pod: Type.Optional(Type.String({ title: 'Pod' })),
  cpu_cores: Type.Optional(Cores('CPU')),
  cpu_max_cores: Type.Optional(Cores('CPU that it may use')),
  throttled_percentage: Type.Optional(Percentage('Time in which it would have used more CPU than it may')),
  memory_bytes: Type.Optional(Bytes('Memory, without cached files')),
  memory_max_bytes: Type.Optional(Bytes('Memory that it may use')),
  memory_percentage: Type.Optional(Percentage('Memory in use of what it may')),
  oom_kills: Type.Optional(Count('Tasks killed for want of memory')),
  read_bytes_per_second: Type.Optional(BytesPerSecond('Read from disks')),
  written_bytes_per_second: Type.Optional(BytesPerSecond('Written to disks')),
  processes: Type.Optional(Count('Processes and threads')),
});

type UnitFigures = Static<typeof UnitFigures>;

const schema = Type.Object({
  containers: Count('Containers'),
  services: Count('Services'),
  units: Type.Record(Type.String(), UnitFigures, { title: 'By container or unit' }),
  left_out: Type.Optional(Count(`Units beyond the first ${UNITS_MAX} by CPU`)),
});

type Figures = Static<typeof schema>;

export const cgroups = defineProbe({
  name: 'cgroups',
  schema,
  every_ms: 5_000,
  open: ({ proc, sys, files, now }, changed) => {
    const groups = openGroups(sys, changed);
    if (groups === undefined) return { read: () => undefined };
    const units = new Units(groups, { proc, files, now });
    return { read: () => units.read(), close: () => groups.close() };
  },
});

/** One unit, from reading to reading. */
interface Followed {
  readonly unit: Unit;
  /** CPU time at the last reading. NaN where it is not told. */
  cpu_us: number;
  read_ms: number;
  /** Cores that it had between the last two readings; NaN when that is not known. */
  cpu_cores: number;
  /** What all its files said when it was last told; undefined when it was not at the last reading. */
  group: Group | undefined;
  group_ms: number;
  /** What it is called; null while that has not been looked up. */
  name: ContainerName | undefined | null;
}

/** The units of a machine. */
class Units {
  readonly #groups: GroupFiles;
  readonly #proc: Folder | undefined;
  readonly #files: Folder | undefined;
  readonly #now: Host['now'];
  #followed: Followed[] = [];
  #beyond = 0;
  /** How many groups the kernel had when it was looked which there are. */
  #counted: string | undefined;
  #looked_up_ms = Number.NEGATIVE_INFINITY;

  constructor(groups: GroupFiles, { proc, files, now }: Pick<Host, 'proc' | 'files' | 'now'>) {
    this.#groups = groups;
    this.#proc = proc?.folder;
    this.#files = files;
    this.#now = now;
  }

  read(): Reading<Figures> | undefined {
    this.#lookUp();
    this.#followed = this.#followed.filter((each) => this.#readCpu(each));
    const ranked = this.#followed.toSorted((a, b) => rankOf(b) - rankOf(a));
    const shown = ranked.slice(0, UNITS_MAX);
    for (const each of ranked.slice(UNITS_MAX)) each.group = undefined;
    const units = new Map<string, UnitFigures>();
    for (const each of shown) {
      const told = this.#figuresOf(each);
      if (told !== undefined) units.set(each.unit.name, told);
    }
    if (units.size === 0) return undefined;
    this.#groups.keepOnly(pathsOf(this.#followed), pathsOf(shown));
    const count = (kind: Unit['kind']) => this.#followed.filter(({ unit }) => unit.kind === kind).length;
    const figures: Figures = {
      containers: count('container'),
      services: count('service'),
      units: Object.fromEntries(units),
    };
    const left_out = ranked.length - shown.length + this.#beyond;
    if (left_out > 0) figures.left_out = left_out;
    return { figures };
  }

  /** Looks which units there are, when there may be others than before. */
  #lookUp(): void {
    // A line for each controller, with the number of its groups.
    const counted = this.#proc?.read('cgroups');
    const now_ms = this.#now();
    if (counted === this.#counted && now_ms - this.#looked_up_ms < LOOK_UP_MS) return;
    this.#counted = counted;
    this.#looked_up_ms = now_ms;
    const { units, beyond } = unitsIn(this.#groups);
    const known = new Map(this.#followed.map((each) => [each.unit.path, each]));
    this.#beyond = beyond;
    // Whose name could not be read may have one now.
    this.#followed = units.map((unit) => {
      const each = known.get(unit.path);
      return each === undefined ? unread(unit) : { ...each, name: each.name ?? null };
    });
  }

  /** False when it is gone. */
  #readCpu(each: Followed): boolean {
    const cpu_us = this.#groups.cpuOf(each.unit.path);
    if (Number.isNaN(cpu_us) && !Number.isNaN(each.cpu_us)) return false;
    const now_ms = this.#now();
    each.cpu_cores = grown(each.cpu_us, cpu_us) / 1_000 / (now_ms - each.read_ms);
    each.cpu_us = cpu_us;
    each.read_ms = now_ms;
    return true;
  }

  /** Undefined when nothing is told of it. */
  #figuresOf(each: Followed): UnitFigures | undefined {
    const group = this.#groups.read(each.unit.path);
    const now_ms = this.#now();
    if (each.name === null) each.name = this.#files && nameOf(each.unit, this.#files);
    const figures: UnitFigures = { kind: each.unit.kind, ...each.name };
    const words = Object.keys(figures).length;
    tell(figures, 'cpu_cores', Math.round(each.cpu_cores * 1_000) / 1_000);
    tellGroup(figures, each.group, group, now_ms - each.group_ms);
    each.group = group;
    each.group_ms = now_ms;
    return Object.keys(figures).length === words ? undefined : figures;
  }
}

/**
 * By hundredths of a core, and among equals those first that were told before: who is told shall not change each time. Of whom
 * it is not known, last.
 */
function rankOf({ cpu_cores, group }: Followed): number {
  return Math.round((cpu_cores || 0) * 100) + (group === undefined ? 0 : 0.5);
}

const unread = (unit: Unit): Followed => {
  return { unit, cpu_us: Number.NaN, read_ms: 0, cpu_cores: Number.NaN, group: undefined, group_ms: 0, name: null };
};

function pathsOf(followed: readonly Followed[]): ReadonlySet<string> {
  return new Set(followed.map(({ unit }) => unit.path));
}

/**
 * Looks through the groups of a machine for those that stand for something. What is inside of one is not looked at.
 *
 * @returns the first that are followed, and how many there are beyond
 */
export function unitsIn(groups: Pick<GroupFiles, 'list'>): { units: Unit[]; beyond: number } {
  const units = new Map<string, Unit>();
  let beyond = 0;
  let folders = 0;
  const paths = [''];
  for (let path = paths.shift(); path !== undefined && folders < FOLDERS_MAX; path = paths.shift(), folders++) {
    for (const name of groups.list(path).toSorted()) {
      if (isFile(name)) continue;
      const inside = `${path}/${name}`;
      const unit = unitIn(inside);
      if (unit === undefined) {
        if (inside.split('/').length <= DEPTH_MAX) paths.push(inside);
      } else if (!units.has(unit.name)) {
        if (units.size < FOLLOWED_MAX) units.set(unit.name, unit);
        else beyond++;
      }
    }
  }
  return { units: [...units.values()], beyond };
}

/** A group has files of its controllers beside the groups in it. */
function isFile(name: string): boolean {
  return (FILE.test(name) && !/\.(?:slice|scope|service)$/.test(name)) || FILES_WITHOUT.has(name);
}

const FILE =
  /^(?:cgroup|cpu|cpuacct|cpuset|memory|io|blkio|pids|hugetlb|misc|rdma|dmem|irq|devices|freezer|net_cls|net_prio|perf_event|debug)\./;
const FILES_WITHOUT: ReadonlySet<string> = new Set(['tasks', 'notify_on_release', 'release_agent']);

/** What a group has, and what it did since the reading before, if there was one. */
function tellGroup(figures: UnitFigures, before: Group | undefined, after: Group, elapsed_ms: number): void {
  const since = (counter: keyof Group) => grown(before?.[counter] ?? Number.NaN, after[counter]);
  tell(figures, 'cpu_max_cores', Math.round(after.cpu_max_cores * 1_000) / 1_000);
  const periods = since('periods');
  if (periods > 0) {
    tell(figures, 'throttled_percentage', percentageOf(Math.min(since('throttled_periods'), periods), periods));
  }
  tell(figures, 'memory_bytes', after.memory_bytes);
  tell(figures, 'memory_max_bytes', after.memory_max_bytes);
  if (after.memory_max_bytes > 0) {
    const { memory_bytes, memory_max_bytes } = after;
    tell(figures, 'memory_percentage', percentageOf(Math.min(memory_bytes, memory_max_bytes), memory_max_bytes));
  }
  tell(figures, 'oom_kills', after.oom_kills);
  tell(figures, 'read_bytes_per_second', Math.round(perSecond(since('read_bytes'), elapsed_ms)));
  tell(figures, 'written_bytes_per_second', Math.round(perSecond(since('written_bytes'), elapsed_ms)));
  tell(figures, 'processes', after.processes);
}
