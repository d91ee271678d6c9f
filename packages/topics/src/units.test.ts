import { describe, expect, test } from 'vitest';
import { unitOf } from './units.ts';

describe('a name', () => {
  test.each([
    ['context_switches_per_second', 'per_second', 'context_switches'],
    ['read_bytes_per_second', 'bytes_per_second', 'read'],
    ['speed_bits_per_second', 'bits_per_second', 'speed'],
    ['used_bytes', 'bytes', 'used'],
    ['core_percentages', 'percentage', 'core'],
    ['temperature_celsius', 'celsius', 'temperature'],
    ['cpu_max_cores', 'cores', 'cpu_max'],
    ['cores', 'count', 'cores'],
    ['clock_drift_ppm', 'ppm', 'clock_drift'],
    ['write_latency_ms', 'ms', 'write_latency'],
    ['percentage', 'percentage', ''],
    ['tasks', 'count', 'tasks'],
    ['programs', 'count', 'programs'],
  ])('%s is in %s', (field, unit, stem) => {
    expect(unitOf(field)).toEqual({ unit, stem });
  });
});
