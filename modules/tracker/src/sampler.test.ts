import os from 'node:os';
import { type Log, silentLog } from '@ganglion/kernel';
import Type from 'typebox';
import { describe, expect, it, vi } from 'vitest';
import { procUnexpected } from './errors.ts';
import type { OpenHost } from './host.ts';
import { defineProbe, type Probe, type Reading } from './probe.ts';
import { Sampler } from './sampler.ts';

const host: OpenHost = { proc: undefined, os, nextSample: vi.fn(), close: vi.fn() };

/** A probe that reads what the test tells it to. */
function probe(name: string, read: () => Reading | undefined, close = () => {}): Probe {
  return defineProbe({ name, schema: Type.Unknown(), open: () => ({ read, close }) });
}

const cpu = probe('cpu', () => ({ percentage: 12.5, figures: { cores: 2 } }));

function sampler(...probes: Probe[]) {
  const counts: Record<string, number> = {};
  const log = { ...silentLog, warn: vi.fn<Log['warn']>(), info: vi.fn<Log['info']>() };
  const count = (name: string) => {
    counts[name] = (counts[name] ?? 0) + 1;
  };
  return { sampler: new Sampler(probes, host, { log, count }), counts, log };
}

describe('a sample', () => {
  it("has each probe's headline and detail under its name", () => {
    const load = probe('load', () => ({ figures: { load_1: 3 } }));
    expect(sampler(cpu, load).sampler.sample()).toEqual({
      cpu_percentage: 12.5,
      cpu: { cores: 2 },
      load: { load_1: 3 },
    });
  });

  it('leaves out what a machine does not have', () => {
    expect(
      sampler(
        cpu,
        probe('swap', () => undefined),
      ).sampler.sample(),
    ).toEqual({
      cpu_percentage: 12.5,
      cpu: { cores: 2 },
    });
  });

  it('is none without the CPU', () => {
    const memory = probe('memory', () => ({ percentage: 1, figures: {} }));
    expect(
      sampler(
        memory,
        probe('cpu', () => undefined),
      ).sampler.sample(),
    ).toBeUndefined();
    expect(
      sampler(
        memory,
        probe('cpu', () => ({ figures: {} })),
      ).sampler.sample(),
    ).toBeUndefined();
  });

  it('goes on without a probe that fails, which is counted each time and told once', () => {
    const broken = probe('broken', () => {
      throw procUnexpected('/proc/broken', 'x');
    });
    const { sampler: three, counts, log } = sampler(broken, cpu);
    for (let i = 0; i < 3; i++) expect(three.sample()).toEqual({ cpu_percentage: 12.5, cpu: { cores: 2 } });
    expect(counts).toEqual({ probe_broken_failed: 3 });
    expect(log.warn.mock.calls).toEqual([
      [{ code: 'PROC_UNEXPECTED', probe: 'broken' }, expect.stringContaining('/proc/broken not understood')],
    ]);
  });

  it('says when a probe that failed can be read again, and does not tell of each failure of one that comes and goes', () => {
    let reads = 0;
    const flaky = probe('flaky', () => {
      if (reads++ % 2 === 0) throw new Error('gone');
      return { percentage: 1, figures: {} };
    });
    const { sampler: flickering, counts, log } = sampler(flaky, cpu);
    for (let i = 0; i < 10; i++) flickering.sample();
    expect(counts).toEqual({ probe_flaky_failed: 5 });
    expect(log.warn.mock.calls).toEqual([[{ code: 'PROBE_FAILED', probe: 'flaky' }, 'gone']]);
    expect(log.info.mock.calls).toEqual([[{ probe: 'flaky' }, 'flaky can be read again']]);
  });

  it('opens a probe again that could not be opened', () => {
    let opened = 0;
    const late: Probe = defineProbe({
      name: 'late',
      schema: Type.Unknown(),
      open: () => {
        if (opened++ < 2) throw new Error('not yet');
        return { read: () => ({ figures: 'here' }) };
      },
    });
    const { sampler: patient, counts } = sampler(late, cpu);
    expect(patient.sample()).not.toHaveProperty('late');
    expect(patient.sample()).toHaveProperty('late', 'here');
    expect(patient.sample()).toHaveProperty('late', 'here');
    expect(opened).toBe(3);
    expect(counts).toEqual({ probe_late_failed: 2 });
  });

  it.each([Number.NaN, -0.01, 100.01, Number.POSITIVE_INFINITY])('never has a headline of %d', (percentage) => {
    const {
      sampler: careful,
      counts,
      log,
    } = sampler(
      cpu,
      probe('wild', () => ({ percentage, figures: {} })),
    );
    for (let i = 0; i < 3; i++) expect(careful.sample()).toEqual({ cpu_percentage: 12.5, cpu: { cores: 2 } });
    expect(counts).toEqual({ probe_wild_failed: 3 });
    expect(log.warn.mock.calls.map(([fields]) => fields)).toEqual([{ code: 'HEADLINE_INVALID', probe: 'wild' }]);
    expect(log.info).not.toHaveBeenCalled();
  });

  it('ends with every probe closed, also after one that fails to', () => {
    const closed: string[] = [];
    const stubborn = probe(
      'stubborn',
      () => undefined,
      () => {
        throw new Error('stuck');
      },
    );
    const { sampler: ending, counts } = sampler(
      stubborn,
      probe(
        'tidy',
        () => undefined,
        () => closed.push('tidy'),
      ),
    );
    ending.close();
    expect(closed).toEqual(['tidy']);
    expect(counts).toEqual({ probe_stubborn_failed: 1 });
    expect(host.close).toHaveBeenCalled();
  });
});
