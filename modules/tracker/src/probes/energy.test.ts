import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { filesOf, folderOf, within } from './captured.ts';
import { type EnergyZone, energyBetween, ZONES_MAX, zonesIn } from './energy.ts';

const [before, after] = [false, true].map((later) =>
  zonesIn(within(filesOf('server-128-cores-linux-5.15', later), 'sys')),
);
const zone = (counted_uj: number, name = 'package-0', counted_max_uj = 1_000): EnergyZone => ({
  name,
  whole: true,
  counted_uj,
  counted_max_uj,
});

describe('energy', () => {
  it('is what was drawn between two readings, by processor and part, also where a counter wraps', () => {
    expect(energyBetween(before ?? [], after ?? [], 1_000)?.figures).toEqual({
      watts: 218.5,
      zones: {
        'package-0': { watts: 120.5 },
        'package-0 core': { watts: 40 },
        'package-1': { watts: 98 },
        'package-1 core': { watts: 30 },
      },
    });
  });

  it('is unknown where a counter began again, and of a zone that is new', () => {
    expect(energyBetween([zone(9e15)], [zone(3)], 1_000)).toBeUndefined();
    expect(
      energyBetween([zone(9, 'package-0', Number.NaN)], [zone(3, 'package-0', Number.NaN)], 1_000),
    ).toBeUndefined();
    expect(energyBetween([], [zone(3)], 1_000)).toBeUndefined();
  });

  it('is nothing for whom the counters may not be read', () => {
    expect(zonesIn(folderOf({ 'class/powercap/intel-rapl:0/name': 'package-0' }))).toEqual([]);
  });

  it('is bounded, and it is said how many zones are left out', () => {
    const zones = (counted_uj: number) =>
      Array.from({ length: ZONES_MAX + 3 }, (_, n) => zone(counted_uj, `package-${n}`));
    const { figures } = energyBetween(zones(0), zones(1e6), 1_000) ?? {};
    expect(Object.keys(figures?.zones ?? {})).toHaveLength(ZONES_MAX);
    expect(figures).toMatchObject({ left_out: 3, watts: ZONES_MAX + 3 });
  });
});

it('energy of any counters is nothing, or no less than nought', () => {
  const zones = fc.array(
    fc.record({
      name: fc.constantFrom('package-0', 'package-1', '__proto__'),
      whole: fc.boolean(),
      counted_uj: fc.nat(),
      counted_max_uj: fc.oneof(fc.nat(), fc.constant(Number.NaN)),
    }),
  );
  fc.assert(
    fc.property(zones, zones, (first, second) => {
      for (const { watts } of Object.values(energyBetween(first, second, 10_000)?.figures.zones ?? {})) {
        expect(watts >= 0 && Number.isFinite(watts)).toBe(true);
      }
    }),
  );
});
