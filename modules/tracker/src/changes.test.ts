import { defineModule, memoryBus, runModule, silentLog } from '@ganglion/kernel';
import { type Measure, measure } from '@ganglion/topics';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Changes, type ChangesOptions } from './changes.ts';

const OPTIONS: ChangesOptions = { dead_band: 0.05, whole_ms: 30_000 };

let now_ms = 0;
const now = () => now_ms;

/** What goes out of samples, a second each. */
function reports(samples: readonly Measure[], options = OPTIONS) {
  const changes = new Changes(options, now);
  return samples.map((sample) => {
    now_ms += 1_000;
    return changes.next(sample);
  });
}

const bodies = (samples: readonly Measure[], options = OPTIONS) => reports(samples, options).map(({ body }) => body);

/** What somebody has of it who listens by our kernel. */
async function heard(samples: readonly Measure[], options = OPTIONS): Promise<unknown[]> {
  const bus = memoryBus();
  const all: unknown[] = [];
  const listener = defineModule({
    name: 'listener',
    listens: { measure },
    start: () => ({ measure: ({ body }) => void all.push(body) }),
  });
  const speaker = defineModule({
    name: 'speaker',
    publishes: { measure },
    start: ({ emit }) => {
      const drafts = reports(samples, options).map((report) => ({ ...measure('m', report.body), ...report }));
      for (const draft of drafts) void emit(draft);
    },
  });
  const running = await runModule(listener, { bus, log: silentLog });
  await running.ready;
  await (await runModule(speaker, { bus, log: silentLog })).stop();
  await expect.poll(() => all.length, { interval: 1 }).toBe(samples.length);
  await running.stop();
  return all;
}

describe('a tracker that tells changes', () => {
  it('tells a sample whole, and then what has moved', () => {
    const samples = [
      { cpu_percentage: 10, memory_percentage: 50, memory: { used_bytes: 50e9, free_bytes: 50e9 } },
      { cpu_percentage: 10.1, memory_percentage: 50.1, memory: { used_bytes: 50.1e9, free_bytes: 49.9e9 } },
      { cpu_percentage: 10, memory_percentage: 60, memory: { used_bytes: 60e9, free_bytes: 40e9 } },
      { cpu_percentage: 11, memory_percentage: 60, memory: { used_bytes: 60e9, free_bytes: 30e9 } },
    ];
    expect(bodies(samples)).toEqual([
      samples[0],
      { cpu_percentage: 10.1 },
      samples[2],
      { cpu_percentage: 11, memory: { free_bytes: 30e9 } },
    ]);
    expect(reports(samples).map(({ version, since }) => [version, since])).toEqual([
      ['1', undefined],
      ['2', '1'],
      ['3', '2'],
      ['4', '3'],
    ]);
  });

  it('notices what moves little by little: it is held against what was told', () => {
    const creeping = Array.from({ length: 8 }, (_, n) => ({ cpu_percentage: 0, load: { load_1: 100 + n } }));
    expect(bodies(creeping).map((body) => (body['load'] as { load_1: number } | undefined)?.load_1)).toEqual([
      100,
      ...Array(5).fill(undefined),
      106,
      undefined,
    ]);
  });

  it('takes a small figure for small', () => {
    const quiet = [0, 9_000, 3_000].map((n) => ({ cpu_percentage: 0, disk: { read_bytes_per_second: n, queue: n } }));
    expect(bodies(quiet)).toEqual([
      quiet[0],
      { cpu_percentage: 0, disk: { queue: 9_000 } },
      { cpu_percentage: 0, disk: { queue: 3_000 } },
    ]);
  });

  it('tells when something was read with what was read, never alone', () => {
    const carried = [1, 2, 3].map((n) => ({ cpu_percentage: 0, fs: { read_ms: n, used_percentage: n < 3 ? 5 : 50 } }));
    expect(bodies(carried)).toEqual([carried[0], { cpu_percentage: 0 }, carried[2]]);
  });

  it('tells a list whole when something in it has moved', () => {
    const cores = [[1, 50], [2, 50], [2, 60], [2]].map((core_percentages) => ({
      cpu_percentage: 0,
      cpu: { core_percentages },
    }));
    expect(bodies(cores)).toEqual([cores[0], { cpu_percentage: 0 }, cores[2], cores[3]]);
  });

  it('tells by null that a figure is gone', () => {
    const gone = [
      { cpu_percentage: 1, load: { load_1: 1, tasks: 2 }, swap: {} },
      { cpu_percentage: 1, load: { load_1: 1 } },
    ];
    expect(bodies(gone)[1]).toEqual({ cpu_percentage: 1, load: { tasks: null }, swap: null });
  });

  it('tells a sample whole again after a time, when a headline is gone, and when it is told to', () => {
    const even = Array.from({ length: 62 }, () => ({ cpu_percentage: 1, load: { load_1: 1 } }));
    expect(reports(even).flatMap(({ since }, n) => (since === undefined ? [n] : []))).toEqual([0, 30, 60]);
    const gone = [{ cpu_percentage: 1, swap_percentage: 1, load: { load_1: 1 } }, even[0] as Measure];
    expect(bodies(gone)[1]).toEqual(even[0]);
    const changes = new Changes(OPTIONS, now);
    changes.next(even[0] as Measure);
    expect(changes.next(even[1] as Measure, true)).toMatchObject({ body: even[1], since: undefined });
  });
});

describe('somebody who listens to one', () => {
  const leaf = fc.oneof(
    fc.constant(null),
    fc.integer({ min: 0, max: 99 }),
    fc.string({ maxLength: 3 }),
    fc.array(fc.nat(9)),
    fc.boolean(),
  );
  const name = fc.constantFrom('a', 'b_bytes', 'c_percentage_of', 'read_ms_of', 'd');
  const sample = fc.record({
    cpu_percentage: fc.integer({ min: 0, max: 100 }),
    one: fc.dictionary(name, fc.oneof(leaf, fc.dictionary(name, leaf))),
    two: fc.dictionary(name, leaf),
  });

  it('has every sample as it was, where there is no dead band', async () => {
    const plain = (value: unknown) => JSON.parse(JSON.stringify(value));
    await fc.assert(
      fc.asyncProperty(fc.array(sample, { maxLength: 20 }), async (samples) => {
        expect(plain(await heard(samples, { dead_band: 0, whole_ms: 5_000 }))).toEqual(plain(samples));
      }),
    );
  });

  it('has every figure within the dead band', async () => {
    const figures = fc.record({
      cpu_percentage: fc.double({ min: 0, max: 100, noNaN: true }),
      a: fc.record({ used: fc.double({ min: -1e6, max: 1e6, noNaN: true }), rate_per_second: fc.nat(1_000) }),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(figures, { maxLength: 40 }), async (samples) => {
        const all = (await heard(samples)) as typeof samples;
        for (const [n, { a }] of samples.entries()) {
          const known = all[n]?.a ?? { used: Number.NaN, rate_per_second: Number.NaN };
          expect(Math.abs(known.used - a.used)).toBeLessThanOrEqual(0.05 * Math.abs(known.used));
          const rate = known.rate_per_second;
          expect(Math.abs(rate - a.rate_per_second)).toBeLessThanOrEqual(0.05 * Math.max(rate, 200));
        }
      }),
    );
  });
});
