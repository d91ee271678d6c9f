import type { Alert, Outage } from '@ganglion/topics';
import { describe, expect, it } from 'vitest';
import { Fleet } from './fleet.ts';
import { Incidents, type Member, sharedPattern, TOGETHER_MS } from './incidents.ts';

const NOON_MS = Date.UTC(2026, 0, 5, 12);

/** What is told of the findings of a fleet, a second between two of them unless it is said otherwise. */
class Subject {
  readonly fleet = new Fleet();
  readonly incidents = new Incidents(this.fleet);
  readonly open: Member[] = [];
  /** The last word on each: `machine resource` to its incident, and its sentence where it is the head. */
  readonly told = new Map<string, string>();
  readonly heads = new Map<string, string>();
  now_ms = NOON_MS;

  raise(machine: string, more: Partial<Alert> = {}, after_ms = 1_000): Member {
    this.now_ms += after_ms;
    const alert: Alert = {
      id: `${machine}-${this.open.length}`,
      state: 'raised',
      severity: 'warning',
      rule: 'bands',
      resource: 'cpu',
      sentence: `CPU of ${machine} at 90 %`,
      since_ms: this.now_ms,
      ...more,
    };
    const member = { machine, alert };
    this.open.push(member);
    this.#take(this.incidents.raised(member, this.now_ms));
    return member;
  }

  outage(outage: Partial<Outage>): void {
    const machines = outage.machines ?? [];
    const whole = {
      machines,
      count: machines.length,
      first_ms: this.now_ms,
      last_ms: this.now_ms,
      pattern: '#',
      ...outage,
    };
    this.#take(this.incidents.outage(whole, this.open));
  }

  look(after_ms = 1_000): void {
    this.now_ms += after_ms;
    this.#take(this.incidents.look(this.now_ms));
  }

  /** The incidents there are by the last words of their heads. */
  get sentences(): string[] {
    return [...this.heads.values()];
  }

  /** The incident of each that was raised. */
  get of(): (string | undefined)[] {
    return this.open.map(({ alert }) => this.told.get(alert.id));
  }

  #take(joined: ReturnType<Incidents['look']>): void {
    for (const { member, incident, incident_sentence, incident_head } of joined) {
      this.told.set(member.alert.id, incident);
      if (incident_head) this.heads.set(incident, incident_sentence);
    }
  }
}

const gone = { rule: 'presence', resource: 'machine', severity: 'critical', sentence: 'gone' } as const;

describe('findings on one machine', () => {
  it('are one incident when they begin together', () => {
    const subject = new Subject();
    for (const resource of ['cpu', 'memory', 'disks sda']) subject.raise('db-01', { resource });
    subject.look();
    expect(new Set(subject.of).size).toBe(1);
    expect(subject.sentences).toEqual(['3 findings on db-01, first: CPU of db-01 at 90 %']);
  });

  it('are none when there is but one of them, or half a minute between two', () => {
    const subject = new Subject();
    subject.raise('db-01');
    subject.raise('db-01', { resource: 'memory' }, TOGETHER_MS + 1);
    subject.raise('db-02', {}, TOGETHER_MS + 1);
    expect(subject.of).toEqual([undefined, undefined, undefined]);
  });
});

describe('findings on several machines', () => {
  it('are one incident from the third machine with the same label on', () => {
    const subject = new Subject();
    const labels = { switch: 'sw-3' };
    for (const machine of ['a', 'b', 'c']) subject.raise(machine, { labels });
    subject.look();
    expect(subject.sentences).toEqual(['3 machines with switch = sw-3, first a: CPU of a at 90 %']);
    expect(new Set(subject.of).size).toBe(1);
  });

  it('are one by the common part of their names, which is told as wide as it turns out to be', () => {
    const subject = new Subject();
    for (const machine of ['site1.rack7.a', 'site1.rack7.b', 'site1.rack7.c']) subject.raise(machine);
    subject.look();
    expect(subject.sentences).toEqual([
      '3 machines of site1.rack7.#, first site1.rack7.a: CPU of site1.rack7.a at 90 %',
    ]);
    subject.raise('site1.rack8.d');
    subject.look();
    expect(subject.sentences).toEqual(['4 machines of site1.#, first site1.rack7.a: CPU of site1.rack7.a at 90 %']);
  });

  it('are none when they are of another kind, or share nothing', () => {
    const subject = new Subject();
    for (const [machine, resource] of [
      ['s.a', 'cpu'],
      ['s.b', 'memory'],
      ['s.c', 'swap'],
      ['x', 'cpu'],
      ['y', 'cpu'],
    ]) {
      subject.raise(`${machine}`, { resource: `${resource}` });
    }
    expect(subject.of).toEqual([undefined, undefined, undefined, undefined, undefined]);
  });

  it('are one when ten share but the moment', () => {
    const subject = new Subject();
    for (let i = 0; i < 10; i++) subject.raise(`m${i}`);
    subject.look();
    expect(subject.sentences).toEqual(['10 machines at once, first m0: CPU of m0 at 90 %']);
  });

  it('go by the label that sets them apart, and not by one that all the fleet has', () => {
    const subject = new Subject();
    for (let i = 0; i < 100; i++) {
      subject.fleet.born(`m${i}`, { os: 'linux', site: i < 50 ? 'berlin' : 'paris', switch: `sw-${i % 10}` });
    }
    for (const i of [3, 13, 23, 33]) {
      subject.raise(`m${i}`, { labels: { os: 'linux', site: 'berlin', switch: 'sw-3' } });
    }
    subject.look();
    expect(subject.sentences).toEqual(['4 machines with switch = sw-3, first m3: CPU of m3 at 90 %']);
    // One at another switch of the same site: the site is what is left.
    subject.raise('m4', { labels: { os: 'linux', site: 'berlin', switch: 'sw-4' } });
    subject.look();
    expect(subject.sentences).toEqual(['5 machines with site = berlin, first m3: CPU of m3 at 90 %']);
    // One of another site has nothing of its own in common with them.
    subject.raise('m99', { labels: { os: 'linux', site: 'paris', switch: 'sw-9' } });
    expect(subject.of.at(-1)).toBeUndefined();
  });

  it('that come late belong to what began with them, however much later they are looked at', () => {
    const subject = new Subject();
    const noon_ms = subject.now_ms;
    for (let i = 0; i < 40; i++) {
      subject.now_ms = noon_ms;
      subject.raise(`site1.m${i}`, {}, i * 10);
      subject.now_ms = noon_ms + 3_600_000 + i * 1_000;
      subject.look();
      // What begins now is another matter.
      subject.raise(`site2.m${i}`);
    }
    subject.look();
    expect(new Set(subject.of).size).toBe(2);
    expect(subject.sentences.sort()).toEqual([
      '40 machines of site1.#, first site1.m0: CPU of site1.m0 at 90 %',
      '40 machines of site2.#, first site2.m0: CPU of site2.m0 at 90 %',
    ]);
  });
});

describe('at the head of an incident', () => {
  const labels = { site: 'berlin' };

  it('is the finding that began first, whenever it was told', () => {
    const subject = new Subject();
    subject.raise('a', { labels });
    subject.raise('b', { labels });
    subject.raise('c', { labels, since_ms: NOON_MS - 60_000 });
    subject.look();
    expect(subject.sentences).toEqual(['3 machines with site = berlin, first c: CPU of c at 90 %']);
  });

  it('is the most severe of those that began within seconds', () => {
    const subject = new Subject();
    subject.raise('db-01');
    subject.raise('db-01', { resource: 'disks sda', severity: 'critical', sentence: 'sda is failing' });
    subject.look();
    expect(subject.sentences).toEqual(['2 findings on db-01, first: sda is failing']);
  });
});

describe('an outage', () => {
  it('of 80 of 1,000 machines is one incident that names what they share', () => {
    const subject = new Subject();
    const labels = (i: number) => ({ os: 'linux', switch: `sw-${Math.floor(i / 80)}` });
    for (let i = 0; i < 1_000; i++) subject.fleet.born(`node-${i}`, labels(i));
    const silent = Array.from({ length: 80 }, (_, i) => `node-${240 + i}`);
    for (const [i, machine] of silent.entries()) {
      subject.raise(machine, { ...gone, labels: labels(240 + i) }, 20);
      if (i % 30 === 0) subject.look(0);
    }
    subject.outage({ machines: silent.slice(0, 50), count: 80 });
    subject.look();
    expect(new Set(subject.of).size).toBe(1);
    expect(subject.sentences).toEqual(['80 machines with switch = sw-3 were cut off together, first node-240']);
  });

  it('takes the deaths that were told before it, and leaves out whoever was not in it', () => {
    const subject = new Subject();
    subject.raise('site1.a', gone);
    subject.raise('site1.b', gone);
    subject.raise('far.away', gone);
    subject.outage({ machines: ['site1.a', 'site1.b'], count: 2, pattern: 'site1.#' });
    expect(subject.sentences).toEqual(['2 machines of site1.# were cut off together, first site1.a']);
    expect(subject.of.map((each) => each !== undefined)).toEqual([true, true, false]);
  });

  it('of which all deaths are one incident already is told by the head of it', () => {
    const subject = new Subject();
    const machines = ['rack4.a', 'rack4.b', 'rack4.c', 'rack4.d'];
    for (const machine of machines) subject.raise(machine, { rule: 'presence', resource: 'machine' }, 0);
    subject.outage({ machines, pattern: 'rack4.#' });
    expect(subject.sentences).toEqual(['4 machines of rack4.# were cut off together, first rack4.a']);
  });

  it('of machines whose names only begin alike is told by that', () => {
    const subject = new Subject();
    const machines = Array.from({ length: 12 }, (_, n) => `rack4-${n}`);
    for (const machine of machines) subject.raise(machine, { rule: 'presence', resource: 'machine' }, 0);
    subject.outage({ machines, pattern: '#' });
    expect(subject.sentences).toEqual(['12 machines named rack4-… were cut off together, first rack4-0']);
  });

  it('of which no death is known is none', () => {
    const subject = new Subject();
    subject.outage({ machines: ['a', 'b'] });
    expect(subject.sentences).toEqual([]);
  });
});

it.each([
  [['a.b.c', 'a.b.d'], 'a.b.#'],
  [['a.x', 'b.x'], '#.x'],
  [['a', 'b'], '#'],
  [['a.b', 'a.b'], 'a.b.#'],
])('the pattern of %j is %s', (names, pattern) => {
  expect(sharedPattern(names)).toBe(pattern);
});
