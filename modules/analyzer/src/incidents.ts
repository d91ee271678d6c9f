// What belongs together: findings that begin at about the same time on one machine, or of one kind on machines that share a
// label or a part of their names. No I/O and no clock of its own.

import { compilePattern } from '@ganglion/kernel';
import { type Alert, type Outage, SEVERITIES } from '@ganglion/topics';
import type { Fleet } from './fleet.ts';

/** "Together" is within so long of the one before. */
export const TOGETHER_MS = 30_000;

/** So many machines of a kind are an incident; so many, when all that they share is the moment. */
const MACHINES_MIN = 3;
const MACHINES_MIN_UNRELATED = 10;

/** Of those that began within so long of the first, the most severe is the likeliest cause. */
const HEAD_MS = 5_000;

/** What all but so few of a fleet have says nothing of those that have it. */
const COMMON_SHARE = 0.9;
const COMMON_FLEET_MIN = 10;

/** Findings that are looked back at, at most. */
const RECENT_MAX = 2_000;

/** Incidents that may still grow, at most; of more, the oldest grow no further. */
const GROWING_MAX = 500;

/** A finding and what is said of it. */
export interface Member {
  readonly machine: string;
  readonly alert: Alert;
}

/** What a finding is to be told of the incident that it belongs to. */
export interface Joined {
  readonly member: Member;
  readonly incident: string;
  readonly incident_sentence: string;
  readonly incident_head: boolean;
}

/** What the findings of an incident share: their machine; or what their machines are called by; or but the moment. */
type Shared =
  | { readonly kind: 'machine'; readonly machine: string }
  | { readonly kind: 'called'; readonly labels: Labels; readonly pattern: string }
  | { readonly kind: 'moment' };

type Labels = readonly (readonly [label: string, value: string])[];

interface Incident {
  readonly id: string;
  /** What they have found: rule and resource; of one machine, anything. */
  what: string;
  shared: Shared;
  /** The same in words. */
  words: string;
  head: Member;
  /** Those not cleared yet, at most {@link RECENT_MAX}; the counts know of all. */
  readonly members: Set<Member>;
  readonly machines: Set<string>;
  /** How all their names begin. */
  front: string;
  findings: number;
  last_ms: number;
  /** Since when it has not grown, by the clock of `look`; undefined until somebody has looked. */
  quiet_since_ms: number | undefined;
  /** What presence says of it, when it is an outage. */
  outage: Outage | undefined;
  /** How many findings there were when its sentence was last told. */
  told: number;
}

export class Incidents {
  readonly #fleet: Fleet;
  /** Those raised lately, in the order in which they came. */
  readonly #recent: { readonly member: Member; readonly raised_ms: number }[] = [];
  readonly #of = new Map<Member, Incident>();
  /** Those that may grow, the one that has grown last at the end. */
  readonly #growing = new Set<Incident>();

  constructor(fleet: Fleet) {
    this.#fleet = fleet;
  }

  /**
   * Takes a finding that was raised. Tells what it and others have to be told now.
   *
   * @param now_ms when it was found, by its machine's clock: what comes late belongs to what began with it
   */
  raised(member: Member, now_ms: number): Joined[] {
    const known = this.#growingFor(member, now_ms);
    const joined = known === undefined ? this.#begin(member, now_ms) : this.#join(known, [member], now_ms);
    this.#noteRecent(member, now_ms);
    return joined;
  }

  /**
   * Goes on with a finding that was raised elsewhere, and with the incident that it belongs to: what joins it from now on is no
   * other one.
   *
   * @param now_ms when it was last spoken of, by its machine's clock
   */
  restored(member: Member, now_ms: number): void {
    this.#noteRecent(member, now_ms);
    const { machine, alert } = member;
    const { incident: id } = alert;
    if (id === undefined || this.#of.has(member)) return;
    const known = [...this.#growing].find((each) => each.id === id);
    const incident = known ?? this.#make(member, { kind: 'machine', machine }, now_ms, id);
    if (!incident.machines.has(machine) && known !== undefined) {
      const { head, shared } = incident;
      const both = shared.kind === 'machine' ? calledBy(head, sharedPattern([head.machine, machine])) : shared;
      incident.what = whatOf(alert);
      this.#share(incident, this.#telling(narrowed(both, machine, alert)) ?? { kind: 'moment' });
    }
    this.#join(incident, [member], now_ms);
    if (alert.incident_head === true) incident.head = member;
    incident.told = incident.findings;
  }

  /** Takes an outage: the deaths in it that are known, and those to come. */
  outage(outage: Outage, open: Iterable<Member>): Joined[] {
    const machines = new Set(outage.machines);
    const members = [...open].filter(({ machine, alert }) => machines.has(machine) && whatOf(alert) === GONE);
    const first = members[0];
    if (first === undefined) return [];
    const known = members.map((member) => this.#of.get(member)).find((each) => each?.what === GONE);
    const of_all = members.reduce<Shared>(
      (shared, { machine, alert }) => narrowed(shared, machine, alert) ?? { kind: 'moment' },
      calledBy(first, outage.pattern),
    );
    const shared = this.#telling(of_all) ?? { kind: 'moment' };
    const incident = known ?? this.#make(first, shared, outage.last_ms);
    incident.outage = outage;
    this.#share(incident, shared);
    const joined = this.#join(incident, members, outage.last_ms);
    // All of them hear what presence knows of it; where they were together already, the head is enough.
    const hearing = joined.length > 0 ? [...incident.members] : [incident.head];
    return hearing.filter((each) => incident.members.has(each)).map((member) => told(incident, member));
  }

  /** Tells the heads of those incidents that have grown since they were told. */
  look(now_ms: number): Joined[] {
    const joined: Joined[] = [];
    for (const incident of this.#growing) {
      if (incident.told < incident.findings && incident.members.has(incident.head)) {
        incident.told = incident.findings;
        joined.push(told(incident, incident.head));
      }
      incident.quiet_since_ms ??= now_ms;
      if (now_ms - incident.quiet_since_ms > TOGETHER_MS) this.#growing.delete(incident);
    }
    return joined;
  }

  cleared(member: Member): void {
    this.#of.get(member)?.members.delete(member);
    this.#of.delete(member);
    const index = this.#recent.findIndex((each) => each.member === member);
    if (index !== -1) this.#recent.splice(index, 1);
  }

  /** The incident that a finding fits: of its machine, or of its kind. */
  #growingFor({ machine, alert }: Member, now_ms: number): Incident | undefined {
    const what = whatOf(alert);
    for (const incident of [...this.#growing].reverse()) {
      if (Math.abs(now_ms - incident.last_ms) > TOGETHER_MS) continue;
      if (incident.machines.has(machine)) return incident;
      if (incident.what !== what) continue;
      // Perhaps they share less than it seemed from the first of them, but still something.
      const shared = this.#telling(narrowed(incident.shared, machine, alert));
      if (shared === undefined) continue;
      if (shared !== incident.shared) this.#share(incident, shared);
      return incident;
    }
    return undefined;
  }

  #begin(member: Member, now_ms: number): Joined[] {
    const recent = this.#recent
      .filter(({ raised_ms }) => Math.abs(now_ms - raised_ms) <= TOGETHER_MS)
      .map((each) => each.member);
    const free = recent.filter(
      (each) =>
        each.machine !== member.machine &&
        whatOf(each.alert) === whatOf(member.alert) &&
        (this.#of.get(each)?.shared.kind ?? 'machine') === 'machine',
    );
    const related = this.#mostShared(member, free);
    if (related !== undefined) {
      // The one that was raised first is the head until another is likelier.
      const [first = member] = related.members;
      return this.#join(this.#make(first, related.shared, now_ms), [...related.members, member], now_ms);
    }
    const alone = recent.filter((each) => each.machine === member.machine && !this.#of.has(each));
    if (alone.length === 0) return [];
    const incident = this.#make(alone[0] ?? member, { kind: 'machine', machine: member.machine }, now_ms);
    return this.#join(incident, [...alone, member], now_ms);
  }

  #noteRecent(member: Member, raised_ms: number): void {
    this.#recent.push({ member, raised_ms });
    if (this.#recent.length > RECENT_MAX) this.#recent.shift();
  }

  #make(
    first: Member,
    shared: Shared,
    now_ms: number,
    id = `${first.alert.id}-${Math.round(now_ms).toString(36)}`,
  ): Incident {
    const incident: Incident = {
      id,
      what: shared.kind === 'machine' ? '' : whatOf(first.alert),
      shared,
      words: this.#wordsFor(shared),
      head: first,
      members: new Set(),
      machines: new Set(),
      front: first.machine,
      findings: 0,
      last_ms: now_ms,
      quiet_since_ms: undefined,
      outage: undefined,
      told: 0,
    };
    this.#growing.add(incident);
    for (const oldest of this.#growing) {
      if (this.#growing.size <= GROWING_MAX) break;
      this.#growing.delete(oldest);
    }
    return incident;
  }

  #share(incident: Incident, shared: Shared): void {
    incident.shared = shared;
    incident.words = this.#wordsFor(shared);
  }

  #join(incident: Incident, members: readonly Member[], now_ms: number): Joined[] {
    const head_before = incident.head;
    const is_new = incident.findings === 0;
    const joined: Member[] = [];
    for (const member of members) {
      const before = this.#of.get(member);
      if (before === incident) continue;
      before?.members.delete(member);
      this.#of.set(member, incident);
      incident.members.add(member);
      incident.machines.add(member.machine);
      incident.front = startOf(incident.front, member.machine);
      incident.findings++;
      incident.head = likelier(incident.head, member);
      joined.push(member);
    }
    if (joined.length === 0) return [];
    incident.last_ms = Math.max(incident.last_ms, now_ms);
    incident.quiet_since_ms = undefined;
    this.#growing.delete(incident);
    this.#growing.add(incident);
    const others = !is_new && incident.head !== head_before ? [head_before] : [];
    if (joined.includes(incident.head)) incident.told = incident.findings;
    return [...joined, ...others.filter((each) => incident.members.has(each))].map((member) => told(incident, member));
  }

  /** What most of some machines share with one, if enough do: of labels and names, what fits the most, and then the fewest besides. */
  #mostShared(one: Member, others: readonly Member[]): { shared: Shared; members: Member[] } | undefined {
    const whole = calledBy(one, '#');
    const labels = whole.labels.map((each) => ({ ...whole, labels: [each] }));
    const patterns = [...new Set(others.map(({ machine }) => sharedPattern([machine, one.machine])))];
    const ways: Shared[] = [...labels, ...patterns.map((pattern) => ({ ...whole, labels: [], pattern }))];
    let best: { shared: Shared; members: Member[]; besides: number } | undefined;
    for (const way of ways) {
      const told = this.#telling(way);
      if (told === undefined) continue;
      const members = others.filter(({ machine, alert }) => narrowed(told, machine, alert) === told);
      if (machinesIn(members) + 1 < MACHINES_MIN || members.length < (best?.members.length ?? 0)) continue;
      const besides = this.#fitting(told);
      if (members.length === best?.members.length && besides >= best.besides) continue;
      best = { shared: told, members, besides };
    }
    if (best !== undefined) {
      // What else they share may be what is left when there are more of them.
      const { members } = best;
      const shared_labels = whole.labels.filter(([label, value]) =>
        members.every(({ alert }) => alert.labels?.[label] === value),
      );
      const pattern = sharedPattern([one.machine, ...members.map(({ machine }) => machine)]);
      const shared = this.#telling({ kind: 'called', labels: shared_labels, pattern });
      return { shared: shared ?? best.shared, members };
    }
    return machinesIn(others) + 1 >= MACHINES_MIN_UNRELATED
      ? { shared: { kind: 'moment' }, members: [...others] }
      : undefined;
  }

  /** Without what all machines of the fleet have; undefined when nothing is left. */
  #telling(shared: Shared | undefined): Shared | undefined {
    if (shared?.kind !== 'called') return shared;
    const { size } = this.#fleet;
    const is_common = (count: number) => size >= COMMON_FLEET_MIN && count > COMMON_SHARE * size;
    const labels = shared.labels.filter(([label, value]) => !is_common(this.#fleet.withLabel(label, value)));
    if (labels.length === 0 && shared.pattern === '#') return undefined;
    return labels.length === shared.labels.length ? shared : { ...shared, labels };
  }

  /** How many machines of the fleet have what says most of some of them. */
  #fitting(shared: Shared): number {
    return shared.kind === 'called' ? (this.#namesFor(shared)[0]?.count ?? 0) : this.#fleet.size;
  }

  /** What some machines are called by, what fits the fewest others first. */
  #namesFor({ labels, pattern }: Extract<Shared, { kind: 'called' }>) {
    const names = labels.map(([label, value]) => ({
      words: `with ${label} = ${value}`,
      count: this.#fleet.withLabel(label, value),
    }));
    if (pattern !== '#') names.push({ words: `of ${pattern}`, count: this.#fleet.fitting(pattern) });
    return names.sort((a, b) => a.count - b.count);
  }

  #wordsFor(shared: Shared): string {
    return shared.kind === 'called' ? (this.#namesFor(shared)[0]?.words ?? 'at once') : 'at once';
  }
}

/** What presence finds when a machine is gone. */
const GONE = 'presence machine';

/** The kind of a finding: its rule and the first word of its resource. */
function whatOf({ rule, resource }: Alert): string {
  return `${rule} ${resource.split(' ')[0]}`;
}

function told(incident: Incident, member: Member): Joined {
  const { id, head } = incident;
  return { member, incident: id, incident_sentence: sentenceOf(incident), incident_head: member === head };
}

function sentenceOf({ shared, words, head, machines, front, findings, outage }: Incident): string {
  if (shared.kind === 'machine') return `${findings} findings on ${shared.machine}, first: ${head.alert.sentence}`;
  const count = Math.max(machines.size, outage?.count ?? 0);
  const who = `${count} machines ${shared.kind === 'moment' ? wordsForNames(front) : words}`;
  if (outage !== undefined) return `${who} were cut off together, first ${head.machine}`;
  return `${who}, first ${head.machine}: ${head.alert.sentence}`;
}

/** What people see of names that begin alike, though no pattern can say it: `named rack4-…`. */
function wordsForNames(front: string): string {
  const words = front.replace(/[^-_.]*$/, '');
  return words.length > 1 ? `named ${words}…` : 'at once';
}

/** How two names begin. */
function startOf(one: string, other: string): string {
  let length = 0;
  while (length < one.length && one[length] === other[length]) length++;
  return one.slice(0, length);
}

/** Which of two is more likely the cause: the one that began clearly earlier, else the more severe, else the earlier. */
function likelier(a: Member, b: Member): Member {
  const earlier_ms = b.alert.since_ms - a.alert.since_ms;
  if (Math.abs(earlier_ms) <= HEAD_MS && a.alert.severity !== b.alert.severity) {
    return SEVERITIES.indexOf(a.alert.severity) > SEVERITIES.indexOf(b.alert.severity) ? a : b;
  }
  return earlier_ms < 0 ? b : a;
}

function machinesIn(members: readonly Member[]): number {
  return new Set(members.map(({ machine }) => machine)).size;
}

/** What a machine is called by, and a pattern of its name. */
function calledBy({ alert }: Member, pattern: string): Extract<Shared, { kind: 'called' }> {
  return { kind: 'called', labels: Object.entries(alert.labels ?? {}), pattern };
}

/** What is still shared when one more machine is among them: the same value when that is all; undefined when nothing is. */
function narrowed(shared: Shared, machine: string, { labels: own = {} }: Alert): Shared | undefined {
  if (shared.kind === 'moment') return shared;
  if (shared.kind === 'machine') return shared.machine === machine ? shared : undefined;
  const labels = shared.labels.filter(([label, value]) => own[label] === value);
  const pattern = widened(shared.pattern, machine);
  if (labels.length === 0 && pattern === '#') return undefined;
  return labels.length === shared.labels.length && pattern === shared.pattern ? shared : { ...shared, labels, pattern };
}

/** The pattern that fits what another fits, and one name more; `#` when there is none. */
function widened(pattern: string, name: string): string {
  if (pattern === '#' || compilePattern(pattern)(name)) return pattern;
  // The words that a pattern states stand at one of its ends.
  const words = pattern.split('.');
  const at_front = words.at(-1) === '#';
  const stated = at_front ? words.slice(0, -1) : words.slice(1).reverse();
  const given = at_front ? name.split('.') : name.split('.').reverse();
  const common = commonStart([stated, given]);
  if (common.length === 0) return '#';
  return at_front ? [...common, '#'].join('.') : ['#', ...common.reverse()].join('.');
}

/** The pattern that fits all names and says most: their common first words or their common last ones; else `#`. */
export function sharedPattern(names: readonly string[]): string {
  const words = names.map((name) => name.split('.'));
  const front = commonStart(words);
  const back = commonStart(words.map((each) => each.toReversed())).toReversed();
  if (front.length === 0 && back.length === 0) return '#';
  return front.length >= back.length ? [...front, '#'].join('.') : ['#', ...back].join('.');
}

function commonStart(all: readonly (readonly string[])[]): string[] {
  const [first = [], ...others] = all;
  const end = first.findIndex((word, i) => others.some((other) => other[i] !== word));
  return first.slice(0, end === -1 ? first.length : end);
}
