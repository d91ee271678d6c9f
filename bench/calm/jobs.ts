// What is played to the analyzer: healthy machines for a day, machines with which something goes wrong, and inputs that flap.

import type { Measure } from '@ganglion/topics';
import { FAULTS, type FaultName } from '../../modules/simulator/src/faults.ts';
import { SimulatedMachine } from '../../modules/simulator/src/machine.ts';
import { Random } from '../../modules/simulator/src/random.ts';
import { Engine, type Raised } from './engine.ts';
import { FLAPPING, HEALTHY } from './flapping.ts';

const HOUR_MS = 3_600_000;

/** A part of the bench that one thread does. */
export type Job =
  | {
      readonly kind: 'healthy';
      readonly seed: number;
      readonly first: number;
      readonly count: number;
      readonly hours: number;
      readonly interval_ms: number;
    }
  | {
      readonly kind: 'fault';
      readonly seed: number;
      readonly number: number;
      readonly fault: FaultName;
      readonly hours: number;
    }
  | { readonly kind: 'flapping'; readonly seed: number; readonly number: number; readonly hours: number };

/** What came of it. */
export interface Done {
  readonly job: Job;
  readonly raised: readonly Raised[];
  readonly samples: number;
  /** Of a fault: when it began and ended. */
  readonly fault_from_ms?: number;
  readonly fault_until_ms?: number;
}

/** Machines with which something goes wrong are others than the healthy ones. */
const FAULTY_FIRST = 100_000;

export function play(job: Job): Done {
  switch (job.kind) {
    case 'healthy':
      return playHealthy(job);
    case 'fault':
      return playFault(job);
    case 'flapping':
      return playFlapping(job);
  }
}

function playHealthy(job: Extract<Job, { kind: 'healthy' }>): Done {
  const { seed, first, count, hours, interval_ms } = job;
  const raised: Raised[] = [];
  let samples = 0;
  // One after the other: they know nothing of each other, and the memory of one is soon used again.
  for (let number = first; number < first + count; number++) {
    const engine = new Engine();
    const machine = new SimulatedMachine({ seed, number, faults_per_day: 0 });
    for (let at_ms = interval_ms; at_ms <= hours * HOUR_MS; at_ms += interval_ms) {
      const body = machine.sample(at_ms);
      if (body === undefined) continue;
      engine.sample(machine.name, body, at_ms);
      samples++;
    }
    raised.push(...engine.raised);
  }
  return { job, raised, samples };
}

function playFault(job: Extract<Job, { kind: 'fault' }>): Done {
  const { seed, number, fault, hours } = job;
  const engine = new Engine();
  const machine = new SimulatedMachine({ seed, number: FAULTY_FIRST + number, faults_per_day: 0 });
  const chance = new Random(seed, FAULTY_FIRST + number);
  const fault_from_ms = Math.round((hours * HOUR_MS + chance.between(0, HOUR_MS)) / 1_000) * 1_000;
  let samples = 0;
  let until_ms = fault_from_ms + Math.max(...FAULTS[fault]);
  for (let at_ms = 1_000; at_ms <= until_ms; at_ms += 1_000) {
    if (at_ms === fault_from_ms) {
      machine.fail(fault);
      until_ms = Math.min(until_ms, machine.fault?.until_ms ?? until_ms);
    }
    const body = machine.sample(at_ms);
    if (body === undefined) continue;
    engine.sample(machine.name, body, at_ms);
    engine.look(at_ms);
    samples++;
  }
  return { job, raised: engine.raised, samples, fault_from_ms, fault_until_ms: until_ms };
}

function playFlapping(job: Extract<Job, { kind: 'flapping' }>): Done {
  const { number, hours } = job;
  const flapping = FLAPPING[number];
  if (flapping === undefined) throw new Error(`there is no flapping input ${number}`);
  const engine = new Engine();
  const from_ms = hours * HOUR_MS;
  const chance = new Random(job.seed, number);
  let samples = 0;
  for (let at_ms = 1_000; at_ms <= from_ms + 2 * HOUR_MS; at_ms += 1_000) {
    const body: Measure = HEALTHY(chance);
    if (at_ms > from_ms) flapping.flap(body, at_ms - from_ms, chance);
    engine.sample('flapping', body, at_ms);
    engine.look(at_ms);
    samples++;
  }
  return { job, raised: engine.raised, samples, fault_from_ms: from_ms };
}
