import type { Measure } from '@ganglion/topics';
import fc from 'fast-check';
import { Value } from 'typebox/value';
import { describe, expect, it } from 'vitest';
import { RuleUnderTest } from '../rule-under-test.ts';
import { bands } from './bands.ts';

/** What is said of a machine's first sample. */
function judge(machine: string, body: Partial<Measure>, settings: object = {}) {
  return new RuleUnderTest(bands, settings, machine).sample(body).fields;
}

/** The bands of a CPU, a sample a second. */
function bandsOf(percentages: readonly number[], settings: object = {}): unknown[] {
  const rule = new RuleUnderTest(bands, settings);
  return percentages.map((cpu_percentage) => rule.sample({ cpu_percentage }).fields['cpu_result']);
}

function changesIn(said: readonly unknown[]): number {
  return said.filter((each, i) => i > 0 && each !== said[i - 1]).length;
}

const percentage = fc.double({ min: 0, max: 100, noNaN: true });

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

  it('take no name of a resource for more than a name', () => {
    const names = ['__proto__', 'constructor', 'toString'];
    const body = JSON.parse(`{${names.map((name) => `"${name}_percentage":50`).join()}}`);
    const rule = new RuleUnderTest(bands);
    for (let n = 0; n < 2; n++) {
      expect(rule.sample(body).fields).toMatchObject(
        Object.fromEntries(names.map((name) => [`${name}_result`, 'MEDIUM'])),
      );
    }
    expect(Object.keys(Object.prototype)).toEqual([]);
  });

  it('call memory that is in use no trouble, as long as a quarter is left', () => {
    const judged = (memory_percentage: number) => judge('db-01', { memory_percentage })['memory_result'];
    expect([74, 75, 89.9, 90].map(judged)).toEqual(['LOW', 'MEDIUM', 'MEDIUM', 'HIGH']);
  });

  it('call no file system HIGH that has a tenth left, unless they are told to', () => {
    const body = { cpu_percentage: 80, file_systems_percentage: 80 };
    expect(judge('db-01', body)['file_systems_result']).toBe('MEDIUM');
    const limits = [{ medium_from: 10, high_from: 20 }];
    expect(judge('db-01', body, { limits })['file_systems_result']).toBe('HIGH');
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

  it('take other limits for machines by label, as soon as their labels are known', () => {
    const limits = [{ labels: { use: 'batch' }, medium_from: 90, high_from: 99 }];
    const rule = new RuleUnderTest(bands, { limits, dwell_ms: 0 });
    const band = (labels: Record<string, string>) =>
      rule.sample({ cpu_percentage: 50 }, { labels }).fields['cpu_result'];
    expect([{}, { use: 'web' }, { use: 'batch', site: 'x' }].map(band)).toEqual(['MEDIUM', 'MEDIUM', 'LOW']);
  });

  it.each([
    [{ medium_from: 75 }, 'setting analyzer.bands: medium_from is 75, which is not below high_from, 75'],
    [{ limits: [{ medium_from: 9, high_from: 3 }] }, 'setting analyzer.bands.limits.0: medium_from is 9'],
  ])('refuse limits out of order: %j', (settings, text) => {
    expect(() => new RuleUnderTest(bands, settings)).toThrow(
      expect.objectContaining({
        code: 'LIMITS_OUT_OF_ORDER',
        configuration: true,
        message: expect.stringContaining(text),
      }),
    );
  });

  it('never go down when a percentage goes up', () => {
    const rank = { LOW: 0, MEDIUM: 1, HIGH: 2 };
    fc.assert(
      fc.property(percentage, percentage, (a, b) => {
        const { cpu_result: lower } = judge('m', { cpu_percentage: Math.min(a, b) });
        const { cpu_result: higher } = judge('m', { cpu_percentage: Math.max(a, b) });
        expect(rank[lower as keyof typeof rank]).toBeLessThanOrEqual(rank[higher as keyof typeof rank]);
      }),
    );
  });
});

it('an alert goes on with what the value was, until it is certain that it is over', () => {
  const rule = new RuleUnderTest(bands, { alert_after_ms: 1 });
  const sentences = [90, 91, 5, 5, 5, 5, 5, 5].map(
    (cpu_percentage) => rule.sample({ cpu_percentage }).found[0]?.sentence,
  );
  expect(sentences.slice(1, 7)).toEqual(Array.from({ length: 6 }, () => 'CPU at 91 %, HIGH from 75 % on'));
  expect(sentences[7]).toBeUndefined();
});

describe('a value that swings', () => {
  it('around a limit changes the band once', () => {
    const swings = fc.array(fc.double({ min: 72.5, max: 77, noNaN: true }), { minLength: 2, maxLength: 200 });
    fc.assert(
      fc.property(swings, (percentages) => {
        expect(changesIn(bandsOf([50, ...percentages]))).toBeLessThanOrEqual(1);
      }),
    );
  });

  it('further than the margin but not for the dwell time changes it once, too', () => {
    const swings = fc.array(fc.constantFrom(10, 50, 74, 76, 100), { minLength: 2, maxLength: 200 });
    fc.assert(
      fc.property(swings, (percentages) => {
        // Every fifth is HIGH, so that it is never below the limit for five seconds.
        const never_long = percentages.map((each, i) => (i % 5 === 0 ? 90 : each));
        expect(changesIn(bandsOf([50, ...never_long]))).toBe(1);
      }),
    );
  });

  it('leaves the band when it is below the margin for the dwell time', () => {
    expect(bandsOf([80, 70, 70, 70, 70, 70, 70])).toEqual(['HIGH', 'HIGH', 'HIGH', 'HIGH', 'HIGH', 'HIGH', 'MEDIUM']);
    expect(bandsOf([80, 74, 74], { margin: 0, dwell_ms: 0 })).toEqual(['HIGH', 'MEDIUM', 'MEDIUM']);
  });

  it('is found as it was when it was HIGH, also while it is about to leave', () => {
    const rule = new RuleUnderTest(bands, { alert_after_ms: 1_000 });
    const found = [80, 99, 6, 5, 97, 4].map((cpu_percentage) => rule.sample({ cpu_percentage }).found[0]);
    expect(found.map((each) => each?.value)).toEqual([80, 99, 99, 99, 97, 97]);
    expect(found.at(-1)?.sentence).toBe('CPU at 97 %, HIGH from 75 % on');
  });
});

describe('a resource that is HIGH', () => {
  /** What is found while the CPU is at each of these for so many seconds. */
  function found(parts: readonly (readonly [percentage: number, seconds: number])[], settings: object = {}) {
    const rule = new RuleUnderTest(bands, settings);
    const percentages = parts.flatMap(([cpu_percentage, seconds]) => Array(seconds).fill(cpu_percentage) as number[]);
    return percentages.map((cpu_percentage) => rule.sample({ cpu_percentage }).found[0]);
  }
  const words = (each: ReturnType<typeof found>[number]) =>
    each === undefined ? 'none' : each.pending === true ? 'pending' : 'raised';
  const firstOf = (said: readonly string[], wanted: string) => said.indexOf(wanted);

  it('is an alert after ten minutes, and is none two minutes after it has left the band', () => {
    const said = found([
      [90, 700],
      [10, 200],
    ]).map(words);
    expect(firstOf(said, 'raised')).toBe(600);
    // The band is left after five seconds.
    expect(firstOf(said.slice(700), 'none')).toBe(5 + 120);
  });

  it('shows its band at once', () => {
    const rule = new RuleUnderTest(bands);
    expect([10, 90].map((cpu_percentage) => rule.sample({ cpu_percentage }).fields['cpu_result'])).toEqual([
      'LOW',
      'HIGH',
    ]);
  });

  it('is no alert when the ten minutes end only after it has gone', () => {
    const said = found([
      [90, 599],
      [10, 200],
    ]).map(words);
    expect(said).not.toContain('raised');
  });

  it('is none at once when that was too short', () => {
    const said = found([
      [90, 30],
      [10, 30],
    ]).map(words);
    expect(said).not.toContain('raised');
    expect(firstOf(said.slice(30), 'none')).toBe(5);
  });

  it('is one alert when it comes and goes, with the last words that were so', () => {
    const flapping = Array.from({ length: 20 }, () => [[99, 60] as const, [10, 60] as const]).flat();
    const all = found([[99, 601], ...flapping]).slice(601);
    expect(new Set(all.map(words))).toEqual(new Set(['raised']));
    expect(new Set(all.map((each) => each?.since_ms)).size).toBe(1);
    expect(new Set(all.map((each) => each?.sentence))).toEqual(new Set(['CPU at 99 %, HIGH from 75 % on']));
  });

  it('may be none', () => {
    expect(found([[99, 700]], { alert_after_ms: 0 }).every((each) => each === undefined)).toBe(true);
    const limits = [{ resource: 'cpu', medium_from: 25, high_from: 75, alert_after_ms: 0 }];
    expect(found([[99, 700]], { limits }).every((each) => each === undefined)).toBe(true);
  });

  it('is an alert sooner or later where the limits say so', () => {
    const limits = [{ resource: 'cpu', medium_from: 25, high_from: 75, alert_after_ms: 20_000 }];
    expect(firstOf(found([[99, 700]], { limits }).map(words), 'raised')).toBe(20);
  });

  describe.each(['memory', 'swap', 'file_systems', 'file_descriptors', 'conntrack'])(
    'and can be used up: %s',
    (name) => {
      /** After how many seconds at a percentage it is an alert. */
      const after = (percentage: number, settings: object = {}) => {
        const rule = new RuleUnderTest(bands, settings);
        const said = Array.from({ length: 400 }, () =>
          words(rule.sample({ [`${name}_percentage`]: percentage }).found[0]),
        );
        return firstOf(said, 'raised');
      };

      it('is an alert after a minute', () => expect(after(95)).toBe(60));

      it('is one at once when it is full', () => expect(after(99.2)).toBe(0));

      it('is one sooner for who wants all alerts sooner, and none for who wants none', () => {
        expect(after(95, { alert_after_ms: 7_000 })).toBe(7);
        expect(after(99.2, { alert_after_ms: 0 })).toBe(-1);
      });

      it('waits as long as its own limits say', () => {
        const limits = [{ resource: name, medium_from: 50, high_from: 90, alert_after_ms: 90_000 }];
        expect(after(95, { limits })).toBe(90);
      });
    },
  );

  it('goes on in another analyzer', () => {
    const rule = new RuleUnderTest(bands);
    for (let n = 0; n < 200; n++) rule.sample({ cpu_percentage: 99 });
    rule.restart();
    const said = Array.from({ length: 450 }, () => words(rule.sample({ cpu_percentage: 99 }).found[0]));
    expect(firstOf(said, 'raised')).toBe(400);
  });

  it('is refused as a memory when it is something else', () => {
    const judge = bands.judge(Value.Default(bands.config, {}));
    for (const data of [7, {}, new Map([['cpu', 1]]), new Map([['cpu', { band: 'LOUD' }]])]) {
      expect(() => judge.restore?.(data)).toThrow(TypeError);
    }
  });
});
