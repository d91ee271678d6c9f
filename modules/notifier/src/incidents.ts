// What is going on, and who was told what of it: from alerts to notices. No I/O and no clock of its own.
//
// Findings that belong together are one group: an incident, or a finding that has none. For each channel that is told
// of a group there is a lane, which knows how much of it was told. Whatever changes in a group gets the next number, so
// what a lane still has to tell is what has a higher number than it told last.
//
// That some findings are an incident is known only a moment after the first of them. So a new group gathers for a while
// before anybody is told of it, and a finding of which nothing was told moves to the incident that it turns out to be of.

import { isDeepStrictEqual } from 'node:util';
import type { Alert, Severity } from '@ganglion/topics';
import { alert as alertTopic, Severity as SeveritySchema } from '@ganglion/topics';
import Type, { type Static } from 'typebox';
import { Value } from 'typebox/value';
import { boundedAlert } from './bounded-alert.ts';
import { type Kind, type Notice, type Told, writeNotice } from './notice.ts';
import { type ReadyRoute, rank } from './routes.ts';
import type { Change, Store } from './store.ts';

/** Findings that are known at a time, at most; more are not told, and counted. */
export const FINDINGS_MAX = 20_000;

/** Findings that are over and remembered at most, so that one that comes again late is not taken for a new one. */
export const OVER_MAX = 20_000;

/** A finding of which nothing was heard for so long is forgotten: who found it is gone. */
export const FORGET_MS = 30 * 24 * 3_600_000;

/** A new group gathers on while others join it, but no longer than so many times what it would gather alone. */
export const GATHERS_MAX = 5;

/** Findings of one group past which those are let go that are over and told. */
const MEMBERS_KEPT = 100;

/** Between two looks for those that nobody speaks of. */
const LOOK_MS = 3_600_000;

const Finding = Type.Object({
  machine: Type.String(),
  alert: alertTopic.schema,
  group: Type.String(),
  /** Who is told of it: the channels of the routes that it fits. */
  channels: Type.Array(Type.String()),
  /** Those routes. */
  routes: Type.Array(Type.String()),
  /** When the alert was sent that tells most of it: an older one that comes again says nothing new. */
  time_ms: Type.Number(),
  /** The number of its first change that is to be told, and of its last; 0 when there was none. */
  first: Type.Integer(),
  changed: Type.Integer(),
  /** When its last change was. */
  changed_ms: Type.Number(),
  /** Its severity and whether it was acknowledged, when that was. */
  severity: SeveritySchema,
  acknowledged: Type.Boolean(),
  heard_ms: Type.Number(),
});
type Finding = Static<typeof Finding>;

const Lane = Type.Object({
  /** The route that led to it. */
  route: Type.String(),
  /** The number of the last change that was told; 0 when nothing was. */
  told: Type.Integer(),
  /** How many notices there were. */
  step: Type.Integer(),
  last_ms: Type.Number(),
  severity: SeveritySchema,
  /** Whether it began because nobody had acknowledged it; or is to be told again therefore. */
  escalated: Type.Optional(Type.Boolean()),
});
type Lane = Static<typeof Lane>;

const Group = Type.Object({
  began_ms: Type.Number(),
  /** Until then it gathers: a while from when the last of it came, but not after the second. */
  ready_ms: Type.Number(),
  ready_ms_max: Type.Number(),
  /** What it is by the newest word, when it is an incident, and from when that is. */
  sentence: Type.Optional(Type.Object({ text: Type.String(), time_ms: Type.Number() })),
  /** The number of its last change. */
  changes: Type.Integer(),
  lanes: Type.Record(Type.String(), Lane),
  /** By route: since when it has told, and how many stages of its escalation were reached. */
  routes: Type.Record(Type.String(), Type.Object({ first_ms: Type.Number(), stage: Type.Integer() })),
});
type Group = Static<typeof Group>;

export interface IncidentsOptions {
  readonly store: Store;
  readonly routes: readonly ReadyRoute[];
  /** The channels that there are. */
  readonly channels: readonly string[];
  readonly page_url: string;
  /** How long a new group gathers before it is told of, and what follows before an update. */
  readonly gather_ms: number;
  /** Takes a notice for a channel: it is on its way when the change is made. */
  readonly tell: (channel: string, notice: Notice, change: Change) => void;
  readonly count: (name: string, n?: number) => void;
}

export class Incidents {
  readonly #options: IncidentsOptions;
  readonly #routes: ReadonlyMap<string, ReadyRoute>;
  readonly #findings = new Map<string, Finding>();
  /** By group: the keys of its findings. */
  readonly #members = new Map<string, Set<string>>();
  readonly #groups = new Map<string, Group>();
  readonly #over = new Map<string, true>();
  /** By group: when something is to be done about it. */
  readonly #due = new Map<string, number>();
  #look_ms = 0;

  constructor(options: IncidentsOptions) {
    this.#options = options;
    this.#routes = new Map(options.routes.map((route) => [route.name, route]));
    this.#load();
  }

  /** Findings that are not over. */
  get open(): number {
    return this.#findings.size;
  }

  /**
   * Takes an alert; what it leads to is in the change. The same alert again leads to nothing, unless it was not heard before.
   */
  take({ machine, alert: given, time_ms }: Told & { readonly time_ms: number }, now_ms: number, change: Change): void {
    if (given.shadow === true) return;
    const alert = boundedAlert(given);
    if (alert === undefined) {
      this.#options.count('alerts_too_large');
      return;
    }
    const key = `${machine}/${alert.id}`;
    const known = this.#findings.get(key);
    if (this.#over.has(key)) return;
    if (alert.state === 'cleared') {
      this.#end(key, known, { alert, time_ms }, now_ms, change);
      return;
    }
    if (time_ms < (known?.time_ms ?? 0)) return;
    if (known !== undefined && given.repeated === true && saysTheSame(known.alert, alert)) {
      known.heard_ms = now_ms;
      return;
    }
    if (known === undefined && this.#findings.size >= FINDINGS_MAX) {
      this.#options.count('findings_not_taken');
      return;
    }
    const finding =
      known === undefined
        ? this.#begin(key, machine, alert, now_ms)
        : this.#moved(key, known, alert.incident, now_ms, change);
    this.#noteSentence(finding.group, { alert, time_ms }, known?.alert, given.repeated === true);
    this.#change(key, { ...finding, time_ms }, alert, now_ms, change);
    this.#tellGroup(finding.group, now_ms, change);
  }

  /** Does what is due, and tells when to look again; undefined when there is nothing to wait for. */
  look(now_ms: number, change: Change): number | undefined {
    if (now_ms - this.#look_ms >= LOOK_MS) this.#forget(now_ms, change);
    for (const [group, due_ms] of this.#due) if (due_ms <= now_ms) this.#tellGroup(group, now_ms, change);
    return this.nextLook();
  }

  /** When something is due; undefined when nothing is. */
  nextLook(): number | undefined {
    let next_ms: number | undefined;
    for (const due_ms of this.#due.values()) next_ms = Math.min(next_ms ?? due_ms, due_ms);
    return next_ms;
  }

  #begin(key: string, machine: string, alert: Alert, now_ms: number): Finding {
    const name = alert.incident ?? key;
    this.#join(name, key, alert.since_ms, now_ms, now_ms + this.#options.gather_ms * GATHERS_MAX);
    const { severity } = alert;
    return { machine, alert, group: name, severity, heard_ms: now_ms, time_ms: 0, ...untold() };
  }

  /** Puts a finding in a group, which is begun where there is none, and gathers no longer than the finding may wait. */
  #join(name: string, key: string, began_ms: number, now_ms: number, ready_ms_max: number): void {
    const none = { began_ms, ready_ms: 0, ready_ms_max, changes: 0, lanes: {}, routes: {} };
    const group = this.#groups.get(name) ?? none;
    group.ready_ms_max = Math.min(group.ready_ms_max, ready_ms_max);
    group.ready_ms = Math.min(group.ready_ms_max, now_ms + this.#options.gather_ms);
    this.#groups.set(name, group);
    this.#membersOf(name).add(key);
  }

  /** The finding in the group of its incident, when that is another one and nobody was told of the finding yet. */
  #moved(key: string, known: Finding, incident: string | undefined, now_ms: number, change: Change): Finding {
    const { group: before } = known;
    const group = this.#groups.get(before);
    if (incident === undefined || incident === before || group === undefined || isTold(known, group)) return known;
    this.#join(incident, key, known.alert.since_ms, now_ms, group.ready_ms_max);
    this.#membersOf(before).delete(key);
    const moved: Finding = { ...known, group: incident, ...untold() };
    this.#findings.set(key, moved);
    if (this.#membersOf(before).size === 0) this.#drop(before, change);
    else this.#tellGroup(before, now_ms, change);
    return moved;
  }

  /**
   * Notes what an incident is by the newest word. What a finding says of it again is as it was when the finding joined; and of
   * all that is said for those who came later, the likeliest cause knows it best.
   */
  #noteSentence(
    name: string,
    { alert, time_ms }: { readonly alert: Alert; readonly time_ms: number },
    before: Alert | undefined,
    is_repeated = false,
  ): void {
    const group = this.#groups.get(name);
    const { incident, incident_sentence: text, incident_head } = alert;
    if (group === undefined || incident !== name || text === undefined) return;
    if (before?.incident === name && before.incident_sentence === text) return;
    if (is_repeated && incident_head !== true && group.sentence !== undefined) return;
    if (time_ms >= (group.sentence?.time_ms ?? 0)) group.sentence = { text, time_ms };
  }

  /** Notes what is new about a finding; what only differs in its words or figures is not told by itself. */
  #change(key: string, before: Finding, alert: Alert, now_ms: number, change: Change): void {
    const group = this.#groups.get(before.group);
    if (group === undefined) return;
    const acknowledged = alert.acknowledged !== undefined;
    const worth = before.changed === 0 || before.severity !== alert.severity || before.acknowledged !== acknowledged;
    // Where it had told nobody, perhaps it now does: it has become more severe, or it is another time of day.
    const routed = worth ? this.#route(before, alert, group, now_ms) : before;
    const told = worth && alert.silenced === undefined && routed.channels.length > 0;
    const changed = told ? ++group.changes : before.changed;
    const finding: Finding = {
      ...before,
      alert,
      channels: routed.channels,
      routes: routed.routes,
      heard_ms: now_ms,
      first: before.first || changed,
      changed,
      ...(told && { changed_ms: now_ms, severity: alert.severity, acknowledged }),
    };
    this.#findings.set(key, finding);
    change.set(`f/${key}`, finding);
    change.set(`g/${before.group}`, group);
  }

  /** The channels that are told of a finding: those that were, and those of the routes that it fits now. */
  #route(before: Finding, alert: Alert, group: Group, now_ms: number): Pick<Finding, 'channels' | 'routes'> {
    const channels = new Set(before.channels);
    const routes = new Set(before.routes);
    for (const route of this.#options.routes) {
      if (!route.fits(before.machine, alert, now_ms)) continue;
      routes.add(route.name);
      if (alert.silenced === undefined) group.routes[route.name] ??= { first_ms: now_ms, stage: 0 };
      for (const channel of route.channels) {
        channels.add(channel);
        group.lanes[channel] ??= newLane(route.name);
      }
      if (route.last) break;
    }
    if (channels.size === 0 && alert.silenced === undefined) this.#options.count('without_route');
    return { channels: [...channels], routes: [...routes] };
  }

  #end(
    key: string,
    known: Finding | undefined,
    { alert, time_ms }: { readonly alert: Alert; readonly time_ms: number },
    now_ms: number,
    change: Change,
  ): void {
    this.#over.set(key, true);
    change.set(`o/${key}`, true);
    for (const oldest of this.#over.keys()) {
      if (this.#over.size <= OVER_MAX) break;
      this.#over.delete(oldest);
      change.set(`o/${oldest}`, undefined);
    }
    if (known === undefined) return;
    let finding = this.#moved(key, known, alert.incident, now_ms, change);
    // In another group it has to be told there first: that it was, and is over.
    if (finding !== known && known.changed > 0) {
      this.#change(key, finding, { ...alert, state: 'changed' }, now_ms, change);
      finding = this.#findings.get(key) ?? finding;
    }
    const group = this.#groups.get(finding.group);
    if (group === undefined) return;
    this.#noteSentence(finding.group, { alert, time_ms }, known.alert);
    const ended: Finding = { ...finding, alert, heard_ms: now_ms };
    // Of what nobody was to be told, the end is nothing to tell either.
    if (finding.changed > 0) Object.assign(ended, { changed: ++group.changes, changed_ms: now_ms });
    this.#findings.set(key, ended);
    change.set(`f/${key}`, ended);
    change.set(`g/${finding.group}`, group);
    this.#tellGroup(finding.group, now_ms, change);
  }

  /** Tells each channel of a group what it has to be told by now, and notes when that is to be looked at again. */
  #tellGroup(name: string, now_ms: number, change: Change): void {
    const group = this.#groups.get(name);
    if (group === undefined) {
      this.#due.delete(name);
      return;
    }
    const findings = this.#findingsOf(name);
    this.#escalate(group, findings, now_ms, change);
    let due_ms = this.#nextStage(group, findings);
    for (const [channel, lane] of Object.entries(group.lanes)) {
      const mine = findings.filter((finding) => finding.changed > 0 && finding.channels.includes(channel));
      const next_ms = this.#tellLane(name, group, channel, lane, mine, now_ms, change);
      due_ms = earlier(due_ms, next_ms);
    }
    if (due_ms === undefined && findings.every(isOver)) {
      // All that was to be told of it is on its way.
      this.#drop(name, change);
      return;
    }
    if (findings.length > MEMBERS_KEPT) this.#prune(name, group, findings, change);
    if (due_ms === undefined) this.#due.delete(name);
    else this.#due.set(name, due_ms);
    change.set(`g/${name}`, group);
  }

  /** Tells one channel, if it is time; returns when to look again. */
  #tellLane(
    name: string,
    group: Group,
    channel: string,
    lane: Lane,
    findings: readonly Finding[],
    now_ms: number,
    change: Change,
  ): number | undefined {
    const open = findings.filter((finding) => !isOver(finding));
    const news = findings.filter(({ changed }) => changed > lane.told);
    const route = this.#routes.get(lane.route);
    const severity = worst(open.length > 0 ? open : findings);
    const what = this.#whatToTell(group, lane, route, { open, news, severity }, now_ms);
    if (what === undefined) return undefined;
    const quiet_ms = severity === 'critical' ? 0 : (route?.quietFor(now_ms) ?? 0);
    // What has come and gone in quiet times is told to nobody.
    if (quiet_ms > 0 && lane.told === 0 && open.length === 0) return undefined;
    const at_ms = quiet_ms > 0 ? Math.max(what.at_ms, now_ms + quiet_ms) : what.at_ms;
    if (at_ms > now_ms) return at_ms;

    const about = what.kind === 'changed' ? news : what.kind === 'cleared' ? findings : open;
    const notice = writeNotice({
      channel,
      group: name,
      kind: what.kind,
      severity,
      alerts: sorted(about),
      sentence: group.sentence?.text,
      step: lane.step,
      time_ms: now_ms,
      began_ms: group.began_ms,
      page_url: this.#options.page_url,
    });
    this.#options.tell(channel, notice, change);
    Object.assign(lane, { told: group.changes, step: lane.step + 1, last_ms: now_ms, severity });
    delete lane.escalated;
    return this.#whatToTell(group, lane, route, { open, news: [], severity }, now_ms)?.at_ms;
  }

  #whatToTell(
    { ready_ms }: Group,
    lane: Lane,
    route: ReadyRoute | undefined,
    { open, news, severity }: Matters,
    now_ms: number,
  ): { readonly kind: Kind; readonly at_ms: number } | undefined {
    if (lane.escalated === true && open.length > 0) return { kind: 'escalated', at_ms: now_ms };
    if (lane.told === 0) {
      // Silenced while it was gathered.
      if (news.every(({ alert }) => alert.silenced !== undefined)) return undefined;
      return { kind: open.length > 0 ? 'raised' : 'cleared', at_ms: Math.max(ready_ms, now_ms) };
    }
    if (news.length > 0) {
      if (open.length === 0) return { kind: 'cleared', at_ms: now_ms };
      if (rank(severity) > rank(lane.severity)) return { kind: 'changed', at_ms: now_ms };
      // What else changes with it goes out with it.
      const gathered_ms = Math.min(...news.map(({ changed_ms }) => changed_ms)) + this.#options.gather_ms;
      return { kind: 'changed', at_ms: Math.max(lane.last_ms + (route?.update_ms ?? 0), gathered_ms) };
    }
    if (route?.repeat_ms !== undefined && open.some(isUnanswered)) {
      return { kind: 'repeated', at_ms: lane.last_ms + route.repeat_ms };
    }
    return undefined;
  }

  /** Adds the channels of the stages that a group has reached without an answer. */
  #escalate(group: Group, findings: readonly Finding[], now_ms: number, change: Change): void {
    for (const [name, reached] of Object.entries(group.routes)) {
      const stages = this.#routes.get(name)?.escalate ?? [];
      for (const stage of stages.slice(reached.stage)) {
        if (now_ms < reached.first_ms + stage.after_ms) break;
        const unanswered = findings.filter((finding) => waitsFor(name, finding));
        if (unanswered.length === 0) break;
        reached.stage++;
        for (const channel of stage.channels) {
          group.lanes[channel] ??= newLane(name);
          group.lanes[channel].escalated = true;
        }
        for (const finding of unanswered) {
          finding.channels = [...new Set([...finding.channels, ...stage.channels])];
          change.set(`f/${keyOf(finding)}`, finding);
        }
      }
    }
  }

  #nextStage(group: Group, findings: readonly Finding[]): number | undefined {
    let due_ms: number | undefined;
    for (const [name, { first_ms, stage }] of Object.entries(group.routes)) {
      const next = this.#routes.get(name)?.escalate[stage];
      if (next !== undefined && findings.some((finding) => waitsFor(name, finding)))
        due_ms = earlier(due_ms, first_ms + next.after_ms);
    }
    return due_ms;
  }

  /** Lets go of what is over and told, so that an incident that lasts long does not grow without end. */
  #prune(name: string, group: Group, findings: readonly Finding[], change: Change): void {
    for (const finding of findings) {
      const { channels, changed } = finding;
      if (!isOver(finding) || channels.some((channel) => changed > (group.lanes[channel]?.told ?? changed))) continue;
      const key = keyOf(finding);
      this.#findings.delete(key);
      this.#membersOf(name).delete(key);
      change.set(`f/${key}`, undefined);
    }
  }

  #drop(name: string, change: Change): void {
    for (const key of this.#membersOf(name)) {
      this.#findings.delete(key);
      change.set(`f/${key}`, undefined);
    }
    this.#members.delete(name);
    this.#groups.delete(name);
    this.#due.delete(name);
    change.set(`g/${name}`, undefined);
  }

  /** Lets go of findings of which nobody has spoken for long. */
  #forget(now_ms: number, change: Change): void {
    this.#look_ms = now_ms;
    for (const [name, keys] of this.#members) {
      const heard_ms = [...keys].map((key) => this.#findings.get(key)?.heard_ms ?? 0);
      if (heard_ms.every((each_ms) => now_ms - each_ms > FORGET_MS)) {
        this.#options.count('findings_forgotten', keys.size);
        this.#drop(name, change);
      }
    }
  }

  #findingsOf(name: string): Finding[] {
    return [...this.#membersOf(name)].flatMap((key) => this.#findings.get(key) ?? []);
  }

  #membersOf(name: string): Set<string> {
    const members = this.#members.get(name) ?? new Set();
    this.#members.set(name, members);
    return members;
  }

  #load(): void {
    const { store, channels } = this.#options;
    for (const [name, value] of store.entries('g/')) {
      if (!Value.Check(Group, value)) continue;
      // A channel that is no more in the settings is told nothing more.
      const lanes = Object.entries(value.lanes).filter(([channel]) => channels.includes(channel));
      this.#groups.set(name, { ...value, lanes: Object.fromEntries(lanes) });
      this.#due.set(name, 0);
    }
    const broken: Change = new Map();
    for (const [key, value] of store.entries('f/')) {
      if (Value.Check(Finding, value) && this.#groups.has(value.group)) {
        this.#findings.set(key, value);
        this.#membersOf(value.group).add(key);
      } else {
        broken.set(`f/${key}`, undefined);
      }
    }
    for (const [key] of store.entries('o/')) this.#over.set(key, true);
    store.commit(broken);
  }
}

/** What a channel may have to be told of: what is not over, what is new, and how severe it is in all. */
interface Matters {
  readonly open: readonly Finding[];
  readonly news: readonly Finding[];
  readonly severity: Severity;
}

/** A finding of which nobody was told. */
function untold(): Pick<Finding, 'channels' | 'routes' | 'first' | 'changed' | 'changed_ms' | 'acknowledged'> {
  return { channels: [], routes: [], first: 0, changed: 0, changed_ms: 0, acknowledged: false };
}

/** Whether some channel was told of a finding. */
function isTold({ first, channels }: Finding, { lanes }: Group): boolean {
  return first > 0 && channels.some((channel) => (lanes[channel]?.told ?? 0) >= first);
}

/** Whether an alert that is said again says nothing else. */
function saysTheSame({ state: _, ...before }: Alert, { state: __, ...again }: Alert): boolean {
  return isDeepStrictEqual(before, again);
}

function newLane(route: string): Lane {
  return { route, told: 0, step: 0, last_ms: 0, severity: 'info' };
}

function keyOf({ machine, alert }: Finding): string {
  return `${machine}/${alert.id}`;
}

function isOver({ alert }: Finding): boolean {
  return alert.state === 'cleared';
}

/** Whether nobody has said anything about it yet. */
function isUnanswered(finding: Finding): boolean {
  const { acknowledged, silenced } = finding.alert;
  return !isOver(finding) && acknowledged === undefined && silenced === undefined;
}

/** Whether a route has told of a finding, and nobody has said anything about it yet. */
function waitsFor(route: string, finding: Finding): boolean {
  return finding.changed > 0 && finding.routes.includes(route) && isUnanswered(finding);
}

function worst(findings: readonly Finding[]): Severity {
  return findings.reduce<Severity>(
    (most, { alert }) => (rank(alert.severity) > rank(most) ? alert.severity : most),
    'info',
  );
}

/** The likeliest cause first, then the most severe; of those, the oldest. */
function sorted(findings: readonly Finding[]): Told[] {
  const isHead = ({ alert, group }: Finding) => Number(alert.incident_head === true && alert.incident === group);
  return [...findings]
    .sort(
      (a, b) =>
        isHead(b) - isHead(a) || rank(b.alert.severity) - rank(a.alert.severity) || a.alert.since_ms - b.alert.since_ms,
    )
    .map(({ machine, alert }) => ({ machine, alert }));
}

function earlier(a: number | undefined, b: number | undefined): number | undefined {
  if (a === undefined || b === undefined) return a ?? b;
  return Math.min(a, b);
}
