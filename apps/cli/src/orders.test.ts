import { Silence } from '@ganglion/topics';
import { Value } from 'typebox/value';
import { describe, expect, test, vi } from 'vitest';
import { readArguments, takeFlag } from './arguments.ts';
import { readSaid, readSilence } from './orders.ts';

const NOW_MS = new Date(2026, 10, 25, 12).getTime();
const HOUR_MS = 3_600_000;

function silenceOf(...words: string[]): Silence {
  const { values, rest } = takeFlag(readArguments(['silence', ...words]), 'label');
  return readSilence(rest, values, 'id1', NOW_MS);
}

describe('a silence', () => {
  test('is what was typed', () => {
    const silence = silenceOf(
      'site1.#',
      ...['--for', '2h', '--why', 'new\ndisks', '--by', 'ada', '--label', 'site=berlin', '--label', 'role=a=b'],
      ...['--rule', 'bands', '--rule', 'forecast', '--resource', 'file_systems /var', '--severity-max', 'warning'],
    );
    expect(silence).toEqual({
      id: 'id1',
      machines: 'site1.#',
      labels: { site: 'berlin', role: 'a=b' },
      rules: ['bands', 'forecast'],
      resources: ['file_systems /var'],
      severity_max: 'warning',
      from_ms: NOW_MS,
      until_ms: NOW_MS + 2 * HOUR_MS,
      by: 'ada',
      why: 'new disks',
      time_ms: NOW_MS,
    });
    expect(Value.Check(Silence, silence)).toBe(true);
  });

  test('may begin later, and be in force by calendar', () => {
    const nights = ['--days', 'sat,Sun', '--hours', '22:00-06:00', '--time-zone', 'Europe/Berlin'];
    const silence = silenceOf('#', '--from', '22:00', '--for', '1d', ...nights);
    expect(silence).toMatchObject({
      from_ms: NOW_MS + 10 * HOUR_MS,
      until_ms: NOW_MS + 34 * HOUR_MS,
      calendar: { days: ['sat', 'sun'], hours: '22:00-06:00', time_zone: 'Europe/Berlin' },
    });
    expect(Value.Check(Silence, silence)).toBe(true);
    // Until the next six o'clock after it has begun, not after now.
    expect(silenceOf('#', '--from', '22:00', '--until', '06:00').until_ms).toBe(NOW_MS + 18 * HOUR_MS);
    const { calendar } = silenceOf('#', '--for', '1d', '--hours', '22:00-06:00');
    expect(calendar).toEqual({ hours: '22:00-06:00', time_zone: Intl.DateTimeFormat().resolvedOptions().timeZone });
  });

  test.each([
    [['#'], 'ARGUMENTS_WRONG', 'either --for or --until'],
    [['#', '--for', '2h', '--until', '22:00'], 'ARGUMENTS_WRONG', 'either --for or --until'],
    [['--for', '2h'], 'ARGUMENTS_WRONG', "'#' is all"],
    [['', '--for', '2h'], 'ARGUMENTS_WRONG', 'it is empty'],
    [['#', '--for', 'ever'], 'FLAG_VALUE_INVALID', '"ever" is no length of time; give a time such as 30min'],
    [['#', '--until', 'noon'], 'FLAG_VALUE_INVALID', '"noon" is no moment; give a time of day'],
    [['#', '--until', '2020-01-01'], 'FLAG_VALUE_INVALID', 'it is over before it begins'],
    [['#', '--for', '1h', '--hours', '22-6'], 'FLAG_VALUE_INVALID', 'give two of them, as 22:00-06:00'],
    [['#', '--for', '1h', '--days', 'sat,so'], 'FLAG_VALUE_INVALID', '"so" is no day; give some of mon,tue'],
    [
      ['#', '--for', '1h', '--days', 'sat', '--time-zone', 'Mars/Base'],
      'FLAG_VALUE_INVALID',
      'there is no "Mars/Base"',
    ],
    [['#', '--for', '1h', '--time-zone', 'UTC'], 'FLAG_VALUE_INVALID', 'give one of them too'],
    [['#', '--for', '1h', '--label', 'berlin'], 'FLAG_VALUE_INVALID', 'give one as site=berlin'],
    [['#', '--for', '1h', '--severity-max', 'bad'], 'FLAG_VALUE_INVALID', 'give info, warning, critical'],
    [['#', '--for', '1h', '--why', 'x'.repeat(501)], 'FLAG_VALUE_INVALID', 'say it shorter'],
    [
      ['#', '--for', '1h', ...Array.from({ length: 21 }, () => ['--rule', 'a']).flat()],
      'FLAG_VALUE_INVALID',
      'several',
    ],
  ])('%j is refused', (words, code, text) => {
    expect(() => silenceOf(...words)).toThrow(expect.objectContaining({ code, configuration: true }));
    expect(() => silenceOf(...words)).toThrow(text);
  });
});

test('who says something is whoever is logged in, on this host', () => {
  vi.stubEnv('USER', 'ada');
  expect(readSaid(readArguments(['acknowledge', 'x'])).by).toMatch(/^ada@./);
  vi.stubEnv('USER', '');
  expect(readSaid(readArguments(['acknowledge', 'x'])).by).toMatch(/^.+@./);
  vi.unstubAllEnvs();
});
