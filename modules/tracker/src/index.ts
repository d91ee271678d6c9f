// The tracker: at each tick of its clock, what every probe reads becomes one measure of this machine. Where the kernel says
// that something has happened, a measure goes out in between.

import os, { hostname } from 'node:os';
import { defineModule, LogLimiter, routingKey } from '@ganglion/kernel';
import { measure } from '@ganglion/topics';
import Type from 'typebox';
import { Changes } from './changes.ts';
import { startClock } from './clock.ts';
import { cpuUnknown } from './errors.ts';
import { DEFAULT_ROOT, openHost } from './host.ts';
import { describeMachine } from './machine.ts';
import type { Probe } from './probe.ts';
import { probeSettings, wantedProbes } from './probe-settings.ts';
import * as every from './probes/index.ts';
import { Sampler } from './sampler.ts';

const probes: readonly Probe[] = Object.values(every);

/**
 * The first sample comes after this time or the interval, whichever is shorter: the CPU's use is known only between two
 * readings, and the figures should be there at once. The kernel counts in hundredths of a second.
 */
const FIRST_SAMPLE_MS = 200;

/** Labels that a machine may have, and characters that each may have. */
export const LABELS_MAX = 16;
export const LABEL_CHARACTERS_MAX = 64;

/** What happens between two samples goes out at once, but not more often than this. */
const BETWEEN_MS = 100;

/** That there is no measure is told at most this often. */
const TELL_INTERVAL_MS = 60_000;

export default defineModule({
  name: 'tracker',
  publishes: { measure },
  config: Type.Object(
    {
      machine: Type.Optional(Type.String({ description: "This machine's name; left out, it is the whole host name." })),
      interval_ms: Type.Integer({
        minimum: 100,
        maximum: 3_600_000,
        default: 1_000,
        description: 'The time between two samples.',
      }),
      root: Type.String({
        minLength: 1,
        default: DEFAULT_ROOT,
        description:
          "Where the machine's /proc is mounted, its /sys beside it. Systems without are measured by what Node knows of them.",
      }),
      labels: Type.Optional(
        Type.Record(Type.String(), Type.String({ pattern: `^[^\\u0000-\\u001f\\u007f]{1,${LABEL_CHARACTERS_MAX}}$` }), {
          propertyNames: { pattern: `^[a-z][a-z0-9_.-]{0,${LABEL_CHARACTERS_MAX - 1}}$` },
          maxProperties: LABELS_MAX,
          description: 'What this machine is called by beside its name, like site = "berlin": told in its birth.',
        }),
      ),
      probes: Type.Optional(probeSettings(probes)),
      report: Type.Enum(['all', 'changes'], {
        default: 'all',
        description: 'Whether a measure has every figure, or but those that have changed, and now and then all.',
      }),
      dead_band: Type.Number({
        minimum: 0,
        maximum: 0.5,
        default: 0.05,
        description: 'With report = "changes": the share by which a figure must move to be told.',
      }),
      whole_ms: Type.Integer({
        minimum: 1_000,
        maximum: 3_600_000,
        default: 30_000,
        description: 'With report = "changes": the time after which a measure has every figure again.',
      }),
    },
    { additionalProperties: false },
  ),
  start: ({ bus, config, count, describe, emit, log, onStop, stopping }) => {
    const { machine = hostname(), interval_ms, root, labels, probes: settings, report } = config;
    // A name that no routing key can hold is told now, not at each measure.
    routingKey(machine, measure.family);
    describe({ machine: describeMachine(machine, interval_ms, os, labels) });
    let between: NodeJS.Timeout | undefined;
    const sampler = new Sampler(wantedProbes(probes, settings), openHost(root), { count, log }, () => {
      if (stopping.aborted) return;
      between ??= setTimeout(() => takeSample(true), Math.max(0, sampled_ms + BETWEEN_MS - performance.now()));
    });
    onStop(() => sampler.close());
    const changes = report === 'changes' ? new Changes(config) : undefined;
    const limiter = new LogLimiter(TELL_INTERVAL_MS);
    let told = false;
    let sequence = 0;
    let sampled_ms = Number.NEGATIVE_INFINITY;

    const takeSample = (is_between: boolean) => {
      // What is due anyway takes with it what has happened.
      clearTimeout(between);
      between = undefined;
      sampled_ms = performance.now();
      const time_ms = Date.now();
      const body = sampler.sample(is_between);
      if (body === undefined) {
        count('samples_without_cpu');
        if (told || limiter.pass('cpu') === undefined) return;
        told = true;
        const { code, message } = cpuUnknown();
        log.warn({ code }, message);
      } else {
        body.sequence = ++sequence;
        const draft = measure(machine, body, time_ms);
        // While the broker is away nobody hears what follows builds on.
        void emit(changes === undefined ? draft : { ...draft, ...changes.next(body, !bus.status.connected) });
        if (told) log.info({}, 'the CPU tells figures again');
        told = false;
      }
    };

    const stopClock = startClock({
      interval_ms,
      first_ms: Math.min(FIRST_SAMPLE_MS, interval_ms),
      tick: () => takeSample(false),
      onSkipped: (ticks) => count('ticks_skipped', ticks),
    });
    const stop = () => {
      stopClock();
      clearTimeout(between);
    };
    stopping.addEventListener('abort', stop, { once: true });
  },
});
