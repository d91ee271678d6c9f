import Type from 'typebox';
import { Value } from 'typebox/value';
import { describe, expect, it } from 'vitest';
import { defineProbe } from './probe.ts';
import { probeSettings, wantedProbes } from './probe-settings.ts';

const named = (name: string) => defineProbe({ name, schema: Type.Unknown(), open: () => ({ read: () => undefined }) });
const [cpu, processes] = [named('cpu'), named('processes')];
const probes = [cpu, processes];

describe('the probes that are wanted', () => {
  it('are all of them, as they say themselves, where nothing is set', () => {
    expect(wantedProbes(probes)).toEqual([{ probe: cpu }, { probe: processes }]);
    expect(wantedProbes(probes, { cpu: 'on' })).toEqual([{ probe: cpu }, { probe: processes }]);
  });

  it('are without those that are off', () => {
    expect(wantedProbes(probes, { processes: 'off' })).toEqual([{ probe: cpu }]);
  });

  it.each([
    ['250ms', 250],
    ['2.5s', 2_500],
    ['2min', 120_000],
    ['1h', 3_600_000],
    ['1ms', 100],
    ['9999h', 86_400_000],
  ])('are read as often as is set: %s', (text, every_ms) => {
    expect(wantedProbes([cpu], { cpu: text })).toEqual([{ probe: cpu, every_ms }]);
  });

  it.each([{ disk: 'off' }, { cpu: 'never' }, { cpu: '5' }, { cpu: '' }, { cpu: '-1s' }])(
    'cannot be %j',
    (settings) => {
      expect(Value.Check(probeSettings(probes), settings)).toBe(false);
    },
  );
});
