// One machine that is not there. What it does follows from the seed, its number and the time since the start alone.

import type { Measure } from '@ganglion/topics';
import { FAULT_NAMES, FAULTS, type Fault, type FaultName, progressOf } from './faults.ts';
import { KINDS, type Kind } from './kinds.ts';
import { Random } from './random.ts';
import { Resources } from './resources.ts';
import { clamp, percentage } from './round.ts';

const GIBIBYTE = 1024 ** 3;
const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

/** Machines of one site; `site1.web-07` is one of the first. */
const SITE_MACHINES = 250;

/** The start is at this hour of the simulated day, when there is something to see. */
const FIRST_HOUR = 9;

/** Its resources have a chance of their own, so that what the machine does stays as it is when they are others. */
const RESOURCES_SEED = 0x5eed;

/** How much of the last restlessness is still there in the next second. */
const MEMORY_OF_NOISE = 0.9;

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
  readonly #resources: Resources;
  #fault: Fault | undefined;
  /** When the next one comes by itself. */
  #fault_from_ms: number;

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
    const chance = new Random(seed ^ RESOURCES_SEED, number);
    this.#resources = new Resources(this.#kind, this.#cores, this.#memory_bytes, chance);
  }

  /** Makes something go wrong from the next sample on, whatever else is wrong; for as long as it usually lasts at most. */
  fail(name: FaultName): void {
    this.#begin(name, this.#last_ms);
  }

  /** What is wrong with it now. */
  get fault(): Fault | undefined {
    return this.#fault;
  }

  /** What it measures `at_ms` after the start; undefined while it says nothing. */
  sample(at_ms: number): Measure | undefined {
    const elapsed_ms = at_ms - this.#last_ms;
    this.#last_ms = at_ms;
    this.#turn(at_ms);
    const work = this.#work(at_ms, elapsed_ms);
    if (this.#fault?.name === 'silence') return undefined;
    const used = this.#memoryUse(at_ms, work);
    const hour = FIRST_HOUR + at_ms / HOUR_MS;
    const iowait = this.#fault?.name === 'dying_disk' ? 0.3 + 0.2 * this.#fault.strength : work * 0.06;
    const moment = { at_ms, elapsed_ms, hour, work, load: this.#load, memory: used, fault: this.#fault };
    const resources = this.#resources.next(moment);
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
        iowait_percentage: percentage(Math.min(iowait, 1 - work)),
        steal_percentage: 0,
        ...this.#resources.cpu(work),
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
      ...resources,
    };
  }

  /** Lets bursts and faults begin and end. */
  #turn(at_ms: number): void {
    const random = this.#random;
    while (at_ms >= this.#burst_until_ms) {
      this.#burst_from_ms = this.#burst_until_ms + random.wait(HOUR_MS / this.#kind.bursts_per_hour);
      this.#burst_until_ms = this.#burst_from_ms + this.#burstLength();
    }
    if (this.#fault !== undefined && at_ms >= this.#fault.until_ms) {
      this.#fault = undefined;
      this.#fault_from_ms = at_ms + random.wait(this.#fault_every_ms);
    }
    if (this.#fault === undefined && at_ms >= this.#fault_from_ms) {
      this.#begin(oneOf(FAULT_NAMES, random.next()), at_ms);
    }
  }

  #begin(name: FaultName, from_ms: number): void {
    const [shortest_ms, longest_ms] = FAULTS[name];
    const strength = this.#random.next();
    this.#fault = { name, from_ms, until_ms: from_ms + this.#random.between(shortest_ms, longest_ms), strength };
  }

  /** The CPU's use, 0 to 1. */
  #work(at_ms: number, elapsed_ms: number): number {
    const { quiet, day, busiest_hour, restless, burst } = this.#kind;
    const hour = FIRST_HOUR + at_ms / HOUR_MS;
    const daylight = (1 + Math.cos(((hour - busiest_hour) / 12) * Math.PI)) / 2;
    this.#noise = this.#noise * MEMORY_OF_NOISE + this.#random.around() * restless * (1 - MEMORY_OF_NOISE) * 4;
    let work = (quiet + day * daylight ** 2) * this.#busy + this.#noise;
    if (at_ms >= this.#burst_from_ms) work += burst * this.#busy;
    if (this.#fault?.name === 'runaway') work = 0.97 + this.#random.next() * 0.03;
    // The same work takes longer on slow cores.
    if (this.#fault?.name === 'throttling') work *= 2.5;
    work = clamp(work, 0.003, 1);
    // As the kernel averages its load over a minute.
    const kept = Math.exp(-elapsed_ms / 60_000);
    this.#load = this.#load * kept + work * (1 - kept);
    return work;
  }

  #memoryUse(at_ms: number, work: number): number {
    const { memory, memory_by_work } = this.#kind;
    const usual = memory + memory_by_work * (this.#load * 0.8 + work * 0.2);
    if (this.#fault?.name !== 'leak') return clamp(usual, 0.02, 0.97);
    return clamp(usual + (0.99 - usual) * progressOf(this.#fault, at_ms), 0.02, 0.99);
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
