import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Alert } from '@ganglion/topics';
import { describe, expect, it, onTestFinished } from 'vitest';
import { toldOf } from './channel-under-test.ts';
import { Incidents } from './incidents.ts';
import type { Notice } from './notice.ts';
import { type Route, readyRoutes } from './routes.ts';
import { type Change, Store } from './store.ts';

const MINUTE_MS = 60_000;

/** Midnight of a Monday, UTC. */
const MONDAY_MS = Date.UTC(2026, 0, 5);

interface Sent {
  readonly channel: string;
  readonly notice: Notice;
}

/** Incidents with a clock of the test's, and all that was told. */
class Desk {
  now_ms = MONDAY_MS + 12 * 60 * MINUTE_MS;
  readonly sent: Sent[] = [];
  readonly counts: Record<string, number> = {};
  readonly #folder = mkdtempSync(join(tmpdir(), 'ganglion-incidents-'));
  readonly #routes: readonly Route[];
  #store: Store;
  #incidents: Incidents;

  constructor(...routes: Route[]) {
    this.#routes = routes;
    this.#store = new Store({ folder: this.#folder });
    this.#incidents = this.#open();
    onTestFinished(() => {
      this.#store.close();
      rmSync(this.#folder, { recursive: true });
    });
  }

  /** Takes an alert and returns what it led to at once, as `channel: kind title`. */
  take(more: Partial<Alert> = {}, machine = 'db-01', time_ms = this.now_ms): string[] {
    return this.#doing((change) => this.#incidents.take({ ...toldOf(more, machine), time_ms }, this.now_ms, change));
  }

  /** Lets a moment pass, and returns what it led to. */
  wait(wait_ms: number): string[] {
    this.now_ms += wait_ms;
    return this.#doing((change) => this.#incidents.look(this.now_ms, change));
  }

  /** Lets time pass, minute by minute, and returns what it led to. */
  pass(minutes: number): string[] {
    return Array.from({ length: minutes }).flatMap(() => this.wait(MINUTE_MS));
  }

  /** As after a kill: all that is not in the journal is gone. */
  restart(): void {
    this.#store.close();
    this.#store = new Store({ folder: this.#folder });
    this.#incidents = this.#open();
  }

  get open(): number {
    return this.#incidents.open;
  }

  /** How long it gathers. */
  protected get gather_ms(): number {
    return 0;
  }

  get keysInJournal(): number {
    return [...this.#store.entries('')].filter(([key]) => !key.startsWith('o/')).length;
  }

  #doing(work: (change: Change) => unknown): string[] {
    const before = this.sent.length;
    const change: Change = new Map();
    work(change);
    this.#store.commit(change);
    return this.sent.slice(before).map(({ channel, notice }) => `${channel}: ${notice.kind} ${notice.title}`);
  }

  #open(): Incidents {
    const channels = ['chat', 'pager', 'boss'];
    return new Incidents({
      store: this.#store,
      routes: readyRoutes(this.#routes, channels, 'UTC'),
      channels,
      page_url: 'https://example.com/',
      gather_ms: this.gather_ms,
      tell: (channel, notice) => this.sent.push({ channel, notice }),
      count: (name, n = 1) => {
        this.counts[name] = (this.counts[name] ?? 0) + n;
      },
    });
  }
}

/** The same, but it gathers for three seconds before it tells. */
class PatientDesk extends Desk {
  protected override get gather_ms(): number {
    return 3_000;
  }
}

const CHAT: Route = { channels: ['chat'] };

describe('a finding', () => {
  it('is told when it is raised and when it is over, and then forgotten', () => {
    const desk = new Desk(CHAT);
    expect(desk.take()).toEqual(['chat: raised db-01: Disk full on / in 3 h']);
    expect(desk.take({ state: 'cleared' })).toEqual(['chat: cleared Over: db-01: Disk full on / in 3 h']);
    expect(desk.open).toBe(0);
    expect(desk.keysInJournal).toBe(0);
  });

  it('is told once, however often it comes, also after a restart and when it is over', () => {
    const desk = new Desk(CHAT);
    desk.take();
    expect(desk.take()).toEqual([]);
    desk.restart();
    expect(desk.take()).toEqual([]);
    desk.now_ms += 1_000;
    expect(desk.take({ state: 'cleared' })).toHaveLength(1);
    desk.restart();
    expect(desk.take()).toEqual([]);
    expect(desk.take({ state: 'cleared' })).toEqual([]);
  });

  it('is not told again when an older step comes late', () => {
    const desk = new Desk(CHAT);
    const began_ms = desk.now_ms;
    desk.take();
    desk.now_ms += MINUTE_MS;
    expect(desk.take({ state: 'changed', severity: 'critical' })).toHaveLength(1);
    expect(desk.take({}, 'db-01', began_ms)).toEqual([]);
    expect(desk.pass(5)).toEqual([]);
  });

  it('is told again at once when it becomes more severe, and after a while when somebody has seen it', () => {
    const desk = new Desk(CHAT);
    desk.take();
    expect(desk.take({ state: 'changed', severity: 'critical' })).toEqual([
      'chat: changed db-01: Disk full on / in 3 h',
    ]);
    const acknowledged = { by: 'ada', time_ms: 1 };
    expect(desk.take({ state: 'changed', severity: 'critical', acknowledged })).toEqual([]);
    expect(desk.pass(1)).toHaveLength(1);
    expect(desk.sent.at(-1)?.notice.text).toContain('ada has seen it');
  });

  it('that is over is over, also when the word of it bears an older time than one before', () => {
    const desk = new Desk(CHAT);
    desk.take();
    desk.take({ state: 'changed', acknowledged: { by: 'ada', time_ms: 1 } }, 'db-01', desk.now_ms + 1_000);
    expect(desk.take({ state: 'cleared' })).toHaveLength(1);
    expect(desk.open).toBe(0);
  });

  it('said again for those who came later leads to nothing, unless it was never heard or has changed', () => {
    const desk = new Desk(CHAT);
    desk.take();
    expect(desk.take({ state: 'changed', repeated: true })).toEqual([]);
    expect(desk.take({ state: 'changed', repeated: true, severity: 'critical' })).toHaveLength(1);
    expect(desk.take({ id: 'before', state: 'changed', repeated: true })).toEqual([
      'chat: raised db-01: Disk full on / in 3 h',
    ]);
    expect(desk.take({ id: 'before', state: 'changed', repeated: true })).toEqual([]);
    expect(JSON.stringify(desk.sent.map(({ notice }) => notice))).not.toContain('repeated');
  });

  it('is not told again when only its words and figures change', () => {
    const desk = new Desk(CHAT);
    desk.take();
    expect(desk.take({ state: 'changed', sentence: 'Disk full on / in 2 h', value: 91 })).toEqual([]);
    expect(desk.pass(10)).toEqual([]);
  });

  it('from a rule on trial is told to nobody', () => {
    const desk = new Desk(CHAT);
    expect(desk.take({ shadow: true })).toEqual([]);
    expect(desk.take({ shadow: true, state: 'cleared' })).toEqual([]);
  });

  it('that is silenced is told when that ends, and its end only when it was told', () => {
    const silenced = { by: 'ada', why: 'new disks', time_ms: 1 };
    const desk = new Desk(CHAT);
    expect(desk.take({ silenced })).toEqual([]);
    expect(desk.take({ state: 'changed' })).toEqual(['chat: raised db-01: Disk full on / in 3 h']);
    expect(desk.take({ state: 'changed', silenced, severity: 'critical' })).toEqual([]);
    expect(desk.take({ state: 'cleared', silenced })).toHaveLength(1);

    expect(desk.take({ id: 'other', silenced })).toEqual([]);
    expect(desk.take({ id: 'other', silenced, state: 'cleared' })).toEqual([]);
    expect(desk.keysInJournal).toBe(0);
  });

  it('is cut to what people read, whoever made it', () => {
    const desk = new Desk(CHAT);
    desk.take({ sentence: `a\nb ${'x'.repeat(100_000)}`, labels: { site: 'x'.repeat(100_000) } });
    const [{ notice } = { notice: undefined }] = desk.sent;
    expect(notice?.title).toMatch(/^db-01: a b x+…$/);
    expect(JSON.stringify(notice).length).toBeLessThan(3_000);
    expect(desk.take({ id: 'x'.repeat(1_000) })).toEqual([]);
    expect(desk.counts).toMatchObject({ alerts_too_large: 1 });
  });

  it('of which nobody has spoken for a month is forgotten', () => {
    const desk = new Desk(CHAT);
    desk.take();
    desk.now_ms += 31 * 24 * 60 * MINUTE_MS;
    desk.pass(1);
    expect(desk.open).toBe(0);
    expect(desk.counts).toMatchObject({ findings_forgotten: 1 });
  });
});

describe('an incident', () => {
  it('is one message, updates no more often than the route says, and one end', () => {
    const desk = new Desk({ channels: ['chat'], update_ms: 5 * MINUTE_MS });
    const incident = 'i1';
    expect(desk.take({ incident }, 'm1')).toHaveLength(1);
    for (let n = 2; n <= 30; n++) expect(desk.take({ incident }, `m${n}`)).toEqual([]);
    expect(desk.pass(4)).toEqual([]);
    expect(desk.pass(1)).toEqual(['chat: changed m2: Disk full on / in 3 h (and 28 more, 29 machines)']);
    expect(desk.sent.at(-1)?.notice).toMatchObject({ count: 29, group: incident });
    expect(desk.sent.at(-1)?.notice.alerts).toHaveLength(20);
    for (let n = 1; n < 30; n++) expect(desk.take({ incident, state: 'cleared' }, `m${n}`)).toEqual([]);
    expect(desk.take({ incident, state: 'cleared' }, 'm30')).toHaveLength(1);
    expect(desk.keysInJournal).toBe(0);
    expect(new Set(desk.sent.map(({ notice }) => notice.key)).size).toBe(desk.sent.length);
  });

  it('that lasts long does not grow without end', () => {
    const desk = new Desk({ channels: ['chat'], update_ms: 0 });
    desk.take({ incident: 'i1' }, 'first');
    for (let n = 0; n < 300; n++) {
      desk.take({ incident: 'i1' }, `m${n}`);
      desk.take({ incident: 'i1', state: 'cleared' }, `m${n}`);
    }
    expect(desk.keysInJournal).toBeLessThan(150);
    expect(desk.take({ incident: 'i1', state: 'cleared' }, 'first')).toHaveLength(1);
    expect(desk.keysInJournal).toBe(0);
  });

  it('has the same keys whoever tells it, and others the next time', () => {
    const keys = (since_ms: number) => {
      const desk = new Desk(CHAT);
      desk.take({ incident: 'i1', since_ms });
      return desk.sent.map(({ notice }) => notice.key);
    };
    expect(keys(1)).toEqual(keys(1));
    expect(keys(1)).not.toEqual(keys(2));
  });
});

describe('what begins together', () => {
  const rack = { incident: 'i1', incident_sentence: '3 machines of rack4.# were cut off together, first rack4.a' };

  it('is gathered before anybody is told, also over a restart', () => {
    const desk = new PatientDesk(CHAT);
    expect(desk.take()).toEqual([]);
    expect(desk.wait(2_000)).toEqual([]);
    desk.restart();
    expect(desk.wait(999)).toEqual([]);
    expect(desk.wait(1)).toEqual(['chat: raised db-01: Disk full on / in 3 h']);
    expect(desk.take({ state: 'cleared' })).toHaveLength(1);
  });

  it('becomes one message when its incident is known a moment later, with what it is and its likeliest cause', () => {
    const desk = new PatientDesk(CHAT);
    for (const machine of ['rack4.a', 'rack4.b']) desk.take({}, machine);
    desk.wait(1_000);
    desk.take({ ...rack, severity: 'critical' }, 'rack4.c');
    desk.take({ ...rack, state: 'changed', incident_head: true }, 'rack4.a');
    desk.restart();
    desk.take({ ...rack, state: 'changed' }, 'rack4.b');
    desk.wait(1_000);
    const incident_sentence = rack.incident_sentence.replace('3', '4');
    desk.take({ ...rack, incident_sentence }, 'rack4.d');
    // An older word that comes late.
    desk.take({ ...rack, severity: 'critical' }, 'rack4.e', desk.now_ms - 1_000);
    desk.restart();
    // The last of them has its time, too.
    expect(desk.wait(2_999)).toEqual([]);
    expect(desk.wait(1)).toEqual([`chat: raised ${incident_sentence}`]);
    const [sent] = desk.sent;
    expect(sent?.notice).toMatchObject({ count: 5, severity: 'critical', group: 'i1' });
    expect(sent?.notice.alerts.map(({ machine }) => machine)[0]).toBe('rack4.a');
    for (const name of 'abcd') expect(desk.take({ state: 'cleared' }, `rack4.${name}`)).toEqual([]);
    expect(desk.take({ state: 'cleared' }, 'rack4.e')).toEqual([`chat: cleared Over: ${incident_sentence}`]);
    expect(desk.keysInJournal).toBe(0);
  });

  it('is what the newest word says, and not what one of it says again', () => {
    const desk = new PatientDesk(CHAT);
    const says = (count: number) => ({ ...rack, incident_sentence: `${count} machines` });
    for (const n of [1, 2, 3]) desk.take(says(n), `rack4.m${n}`, desk.now_ms + n);
    // Its figure is another; what it knows of the incident is old.
    desk.take({ ...says(2), state: 'changed', value: 7 }, 'rack4.m2', desk.now_ms + 1_000);
    expect(desk.wait(3_000)).toEqual(['chat: raised 3 machines']);
    for (const n of [1, 2]) desk.take({ ...says(n), state: 'cleared' }, `rack4.m${n}`, desk.now_ms + n);
    expect(desk.take({ ...says(3), state: 'cleared' }, 'rack4.m3')).toEqual(['chat: cleared Over: 3 machines']);
  });

  it('is what its likeliest cause says, when all is said again for those who came later', () => {
    const desk = new PatientDesk(CHAT);
    const again = { ...rack, state: 'changed', repeated: true } as const;
    desk.take({ ...again, incident_sentence: '1 machine' }, 'rack4.m1');
    desk.take({ ...again, incident_sentence: '3 machines', incident_head: true }, 'rack4.m3');
    desk.take({ ...again, incident_sentence: '2 machines' }, 'rack4.m2');
    expect(desk.wait(3_000)).toEqual(['chat: raised 3 machines']);
  });

  it('is told after five times as long at the latest, also while more and more of it comes', () => {
    const desk = new PatientDesk(CHAT);
    const told: string[] = [];
    for (let second = 0; second < 15; second++) {
      desk.take({ ...rack, incident_sentence: `${second + 1} machines` }, `rack4.m${second}`);
      told.push(...desk.wait(1_000));
    }
    expect(told).toEqual(['chat: raised 15 machines']);
  });

  it('ends in one message when it ends together, however long it has lasted', () => {
    const desk = new PatientDesk(CHAT);
    for (const machine of ['rack4.a', 'rack4.b', 'rack4.c']) desk.take(rack, machine);
    expect(desk.wait(3_000)).toHaveLength(1);
    expect(desk.pass(60)).toEqual([]);
    expect(desk.take({ state: 'cleared' }, 'rack4.a')).toEqual([]);
    expect(desk.wait(2_000)).toEqual([]);
    expect(desk.take({ state: 'cleared' }, 'rack4.b')).toEqual([]);
    expect(desk.take({ state: 'cleared' }, 'rack4.c')).toEqual([`chat: cleared Over: ${rack.incident_sentence}`]);
  });

  it('stays where it is when it was told, and what joins it later is told without it', () => {
    const desk = new PatientDesk(CHAT);
    desk.take({}, 'rack4.a');
    expect(desk.wait(3_000)).toHaveLength(1);
    expect(desk.take({ ...rack, state: 'changed' }, 'rack4.a')).toEqual([]);
    desk.take(rack, 'rack4.b');
    expect(desk.wait(3_000)).toEqual([`chat: raised ${rack.incident_sentence}`]);
    expect(desk.sent.at(-1)?.notice.alerts.map(({ machine }) => machine)).toEqual(['rack4.b']);
    expect(desk.take({ state: 'cleared' }, 'rack4.a')).toEqual(['chat: cleared Over: rack4.a: Disk full on / in 3 h']);
  });

  it('moves on to a wider incident as long as nobody was told of it', () => {
    const desk = new PatientDesk({ channels: ['chat'], quiet: '22:00-07:00' });
    desk.now_ms = MONDAY_MS + 6 * 60 * MINUTE_MS;
    desk.take({ id: 'cpu', incident: 'here' }, 'rack4.a');
    desk.take({ id: 'disk', incident: 'here' }, 'rack4.a');
    desk.pass(30);
    desk.take({ ...rack, id: 'disk', state: 'changed' }, 'rack4.a');
    expect(desk.pass(30)).toEqual([
      'chat: raised rack4.a: Disk full on / in 3 h',
      `chat: raised ${rack.incident_sentence}`,
    ]);
    expect(desk.sent.map(({ notice }) => notice.alerts.map(({ alert }) => alert.id))).toEqual([['cpu'], ['disk']]);
  });

  it('and is over before anybody was told is told once, as over', () => {
    const desk = new PatientDesk(CHAT);
    desk.take();
    expect(desk.take({ state: 'cleared' })).toEqual([]);
    desk.restart();
    expect(desk.wait(3_000)).toEqual(['chat: cleared Over: db-01: Disk full on / in 3 h']);
    expect(desk.keysInJournal).toBe(0);

    for (const name of 'ab') desk.take({}, `rack4.${name}`);
    for (const name of 'ab') desk.take({ ...rack, state: 'cleared' }, `rack4.${name}`);
    expect(desk.wait(3_000)).toEqual([`chat: cleared Over: ${rack.incident_sentence}`]);
    expect(desk.keysInJournal).toBe(0);
  });

  it('and is silenced before anybody was told is told when that ends', () => {
    const desk = new PatientDesk(CHAT);
    desk.take();
    const silenced = { by: 'ada', time_ms: 1 };
    desk.take({ state: 'changed', silenced });
    expect(desk.wait(3_000)).toEqual([]);
    expect(desk.take({ state: 'changed' })).toEqual(['chat: raised db-01: Disk full on / in 3 h']);

    desk.take({ id: 'other' });
    desk.take({ id: 'other', state: 'changed', silenced });
    desk.take({ id: 'other', state: 'cleared', silenced });
    expect(desk.wait(3_000)).toEqual([]);
  });
});

describe('a route', () => {
  it.each<[string, Omit<Route, 'channels'>, Partial<Alert>, string, boolean]>([
    ['by severity', { severity: 'warning' }, { severity: 'info' }, 'a', false],
    ['by severity', { severity: 'warning' }, { severity: 'critical' }, 'a', true],
    ['by machine', { machines: 'site1.#' }, {}, 'site1.db-01', true],
    ['by machine', { machines: 'site1.#' }, {}, 'site2.db-01', false],
    ['by rule', { rules: ['bands'] }, {}, 'a', false],
    ['by resource', { resources: ['file_systems'] }, {}, 'a', true],
    ['by resource', { resources: ['file_systems /var'] }, {}, 'a', false],
    ['by label', { labels: { site: 'berlin' } }, { labels: { site: 'berlin', rack: '7' } }, 'a', true],
    ['by label', { labels: { site: 'berlin' } }, {}, 'a', false],
    ['by time of day', { hours: '08:00-18:00', days: ['mon'] }, {}, 'a', true],
    ['by time of day', { hours: '18:00-08:00' }, {}, 'a', false],
    ['by day', { days: ['sat', 'sun'] }, {}, 'a', false],
  ])('%s %o takes %o of %s: %s', (_by, route, alert, machine, fits) => {
    const desk = new Desk({ channels: ['chat'], ...route });
    expect(desk.take(alert, machine)).toHaveLength(fits ? 1 : 0);
    expect(desk.counts['without_route'] ?? 0).toBe(fits ? 0 : 1);
  });

  it('is followed by the others, unless it is the last', () => {
    const both = [CHAT, { channels: ['chat', 'pager'] }];
    expect(new Desk(...both).take().map((each) => each.split(':')[0])).toEqual(['chat', 'pager']);
    expect(new Desk({ ...CHAT, last: true }, { channels: ['pager'] }).take()).toHaveLength(1);
  });

  it('takes a finding that has become severe enough, and tells of its end', () => {
    const desk = new Desk({ channels: ['pager'], severity: 'critical' });
    expect(desk.take()).toEqual([]);
    expect(desk.take({ state: 'changed', severity: 'critical' })).toHaveLength(1);
    expect(desk.take({ state: 'cleared', severity: 'critical' })).toHaveLength(1);
  });

  it('tells again what lasts and nobody has seen', () => {
    const desk = new Desk({ channels: ['chat'], repeat_ms: 60 * MINUTE_MS });
    desk.take();
    expect(desk.pass(59)).toEqual([]);
    desk.restart();
    expect(desk.pass(1)).toEqual(['chat: repeated Still: db-01: Disk full on / in 3 h']);
    desk.take({ state: 'changed', acknowledged: { by: 'ada', time_ms: 1 } });
    expect(desk.pass(180)).toHaveLength(1); // That ada has seen it.
  });

  it('tells others when nobody has acknowledged it, stage by stage', () => {
    const escalate = [
      { after_ms: 10 * MINUTE_MS, channels: ['pager'] },
      { after_ms: 30 * MINUTE_MS, channels: ['pager', 'boss'] },
    ];
    const desk = new Desk({ channels: ['chat'], escalate });
    desk.take();
    expect(desk.pass(9)).toEqual([]);
    expect(desk.pass(1)).toEqual(['pager: escalated Nobody has answered: db-01: Disk full on / in 3 h']);
    desk.restart();
    expect(desk.pass(20)).toEqual([
      'pager: escalated Nobody has answered: db-01: Disk full on / in 3 h',
      'boss: escalated Nobody has answered: db-01: Disk full on / in 3 h',
    ]);
    expect(desk.pass(100)).toEqual([]);
    // Whoever was told of it is told of its end.
    expect(desk.take({ state: 'cleared' })).toHaveLength(3);
    expect(desk.keysInJournal).toBe(0);
  });

  it('tells no others when somebody has', () => {
    const desk = new Desk({ channels: ['chat'], escalate: [{ after_ms: 10 * MINUTE_MS, channels: ['pager'] }] });
    desk.take();
    desk.take({ state: 'changed', acknowledged: { by: 'ada', time_ms: 1 } });
    expect(desk.pass(60).filter((each) => each.startsWith('pager'))).toEqual([]);
  });

  it('keeps quiet at night but for what is critical', () => {
    const desk = new Desk({ channels: ['chat'], quiet: '22:00-07:00' });
    desk.now_ms = MONDAY_MS + 23 * 60 * MINUTE_MS;
    expect(desk.take()).toEqual([]);
    expect(desk.take({ id: 'short' })).toEqual([]);
    expect(desk.take({ id: 'fire', severity: 'critical' })).toHaveLength(1);
    desk.restart();
    // What has come and gone in the night is told to nobody.
    expect(desk.take({ id: 'short', state: 'cleared' })).toEqual([]);
    expect(desk.pass(8 * 60 - 1)).toEqual([]);
    expect(desk.pass(1)).toEqual(['chat: raised db-01: Disk full on / in 3 h']);
  });

  it('must name a channel that there is', () => {
    expect(() => readyRoutes([{ channels: ['chta'] }], ['chat'], '')).toThrow(
      /setting notifier.routes.0.channels: there is no channel "chta"; give one of chat/,
    );
    expect(() => readyRoutes([], ['chat'], 'Mars/Base')).toThrow(
      /notifier.time_zone: there is no time zone "Mars\/Base"/,
    );
  });
});
