import type { Measure } from '@ganglion/topics';
import fc from 'fast-check';
import { Value } from 'typebox/value';
import { describe, expect, it } from 'vitest';
import { type Heard, RuleUnderTest } from '../rule-under-test.ts';
import { anomaly } from './anomaly.ts';

const MINUTE_S = 60;
const HOUR_S = 3_600;

/** Between -1 and 1, always the same for the same row: a chance that a test can repeat. */
function chance(row: number): number {
  const mixed = Math.imul(row ^ (row >>> 15), 0x2c1b3c6d) ^ Math.imul(row + 1, 0x297a2d39);
  return ((mixed ^ (mixed >>> 13)) >>> 0) / 2_147_483_648 - 1;
}

/** What a machine says that has the same to do all day. */
function calm(row: number): Measure {
  return {
    cpu_percentage: 12 + 2 * chance(row),
    memory_percentage: 40 + chance(row + 1),
    network: { interfaces: { lo: { receive_errors_per_second: 0 }, eth0: { receive_errors_per_second: 0 } } },
    system: { clock_synchronized: true },
  };
}

/** A machine that is watched, a sample a second. */
class Watched {
  readonly rule: RuleUnderTest;
  #row = 0;

  constructor(settings: object = {}) {
    this.rule = new RuleUnderTest(anomaly, settings);
  }

  /** Goes on for so long, with some figures as they are given. Returns what was said of each sample. */
  go(seconds: number, figures: (row: number) => Partial<Measure> = () => ({})): Heard[] {
    const heard: Heard[] = [];
    for (let second = 0; second < seconds; second++) {
      const row = this.#row++;
      heard.push(this.rule.sample({ ...calm(row), ...figures(second) }));
    }
    return heard;
  }
}

const defaults = () => Value.Parse(anomaly.config, Value.Default(anomaly.config, {})) as object;

/** One that has been watched for some hours. */
function known(settings: object = {}): Watched {
  const machine = new Watched(settings);
  machine.go(3 * HOUR_S);
  return machine;
}

const runaway = () => ({ cpu_percentage: 99 });
const score = ({ fields }: Heard) => Number(fields['anomaly_score']);
const highest = (heard: readonly Heard[]) => Math.max(...heard.map(score));
const isFound = ({ found }: Heard) => found.length > 0;
/** How often something began to be found. */
const begins = (heard: readonly Heard[]) =>
  heard.filter((each, i) => isFound(each) && !isFound(heard[i - 1] ?? { ...each, found: [] })).length;

describe('a machine that is as ever', () => {
  it('has a score near 0, and nothing is found on it', () => {
    const heard = known().go(2 * HOUR_S);
    expect(heard.some(isFound)).toBe(false);
    expect(highest(heard)).toBeLessThan(0.5);
    expect(heard.filter((each) => score(each) > 0.3).length).toBeLessThan(heard.length / 100);
    expect(heard.at(-1)?.fields).toEqual({ anomaly_score: score(heard.at(-1) as Heard) });
  });

  it('may be busy for some seconds now and then, when it always was', () => {
    const machine = new Watched();
    const busy = () =>
      machine.go(20 * MINUTE_S, (second) => (second < 30 ? { cpu_percentage: 80 + 5 * chance(second) } : {}));
    for (let hour = 0; hour < 12; hour++) busy();
    for (let hour = 0; hour < 6; hour++) expect(busy().some(isFound)).toBe(false);
  });

  it('is not known yet in its first hour: nothing is found, and what was found before goes on', () => {
    const machine = new Watched();
    const heard = [...machine.go(10 * MINUTE_S), ...machine.go(10 * MINUTE_S, runaway), ...machine.go(30 * MINUTE_S)];
    expect(heard.some(isFound)).toBe(false);
    expect(heard.every(({ unsure }) => unsure)).toBe(true);
    expect(machine.go(15 * MINUTE_S).at(-1)?.unsure).toBe(false);
  });

  it('is scored from its first sample on, also one that comes late and is judged alone', () => {
    expect(new RuleUnderTest(anomaly).sample({ cpu_percentage: 50 })).toEqual({
      fields: { anomaly_score: 0 },
      found: [],
      unsure: true,
    });
  });
});

describe('what is unlike the machine', () => {
  it('is found within half a minute, and the analysis says which resource, and compared to what', () => {
    const machine = known();
    const heard = machine.go(MINUTE_S, runaway);
    expect(heard.findIndex(isFound)).toBeLessThan(30);
    const { fields, found } = heard.at(-1) as Heard;
    expect(score(heard.at(-1) as Heard)).toBeGreaterThanOrEqual(0.5);
    expect(fields['anomaly_resource']).toBe('cpu');
    expect(fields['anomaly_sentence']).toMatch(/^CPU 99\u00a0%, usually 1[01] to 1[34]\u00a0%$/);
    expect(found).toMatchObject([
      {
        key: 'cpu',
        resource: 'cpu',
        figure: 'cpu_percentage',
        severity: 'warning',
        sentence: fields['anomaly_sentence'],
      },
    ]);
    expect(found[0]?.value).toBeCloseTo(99);
    expect(found[0]?.limit).toBeLessThan(15);
  });

  it('is not one sample alone', () => {
    const heard = known().go(MINUTE_S, (second) => (second === 20 ? runaway() : {}));
    expect(heard.some(isFound)).toBe(false);
  });

  it('is also less than usual', () => {
    const machine = new Watched();
    const working = (second: number) => ({ cpu_percentage: 70 + 5 * chance(second) });
    machine.go(3 * HOUR_S, working);
    const found = machine.go(MINUTE_S, () => ({ cpu_percentage: 0.5 })).at(-1)?.found[0];
    expect(found?.sentence).toMatch(/^CPU 0\.5\u00a0%, usually 6\d to 7\d\u00a0%$/);
    expect(found?.limit).toBeGreaterThan(60);
  });

  it('is found where it creeps: a leak is held against what was before it', () => {
    const leak = (second: number) => ({ memory_percentage: 40 + second / 30 });
    const found = known()
      .go(15 * MINUTE_S, leak)
      .at(-1)?.found[0];
    expect(found?.resource).toBe('memory');
  });

  it('names the device', () => {
    const errors = { interfaces: { lo: { receive_errors_per_second: 0 }, eth0: { receive_errors_per_second: 90 } } };
    const heard = known().go(MINUTE_S, () => ({ network: errors }));
    expect(heard.at(-1)?.found).toMatchObject([
      {
        key: 'network',
        resource: 'network eth0',
        figure: 'network.interfaces.eth0.receive_errors_per_second',
        sentence: 'Network eth0 receive errors 90/s, usually 0/s',
      },
    ]);
  });

  it('may be something that is no longer true', () => {
    const heard = known().go(5 * MINUTE_S, () => ({ system: { clock_synchronized: false } }));
    expect(heard.at(-1)?.found[0]?.sentence).toBe('System clock synchronized: no, usually yes');
  });

  it('is one finding for a resource, with its first figure, however many of its figures are unusual', () => {
    const stuck = () => ({ cpu_percentage: 99, cpu: { iowait_percentage: 60 } });
    const machine = new Watched();
    machine.go(3 * HOUR_S, () => ({ cpu: { iowait_percentage: 0.5 } }));
    expect(machine.go(2 * MINUTE_S, stuck).at(-1)?.found).toHaveLength(1);
  });

  it('goes on with the words it began with but for its value, and keeps its beginning', () => {
    const machine = known();
    const began_ms = machine.rule.now_ms;
    const heard = machine.go(30 * MINUTE_S, runaway).filter(isFound);
    expect(new Set(heard.map(({ found }) => found[0]?.since_ms)).size).toBe(1);
    expect((heard[0]?.found[0]?.since_ms ?? 0) - began_ms).toBeLessThan(30_000);
    expect(new Set(heard.map(({ found }) => found[0]?.limit)).size).toBe(1);
  });

  it('has ended when it is back for two minutes', () => {
    const machine = known();
    machine.go(5 * MINUTE_S, runaway);
    const heard = machine.go(5 * MINUTE_S);
    const ended = heard.findIndex((each) => !isFound(each));
    expect(ended).toBeGreaterThan(2 * MINUTE_S);
    expect(ended).toBeLessThan(4 * MINUTE_S);
    expect(heard.slice(ended).some(isFound)).toBe(false);
  });

  it('is the new usual after some hours', () => {
    const machine = known();
    const heard = machine.go(6 * HOUR_S, runaway);
    const ended = heard.findLastIndex(isFound);
    expect(ended).toBeGreaterThan(2.9 * HOUR_S);
    expect(ended).toBeLessThan(3.2 * HOUR_S);
    // The score is that of the last fold, which is up to five seconds old.
    expect(highest(heard.slice(ended + 6))).toBeLessThan(0.5);
  });

  it('is found once when it comes and goes', () => {
    for (const period_s of [2, 10, 40, 120]) {
      const flap = (second: number) => (second % period_s < period_s / 2 ? runaway() : {});
      expect(begins(known().go(HOUR_S, flap))).toBe(1);
    }
  });
});

describe('settings of the anomaly rule', () => {
  it('may leave the scores and take the alerts', () => {
    const heard = known({ alerts: false }).go(2 * MINUTE_S, runaway);
    expect(heard.some(isFound)).toBe(false);
    expect(highest(heard)).toBeGreaterThanOrEqual(0.5);
  });

  it('say which figures are followed, and how far is far', () => {
    const figures = [{ figure: 'load.load_1', least: 4 }];
    const machine = new Watched({ figures });
    machine.go(3 * HOUR_S, () => ({ load: { load_1: 1 } }));
    expect(machine.go(5 * MINUTE_S, () => ({ ...runaway(), load: { load_1: 4 } })).some(isFound)).toBe(false);
    expect(machine.go(5 * MINUTE_S, () => ({ load: { load_1: 30 } })).at(-1)?.found[0]?.figure).toBe('load.load_1');
  });

  it('give the severity of what is found', () => {
    expect(known({ severity: 'info' }).go(MINUTE_S, runaway).at(-1)?.found[0]?.severity).toBe('info');
  });
});

describe('what is known of a machine', () => {
  it('moves with it: the same is said as if it had stayed', () => {
    const stays = known();
    const moves = known();
    for (const figures of [() => ({}), runaway, () => ({})]) {
      moves.rule.restart();
      // What was being folded is left out, so a score may come a fold later.
      const heard = moves.go(3 * MINUTE_S, figures).at(-1);
      expect(heard?.found.map(({ key }) => key)).toEqual(
        stays
          .go(3 * MINUTE_S, figures)
          .at(-1)
          ?.found.map(({ key }) => key),
      );
    }
  });

  it('takes less than half of what a machine may', () => {
    const figures = Array.from({ length: 24 }, (_, i) => ({ figure: `figure_${i}`, least: 1 }));
    const machine = new Watched({ figures });
    machine.go(HOUR_S, (second) =>
      Object.fromEntries(figures.map(({ figure }, i) => [figure, 10 + chance(second + i)])),
    );
    expect(machine.rule.restart()).toBeLessThan(128 * 1_024);
  });

  it('outlives other figures in the settings', () => {
    const settings = (names: readonly string[]) => ({ figures: names.map((figure) => ({ figure, least: 15 })) });
    const first = anomaly.judge({ ...defaults(), ...settings(['memory_percentage', 'cpu_percentage']) });
    const second = anomaly.judge({ ...defaults(), ...settings(['cpu_percentage', 'swap_percentage']) });
    let state = first.begin('db-01');
    const say = { field: () => {}, finding: () => {}, unsure: () => {} };
    const sample = (judge: typeof first, row: number, cpu_percentage: number, found: string[] = []) => {
      judge.sample(
        state,
        {
          machine: 'db-01',
          body: { ...calm(row), cpu_percentage },
          time_ms: row * 1_000,
          step_ms: row === 0 ? 0 : 1_000,
          labels: {},
        },
        { ...say, finding: ({ resource }) => found.push(resource) },
      );
      return found;
    };
    let row = 0;
    for (; row < 2 * HOUR_S; row++) sample(first, row, 12 + chance(row));
    state = second.restore?.(structuredClone(first.save?.(state)), structuredClone(first.learnt?.(state)));
    const found: string[] = [];
    for (const until = row + MINUTE_S; row < until; row++) sample(second, row, 99, found);
    expect(new Set(found)).toEqual(new Set(['cpu']));
  });

  it('begins anew when an analyzer was killed before it had kept what it learnt', () => {
    const judge = anomaly.judge(defaults());
    const state = judge.begin('db-01');
    const say = { field: () => {}, finding: () => {}, unsure: () => {} };
    for (let row = 0; row < 20; row++) {
      judge.sample(state, { machine: 'db-01', body: calm(row), time_ms: row * 1_000, step_ms: 1_000, labels: {} }, say);
    }
    const saved: unknown = structuredClone(judge.save?.(state));
    expect(judge.restore?.(saved, undefined)).toEqual(judge.begin('db-01'));
    expect(() => judge.restore?.(saved, 'noise')).toThrow(TypeError);
  });

  it('is not taken from what is none', () => {
    const judge = anomaly.judge(defaults());
    for (const none of [undefined, null, 1, {}, { fold_ms: 1, known: 1, found: [] }]) {
      expect(() => judge.restore?.(none)).toThrow(TypeError);
    }
  });
});

it('scores whatever is measured from 0 to 1', () => {
  const body = fc.record({
    cpu_percentage: fc.double({ min: 0, max: 100, noNaN: true }),
    memory_percentage: fc.oneof(fc.double(), fc.constant(undefined)),
    disks: fc.oneof(fc.anything(), fc.record({ devices: fc.dictionary(fc.string(), fc.anything()) })),
    processes: fc.record({ total: fc.double() }),
  });
  const step_ms = fc.integer({ min: 0, max: 600_000 });
  fc.assert(
    fc.property(fc.array(fc.tuple(body, step_ms), { minLength: 1, maxLength: 60 }), (samples) => {
      const rule = new RuleUnderTest(anomaly, { warm_up_ms: 0 });
      for (const [figures, after_ms] of samples) {
        const heard = rule.sample(figures as Partial<Measure>, { after_ms });
        expect(score(heard)).toBeGreaterThanOrEqual(0);
        expect(score(heard)).toBeLessThanOrEqual(1);
      }
    }),
  );
});
