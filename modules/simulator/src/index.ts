// The simulator: machines that are not there, each with its days, bursts and faults, for demonstrations and measurements.

import { defineModule } from '@ganglion/kernel';
import { measure } from '@ganglion/topics';
import Type from 'typebox';
import { SimulatedMachine } from './machine.ts';

/** Between two looks at whose turn it is: machines speak spread over the interval, not all at once. */
const TURN_MS = 10;

/** A process that was held up for longer leaves out what it owes. */
const BEHIND_MAX_INTERVALS = 2;

export default defineModule({
  name: 'simulator',
  publishes: { measure },
  config: Type.Object(
    {
      machines: Type.Integer({ minimum: 1, maximum: 100_000, default: 200, description: 'How many machines.' }),
      interval_ms: Type.Integer({
        minimum: 100,
        maximum: 3_600_000,
        default: 1_000,
        description: 'The time between two samples of a machine.',
      }),
      seed: Type.Integer({
        minimum: 0,
        maximum: 4_294_967_295,
        default: 2016,
        description: 'The same seed makes the same machines do the same things.',
      }),
      faults_per_day: Type.Number({
        minimum: 0,
        maximum: 1_000,
        default: 2,
        description: 'How often something goes wrong with a machine, on average.',
      }),
    },
    { additionalProperties: false },
  ),
  start: ({ config, count, emit, log, stopping }) => {
    const { machines, interval_ms, seed, faults_per_day } = config;
    const all = Array.from({ length: machines }, (_, number) => new SimulatedMachine({ seed, number, faults_per_day }));
    log.info({ machines, interval_ms, seed }, `simulates ${machines} machines`);
    const start_ms = performance.now();
    /** Samples taken of all machines together: machine 0, 1, 2… and again. */
    let taken = 0;

    const turn = () => {
      const passed_ms = performance.now() - start_ms;
      const due = Math.floor((passed_ms / interval_ms) * machines);
      const owed_max = BEHIND_MAX_INTERVALS * machines;
      if (due - taken > owed_max) {
        count('samples_skipped', due - taken - owed_max);
        taken = due - owed_max;
      }
      for (; taken < due; taken++) {
        // By the plan, not by the clock: so that a run repeats.
        const at_ms = ((taken + 1) / machines) * interval_ms;
        const machine = all[taken % machines];
        const body = machine?.sample(at_ms);
        if (machine !== undefined && body !== undefined) void emit(measure(machine.name, body, Date.now()));
      }
    };

    const timer = setInterval(turn, TURN_MS);
    stopping.addEventListener('abort', () => clearInterval(timer), { once: true });
  },
});
