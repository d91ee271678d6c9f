import os from 'node:os';
import { type Log, silentLog } from '@ganglion/kernel';
import Type from 'typebox';
import { describe, expect, it, vi } from 'vitest';
import { procUnexpected } from './errors.ts';
import type { OpenHost } from './host.ts';
import { defineProbe, type Probe, type Reader, type Reading } from './probe.ts';
import { BUDGET_MS, OVERRUNS_MAX, Sampler, STOPPED_MS } from './sampler.ts';

let time_ms = 0;
const host: OpenHost = {
  proc: undefined,
  sys: undefined,
  files: undefined,
  os,
  statfs: () => Promise.reject(new Error('not asked')),
  now: () => time_ms,
  nextSample: vi.fn(),
  close: vi.fn(),
};

/** A probe that reads what the test tells it to. */
function probe(name: string, read: () => Reading | undefined, close = () => {}): Probe {
  return defineProbe({ name, schema: Type.Unknown(), open: () => ({ read, close }) });
}

const cpu = probe('cpu', () => ({ percentage: 12.5, figures: { cores: 2 } }));

function sampler(...probes: Probe[]) {
  const changed = vi.fn<() => void>();
  const counts: Record<string, number> = {};
  const log = { ...silentLog, warn: vi.fn<Log['warn']>(), info: vi.fn<Log['info']>() };
  const times: Record<string, number> = {};
  const count = (name: string, n = 1) => {
    const all = name.endsWith('_us') ? times : counts;
    all[name] = (all[name] ?? 0) + n;
  };
  return {
    sampler: new Sampler(
      probes.map((probe) => ({ probe })),
      host,
      { log, count },
      changed,
    ),
    counts,
    times,
    log,
    changed,
  };
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

describe('a probe that notices what happens', () => {
  /** A probe that is read every ten seconds, and how to make something happen. */
  function noticing(read: () => ReturnType<Reader['read']>) {
    let happen = () => {};
    const alert = defineProbe({
      name: 'alert',
      schema: Type.Unknown(),
      every_ms: 10_000,
      open: (_, changed = () => {}) => {
        happen = changed;
        return { read };
      },
    });
    return { alert, happen: () => happen() };
  }

  it('asks for a sample in between, in which it alone is read', () => {
    let n = 0;
    let cpus = 0;
    const counting = probe('cpu', () => ({ percentage: 1, figures: { n: ++cpus } }));
    const { alert, happen } = noticing(() => ({ figures: { n: ++n } }));
    const { sampler: attentive, changed, counts } = sampler(counting, alert);
    attentive.sample();
    expect(changed).not.toHaveBeenCalled();
    happen();
    expect(changed).toHaveBeenCalledTimes(1);
    expect(attentive.sample(true)).toMatchObject({ cpu: { n: 1 }, alert: { n: 2 } });
    expect(attentive.sample(true)).toMatchObject({ cpu: { n: 1 }, alert: { n: 2 } });
    expect(attentive.sample()).toMatchObject({ cpu: { n: 2 }, alert: { n: 2 } });
    expect(counts).toEqual({ probe_alert_changed: 1 });
  });

  it('asks again when what it has promised has come', async () => {
    let n = 0;
    const { alert, happen } = noticing(async () => ({ figures: { n: ++n } }));
    const { sampler: attentive, changed } = sampler(cpu, alert);
    attentive.sample();
    await expect.poll(() => attentive.sample(true)).toMatchObject({ alert: { n: 1 } });
    expect(changed).not.toHaveBeenCalled();
    happen();
    attentive.sample(true);
    await expect.poll(() => changed).toHaveBeenCalledTimes(2);
    expect(attentive.sample(true)).toMatchObject({ alert: { n: 2 } });
  });

  it('is read again when something happens while it is read', async () => {
    let answer = (_: Reading) => {};
    let n = 0;
    const { alert, happen } = noticing(
      () =>
        new Promise((resolve) => {
          answer = resolve;
        }),
    );
    const { sampler: attentive, changed } = sampler(cpu, alert);
    attentive.sample();
    happen();
    attentive.sample(true);
    answer({ figures: { n: ++n } });
    await expect.poll(() => changed).toHaveBeenCalledTimes(2);
    attentive.sample(true);
    answer({ figures: { n: ++n } });
    await expect.poll(() => attentive.sample(true)).toMatchObject({ alert: { n: 2 } });
  });
});

describe("a probe's budget", () => {
  /** Takes some time to read. */
  const taking = (took_ms: () => number) =>
    probe('heavy', () => {
      time_ms += took_ms();
      return { figures: {} };
    });

  it('is its time, which is counted', () => {
    const { sampler: timed, times } = sampler(
      cpu,
      taking(() => 2),
    );
    timed.sample();
    timed.sample();
    expect(times).toEqual({ probe_cpu_us: 0, probe_heavy_us: 4_000 });
  });

  it('ends it for a while when it is over it again and again, which is told', () => {
    const {
      sampler: strict,
      counts,
      log,
    } = sampler(
      cpu,
      taking(() => BUDGET_MS + 1),
    );
    const there = Array.from({ length: OVERRUNS_MAX + 1 }, () => 'heavy' in (strict.sample() ?? {}));
    expect(there).toEqual([...Array(OVERRUNS_MAX - 1).fill(true), false, false]);
    expect(counts).toEqual({ probe_heavy_stopped: 1 });
    expect(log.warn.mock.calls.map(([fields]) => fields)).toEqual([{ code: 'PROBE_STOPPED', probe: 'heavy' }]);
    time_ms += STOPPED_MS;
    expect(strict.sample()).toHaveProperty('heavy');
  });

  it('may be passed now and then', () => {
    let n = 0;
    const { sampler: patient, counts } = sampler(
      cpu,
      taking(() => (++n % OVERRUNS_MAX === 0 ? 0 : BUDGET_MS + 1)),
    );
    for (let i = 0; i < 4 * OVERRUNS_MAX; i++) expect(patient.sample()).toHaveProperty('heavy');
    expect(counts).toEqual({});
  });
});

describe('a probe with an interval of its own', () => {
  /** A probe that is read every ten seconds, and a sampler that samples every second. */
  function slow(read: () => ReturnType<Reader['read']>) {
    const reads = vi.fn(read);
    const rare = defineProbe({ name: 'rare', schema: Type.Unknown(), every_ms: 10_000, open: () => ({ read: reads }) });
    const { sampler: sampling, counts } = sampler(cpu, rare);
    const sample = () => {
      const body = sampling.sample();
      time_ms += 1_000;
      return body;
    };
    return { sample, reads, counts };
  }

  it('is read then, and carried on with the time of its reading in between', () => {
    let n = 0;
    const { sample, reads } = slow(() => ({ percentage: ++n, figures: { n } }));
    const samples = Array.from({ length: 20 }, sample);
    expect(reads).toHaveBeenCalledTimes(2);
    expect(samples.map((body) => body?.['rare_percentage'])).toEqual([...Array(10).fill(1), ...Array(10).fill(2)]);
    expect(samples[9]?.['rare']).toEqual({ n: 1, read_ms: expect.closeTo(Date.now(), -5) });
    expect(samples[9]?.['rare']).toEqual(samples[0]?.['rare']);
  });

  it('keeps its interval when a sample comes a little early', () => {
    const { sample, reads } = slow(() => ({ figures: {} }));
    const read_at: number[] = [];
    for (let n = 0; n < 41; n++) {
      sample();
      if (reads.mock.calls.length > read_at.length) read_at.push(n);
      time_ms += n % 2 === 0 ? -3 : 3;
    }
    expect(read_at).toEqual([0, 10, 20, 30, 40]);
  });

  it('is left out until its next reading when it fails', () => {
    let n = 0;
    const { sample, counts } = slow(() => {
      if (++n === 2) throw new Error('gone');
      return { figures: { n } };
    });
    const there = Array.from({ length: 30 }, () => 'rare' in (sample() ?? {}));
    expect(there).toEqual([...Array(10).fill(true), ...Array(10).fill(false), ...Array(10).fill(true)]);
    expect(counts).toEqual({ probe_rare_failed: 1 });
  });

  it('may promise its reading, which is told from the sample after it has come', async () => {
    let n = 0;
    const { sample } = slow(async () => ({ percentage: 50, figures: { n: ++n } }));
    expect(sample()).not.toHaveProperty('rare');
    await Promise.resolve();
    await expect.poll(() => sample()).toMatchObject({ rare_percentage: 50, rare: { n: 1 } });
  });

  it('is counted as failed when it breaks its promise', async () => {
    const { sample, counts } = slow(() => Promise.reject(new Error('broken')));
    sample();
    await expect.poll(() => counts).toEqual({ probe_rare_failed: 1 });
    expect(sample()).not.toHaveProperty('rare');
  });

  it('is not asked again while it hangs, holds up nobody, and is carried on no longer than to its next time', async () => {
    let answer = (_: Reading) => {};
    let n = 0;
    const { sample, reads, counts } = slow(() => {
      if (++n === 1) return Promise.resolve({ figures: { n } });
      return new Promise((resolve) => {
        answer = resolve;
      });
    });
    sample();
    await expect.poll(() => sample()).toHaveProperty('rare');
    const there = Array.from({ length: 40 }, () => 'rare' in (sample() ?? {}));
    expect(reads).toHaveBeenCalledTimes(2);
    expect(counts).toEqual({ probe_rare_late: 3 });
    expect(there.lastIndexOf(true)).toBeLessThan(20);
    answer({ figures: { n } });
    await expect.poll(() => sample()).toMatchObject({ rare: { n: 2 } });
  });
});
