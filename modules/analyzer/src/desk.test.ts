import type { Alert, Findings, FoundOnMachine, Silence } from '@ganglion/topics';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ALERTS_MAX, Desk, type Outgoing } from './desk.ts';
import { Fleet } from './fleet.ts';

const NOON_MS = Date.UTC(2026, 0, 5, 12);
const HOUR_MS = 3_600_000;

/** A CPU that is too high since noon, unless it is said otherwise. */
const found = (more: Partial<FoundOnMachine> = {}): FoundOnMachine => ({
  key: 'bands cpu',
  rule: 'bands',
  resource: 'cpu',
  severity: 'warning',
  sentence: 'CPU at 90 %',
  since_ms: NOON_MS,
  ...more,
});

const gone = (since_ms: number) =>
  found({
    key: 'presence machine',
    rule: 'presence',
    resource: 'machine',
    severity: 'critical',
    sentence: 'gone',
    since_ms,
  });

class Subject {
  readonly counts: Record<string, number> = {};
  readonly fleet = new Fleet();
  desk = this.#open();
  now_ms = NOON_MS;

  /** All that is found on a machine, a second after what was before. */
  find(all: readonly FoundOnMachine[], more: Partial<Findings> & { machine?: string; age_ms?: number } = {}) {
    const { machine = 'db-01', age_ms = 0, ...rest } = more;
    this.now_ms += 1_000;
    return this.desk.findings(machine, { findings: [...all], unsure: [], ...rest }, this.now_ms - age_ms, this.now_ms);
  }

  look(after_ms = 1_000) {
    this.now_ms += after_ms;
    return this.desk.look(this.now_ms);
  }

  /** Another analyzer takes the desk over, with what was kept of it as bytes. */
  restart(machines: readonly string[] = ['db-01']): void {
    const before = this.desk;
    this.desk = this.#open();
    for (const machine of machines) {
      const saved = before.save(machine);
      if (saved !== undefined)
        expect(this.desk.restore(machine, JSON.parse(JSON.stringify(saved)), this.now_ms)).toBe(true);
    }
    expect(this.desk.restoreSilences(JSON.parse(JSON.stringify(before.silences)))).toBe(true);
  }

  #open(): Desk {
    const count = (name: string, n = 1) => {
      this.counts[name] = (this.counts[name] ?? 0) + n;
    };
    return new Desk({ count, fleet: this.fleet });
  }
}

const steps = (out: readonly Outgoing[]) =>
  out.map(({ machine, alert }) => `${machine} ${alert.state} ${alert.resource}`);
const only = (out: readonly Outgoing[]): Alert => {
  expect(out).toHaveLength(1);
  return (out[0] as Outgoing).alert;
};

describe('an alert', () => {
  it('is raised once, changes with what is found, and is cleared when it is not found any more', () => {
    const subject = new Subject();
    const life = [
      [found()],
      [found()],
      [found({ value: 95, sentence: 'CPU at 95 %' })],
      [found({ value: 95, sentence: 'CPU at 95 %', severity: 'critical' })],
      [],
      [],
    ].map((all) => steps(subject.find(all)));
    expect(life).toEqual([
      ['db-01 raised cpu'],
      [],
      ['db-01 changed cpu'],
      ['db-01 changed cpu'],
      ['db-01 cleared cpu'],
      [],
    ]);
    expect(subject.desk.size).toBe(0);
  });

  it('has one identity for its whole life, and another when it comes again', () => {
    const subject = new Subject();
    const raised = only(subject.find([found()]));
    const cleared = only(subject.find([]));
    const again = only(subject.find([found({ since_ms: NOON_MS + HOUR_MS })]));
    expect(cleared).toMatchObject({ id: raised.id, since_ms: NOON_MS, until_ms: NOON_MS + 2_000 });
    expect(again.id).not.toBe(raised.id);
  });

  it('has the same identity on every desk, whenever it comes to it', () => {
    const [one, other] = [new Subject(), new Subject()];
    other.now_ms += 90_000;
    expect(only(other.find([found()])).id).toBe(only(one.find([found()])).id);
    const others = [
      one.find([found()], { machine: 'db-02' }),
      new Subject().find([found({ key: 'bands memory' })]),
      new Subject().find([found({ since_ms: NOON_MS - 1 })]),
    ].map((out) => only(out).id);
    expect(new Set([only(new Subject().find([found()])).id, ...others]).size).toBe(4);
  });

  it('is not raised by what is not certain, and goes on with it', () => {
    const subject = new Subject();
    const pending = [found({ pending: true })];
    expect([pending, [found()], pending, []].map((all) => steps(subject.find(all)))).toEqual([
      [],
      ['db-01 raised cpu'],
      [],
      ['db-01 cleared cpu'],
    ]);
  });

  it('goes on while its rule cannot tell, or there is more than can be said', () => {
    const subject = new Subject();
    subject.find([found()]);
    expect(subject.find([], { unsure: ['bands'] })).toEqual([]);
    expect(subject.find([], { left_out: 1 })).toEqual([]);
    expect(steps(subject.find([], { unsure: ['forecast', 'shadow.bands'] }))).toEqual(['db-01 cleared cpu']);
  });

  it('ends when no analyzer has spoken of its machine for a quarter of an hour', () => {
    const subject = new Subject();
    subject.find([found()]);
    expect(subject.look(15 * 60_000).alerts).toEqual([]);
    expect(steps(subject.look(1).alerts)).toEqual(['db-01 cleared cpu']);
  });

  it('is never said to be older than what was last said of it, whatever the clock of its machine', () => {
    const subject = new Subject();
    const times = [
      subject.find([found()]),
      subject.find([found({ severity: 'critical' })], { age_ms: HOUR_MS }),
      subject.find([], { age_ms: 2 * HOUR_MS }),
    ].map(([out]) => out?.time_ms ?? 0);
    expect(times).toEqual([...times].sort((a, b) => a - b));
  });

  it('has what its machine is called by as soon as that is known', () => {
    const subject = new Subject();
    expect(only(subject.find([found()])).labels).toBeUndefined();
    expect(only(subject.find([found()], { labels: { site: 'berlin' } })).labels).toEqual({ site: 'berlin' });
    expect(subject.find([found()], { labels: { site: 'berlin' } })).toEqual([]);
  });

  it('that came late, as after an hour without analyzers, is raised and not ended at once', () => {
    const subject = new Subject();
    const late = found({ since_ms: NOON_MS - HOUR_MS });
    expect(steps(subject.find([late], { age_ms: HOUR_MS }))).toEqual(['db-01 raised cpu']);
    expect(subject.look().alerts).toEqual([]);
    // Its end waited behind it.
    expect(only(subject.find([], { age_ms: HOUR_MS - 60_000 })).until_ms).toBe(subject.now_ms - HOUR_MS + 60_000);
  });

  it('is not raised past a number, and counted', () => {
    const subject = new Subject();
    for (let machine = 0; machine < ALERTS_MAX / 100; machine++) {
      const all = Array.from({ length: 100 }, (_, i) => found({ key: `x ${i}`, shadow: true }));
      subject.find(all, { machine: `m${machine}` });
    }
    expect(subject.desk.size).toBe(ALERTS_MAX);
    expect(subject.find([found()])).toEqual([]);
    expect(subject.counts).toEqual({ alerts_not_raised: 1 });
  });
});

describe('after a restart', () => {
  it('nothing is raised twice and nothing is forgotten', () => {
    const subject = new Subject();
    const raised = only(subject.find([found()]));
    subject.restart();
    expect(subject.find([found()])).toEqual([]);
    expect(only(subject.find([]))).toMatchObject({ id: raised.id, state: 'cleared' });
  });

  it('what is open stays so while nobody has spoken of it yet', () => {
    const subject = new Subject();
    subject.find([found()]);
    subject.now_ms += HOUR_MS;
    subject.restart();
    expect(subject.look().alerts).toEqual([]);
    expect(subject.desk.size).toBe(1);
  });

  it('who has seen an alert and who wants no word of it is still known', () => {
    const subject = new Subject();
    const { id } = only(subject.find([found()]));
    subject.desk.order({ order: 'acknowledge', machine: 'db-01', id, by: 'anna' }, subject.now_ms);
    subject.desk.order({ order: 'silence', silence: silence() }, subject.now_ms);
    subject.restart();
    expect(subject.desk.silences).toEqual([silence()]);
    expect(only(subject.desk.repeat(subject.now_ms))).toMatchObject({
      acknowledged: { by: 'anna' },
      silenced: { by: 'anna', why: 'moving' },
    });
  });

  it.each([
    ['a label', (i: number) => `node-${i}`, { switch: 'sw-3' }, '6 machines with switch = sw-3'],
    ['a part of their names', (i: number) => `site1.n${i}`, {}, '6 machines of site1.#'],
  ])('an incident of machines that share %s goes on, and does not begin anew', (_what, nameOf, labels, words) => {
    const subject = new Subject();
    const names = Array.from({ length: 6 }, (_, i) => nameOf(i));
    const raise = (name: string) => subject.find([found()], { machine: name, labels });
    names.slice(0, 4).forEach(raise);
    subject.look();
    subject.restart(names);
    names.slice(4).forEach(raise);
    subject.look();
    const all = subject.desk.repeat(subject.now_ms).map(({ alert }) => alert);
    expect(new Set(all.map(({ incident }) => incident)).size).toBe(1);
    expect(all.filter(({ incident_head }) => incident_head === true).map((alert) => alert.incident_sentence)).toEqual([
      `${words}, first ${names[0]}: CPU at 90 %`,
    ]);
  });

  it('what was not kept by us is not taken', () => {
    const { desk } = new Subject();
    for (const saved of [undefined, 7, {}, [{ key: 'x' }]]) expect(desk.restore('db-01', saved, NOON_MS)).toBe(false);
    for (const saved of [undefined, 7, [{ id: 's' }]]) expect(desk.restoreSilences(saved)).toBe(false);
  });

  it('at any moment, each alert is raised once and cleared once', () => {
    // What is found, sample by sample: some of three things, or the desk changes hands.
    const step = fc.oneof(fc.subarray(['a', 'b', 'c']), fc.constant('restart' as const));
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40 }), (story) => {
        const subject = new Subject();
        const said: Alert[] = [];
        const since: Record<string, number> = {};
        for (const each of [...story, []]) {
          if (each === 'restart') {
            subject.restart();
            continue;
          }
          for (const key of Object.keys(since)) if (!each.includes(key)) delete since[key];
          for (const key of each) since[key] ??= subject.now_ms;
          const all = each.map((key) => found({ key, resource: key, since_ms: since[key] ?? 0 }));
          said.push(...subject.find(all).map(({ alert }) => alert));
          // Also when it is said twice.
          said.push(
            ...subject.desk.findings('db-01', { findings: all, unsure: [] }, subject.now_ms).map(({ alert }) => alert),
          );
        }
        for (const id of new Set(said.map((alert) => alert.id))) {
          const states = said.filter((alert) => alert.id === id && alert.state !== 'changed').map(({ state }) => state);
          expect(states).toEqual(['raised', 'cleared']);
        }
      }),
    );
  });
});

const silence = (more: Partial<Silence> = {}): Silence => ({
  id: 's1',
  machines: 'db-01',
  from_ms: NOON_MS,
  until_ms: NOON_MS + HOUR_MS,
  by: 'anna',
  why: 'moving',
  time_ms: NOON_MS,
  ...more,
});

describe('an order', () => {
  it('acknowledges an alert, with who and why, and takes it back', () => {
    const subject = new Subject();
    const { id } = only(subject.find([found()]));
    const order = { order: 'acknowledge', machine: 'db-01', id, by: 'anna', why: 'on it' } as const;
    const seen = subject.desk.order(order, subject.now_ms);
    expect(only(seen?.alerts ?? [])).toMatchObject({
      id,
      state: 'changed',
      acknowledged: { by: 'anna', why: 'on it', time_ms: subject.now_ms },
    });
    const undone = subject.desk.order({ ...order, undo: true }, subject.now_ms);
    expect(only(undone?.alerts ?? []).acknowledged).toBeUndefined();
  });

  it('acknowledges a whole incident when it says so', () => {
    const subject = new Subject();
    const [first] = ['a', 'b', 'c'].map((name) =>
      only(subject.find([found()], { machine: `site1.${name}` }).slice(0, 1)),
    );
    const order = {
      order: 'acknowledge',
      machine: 'site1.a',
      id: first?.id ?? '',
      by: 'anna',
      incident: true,
    } as const;
    expect(subject.desk.order(order, subject.now_ms)?.alerts).toHaveLength(3);
  });

  it('about nothing that there is does nothing', () => {
    const { desk } = new Subject();
    expect(desk.order({ order: 'acknowledge', machine: 'db-01', id: 'x', by: 'anna' }, NOON_MS)).toBeUndefined();
    expect(desk.order({ order: 'end_silence', id: 'x', by: 'anna' }, NOON_MS)).toBeUndefined();
  });

  it('silences what is open and what comes, until it ends', () => {
    const subject = new Subject();
    subject.find([found()]);
    const ordered = subject.desk.order({ order: 'silence', silence: silence() }, subject.now_ms);
    expect(only(ordered?.alerts ?? [])).toMatchObject({ state: 'changed', silenced: { by: 'anna', why: 'moving' } });
    expect(only(subject.find([found(), found({ key: 'b', resource: 'memory' })]).slice(0, 1)).silenced).toBeDefined();
    const { alerts, silences_changed } = subject.look(HOUR_MS);
    expect(silences_changed).toBe(true);
    expect(alerts.filter(({ alert }) => alert.state === 'changed').map(({ alert }) => alert.silenced)).toEqual([
      undefined,
      undefined,
    ]);
    expect(subject.desk.silences).toEqual([]);
  });

  it('silences by calendar: the alert is told when its time is over', () => {
    const subject = new Subject();
    subject.find([found()]);
    const calendar = { hours: '12:00-12:05', time_zone: 'UTC' };
    subject.desk.order({ order: 'silence', silence: silence({ calendar }) }, subject.now_ms);
    expect(only(subject.desk.repeat(subject.now_ms)).silenced).toBeDefined();
    subject.find([found()]);
    expect(only(subject.look(5 * 60_000).alerts).silenced).toBeUndefined();
  });

  it('that has silenced what was kept is over when its time is, though nobody had the desk then', () => {
    const subject = new Subject();
    subject.find([found()]);
    subject.desk.order({ order: 'silence', silence: silence() }, subject.now_ms);
    subject.restart();
    expect(only(subject.look(HOUR_MS).alerts.slice(0, 1)).silenced).toBeUndefined();
  });

  it('that comes twice is one', () => {
    const subject = new Subject();
    for (let n = 0; n < 2; n++) subject.desk.order({ order: 'silence', silence: silence() }, subject.now_ms);
    expect(subject.desk.silences).toHaveLength(1);
  });

  it('for one silence too many is not taken, and counted', () => {
    const subject = new Subject();
    for (let i = 0; i <= 1_000; i++)
      subject.desk.order({ order: 'silence', silence: silence({ id: `s${i}` }) }, NOON_MS);
    expect(subject.desk.silences).toHaveLength(1_000);
    expect(subject.counts).toEqual({ silences_not_taken: 1 });
  });
});

describe('a rule on trial', () => {
  it('has alerts of its own, which are marked and belong to no incident', () => {
    const subject = new Subject();
    const out = ['a', 'b', 'c'].flatMap((name) =>
      subject.find([found({ key: 'shadow.bands cpu', shadow: true })], { machine: `site1.${name}` }),
    );
    expect(out.map(({ alert }) => [alert.state, alert.shadow, alert.incident])).toEqual(
      Array.from({ length: 3 }, () => ['raised', true, undefined]),
    );
  });
});

describe('a switch that fails', () => {
  it('is one incident of 80 of 1,000 machines, which names what they share', () => {
    const subject = new Subject();
    const labels = (i: number) => ({ os: 'linux', switch: `sw-${i % 12}` });
    for (let i = 0; i < 1_000; i++) {
      subject.fleet.born(`node-${i}`, labels(i));
      subject.find([], { machine: `node-${i}`, labels: labels(i) });
    }
    const last = new Map<string, Alert>();
    const take = (out: readonly Outgoing[]) => {
      for (const { machine, alert } of out) last.set(machine, alert);
    };
    // Those of one switch, and in the midst of it one of another that has had enough of its CPU.
    const silent = Array.from({ length: 80 }, (_, n) => 5 + 12 * n);
    for (const [n, i] of silent.entries()) {
      take(subject.find([gone(subject.now_ms)], { machine: `node-${i}`, labels: labels(i) }));
      if (n === 40) take(subject.find([found()], { machine: 'node-2', labels: labels(2) }));
      take(subject.look(0).alerts);
    }
    const members = silent.map((i) => last.get(`node-${i}`));
    expect(new Set(members.map((each) => each?.incident)).size).toBe(1);
    expect(members.filter((each) => each?.incident_head).map((each) => each?.incident_sentence)).toEqual([
      '80 machines with switch = sw-5, first node-5: gone',
    ]);
    expect(last.get('node-2')?.incident).toBeUndefined();
  });
});
