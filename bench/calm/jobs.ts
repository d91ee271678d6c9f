// What is played to the analyzer: healthy machines, machines with which something goes wrong, and inputs that flap.

import { FAULTS, type FaultName } from '../../modules/simulator/src/faults.ts';
import { SimulatedMachine } from '../../modules/simulator/src/machine.ts';
import { Random } from '../../modules/simulator/src/random.ts';
import { Engine, type Raised } from './engine.ts';
import { FLAPPING, healthy } from './flapping.ts';

const HOUR_MS = 3_600_000;
const SECOND_MS = 1_000;

/** Inputs flap for so long. */
export const FLAPPING_HOURS = 2;

/** A part of the bench that one thread does. */
export type Job = HealthyJob | FaultJob | FlappingJob;

export interface HealthyJob {
  readonly kind: 'healthy';
  /** Which of the fleets. */
  readonly fleet: string;
  readonly seed: number;
  readonly first: number;
  readonly count: number;
  readonly hours: number;
  readonly interval_ms: number;
}

export interface FaultJob {
  readonly kind: 'fault';
  readonly seed: number;
  readonly number: number;
  readonly fault: FaultName;
  /** Without: the same machine at the same time, and nothing goes wrong. */
  readonly happens: boolean;
  /** The machine was watched for so long before. */
  readonly hours: number;
}

export interface FlappingJob {
  readonly kind: 'flapping';
  readonly seed: number;
  readonly number: number;
  readonly hours: number;
}

/** What came of it. */
export interface Done<Of extends Job = Job> {
  readonly job: Of;
  readonly raised: readonly Raised[];
  readonly samples: number;
  /** When the fault or the flapping began; 0 where there is none. */
  readonly from_ms: number;
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

function playHealthy(job: HealthyJob): Done {
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
  return { job, raised, samples, from_ms: 0 };
}

function playFault(job: FaultJob): Done {
  const { seed, number, fault, happens, hours } = job;
  const engine = new Engine();
  const machine = new SimulatedMachine({ seed, number: FAULTY_FIRST + number, faults_per_day: 0 });
  const chance = new Random(seed, FAULTY_FIRST + number);
  const from_ms = Math.round((hours * HOUR_MS + chance.between(0, HOUR_MS)) / SECOND_MS) * SECOND_MS;
  let until_ms = from_ms + (FAULTS[fault][0] + FAULTS[fault][1]) / 2;
  let samples = 0;
  for (let at_ms = SECOND_MS; at_ms <= until_ms; at_ms += SECOND_MS) {
    if (at_ms === from_ms && happens) {
      machine.fail(fault);
      until_ms = machine.fault?.until_ms ?? until_ms;
    }
    const body = machine.sample(at_ms);
    if (body === undefined) continue;
    engine.sample(machine.name, body, at_ms);
    engine.look(at_ms);
    samples++;
  }
  return { job, raised: engine.raised, samples, from_ms };
}

function playFlapping(job: FlappingJob): Done {
  const { seed, number, hours } = job;
  const flapping = FLAPPING[number];
  if (flapping === undefined) throw new Error(`there is no flapping input ${number}`);
  const engine = new Engine();
  const from_ms = hours * HOUR_MS;
  const chance = new Random(seed, number);
  let samples = 0;
  for (let at_ms = SECOND_MS; at_ms <= from_ms + FLAPPING_HOURS * HOUR_MS; at_ms += SECOND_MS) {
    const body = healthy(chance);
    if (at_ms > from_ms) flapping.flap(body, at_ms - from_ms, chance);
    engine.sample('flapping', body, at_ms);
    engine.look(at_ms);
    samples++;
  }
  return { job, raised: engine.raised, samples, from_ms };
}
