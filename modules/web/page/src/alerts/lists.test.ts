import { expect, test } from 'vitest';
import type { AlertRow } from '../../../wire/frames.ts';
import { listsOf, worstWaiting } from './lists.ts';

const ALL = { typed: '', severity: undefined, state: undefined };

const row = (id: string, more: Partial<AlertRow> = {}): AlertRow => ({
  id,
  machine: 'db-01',
  severity: 'warning',
  rule: 'bands',
  resource: 'cpu',
  sentence: 'CPU at 97 %',
  since_ms: 1_000,
  life: [],
  ...more,
});

const acknowledged = { by: 'ada', why: 'on my way', time_ms: 2_000 };
const heads = (rows: readonly AlertRow[], wanted: Partial<typeof ALL> = {}) =>
  listsOf(rows, { ...ALL, ...wanted }).now.map(({ head }) => head.id);

test('the worst comes first, then what nobody knows of, then the newest; what is silenced comes last', () => {
  const rows = [
    row('old'),
    row('new', { since_ms: 5_000 }),
    row('seen', { since_ms: 9_000, acknowledged }),
    row('silenced', { severity: 'critical', silenced: acknowledged }),
    row('critical', { severity: 'critical' }),
  ];
  expect(heads(rows)).toEqual(['critical', 'new', 'old', 'seen', 'silenced']);
});

test('what belongs together is one group, as bad as its worst, with its likeliest cause at the head', () => {
  const rows = [
    row('alone'),
    row('member', { incident: 'i', severity: 'critical' }),
    row('cause', { incident: 'i', incident_head: true, since_ms: 500 }),
  ];
  const [incident, alone] = listsOf(rows, ALL).now;
  expect(incident).toMatchObject({ key: 'i', head: { id: 'cause' }, worst: 'critical', since_ms: 500 });
  expect(incident?.others.map(({ id }) => id)).toEqual(['member']);
  expect(alone?.others).toEqual([]);
  const told = (id: string, since_ms: number, incident_sentence: string) =>
    row(id, { incident: 'i', since_ms, incident_sentence });
  const [grown] = listsOf(
    [told('a', 1, '2 machines'), told('c', 3, '3 machines'), told('b', 2, '2 machines')],
    ALL,
  ).now;
  expect(grown?.sentence).toBe('3 machines');
  const [headless] = listsOf([row('new', { incident: 'i', since_ms: 9_000 }), row('old', { incident: 'i' })], ALL).now;
  expect(headless?.head.id).toBe('old');
});

test('the worst that waits is named, also where it is not the likeliest cause of its incident', () => {
  const rows = [
    row('alone'),
    row('cause', { incident: 'i', incident_head: true }),
    row('seen', { incident: 'i', severity: 'critical', acknowledged }),
    row('critical', { incident: 'i', severity: 'critical' }),
  ];
  expect(worstWaiting(listsOf(rows, ALL).now)?.id).toBe('critical');
  expect(worstWaiting(listsOf([row('seen', { acknowledged })], ALL).now)).toBeUndefined();
});

test('what is on trial stands apart, also when it has ended', () => {
  const rows = [
    row('on'),
    row('trial', { shadow: true }),
    row('over', { until_ms: 3_000 }),
    row('last', { until_ms: 4_000 }),
    row('trial over', { shadow: true, until_ms: 3_000 }),
  ];
  const { now, trial, ended, trial_ended } = listsOf(rows, ALL);
  expect(now.map(({ head }) => head.id)).toEqual(['on']);
  expect(trial.map(({ id }) => id)).toEqual(['trial']);
  expect(ended.map(({ id }) => id)).toEqual(['last', 'over']);
  expect(trial_ended.map(({ id }) => id)).toEqual(['trial over']);
});

test('each word that is typed has to stand somewhere in it, in its labels and in what was said of it too', () => {
  const rows = [row('a', { acknowledged, labels: { site: 'berlin' } }), row('b')];
  expect(heads(rows, { typed: 'CPU  Berlin' })).toEqual(['a']);
  expect(heads(rows, { typed: 'site=berlin ada' })).toEqual(['a']);
  expect(heads(rows, { typed: 'berlin memory' })).toEqual([]);
});
