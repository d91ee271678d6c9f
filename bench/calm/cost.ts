// What all rules together cost: the time for a measure, and what is remembered of a machine.

import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import type { Measure } from '@ganglion/topics';
import { SimulatedMachine } from '../../modules/simulator/src/machine.ts';
import { Engine } from './engine.ts';

/** More than a processor's caches hold, so that a state is fetched from memory as it is in a fleet. */
const MACHINES = 300;

/** Rounds before the time is taken, at ten seconds each: so much is known after an hour. */
const KNOWN_ROUNDS = 400;
const ROUNDS = 200;

const SECOND_MS = 1_000;

export interface Cost {
  /** Numbers in a measure, on average. */
  readonly figures: number;
  /** CPU time for a measure, of machines that speak once a second, and of such that speak every ten. */
  readonly each_second_us: number;
  readonly each_ten_us: number;
  /** Memory that a machine takes, and what is kept of it so that it outlives the analyzer. */
  readonly memory_bytes: number;
  readonly kept_bytes: number;
}

export function measureCost(seed: number): Cost {
  setFlagsFromString('--expose-gc');
  const collect: unknown = runInNewContext('gc');
  const used_bytes = () => {
    if (typeof collect === 'function') collect();
    const { heapUsed, arrayBuffers } = process.memoryUsage();
    return heapUsed + arrayBuffers;
  };
  const simulated = Array.from(
    { length: MACHINES },
    (_, number) => new SimulatedMachine({ seed, number, faults_per_day: 0 }),
  );
  const names = simulated.map(({ name }) => name);
  const engine = new Engine();
  let at_ms = 0;
  /** Lets all of them speak; returns the CPU time that judging has taken, in microseconds. */
  const round = (interval_ms: number): number => {
    at_ms += interval_ms;
    const bodies = simulated.map((machine) => machine.sample(at_ms)) as Measure[];
    const before = process.cpuUsage();
    for (let i = 0; i < MACHINES; i++) engine.sample(names[i] ?? '', bodies[i] as Measure, at_ms);
    const { user, system } = process.cpuUsage(before);
    return user + system;
  };
  const rounds = (interval_ms: number): number => {
    let sum_us = 0;
    for (let i = 0; i < ROUNDS; i++) sum_us += round(interval_ms);
    return sum_us / ROUNDS / MACHINES;
  };
  const before_bytes = used_bytes();
  for (let i = 0; i < KNOWN_ROUNDS; i++) round(10 * SECOND_MS);
  const memory_bytes = (used_bytes() - before_bytes) / MACHINES;
  const each_ten_us = rounds(10 * SECOND_MS);
  const each_second_us = rounds(SECOND_MS);
  const kept_bytes = Math.max(...names.map((name) => engine.save(name).byteLength));
  const numbers = simulated.map((machine) => numbersIn(machine.sample(at_ms + SECOND_MS)));
  const figures = numbers.reduce((sum, each) => sum + each, 0) / MACHINES;
  return { figures, each_second_us, each_ten_us, memory_bytes, kept_bytes };
}

function numbersIn(value: unknown): number {
  if (typeof value === 'number') return 1;
  if (typeof value !== 'object' || value === null) return 0;
  return Object.values(value).reduce((sum: number, each) => sum + numbersIn(each), 0);
}
