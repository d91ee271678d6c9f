// Of which alerts nobody is told for a while: by pattern, label, rule, resource and severity, once or by calendar.

import { compilePattern } from '@ganglion/kernel';
import { type Alert, clockIn, isWithin, type Moment, SEVERITIES, type Silence } from '@ganglion/topics';

/** A silence, ready for use. */
export interface ReadySilence {
  readonly silence: Silence;
  fits(machine: string, alert: Alert): boolean;
  momentOf(time_ms: number): Moment;
}

/**
 * Makes a silence ready.
 *
 * @throws RangeError when there is no such time zone
 */
export function readySilence(silence: Silence): ReadySilence {
  const { machines, labels = {}, rules, resources, severity_max, calendar } = silence;
  const isFor = compilePattern(machines);
  const worst = severity_max === undefined ? SEVERITIES.length : SEVERITIES.indexOf(severity_max);
  return {
    silence,
    momentOf: clockIn(calendar?.time_zone ?? 'UTC'),
    fits: (machine, alert) =>
      isFor(machine) &&
      Object.entries(labels).every(([label, value]) => alert.labels?.[label] === value) &&
      (rules?.includes(alert.rule) ?? true) &&
      (resources?.some((each) => alert.resource === each || alert.resource.startsWith(`${each} `)) ?? true) &&
      SEVERITIES.indexOf(alert.severity) <= worst,
  };
}

/** Whether nobody is told now. */
export function isInForce({ silence, momentOf }: ReadySilence, time_ms: number): boolean {
  const { from_ms, until_ms, calendar } = silence;
  if (time_ms < from_ms || time_ms >= until_ms) return false;
  if (calendar?.hours === undefined && calendar?.days === undefined) return true;
  return isWithin(calendar.hours, calendar.days, momentOf(time_ms));
}
