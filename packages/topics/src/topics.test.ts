import { describe, expect, it } from 'vitest';
import { type Alert, alert, analysis, headlinesOf, measure } from './index.ts';

describe('a measure', () => {
  it.each([
    ["the ancestor's", { cpu_percentage: 12.5 }],
    ['a whole one', { cpu_percentage: 0, memory_percentage: 100, memory: { total_bytes: 1 }, load: { one: 3 } }],
    ['a numbered one', { cpu_percentage: 1, sequence: 1 }],
    ['one of a newer tracker', { cpu_percentage: 1, moon_percentage: 3, moon: [] }],
  ])('is good: %s', (_, body) => {
    expect(measure.check(body)).toBe(true);
  });

  it.each([
    ['no CPU', { memory_percentage: 3 }],
    ['a negative share', { cpu_percentage: -1 }],
    ['more than all', { cpu_percentage: 101 }],
    ['no number', { cpu_percentage: '12' }],
    ['not a number', { cpu_percentage: Number.NaN }],
    ['infinity', { cpu_percentage: Number.POSITIVE_INFINITY }],
    ['a null', { cpu_percentage: null }],
    ['another resource out of range', { cpu_percentage: 1, memory_percentage: 120 }],
    ['a number that none has', { cpu_percentage: 1, sequence: 0 }],
    ['an array', [1]],
    ['a text', 'cpu_percentage'],
    ['nothing', null],
  ])('is refused with %s', (_, body) => {
    expect(measure.check(body)).toBe(false);
    expect(measure.explain(body)).not.toBe('');
  });
});

describe('an analysis', () => {
  it.each([
    ["the ancestor's", { cpu_result: 'LOW' }],
    [
      'a whole one',
      { cpu_result: 'HIGH', cpu_percentage: 99, memory_result: 'LOW', memory_percentage: 3, note: 'new' },
    ],
  ])('is good: %s', (_, body) => {
    expect(analysis.check(body)).toBe(true);
  });

  it.each([
    ['no CPU', { memory_result: 'LOW' }],
    ['an unknown band', { cpu_result: 'low' }],
    ['markup for a band', { cpu_result: 'LOW', memory_result: '<b>' }],
    ['a share out of range', { cpu_result: 'LOW', cpu_percentage: 1e9 }],
  ])('is refused with %s', (_, body) => {
    expect(analysis.check(body)).toBe(false);
  });
});

it('the headlines of a body are its percentages by resource', () => {
  const body = { cpu_percentage: 1, _percentage: 2, disk_a_percentage: 3, memory_percentage: 'x', load: 4 };
  expect([...headlinesOf(body)]).toEqual([
    ['cpu', 1],
    ['disk_a', 3],
  ]);
});

describe('an alert', () => {
  const good: Alert = {
    id: 'forecast/file_systems /@1795500000000',
    state: 'raised',
    severity: 'warning',
    rule: 'forecast',
    resource: 'file_systems /',
    sentence: 'Disk full on / in 3 h (2 to 5 h)',
    since_ms: 1_795_500_000_000,
  };

  it('is good with what it must have, and with all there is to say', () => {
    expect(alert.check(good)).toBe(true);
    const word = { by: 'anna', why: 'known', time_ms: 1 };
    const whole = { ...good, until_ms: 2, value: 1, limit: 2, incident: 'i', labels: { site: 'a' } };
    expect(alert.check({ ...whole, acknowledged: word, silenced: word, shadow: true, newer: 1 })).toBe(true);
  });

  it.each([
    { id: '' },
    { state: 'gone' },
    { severity: 'bad' },
    { since_ms: 'now' },
    { sentence: 7 },
    { labels: { a: 1 } },
  ])('is refused with %j', (wrong) => {
    expect(alert.check({ ...good, ...wrong })).toBe(false);
  });
});
