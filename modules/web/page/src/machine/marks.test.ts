import { expect, test } from 'vitest';
import type { AlertRow } from '../../../wire/frames.ts';
import { marksOf } from './marks.ts';

const alert = (more: Partial<AlertRow>): AlertRow => ({
  id: 'a',
  machine: 'db-01',
  severity: 'critical',
  rule: 'bands',
  resource: 'cpu',
  sentence: 'CPU at 97 %',
  since_ms: 1_000,
  life: [],
  ...more,
});

test('an alert is marked in the charts of its figure, from when it began until it ended', () => {
  const alerts = [
    alert({ figure: 'disks.devices.sda.1.busy_percentage' }),
    alert({ figure: 'cpu_percentage', severity: 'warning', until_ms: 5_000 }),
    alert({}),
  ];
  expect(marksOf(alerts, ['cpu_percentage', 'cpu/user_percentage']).moments).toEqual([
    { time_ms: 1_000, word: '', severity: 'warning' },
    { time_ms: 5_000, word: '' },
  ]);
  // A name may hold dots itself.
  expect(marksOf(alerts, ['disks/devices/sda.1/busy_percentage']).moments).toMatchObject([{ severity: 'critical' }]);
  expect(marksOf(alerts, ['memory_percentage']).moments).toEqual([]);
});
