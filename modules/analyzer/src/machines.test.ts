import type { Findings } from '@ganglion/topics';
import Type from 'typebox';
import { describe, expect, it } from 'vitest';
import { Machines, type MachinesOptions, SAID_AGAIN_MS } from './machines.ts';
import { defineRule, type Found, type Gone, type Rule } from './rule.ts';

const NOON_MS = Date.UTC(2026, 0, 5, 12);
const cut_off: Gone = { cause: 'connection_lost', died_ms: NOON_MS };

const found = (more: Partial<Found> = {}): Found => ({
  key: 'cpu',
  resource: 'cpu',
  severity: 'warning',
  sentence: 'CPU at 90 %',
  since_ms: NOON_MS,
  ...more,
});

/** A rule that finds what the measure says under the rule's name. */
function echo(name: string, more: Partial<Rule> = {}): Rule {
  return {
    ...defineRule({
      name,
      config: Type.Object({}),
      judge: () => ({
        begin: () => ({ samples: 0 }),
        sample(state, { body }, say) {
          state.samples++;
          say.field(`${name}_percentage`, state.samples);
          const says = body[name];
          if (says === 'throw') throw new Error('it is broken');
          if (says === 'unsure') say.unsure();
          if (Array.isArray(says)) for (const each of says) say.finding(each);
        },
      }),
    }),
    ...more,
  };
}

/** Finds a machine that is silent for more than ten seconds, and one that is gone. */
const silence = defineRule({
  name: 'silence',
  config: Type.Object({}),
  judge: () => ({
    expects: ['db-99'],
    begin: () => ({}),
    sample: () => {},
    pause(_state, { silent_ms, gone, time_ms }, say) {
      if (silent_ms > 10_000 || gone !== undefined) say.finding(found({ key: 'machine', since_ms: time_ms }));
    },
  }),
});

class Subject {
  readonly counts: Record<string, number> = {};
  readonly faults: string[] = [];
  readonly machines: Machines;
  now_ms = NOON_MS;

  constructor(rules: readonly Rule[], more: Partial<MachinesOptions> = {}) {
    this.machines = new Machines({
      rules: rules.map((rule) => ({ rule, judge: rule.judge({}), shadow: false })),
      count: (name, n = 1) => {
        this.counts[name] = (this.counts[name] ?? 0) + n;
      },
      onFault: (rule, machine, why) => this.faults.push(`${rule} on ${machine}: ${why}`),
      ...more,
    });
  }

  /** A sample a second after the one before, unless it is said otherwise. */
  sample(says: Record<string, unknown> = {}, { machine = 'db-01', after_ms = 1_000, age_ms = 0 } = {}) {
    this.now_ms += after_ms;
    const body = { cpu_percentage: 1, ...says };
    return this.machines.sample({ machine, body, time_ms: this.now_ms - age_ms }, this.now_ms);
  }

  pause(after_ms: number) {
    this.now_ms += after_ms;
    return this.machines.pause(this.now_ms);
  }
}

const keys = (findings: Findings | undefined) => findings?.findings.map(({ key }) => key);

describe('a sample', () => {
  it('of a machine that is new says what is found on it, also when that is nothing', () => {
    const subject = new Subject([echo('a')]);
    expect(subject.sample()).toEqual({ analysis: { a_percentage: 1 }, findings: { findings: [], unsure: [] } });
    expect(subject.sample().findings).toBeUndefined();
  });

  it('brings news when something is found, is worse, is certain, and is over', () => {
    const subject = new Subject([echo('a'), echo('b')]);
    subject.sample();
    const news = [
      { a: [found({ pending: true })] },
      { a: [found({ pending: true })] },
      { a: [found()] },
      { a: [found()] },
      { a: [found({ severity: 'critical' })], b: [found()] },
      { b: [found()] },
      {},
      {},
    ].map((says) => keys(subject.sample(says).findings));
    expect(news).toEqual([undefined, undefined, ['a cpu'], undefined, ['a cpu', 'b cpu'], ['b cpu'], [], undefined]);
  });

  it('brings no news of what is not certain; where it was told beside others, its end is news', () => {
    const subject = new Subject([echo('a'), echo('b')]);
    subject.sample();
    const pending = [found({ pending: true })];
    const news = [{ a: pending }, {}, { a: pending, b: [found()] }, { b: [found()] }, { b: [found()] }].map((says) =>
      keys(subject.sample(says).findings),
    );
    expect(news).toEqual([undefined, undefined, ['a cpu', 'b cpu'], ['b cpu'], undefined]);
  });

  it('keeps what is open while it is not certain, also for an analyzer that knows nothing of it', () => {
    const subject = new Subject([echo('a')]);
    expect(keys(subject.sample({ a: [found({ pending: true })] }).findings)).toEqual(['a cpu']);
    expect(keys(subject.sample({}).findings)).toEqual([]);
  });

  it('brings other words and figures as news only every ten seconds', () => {
    const subject = new Subject([echo('a')]);
    const news = Array.from({ length: 21 }, (_, value) => subject.sample({ a: [found({ value })] }).findings);
    expect(news.flatMap((each, i) => (each === undefined ? [] : [i]))).toEqual([0, 10, 20]);
  });

  it('says again every five minutes what is found', () => {
    const subject = new Subject([echo('a')]);
    subject.sample({ a: [found()] });
    expect(subject.sample({ a: [found()] }, { after_ms: SAID_AGAIN_MS - 1 }).findings).toBeUndefined();
    expect(keys(subject.sample({ a: [found()] }, { after_ms: 1 }).findings)).toEqual(['a cpu']);
  });

  it('that is late gets an analysis and changes nothing', () => {
    const subject = new Subject([echo('a')]);
    subject.sample({ a: [found()] });
    expect(subject.sample({}, { age_ms: 60_000 })).toEqual({ analysis: { a_percentage: 1 }, findings: undefined });
    expect(subject.sample({ a: [found()] })).toMatchObject({ analysis: { a_percentage: 2 }, findings: undefined });
    expect(subject.counts).toEqual({ late_samples: 1 });
  });

  it('is late also when hundreds that waited for the broker come beside those that are live', () => {
    const subject = new Subject([echo('a')]);
    for (let second = 0; second < 5; second++) {
      subject.sample({ a: [found()] }, { after_ms: 0 });
      for (let n = 0; n < 200; n++) subject.sample({}, { after_ms: 5, age_ms: 3_600_000 - n });
    }
    expect(subject.counts).toEqual({ late_samples: 1_000 });
  });

  it('counts again when the clock of its machine was set back', () => {
    const subject = new Subject([echo('a')]);
    subject.sample();
    const analyses = Array.from({ length: 13 }, () => subject.sample({}, { age_ms: 3_600_000 }).analysis);
    expect(analyses.map((each) => each['a_percentage'])).toEqual([1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 2, 3, 4]);
  });

  it('says how long the machine was watched: a silence and a clock that was set do not count', () => {
    const steps: number[] = [];
    const rule = defineRule({
      name: 'steps',
      config: Type.Object({}),
      judge: () => ({ begin: () => ({}), sample: (_state, { step_ms }) => void steps.push(step_ms) }),
    });
    const subject = new Subject([rule]);
    for (const after_ms of [1_000, 1_000, 1_000, 3_600_000, 1_000]) subject.sample({}, { after_ms });
    expect(steps[0]).toBe(0);
    expect(steps.slice(1, 3)).toEqual([1_000, 1_000]);
    expect(steps[3]).toBeLessThan(3_000);
  });
});

describe('a rule that fails', () => {
  it('is told, begins anew, and stops no other', () => {
    const subject = new Subject([echo('a'), echo('b')]);
    subject.sample();
    const { analysis, findings } = subject.sample({ a: 'throw', b: [found()] });
    expect(analysis['b_percentage']).toBe(2);
    expect(keys(findings)).toEqual(['b cpu']);
    expect(subject.faults).toEqual(['a on db-01: it is broken']);
    expect(subject.sample({ b: [found()] }).analysis).toEqual({ a_percentage: 1, b_percentage: 3 });
  });

  it('keeps what it had found, and says that it cannot tell', () => {
    const subject = new Subject([echo('a')]);
    subject.sample({ a: [found()] });
    expect(subject.sample({ a: 'throw' }).findings).toMatchObject({ findings: [{ key: 'a cpu' }], unsure: ['a'] });
  });
});

describe('a rule that cannot tell', () => {
  it('keeps what it had found until it can', () => {
    const subject = new Subject([echo('a')]);
    subject.sample({ a: [found()] });
    expect(subject.sample({ a: 'unsure' }).findings).toMatchObject({ findings: [{ key: 'a cpu' }], unsure: ['a'] });
    expect(subject.sample({}).findings).toEqual({ findings: [], unsure: [] });
  });
});

describe('a rule on trial', () => {
  it('has its findings marked, under its own keys, and adds nothing to the analysis', () => {
    const rule = echo('a');
    const subject = new Subject([], {
      rules: [
        { rule, judge: rule.judge({}), shadow: false },
        { rule, judge: rule.judge({}), shadow: true },
      ],
    });
    const { analysis, findings } = subject.sample({ a: [found()] });
    expect(analysis).toEqual({ a_percentage: 1 });
    expect(findings?.findings.map(({ key, rule, shadow }) => [key, rule, shadow])).toEqual([
      ['a cpu', 'a', undefined],
      ['shadow.a cpu', 'a', true],
    ]);
  });
});

describe('a machine of which no sample comes', () => {
  it('is judged once one is overdue', () => {
    const subject = new Subject([silence]);
    subject.sample();
    subject.sample();
    expect(subject.pause(10_000)).toEqual([]);
    expect(subject.pause(1).map(([machine]) => machine)).toEqual(['db-01']);
    expect(subject.sample().findings).toEqual({ findings: [], unsure: [] });
  });

  it('is judged at once when its death is told', () => {
    const subject = new Subject([silence]);
    subject.sample();
    expect(keys(subject.machines.gone('db-01', cut_off, subject.now_ms + 1))).toEqual(['silence machine']);
  });

  it('is not back with a sample that was on its way when it died', () => {
    const subject = new Subject([silence]);
    subject.sample();
    subject.machines.gone('db-01', cut_off, subject.now_ms);
    expect(subject.sample({}, { after_ms: 900 }).findings).toBeUndefined();
    expect(subject.sample({}, { after_ms: 900 }).findings).toEqual({ findings: [], unsure: [] });
  });

  it('is not back with what was measured before it died and comes late, but with what was after, or when that is told', () => {
    const subject = new Subject([silence]);
    subject.sample();
    const death = { cause: 'connection_lost', died_ms: subject.now_ms + 500 } as const;
    const late = () => subject.sample({}, { after_ms: 5_000, age_ms: 30_000 });
    subject.machines.gone('db-01', death, subject.now_ms);
    subject.now_ms += 25_000;
    expect(late().findings).toBeUndefined();
    expect(subject.sample({}, { after_ms: 1_000 }).findings).toEqual({ findings: [], unsure: [] });
    subject.machines.gone('db-01', { ...death, died_ms: subject.now_ms }, subject.now_ms);
    expect(late().findings).toBeUndefined();
    subject.machines.gone('db-01', undefined, subject.now_ms);
    expect(subject.sample({}, { after_ms: 1_000 }).findings).toEqual({ findings: [], unsure: [] });
  });

  it('keeps what else was found on it for five minutes, in case that it is soon back', () => {
    const subject = new Subject([echo('a'), silence]);
    subject.sample({ a: [found()] });
    expect(keys(subject.machines.gone('db-01', cut_off, subject.now_ms))).toEqual(['a cpu', 'silence machine']);
    expect(subject.pause(299_999)).toEqual([]);
    expect(subject.pause(1).map(([, findings]) => keys(findings))).toEqual([['silence machine']]);
  });

  it('is not silent while nothing could be heard', () => {
    const subject = new Subject([silence]);
    subject.sample();
    for (let second = 0; second < 60; second++) {
      subject.machines.deaf(subject.now_ms);
      expect(subject.pause(1_000)).toEqual([]);
    }
    expect(subject.pause(19_000)).toEqual([]);
    expect(subject.pause(1_001)).toHaveLength(1);
  });

  it('is not silent while we are behind with our work', () => {
    const subject = new Subject([silence]);
    subject.sample();
    for (let second = 0; second < 30; second++) {
      subject.sample({}, { machine: 'db-02', age_ms: 60_000 - second * 100 });
      expect(subject.pause(0)).toEqual([]);
    }
  });

  it('is judged from the start when a rule expects it', () => {
    const subject = new Subject([silence]);
    expect([...subject.machines.expected]).toEqual(['db-99']);
    subject.machines.expect('db-99', subject.now_ms);
    expect(subject.pause(10_001).map(([machine]) => machine)).toEqual(['db-99']);
  });

  it('knows what a machine is called by that was born before it was heard', () => {
    const labels = { site: 'berlin' };
    const subject = new Subject([echo('a')], { labelsOf: (machine) => (machine === 'db-01' ? labels : undefined) });
    expect(subject.sample({ a: [found()] }).findings).toMatchObject({ labels });
    expect(subject.sample({ a: [found()] }, { machine: 'db-02' }).findings).not.toHaveProperty('labels');
  });

  it('has what was found on it said again, however long its interval is', () => {
    const subject = new Subject([echo('a')]);
    subject.sample({}, { after_ms: 3_600_000 });
    subject.sample({ a: [found()] }, { after_ms: 3_600_000 });
    expect(subject.pause(SAID_AGAIN_MS - 1)).toEqual([]);
    expect(subject.pause(1).map(([, findings]) => keys(findings))).toEqual([['a cpu']]);
  });
});

describe('what is remembered of a machine', () => {
  const saved = () => {
    const subject = new Subject([echo('a'), echo('b')]);
    subject.sample({ a: [found()], b: [found()] });
    subject.machines.labels('db-01', { site: 'berlin' });
    return subject.machines.save('db-01') ?? new Uint8Array();
  };

  it('goes on in another analyzer, and what is found goes on with it', () => {
    const other = new Subject([echo('a'), echo('b')]);
    expect(other.machines.restore('db-01', saved(), NOON_MS)).toBe(true);
    expect(other.sample({ a: [found()], b: 'unsure' }, { after_ms: 2_000 })).toEqual({
      analysis: { a_percentage: 2, b_percentage: 2 },
      findings: {
        findings: [
          { ...found(), key: 'a cpu', rule: 'a' },
          { ...found(), key: 'b cpu', rule: 'b' },
        ],
        unsure: ['b'],
        labels: { site: 'berlin' },
      },
    });
  });

  it('is left by a rule that remembers otherwise now, and its findings go on until it can tell', () => {
    const other = new Subject([echo('a', { version: 2 }), echo('b')]);
    other.machines.restore('db-01', saved(), NOON_MS);
    expect(other.sample({ a: 'unsure' }, { after_ms: 2_000 })).toMatchObject({
      analysis: { a_percentage: 1, b_percentage: 2 },
      findings: { findings: [{ key: 'a cpu' }], unsure: ['a'] },
    });
  });

  /** A rule that learns how many samples there were, and finds what it is told to. */
  const learner = () =>
    defineRule({
      name: 'learner',
      config: Type.Object({}),
      judge: () => ({
        begin: () => ({ samples: 0 }),
        sample(state, { body }, say) {
          state.samples++;
          say.field('learner_percentage', state.samples);
          if (body['learner'] === 'unsure') say.unsure();
          else say.finding(found());
        },
        save: () => 'nothing',
        learnt: (state) => state.samples,
        restore(_data, learnt) {
          if (typeof learnt !== 'number') throw new TypeError('it has learnt nothing');
          return { samples: learnt };
        },
      }),
    });

  it('and learnt goes on, too; where that is damaged its rule begins anew, and what is found goes on', () => {
    const subject = new Subject([learner(), echo('b')]);
    for (let n = 0; n < 5; n++) subject.sample();
    const state = subject.machines.save('db-01') ?? new Uint8Array();
    const learnt = subject.machines.learnt('db-01') ?? new Uint8Array();
    const goesOn = (with_learnt: Uint8Array | undefined) => {
      const other = new Subject([learner(), echo('b')]);
      expect(other.machines.restore('db-01', state, NOON_MS, with_learnt)).toBe(true);
      const { analysis, findings } = other.sample({ learner: 'unsure' }, { after_ms: 10_000 });
      return { analysis, found: keys(findings), is_told: other.faults.length > 0 };
    };
    const found_on = { found: ['learner cpu'] };
    expect(goesOn(learnt)).toEqual({
      ...found_on,
      analysis: { learner_percentage: 6, b_percentage: 6 },
      is_told: false,
    });
    for (const damaged of [undefined, new Uint8Array(), learnt.subarray(0, 9), Buffer.alloc(50, 7)]) {
      const begun = { learner_percentage: 1, b_percentage: 6 };
      expect(goesOn(damaged)).toEqual({ ...found_on, analysis: begun, is_told: true });
    }
  });

  it.each([
    ['nothing', new Uint8Array()],
    ['noise', new Uint8Array([255, 15, 3, 1])],
    ['something else', new Subject([]).machines.save('x') ?? new Uint8Array([255, 15, 73, 2])],
  ])('is nothing when what was kept is %s', (_what, bytes) => {
    const other = new Subject([echo('a')]);
    expect(other.machines.restore('db-01', bytes, NOON_MS)).toBe(false);
    expect(other.machines.size).toBe(0);
  });
});

describe('the machines', () => {
  it('are known up to a number; those longest silent are forgotten, and counted', () => {
    const subject = new Subject([echo('a')], { machines_max: 3 });
    for (const machine of ['m1', 'm2', 'm3', 'm1', 'm4', 'm5']) subject.sample({}, { machine });
    expect([...subject.machines.names].sort()).toEqual(['m1', 'm4', 'm5']);
    expect(subject.counts).toEqual({ machines_forgotten: 2 });
  });

  it('that are gone and of which nothing is found are forgotten after a day', () => {
    const subject = new Subject([echo('a')]);
    subject.sample();
    subject.machines.gone('db-01', cut_off, subject.now_ms);
    subject.pause(86_400_000);
    expect(subject.machines.size).toBe(1);
    subject.pause(1);
    expect(subject.machines.size).toBe(0);
  });
});
