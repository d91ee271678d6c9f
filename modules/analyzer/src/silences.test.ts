import type { Alert, Silence } from '@ganglion/topics';
import { describe, expect, it } from 'vitest';
import { isInForce, readySilence } from './silences.ts';

const HOUR_MS = 3_600_000;
/** A Saturday, 22:30 in Berlin. */
const NIGHT_MS = Date.UTC(2026, 0, 10, 21, 30);

const silenceOf = (more: Partial<Silence> = {}): Silence => ({
  id: 's1',
  machines: 'site1.#',
  from_ms: NIGHT_MS,
  until_ms: NIGHT_MS + 72 * HOUR_MS,
  by: 'anna',
  time_ms: NIGHT_MS,
  ...more,
});

const alertOf = (more: Partial<Alert> = {}): Alert => ({
  id: 'a1',
  state: 'raised',
  severity: 'warning',
  rule: 'bands',
  resource: 'file_systems /var',
  sentence: 'full',
  since_ms: NIGHT_MS,
  labels: { site: 'berlin', use: 'web' },
  ...more,
});

describe('a silence', () => {
  const fits = (silence: Partial<Silence>, alert: Partial<Alert> = {}, machine = 'site1.web') =>
    readySilence(silenceOf(silence)).fits(machine, alertOf(alert));

  it.each<[string, boolean, Partial<Silence>, Partial<Alert>?]>([
    ['of the machines that its pattern fits', true, {}],
    ['of no other machine', false, { machines: 'site2.#' }],
    ['of machines with a label', true, { labels: { site: 'berlin' } }],
    ['of machines with all of its labels only', false, { labels: { site: 'berlin', use: 'db' } }],
    ['of no machine without its label', false, { labels: { site: 'berlin' } }, { labels: {} }],
    ['of what some rules find', true, { rules: ['forecast', 'bands'] }],
    ['of what no other rule finds', false, { rules: ['forecast'] }],
    ['of a resource', true, { resources: ['file_systems'] }],
    ['of one of many of a resource', true, { resources: ['file_systems /var'] }],
    ['of no other of them', false, { resources: ['file_systems /va'] }],
    ['of what is no worse than it says', true, { severity_max: 'warning' }],
    ['of nothing that is worse', false, { severity_max: 'warning' }, { severity: 'critical' }],
    ['of what is critical, too, when it says nothing of that', true, {}, { severity: 'critical' }],
  ])('is one %s', (_says, expected, silence, alert) => {
    expect(fits(silence, alert)).toBe(expected);
  });

  it('refuses a time zone that is none', () => {
    expect(() => readySilence(silenceOf({ calendar: { time_zone: 'Europe/Nowhere' } }))).toThrow(RangeError);
  });
});

describe('a silence is in force', () => {
  const at = (hours: number, more: Partial<Silence> = {}) =>
    isInForce(readySilence(silenceOf(more)), NIGHT_MS + hours * HOUR_MS);

  it('from its begin until its end', () => {
    expect([-0.01, 0, 71.99, 72].map((hours) => at(hours))).toEqual([false, true, true, false]);
  });

  it('at its times of day, which over midnight belong to the day on which they begin', () => {
    const calendar = { days: ['sat' as const], hours: '22:00-06:00', time_zone: 'Europe/Berlin' };
    // 22:30, 05:30 and 06:30 of the day after, 22:30 of the day after.
    expect([0, 7, 8, 24].map((hours) => at(hours, { calendar }))).toEqual([true, true, false, false]);
  });

  it('all day on its days, in its time zone', () => {
    const calendar = { days: ['sun' as const], time_zone: 'Europe/Berlin' };
    expect([1.4, 1.6, 25.4, 25.6].map((hours) => at(hours, { calendar }))).toEqual([false, true, true, false]);
  });
});
