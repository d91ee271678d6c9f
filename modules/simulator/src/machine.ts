// One machine that is not there. What it does follows from the seed, its number and the time since the start alone.

import type { Measure } from '@ganglion/topics';
import { KINDS, type Kind } from './kinds.ts';
import { Random } from './random.ts';

const GIBIBYTE = 1024 ** 3;
const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

/** Machines of one site; `site1.web-07` is one of the first. */
const SITE_MACHINES = 250;

/** The start is at this hour of the simulated day, when there is something to see. */
const FIRST_HOUR = 9;

/** How much of the last restlessness is still there in the next second. */
const MEMORY_OF_NOISE = 0.9;

/** What can go wrong, for how long at least and at most. */
const FAULTS = {
  /** A process turns in a circle and takes every core. */
  runaway: [60_000, 300_000],
  /** Memory fills up, until the process that loses it is started again. */
  leak: [180_000, 900_000],
  /** It says nothing. */
  silence: [5_000, 120_000],
} as const;

type Fault = keyof typeof FAULTS;
const FAULT_NAMES: readonly Fault[] = ['runaway', 'leak', 'silence'];

export interface MachineOptions {
  readonly seed: number;
  /** Its place among all, from 0. */
  readonly number: number;
  /** How often something goes wrong, on average. */
  readonly faults_per_day: number;
}

/** A simulated machine. Its samples have to be taken in order. */
export class SimulatedMachine {
  readonly name: string;
  readonly #kind: Kind;
  readonly #random: Random;
  readonly #cores: number;
  readonly #memory_bytes: number;
  readonly #fault_every_ms: number;
  /** How much busier than its kind: 1 is usual. */
  readonly #busy: number;

  #sequence = 0;
  #last_ms = 0;
  #noise = 0;
  /** The CPU's use, 0 to 1, averaged over a minute. */
  #load: number;
  #burst_from_ms: number;
  #burst_until_ms: number;
  #fault: Fault | undefined;
  #fault_from_ms: number;
  #fault_until_ms = 0;

  constructor({ seed, number, faults_per_day }: MachineOptions) {
    const random = new Random(seed, number);
    this.#random = random;
    this.#kind = pick(KINDS, random.next());
    this.name = `site${1 + Math.floor(number / SITE_MACHINES)}.${this.#kind.name}-${String(1 + (number % SITE_MACHINES)).padStart(2, '0')}`;
    this.#cores = oneOf(this.#kind.cores, random.next());
    this.#memory_bytes = oneOf(this.#kind.memory_gibibytes, random.next()) * GIBIBYTE;
    this.#busy = 0.6 + 0.8 * random.next();
    this.#fault_every_ms = faults_per_day > 0 ? DAY_MS / faults_per_day : Number.POSITIVE_INFINITY;
    this.#burst_from_ms = random.wait(HOUR_MS / this.#kind.bursts_per_hour);
    this.#burst_until_ms = this.#burst_from_ms + this.#burstLength();
    this.#fault_from_ms = random.wait(this.#fault_every_ms);
    this.#load = (this.#kind.quiet + this.#kind.day / 4) * this.#busy;
  }

  /** What it measures `at_ms` after the start; undefined while it says nothing. */
  sample(at_ms: number): Measure | undefined {
    const elapsed_ms = at_ms - this.#last_ms;
    this.#last_ms = at_ms;
    this.#turn(at_ms);
    const work = this.#work(at_ms, elapsed_ms);
    if (this.#fault === 'silence') return undefined;
    const used = this.#memoryUse(at_ms, work);
    const used_bytes = Math.round(used * this.#memory_bytes);
    const user = work * 0.72;
    return {
      cpu_percentage: percentage(work),
      memory_percentage: percentage(used),
      load_percentage: percentage(this.#load),
      sequence: ++this.#sequence,
      cpu: {
        cores: this.#cores,
        user_percentage: percentage(user),
        system_percentage: percentage(work * 0.22),
        iowait_percentage: percentage(work * 0.06),
        core_percentages: this.#coreUse(work),
      },
      memory: {
        total_bytes: this.#memory_bytes,
        used_bytes,
        available_bytes: this.#memory_bytes - used_bytes,
        cached_bytes: Math.round((this.#memory_bytes - used_bytes) * 0.6),
      },
      load: {
        load_1: Math.round(this.#load * this.#cores * 100) / 100,
        runnable: Math.round(work * this.#cores),
        tasks: 40 + this.#cores * 12 + Math.round(work * 80),
      },
    };
  }

  /** Lets bursts and faults begin and end. */
  #turn(at_ms: number): void {
    const random = this.#random;
    while (at_ms >= this.#burst_until_ms) {
      this.#burst_from_ms = this.#burst_until_ms + random.wait(HOUR_MS / this.#kind.bursts_per_hour);
      this.#burst_until_ms = this.#burst_from_ms + this.#burstLength();
    }
    if (this.#fault !== undefined && at_ms >= this.#fault_until_ms) {
      this.#fault = undefined;
      this.#fault_from_ms = at_ms + random.wait(this.#fault_every_ms);
    }
    if (this.#fault === undefined && at_ms >= this.#fault_from_ms) {
      this.#fault = oneOf(FAULT_NAMES, random.next());
      const [shortest_ms, longest_ms] = FAULTS[this.#fault];
      this.#fault_until_ms = at_ms + random.between(shortest_ms, longest_ms);
    }
  }

  /** The CPU's use, 0 to 1. */
  #work(at_ms: number, elapsed_ms: number): number {
    const { quiet, day, busiest_hour, restless, burst } = this.#kind;
    const hour = FIRST_HOUR + at_ms / HOUR_MS;
    const daylight = (1 + Math.cos(((hour - busiest_hour) / 12) * Math.PI)) / 2;
    this.#noise = this.#noise * MEMORY_OF_NOISE + this.#random.around() * restless * (1 - MEMORY_OF_NOISE) * 4;
    let work = (quiet + day * daylight ** 2) * this.#busy + this.#noise;
    if (at_ms >= this.#burst_from_ms) work += burst * this.#busy;
    if (this.#fault === 'runaway') work = 0.97 + this.#random.next() * 0.03;
    work = clamp(work, 0.003, 1);
    // As the kernel averages its load over a minute.
    const kept = Math.exp(-elapsed_ms / 60_000);
    this.#load = this.#load * kept + work * (1 - kept);
    return work;
  }

  #memoryUse(at_ms: number, work: number): number {
    const { memory, memory_by_work } = this.#kind;
    const usual = memory + memory_by_work * (this.#load * 0.8 + work * 0.2);
    if (this.#fault !== 'leak') return clamp(usual, 0.02, 0.97);
    const gone = (at_ms - this.#fault_from_ms) / (this.#fault_until_ms - this.#fault_from_ms);
    return clamp(usual + (0.99 - usual) * gone, 0.02, 0.99);
  }

  /** The use of each core, in percent: some do more than others, and all together do the work. */
  #coreUse(work: number): number[] {
    const cores: number[] = [];
    for (let core = 0; core < this.#cores; core++) {
      cores.push(percentage(clamp(work * (0.7 + 0.6 * ((core * 7 + this.#sequence) % 5) * 0.25), 0, 1)));
    }
    return cores;
  }

  #burstLength(): number {
    return this.#kind.burst_s * 1000 * this.#random.between(0.4, 1.8);
  }
}

/** As a tracker says it: 0 to 100, two decimals. */
function percentage(share: number): number {
  return Math.round(clamp(share, 0, 1) * 10_000) / 100;
}

function clamp(value: number, least: number, most: number): number {
  return Math.min(most, Math.max(least, value));
}

function oneOf<T>(all: readonly T[], chance: number): T {
  return all[Math.floor(chance * all.length)] as T;
}

function pick(kinds: readonly Kind[], chance: number): Kind {
  let left = chance * kinds.reduce((sum, { weight }) => sum + weight, 0);
  for (const kind of kinds) {
    left -= kind.weight;
    if (left < 0) return kind;
  }
  return oneOf(kinds, 0);
}
