import fc from 'fast-check';
import { Value } from 'typebox/value';
import { describe, expect, it } from 'vitest';
import { bands } from './bands.ts';

/** Judges with some settings; those not given have their defaults. */
function judge(machine: string, body: { cpu_percentage: number; [field: string]: unknown }, settings: object = {}) {
  const config = Value.Parse(bands.config, Value.Default(bands.config, settings));
  return bands.judge(config)(machine, body as Parameters<ReturnType<typeof bands.judge>>[1]);
}

describe('bands', () => {
  it.each([
    [0, 'LOW'],
    [24.99, 'LOW'],
    [25, 'MEDIUM'],
    [74.99, 'MEDIUM'],
    [75, 'HIGH'],
    [100, 'HIGH'],
  ])("judge %s as %s, by the ancestor's limits", (cpu_percentage, cpu_result) => {
    expect(judge('db-01', { cpu_percentage })).toEqual({ cpu_percentage, cpu_result });
  });

  it('judge every resource that has a headline, also one that nobody told them about', () => {
    expect(judge('db-01', { cpu_percentage: 1, moon_percentage: 80, memory: { total_bytes: 7 }, note: 'x' })).toEqual({
      cpu_percentage: 1,
      cpu_result: 'LOW',
      moon_percentage: 80,
      moon_result: 'HIGH',
    });
  });

  it('call memory that is in use no trouble, as long as a quarter is left', () => {
    const judged = (memory_percentage: number) =>
      judge('db-01', { cpu_percentage: 1, memory_percentage }).memory_result;
    expect([74, 75, 89.9, 90].map(judged)).toEqual(['LOW', 'MEDIUM', 'MEDIUM', 'HIGH']);
  });

  it('call no file system HIGH that has a tenth left, unless they are told to', () => {
    const body = { cpu_percentage: 80, file_systems_percentage: 80 };
    expect(judge('db-01', body).file_systems_result).toBe('MEDIUM');
    const limits = [{ medium_from: 10, high_from: 20 }];
    expect(judge('db-01', body, { limits }).file_systems_result).toBe('HIGH');
  });

  it('take other limits for one resource', () => {
    const limits = [{ resource: 'memory', medium_from: 80, high_from: 95 }];
    expect(judge('db-01', { cpu_percentage: 80, memory_percentage: 80 }, { limits })).toMatchObject({
      cpu_result: 'HIGH',
      memory_result: 'MEDIUM',
    });
  });

  it('take other limits for machines by pattern, and the last that fits counts', () => {
    const limits = [
      { machines: 'site1.#', medium_from: 10, high_from: 20 },
      { machines: 'site1.db', resource: 'cpu', medium_from: 90, high_from: 99 },
    ];
    expect(judge('site1.web', { cpu_percentage: 50 }, { limits })).toMatchObject({ cpu_result: 'HIGH' });
    expect(judge('site1.db', { cpu_percentage: 50 }, { limits })).toMatchObject({ cpu_result: 'LOW' });
    expect(judge('site2.db', { cpu_percentage: 50 }, { limits })).toMatchObject({ cpu_result: 'MEDIUM' });
  });

  it.each([
    [{ medium_from: 75 }, 'setting analyzer.bands: medium_from is 75, which is not below high_from, 75'],
    [{ limits: [{ medium_from: 9, high_from: 3 }] }, 'setting analyzer.bands.limits[0]: medium_from is 9'],
  ])('refuse limits out of order: %j', (settings, text) => {
    expect(() => judge('db-01', { cpu_percentage: 1 }, settings)).toThrow(
      expect.objectContaining({
        code: 'LIMITS_OUT_OF_ORDER',
        configuration: true,
        message: expect.stringContaining(text),
      }),
    );
  });

  it('never go down when a percentage goes up', () => {
    const rank = { LOW: 0, MEDIUM: 1, HIGH: 2 };
    const percentage = fc.double({ min: 0, max: 100, noNaN: true });
    fc.assert(
      fc.property(percentage, percentage, (a, b) => {
        const lower = judge('m', { cpu_percentage: Math.min(a, b) }).cpu_result ?? 'HIGH';
        const higher = judge('m', { cpu_percentage: Math.max(a, b) }).cpu_result ?? 'LOW';
        expect(rank[lower]).toBeLessThanOrEqual(rank[higher]);
      }),
    );
  });
});
