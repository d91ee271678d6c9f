import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FIGURES, Finder } from './anomaly-figures.ts';

const latency = new Finder({ figure: 'disks.devices.*.read_latency_ms', least: 20 });

function disks(devices: object) {
  return { cpu_percentage: 1, disks: { devices } };
}

describe('a figure that is followed', () => {
  it('is found under its path, and belongs to a resource', () => {
    const finder = new Finder({ figure: 'cpu.iowait_percentage', least: 10 });
    expect(finder.resource).toBe('cpu');
    expect(finder.read({ cpu_percentage: 1, cpu: { iowait_percentage: 30 } })).toBe(30);
    expect(new Finder({ figure: 'file_systems_percentage', least: 3 }).resource).toBe('file_systems');
  });

  it('is that of the device with the largest, which it names', () => {
    const body = disks({ sda: { read_latency_ms: 2 }, sdb: { read_latency_ms: 80 }, sdc: {} });
    expect(latency.read(body)).toBe(80);
    expect(latency.deviceIn(body)).toBe('sdb');
  });

  it('is no number where it is not told', () => {
    expect(latency.read({ cpu_percentage: 1 })).toBeNaN();
    expect(latency.read(disks({}))).toBeNaN();
    expect(latency.deviceIn(disks({}))).toBeUndefined();
  });

  it('counts 1 for what is true and 0 for what is false', () => {
    const clock = new Finder({ figure: 'system.clock_synchronized', least: 0.5 });
    expect(clock.read({ cpu_percentage: 1, system: { clock_synchronized: true } })).toBe(1);
    expect(clock.read({ cpu_percentage: 1, system: { clock_synchronized: false } })).toBe(0);
  });

  it('is looked for in whatever is sent', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.anything()), fc.anything(), (rest, disks) => {
        const body = { ...rest, cpu_percentage: 1, disks };
        for (const figure of FIGURES) {
          const finder = new Finder(figure);
          expect(finder.read(body)).toBeTypeOf('number');
          finder.deviceIn(body);
        }
      }),
    );
  });

  it('is one of two dozen, so that a machine takes no more than it may', () => {
    expect(FIGURES.length).toBeLessThanOrEqual(24);
    expect(new Set(FIGURES.map(({ figure }) => figure)).size).toBe(FIGURES.length);
  });
});
