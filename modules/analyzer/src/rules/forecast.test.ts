import type { Measure } from '@ganglion/topics';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { BEGIN_MS, type Heard, RuleUnderTest } from '../rule-under-test.ts';
import { forecast } from './forecast.ts';

const MINUTE_MS = 60_000;
const HOUR_MS = 3_600_000;
const GIBIBYTE = 2 ** 30;

/** A file system that is full to some share. */
const disk = (share: number, more: object = {}, mount = '/'): Partial<Measure> => {
  const used_bytes = Math.round(share * 100 * GIBIBYTE);
  const figures = { used_bytes, available_bytes: 100 * GIBIBYTE - used_bytes, read_only: false, ...more };
  return { file_systems: { mounts: { [mount]: figures } } };
};

const memory = (share: number): Partial<Measure> => ({
  memory: { total_bytes: 8 * GIBIBYTE, used_bytes: Math.round(share * 8 * GIBIBYTE) },
});

/** Random numbers about nought, as a bell, the same for the same seed. */
function bell(seed: number): () => number {
  let state = seed >>> 0;
  const next = () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let x = Math.imul(state ^ (state >>> 15), state | 1);
    x ^= x + Math.imul(x ^ (x >>> 7), x | 61);
    return ((x ^ (x >>> 14)) >>> 0) / 2 ** 32;
  };
  return () => Math.sqrt(-2 * Math.log(next() + 1e-12)) * Math.cos(2 * Math.PI * next());
}

interface Watched {
  readonly rule: RuleUnderTest;
  /** What was found, with when it was, since the begin. */
  readonly found: { readonly at_ms: number; readonly sentence: string; readonly severity: string }[];
  readonly last: Heard;
}

interface Watch {
  readonly for_ms: number;
  readonly every_ms?: number;
  readonly settings?: object;
  readonly rule?: RuleUnderTest;
  readonly measureOf?: (share: number) => Partial<Measure>;
}

/** Shows the rule a level over a time. `shareAt` is asked for milliseconds since the begin of the whole. */
function watch(
  shareAt: (since_ms: number) => number,
  { for_ms, every_ms = 10_000, settings, measureOf = disk, rule }: Watch,
): Watched {
  const subject = rule ?? new RuleUnderTest(forecast, settings);
  const found: Watched['found'] = [];
  let last: Heard = { fields: {}, found: [], unsure: false };
  const from_ms = subject.now_ms - BEGIN_MS + (rule === undefined ? 0 : every_ms);
  for (let at_ms = from_ms; at_ms < from_ms + for_ms; at_ms += every_ms) {
    last = subject.sample(measureOf(Math.min(1, Math.max(0, shareAt(at_ms)))), { after_ms: every_ms });
    for (const { sentence, severity } of last.found) found.push({ at_ms, sentence, severity });
  }
  return { rule: subject, found, last };
}

/** The first and the last number of `3 h (2–5 h)`, in milliseconds. */
function rangeIn(sentence: string): [from_ms: number, until_ms: number] {
  const [, from, until, unit] = /\((\d+)–(\d+) (\w+)\)/.exec(sentence) ?? [];
  const [, at, of] = / in (\d+) (\w+)/.exec(sentence) ?? [];
  const unit_ms = { min: MINUTE_MS, h: HOUR_MS, days: 24 * HOUR_MS }[unit ?? of ?? ''] ?? Number.NaN;
  return [Number(from ?? 0) * unit_ms, Number(until ?? at ?? 1) * unit_ms];
}

describe('what fills up', () => {
  it('is told with when it is full, and from when to when that may be', () => {
    const noise = bell(1);
    const { last } = watch((ms) => 0.4 + (0.1 * ms) / HOUR_MS + 0.002 * noise(), { for_ms: 3 * HOUR_MS });
    expect(last.found).toEqual([
      {
        key: 'file_systems /',
        resource: 'file_systems /',
        severity: 'warning',
        sentence: '/ full in 3 h (2–4 h)',
        since_ms: expect.any(Number),
        value: expect.any(Number),
        limit: 100,
        figure: 'file_systems.mounts./.used_percentage',
      },
    ]);
  });

  it('is found early enough for somebody to do something, and is critical when it is soon full', () => {
    const { found } = watch((ms) => 0.4 + (0.1 * ms) / HOUR_MS, { for_ms: 6 * HOUR_MS });
    expect(found[0]).toMatchObject({ severity: 'warning' });
    expect(found[0]?.at_ms).toBeLessThan(2.5 * HOUR_MS);
    const critical = found.find(({ severity }) => severity === 'critical');
    expect(critical?.at_ms).toBeGreaterThan(3.5 * HOUR_MS);
    expect(critical?.at_ms).toBeLessThan(4.5 * HOUR_MS);
  });

  it('is full between the times it tells, nine times in ten', () => {
    let [told, right] = [0, 0];
    for (let seed = 1; seed <= 21; seed++) {
      const noise = bell(seed);
      const begin = 0.2 + (seed % 5) / 10;
      const hours = 1 + (seed % 7);
      const full_ms = hours * HOUR_MS;
      const level = (ms: number) => begin + ((1 - begin) * ms) / full_ms + 0.004 * noise();
      const { found } = watch(level, { for_ms: 0.95 * full_ms, every_ms: 60_000 });
      expect(found.length).toBeGreaterThan(0);
      for (const { at_ms, sentence } of found) {
        const [from_ms, until_ms] = rangeIn(sentence);
        told++;
        if (from_ms <= full_ms - at_ms && full_ms - at_ms <= until_ms) right++;
      }
    }
    expect(right / told).toBeGreaterThan(0.9);
  });

  it.each<[string, (share: number) => Partial<Measure>]>([
    ['/ out of inodes', (share) => disk(0.5, { inodes: 1e6, inodes_used: 1e6 * share })],
    ['Memory used up', memory],
    ['Swap used up', (share) => ({ swap: { total_bytes: 1e9, used_bytes: 1e9 * share } })],
    ['Out of file descriptors', (share) => ({ file_descriptors: { open: 1e5 * share, open_max: 1e5 } })],
    ['Connection tracking full', (share) => ({ conntrack: { connections: 65_536 * share, connections_max: 65_536 } })],
    ['Out of threads', (share) => ({ processes: { threads: 3e4 * share, threads_max: 3e4 } })],
    [
      'web.service: memory used up',
      (share) => ({ cgroups: { units: { 'web.service': { memory_bytes: 1e9 * share, memory_max_bytes: 1e9 } } } }),
    ],
  ])('is also "%s"', (words, measureOf) => {
    const noise = bell(7);
    const { found } = watch((ms) => 0.2 + (0.6 * ms) / HOUR_MS + 0.003 * noise(), { for_ms: HOUR_MS, measureOf });
    expect(found[0]?.sentence).toMatch(new RegExp(`^${words} in \\d+ min( \\(\\d+–\\d+ min\\))?$`));
  });

  it('is found within minutes when it is full within minutes', () => {
    const { found } = watch((ms) => 0.3 + (0.07 * ms) / MINUTE_MS, { for_ms: 8 * MINUTE_MS, every_ms: 1_000 });
    expect(found[0]?.at_ms).toBeLessThan(3 * MINUTE_MS);
  });

  it('is memory that goes on where work has always come to rest', () => {
    const noise = bell(9);
    // Three minutes of each twenty.
    const work = (ms: number) => 0.2 + (ms % (20 * MINUTE_MS) < 3 * MINUTE_MS ? 0.25 : 0) + 0.003 * noise();
    const begin_ms = 5 * HOUR_MS;
    const leak = (ms: number) => work(ms) + (0.75 * Math.max(0, ms - begin_ms)) / (30 * MINUTE_MS);
    const { found } = watch(leak, { for_ms: begin_ms + 30 * MINUTE_MS, every_ms: 1_000, measureOf: memory });
    expect(found[0]?.at_ms).toBeGreaterThan(begin_ms);
    expect(found[0]?.at_ms).toBeLessThan(begin_ms + 22 * MINUTE_MS);
  });

  it('is memory that leaks again after it has run out', () => {
    const again_ms = 30 * MINUTE_MS;
    const leak = (ms: number) => 0.3 + (0.7 * (ms % again_ms)) / (20 * MINUTE_MS);
    const from_ms = 3 * HOUR_MS;
    const { rule } = watch(() => 0.3, { for_ms: from_ms, measureOf: memory });
    const { found } = watch((ms) => (ms % again_ms < 20 * MINUTE_MS ? leak(ms) : 0.3), {
      for_ms: 2 * HOUR_MS,
      rule,
      measureOf: memory,
    });
    const which = new Set(found.map(({ at_ms }) => Math.floor((at_ms - from_ms) / again_ms)));
    expect([...which]).toEqual([0, 1, 2, 3]);
  });

  it('within days is found by who wants to know it so early', () => {
    const hours = (ms: number) => 0.3 + (0.005 * ms) / HOUR_MS;
    const options = { for_ms: 100 * HOUR_MS, every_ms: MINUTE_MS };
    expect(watch(hours, options).found).toEqual([]);
    const { found } = watch(hours, { ...options, settings: { warning_within_ms: 7 * 86_400_000 } });
    expect(found[0]?.sentence).toMatch(/^\/ full in \d days/);
  });

  it('stays found when it is full', () => {
    const { last } = watch((ms) => 0.3 + (0.07 * ms) / MINUTE_MS, { for_ms: 15 * MINUTE_MS });
    expect(last.found).toMatchObject([{ severity: 'critical', sentence: '/ full', value: 100 }]);
  });

  it('is what was left out only where it was not', () => {
    const settings = { without: ['file_systems /scratch', 'swap'] };
    const level = (ms: number) => 0.3 + (0.01 * ms) / MINUTE_MS;
    const found = (measureOf: Watch['measureOf']) =>
      watch(level, { for_ms: 60 * MINUTE_MS, settings, ...(measureOf && { measureOf }) }).found.length;
    expect(found((share) => disk(share, {}, '/scratch'))).toBe(0);
    expect(found((share) => ({ swap: { total_bytes: 1e9, used_bytes: 1e9 * share } }))).toBe(0);
    expect(found((share) => disk(share, { read_only: true }))).toBe(0);
    expect(found(disk)).toBeGreaterThan(0);
  });
});

describe('nothing is foreseen', () => {
  const none = (level: (ms: number) => number, options: Watch) => expect(watch(level, options).found).toEqual([]);

  it('of noise, however full it is', () => {
    fc.assert(
      fc.property(
        fc.nat(),
        fc.double({ min: 0, max: 0.97, noNaN: true }),
        fc.double({ min: 0, max: 0.05, noNaN: true }),
        (seed, level, width) => {
          const noise = bell(seed);
          none(() => level + width * noise(), { for_ms: 3 * HOUR_MS, measureOf: memory });
          none(() => level + width * noise(), { for_ms: 3 * HOUR_MS });
        },
      ),
      { numRuns: 15 },
    );
  });

  it('of what stays as it is', () => none(() => 0.985, { for_ms: 6 * HOUR_MS }));

  it('of logs that grow and are thrown away when they are old', () => {
    const arbitrary = fc.record({
      seed: fc.nat(),
      bottom: fc.double({ min: 0, max: 0.9, noNaN: true }),
      share: fc.double({ min: 0.02, max: 0.24, noNaN: true }),
      period_ms: fc.integer({ min: 5 * MINUTE_MS, max: 12 * HOUR_MS }),
    });
    fc.assert(
      fc.property(arbitrary, ({ seed, bottom, share, period_ms }) => {
        const noise = bell(seed);
        // Each time they take up to a quarter of what is free.
        const level = (ms: number) => bottom + (1 - bottom) * share * ((ms % period_ms) / period_ms) + 0.001 * noise();
        none(level, { for_ms: 36 * HOUR_MS, every_ms: MINUTE_MS });
      }),
      { numRuns: 15 },
    );
  });

  it('of logs that take most of what is free, once they have been seen to be thrown away', () => {
    const period_ms = 3 * HOUR_MS;
    const { found } = watch((ms) => 0.3 + 0.5 * ((ms % period_ms) / period_ms), {
      for_ms: 24 * HOUR_MS,
      every_ms: 30_000,
    });
    expect(found.filter(({ at_ms }) => at_ms > period_ms + 2 * MINUTE_MS)).toEqual([]);
  });

  it('of memory that follows the work of the day', () => {
    const noise = bell(3);
    const day = (ms: number) => 0.45 - 0.15 * Math.cos((2 * Math.PI * ms) / (24 * HOUR_MS)) + 0.01 * noise();
    none(day, { for_ms: 72 * HOUR_MS, every_ms: MINUTE_MS, measureOf: memory });
  });

  it.each([
    ['memory', 'more and more slowly', memory],
    ['memory', 'steadily', memory],
    ['space', 'more and more slowly', disk],
    ['space', 'steadily', disk],
  ])('of %s that work takes %s for minutes, again and again', (_, how, measureOf) => {
    const arbitrary = fc.record({
      seed: fc.nat(),
      bottom: fc.double({ min: 0.1, max: 0.6, noNaN: true }),
      share: fc.double({ min: 0.4, max: 0.6, noNaN: true }),
      memory_ms: fc.integer({ min: 20_000, max: 90_000 }),
      every_ms: fc.integer({ min: 5 * MINUTE_MS, max: 20 * MINUTE_MS }),
    });
    fc.assert(
      fc.property(arbitrary, ({ seed, bottom, share, memory_ms, every_ms }) => {
        const noise = bell(seed);
        let [taken, from_ms, until_ms] = [0, 0, 0];
        const level = (ms: number) => {
          if (ms >= until_ms) {
            from_ms = until_ms + every_ms * (1 + Math.min(2, Math.abs(noise())));
            until_ms = from_ms + MINUTE_MS * (1 + 3 * Math.min(2, Math.abs(noise())));
          }
          if (how === 'steadily') taken = ms < from_ms ? 0 : (share * (ms - from_ms)) / (until_ms - from_ms);
          else taken += ((ms < from_ms ? 0 : share) - taken) * (1 - Math.exp(-5_000 / memory_ms));
          return bottom + (1 - bottom) * taken + 0.003 * noise();
        };
        const { found } = watch(level, { for_ms: 12 * HOUR_MS, every_ms: 5_000, measureOf });
        // What work takes is not known from the first time.
        expect(found.filter(({ at_ms }) => at_ms > 4 * HOUR_MS)).toEqual([]);
      }),
      { numRuns: 10 },
    );
  });

  it('of one thing that was put there', () => {
    none((ms) => (ms < HOUR_MS ? 0.5 : 0.8), { for_ms: 6 * HOUR_MS });
    none((ms) => Math.min(0.5, 0.4 + Math.max(0, ms - HOUR_MS) / MINUTE_MS / 50), { for_ms: 6 * HOUR_MS });
  });

  it('of what shrinks', () => none((ms) => 0.9 - (0.1 * ms) / HOUR_MS, { for_ms: 6 * HOUR_MS }));

  it('of a file system that is made larger', () => {
    const measureOf = (share: number) => disk(share, share > 0.8 ? { available_bytes: 900 * GIBIBYTE } : {});
    const { last } = watch((ms) => 0.5 + (0.2 * ms) / HOUR_MS, { for_ms: 1.8 * HOUR_MS, measureOf });
    expect(last.found).toEqual([]);
  });
});

describe('a forecast is taken back', () => {
  const filling = (ms: number) => 0.4 + (0.1 * ms) / HOUR_MS;

  it('when the growth has stopped for a fraction of the time for which it went on, and stays so', () => {
    const stops = (ms: number) => filling(Math.min(ms, 4 * HOUR_MS));
    const { rule, last } = watch(stops, { for_ms: 4 * HOUR_MS });
    expect(last.found).toHaveLength(1);
    watch(stops, { for_ms: HOUR_MS, rule });
    expect(watch(stops, { for_ms: 12 * HOUR_MS, rule }).found).toEqual([]);
  });

  it('at once when there is room again', () => {
    const cleaned = (ms: number) => (ms < 4 * HOUR_MS ? filling(ms) : 0.4);
    const { rule, last } = watch(cleaned, { for_ms: 4 * HOUR_MS });
    expect(last.found).toHaveLength(1);
    watch(cleaned, { for_ms: 30_000, rule });
    expect(watch(cleaned, { for_ms: HOUR_MS, rule }).found).toEqual([]);
  });

  it('not because the values are not quite on the line', () => {
    const noise = bell(5);
    const { found } = watch((ms) => filling(ms) + 0.01 * noise(), { for_ms: 5.5 * HOUR_MS, every_ms: 10_000 });
    // It is found once, and then always.
    const [first] = found;
    expect(found.length).toBe((5.5 * HOUR_MS - (first?.at_ms ?? 0)) / 10_000);
  });

  it('and made again when it goes on faster than what came down before', () => {
    const rule = watch((ms) => (ms < 4 * HOUR_MS ? filling(ms) : 0.4), { for_ms: 5 * HOUR_MS }).rule;
    const fast = (ms: number) => 0.4 + (0.02 * (ms - 5 * HOUR_MS)) / MINUTE_MS;
    expect(watch(fast, { for_ms: 25 * MINUTE_MS, rule }).found.length).toBeGreaterThan(0);
  });
});

describe('what is remembered of what fills up', () => {
  it('goes on in another analyzer', () => {
    const level = (ms: number) => 0.4 + (0.1 * ms) / HOUR_MS;
    const { rule, last } = watch(level, { for_ms: 3 * HOUR_MS });
    rule.restart();
    expect(watch(level, { for_ms: 10_000, rule }).last.found).toEqual([
      { ...last.found[0], sentence: expect.stringContaining('/ full in ') },
    ]);
  });

  it('is little more than 1 KB of each thing that can be full', () => {
    const mounts = Object.fromEntries(
      Array.from({ length: 32 }, (_, i) => [
        `/srv/disk-${i}`,
        { used_bytes: 1e9, available_bytes: 1e9, inodes: 1e6, inodes_used: 10 },
      ]),
    );
    const rule = new RuleUnderTest(forecast);
    for (let i = 0; i < 500; i++) rule.sample({ file_systems: { mounts } }, { after_ms: 900_000 });
    expect(rule.restart()).toBeLessThan(64 * 1_320);
  });

  it('is refused when it is something else', () => {
    const judge = forecast.judge({ warning_within_ms: 2, critical_within_ms: 1, without: [] });
    for (const data of [7, {}, new Map([['a', 1]])]) expect(() => judge.restore?.(data)).toThrow(TypeError);
  });
});

it('refuses to be critical sooner than it finds', () => {
  expect(() => new RuleUnderTest(forecast, { warning_within_ms: 60_000, critical_within_ms: 120_000 })).toThrow(
    expect.objectContaining({ code: 'HORIZONS_OUT_OF_ORDER', configuration: true }),
  );
});
