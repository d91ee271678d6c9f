// The CPU's frequency: how fast the cores run now, of what they could.
//
// From /sys/devices/system/cpu/cpufreq, see the kernel's admin-guide/pm/cpufreq: a folder for the cores that run alike. Where
// there is none, as in most virtual machines, from /proc/cpuinfo on x86.

import Type, { type Static } from 'typebox';
import { Count, Hertz } from '../figures.ts';
import type { Folder, Host } from '../host.ts';
import { defineProbe, type Reading } from '../probe.ts';
import { tell } from '../rate.ts';

/**
 * A reading stops after this time and the next goes on from there: on x86 before Linux 5.18 a core may take 10 ms to tell
 * its frequency.
 */
export const TURN_MS = 2;

/** What was read longer ago is not told. */
export const OLD_MS = 60_000;

/** Folders that are followed. */
export const POLICIES_MAX = 4_096;

/** /proc/cpuinfo of more cores than this costs too much: 1.5 KB each. */
export const CPUINFO_CORES_MAX = 64;

const schema = Type.Object({
  min_hertz: Hertz('Slowest core'),
  mean_hertz: Hertz('Mean of the cores'),
  max_hertz: Hertz('Fastest core'),
  cores: Count('Cores whose frequency is known'),
  possible_min_hertz: Type.Optional(Hertz('Slowest that a core can be')),
  possible_max_hertz: Type.Optional(Hertz('Fastest that a core can be')),
  allowed_max_hertz: Type.Optional(Hertz('Fastest that a core may be')),
  governor: Type.Optional(Type.String({ title: 'Who chooses' })),
});

type Figures = Static<typeof schema>;

export const cpu_frequency = defineProbe({
  name: 'cpu_frequency',
  schema,
  every_ms: 5_000,
  open: ({ proc, sys, now }) => {
    const policies = new Policies(sys, now);
    return { read: () => policies.read() ?? (proc && cpuinfoOf(proc, sys)) };
  },
});

/** Cores that run alike. */
interface Policy {
  cores: number;
  /** NaN where the driver does not tell it; so the others. */
  hertz: number;
  allowed_max_hertz: number;
  readonly possible_min_hertz: number;
  readonly possible_max_hertz: number;
  governor: string | undefined;
  read_ms: number;
}

/** All cores, read in turns. */
export class Policies {
  readonly #sys: Folder | undefined;
  readonly #now: () => number;
  /** By the name of the folder; the one that was read longest ago comes first. */
  readonly #policies = new Map<string, Policy>();

  constructor(sys: Folder | undefined, now: () => number) {
    this.#sys = sys;
    this.#now = now;
  }

  /** Reads as many as there is time for, and tells all that are known. Undefined where there are none. */
  read(): Reading<Figures> | undefined {
    const began_ms = this.#now();
    for (const name of this.#names()) {
      this.#readOne(name);
      if (this.#now() - began_ms >= TURN_MS) break;
    }
    const known = [...this.#policies.values()].filter(({ read_ms }) => began_ms - read_ms <= OLD_MS);
    return frequencyOf(known);
  }

  /** The folders that are there, those never read first, then the one that was read longest ago. */
  #names(): string[] {
    const there = new Set(
      this.#sys
        ?.list(FOLDER)
        .filter((name) => /^policy\d+$/.test(name))
        .slice(0, POLICIES_MAX),
    );
    for (const name of this.#policies.keys()) if (!there.has(name)) this.#policies.delete(name);
    const known = [...this.#policies.keys()];
    for (const name of known) there.delete(name);
    return [...there, ...known];
  }

  #readOne(name: string): void {
    const folder = `${FOLDER}/${name}`;
    const known = this.#policies.get(name);
    this.#policies.delete(name);
    this.#policies.set(name, {
      cores: this.#sys?.read(`${folder}/affected_cpus`)?.split(' ').length ?? 0,
      hertz: this.#hertz(`${folder}/scaling_cur_freq`),
      allowed_max_hertz: this.#hertz(`${folder}/scaling_max_freq`),
      possible_min_hertz: known?.possible_min_hertz ?? this.#hertz(`${folder}/cpuinfo_min_freq`),
      possible_max_hertz: known?.possible_max_hertz ?? this.#hertz(`${folder}/cpuinfo_max_freq`),
      governor: this.#sys?.read(`${folder}/scaling_governor`),
      read_ms: this.#now(),
    });
  }

  #hertz(name: string): number {
    return kilohertz(this.#sys?.read(name));
  }
}

const FOLDER = 'devices/system/cpu/cpufreq';

/** Parses a file that is a number of kHz. NaN when it is none, also where the driver says `<unsupported>`. */
export function kilohertz(text: string | undefined): number {
  return text !== undefined && /^[1-9]\d{0,8}$/.test(text) ? Number(text) * 1_000 : Number.NaN;
}

/** Undefined when no frequency is known. */
export function frequencyOf(policies: readonly Omit<Policy, 'read_ms'>[]): Reading<Figures> | undefined {
  const told = policies.filter(({ hertz, cores }) => hertz > 0 && cores > 0);
  const [first] = told;
  if (first === undefined) return undefined;
  const cores = told.reduce((sum, policy) => sum + policy.cores, 0);
  const figures: Figures = {
    min_hertz: Math.min(...told.map(({ hertz }) => hertz)),
    mean_hertz: Math.round(told.reduce((sum, policy) => sum + policy.hertz * policy.cores, 0) / cores),
    max_hertz: Math.max(...told.map(({ hertz }) => hertz)),
    cores,
  };
  // Of cores of several kinds, the whole span. NaN where one does not tell.
  tell(figures, 'possible_min_hertz', Math.min(...told.map((policy) => policy.possible_min_hertz)));
  tell(figures, 'possible_max_hertz', Math.max(...told.map((policy) => policy.possible_max_hertz)));
  tell(figures, 'allowed_max_hertz', Math.max(...told.map((policy) => policy.allowed_max_hertz)));
  if (first.governor !== undefined && /^[\w-]{1,32}$/.test(first.governor)) figures.governor = first.governor;
  return { figures };
}

function cpuinfoOf(proc: NonNullable<Host['proc']>, sys: Folder | undefined): Reading<Figures> | undefined {
  const cores = coresIn(sys?.read('devices/system/cpu/online') ?? '');
  if (!(cores <= CPUINFO_CORES_MAX)) return undefined;
  const text = proc.text('cpuinfo');
  return text === undefined ? undefined : parseCpuinfo(text);
}

/** How many cores a list such as `0-3,8` has. NaN when it is none. */
export function coresIn(list: string): number {
  let cores = 0;
  for (const part of list.split(',')) {
    const [, first, last = first] = /^(\d{1,5})(?:-(\d{1,5}))?$/.exec(part) ?? [];
    cores += Number(last ?? Number.NaN) - Number(first) + 1;
  }
  return cores;
}

/** Parses a cpuinfo of x86, `cpu MHz\t\t: 2596.122` for each core. Undefined where it tells no frequency. */
export function parseCpuinfo(text: string): Reading<Figures> | undefined {
  const all: number[] = [];
  for (const [, megahertz] of text.matchAll(MEGAHERTZ)) {
    const hertz = Math.round(Number(megahertz) * 1_000_000);
    if (hertz > 0) all.push(hertz);
  }
  if (all.length === 0) return undefined;
  const mean_hertz = Math.round(all.reduce((sum, hertz) => sum + hertz, 0) / all.length);
  return { figures: { min_hertz: Math.min(...all), mean_hertz, max_hertz: Math.max(...all), cores: all.length } };
}

const MEGAHERTZ = /^cpu MHz\s*: (\d{1,6}\.\d{1,6})$/gm;
