// Which probes read, and how often: what `tracker.probes` says of each by its name.

import Type, { type Static } from 'typebox';
import type { Probe } from './probe.ts';
import type { Wanted } from './sampler.ts';

/** The shortest and the longest time between two readings. */
const EVERY_MS_MIN = 100;
const EVERY_MS_MAX = 86_400_000;

const Setting = Type.String({ pattern: '^(?:off|on|[0-9]{1,8}(?:\\.[0-9]{1,3})?(?:ms|s|min|h))$' });

/** The setting's schema, for the probes there are. */
export function probeSettings(probes: readonly Probe[]) {
  const names = probes.map(({ name }) => name);
  return Type.Record(Type.String(), Setting, {
    propertyNames: { enum: names },
    description: 'By a probe\'s name, "off", "on" or the time between its readings, like processes = "30s".',
    wanted: `<probe>=off, =on or a time like =30s; the probes are ${names.join(', ')}`,
  });
}

export type ProbeSettings = Static<ReturnType<typeof probeSettings>>;

/** The probes to read. What is left out of the settings is as the probe says itself. */
export function wantedProbes(probes: readonly Probe[], settings: ProbeSettings = {}): Wanted[] {
  return probes.flatMap((probe) => {
    const set = settings[probe.name];
    if (set === 'off') return [];
    return [set === undefined || set === 'on' ? { probe } : { probe, every_ms: durationOf(set) }];
  });
}

const UNITS_MS: Readonly<Record<string, number>> = { ms: 1, s: 1_000, min: 60_000, h: 3_600_000 };

/** A time like `30s` in milliseconds, within what there may be. */
function durationOf(text: string): number {
  const [, number, unit = ''] = /^([0-9.]+)(\w+)$/.exec(text) ?? [];
  return Math.min(EVERY_MS_MAX, Math.max(EVERY_MS_MIN, Number(number) * (UNITS_MS[unit] ?? 1)));
}
