// What belongs together: findings that begin at about the same time on one machine, or of one kind on machines that share a
// label or a part of their names. No I/O and no clock of its own.

import { compilePattern } from '@ganglion/kernel';
import { type Alert, type Outage, SEVERITIES } from '@ganglion/topics';

/** "Together" is within so long of the one before. */
export const TOGETHER_MS = 30_000;

/** So many machines of a kind are an incident; so many, when all that they share is the moment. */
const MACHINES_MIN = 3;
const MACHINES_MIN_UNRELATED = 10;

/** Of those that began within so long of the first, the most severe is the likeliest cause. */
const HEAD_MS = 5_000;

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

/** What the machines of an incident share. */
type Shared =
  | { readonly kind: 'machine'; readonly machine: string }
  | { readonly kind: 'label'; readonly label: string; readonly value: string }
  | { readonly kind: 'pattern'; readonly pattern: string; readonly fits: (machine: string) => boolean }
  | { readonly kind: 'moment' };

interface Incident {
  readonly id: string;
  /** What they have found: rule and resource; of one machine, anything. */
  readonly what: string;
  shared: Shared;
  head: Member;
  /** Those not cleared yet, at most {@link RECENT_MAX}; the counts know of all. */
  readonly members: Set<Member>;
  readonly machines: Set<string>;
  findings: number;
  last_ms: number;
  /** What presence says of it, when it is an outage. */
  outage: Outage | undefined;
  /** How many findings there were when its sentence was last told. */
  told: number;
}

export class Incidents {
  /** Those raised lately, oldest first. */
  #recent: { readonly member: Member; readonly raised_ms: number }[] = [];
  readonly #of = new Map<Member, Incident>();
  /** Those that may grow, the one that has grown last at the end. */
  readonly #growing = new Set<Incident>();

  /** Takes a finding that was raised. Tells what it and others have to be told now. */
  raised(member: Member, now_ms: number): Joined[] {
    this.#recent = this.#recent.filter(({ raised_ms }) => now_ms - raised_ms <= TOGETHER_MS).slice(-RECENT_MAX + 1);
    const known = this.#growingFor(member, now_ms);
    const joined = known === undefined ? this.#begin(member, now_ms) : this.#join(known, [member], now_ms);
    this.#recent.push({ member, raised_ms: now_ms });
    return joined;
  }

  /** Takes an outage: the deaths in it that are known, and those to come. */
  outage(outage: Outage, open: Iterable<Member>): Joined[] {
    const machines = new Set(outage.machines);
    const members = [...open].filter(({ machine, alert }) => machines.has(machine) && whatOf(alert) === GONE);
    const first = members[0];
    if (first === undefined) return [];
    const known = members.map((member) => this.#of.get(member)).find((each) => each?.what === GONE);
    const incident = known ?? this.#make(first, sharedBy(outage.pattern), outage.last_ms);
    incident.shared = sharedBy(outage.pattern);
    incident.outage = outage;
    const joined = this.#join(incident, members, outage.last_ms);
    // All of them hear what presence knows of it.
    return joined.length === 0 ? [] : [...incident.members].map((member) => told(incident, member));
  }

  /** Tells the heads of those incidents that have grown since they were told. */
  look(now_ms: number): Joined[] {
    const joined: Joined[] = [];
    for (const incident of this.#growing) {
      if (incident.told < incident.findings && incident.members.has(incident.head)) {
        incident.told = incident.findings;
        joined.push(told(incident, incident.head));
      }
      if (now_ms - incident.last_ms > TOGETHER_MS) this.#growing.delete(incident);
    }
    return joined;
  }

  cleared(member: Member): void {
    this.#of.get(member)?.members.delete(member);
    this.#of.delete(member);
    this.#recent = this.#recent.filter((each) => each.member !== member);
  }

  /** The incident that a finding fits: of its machine, or of its kind. */
  #growingFor({ machine, alert }: Member, now_ms: number): Incident | undefined {
    const what = whatOf(alert);
    for (const incident of [...this.#growing].reverse()) {
      if (now_ms - incident.last_ms > TOGETHER_MS) continue;
      if (incident.machines.has(machine)) return incident;
      if (incident.what !== what) continue;
      const { shared } = incident;
      if (shared.kind === 'moment') return incident;
      if (shared.kind === 'label' && alert.labels?.[shared.label] === shared.value) return incident;
      if (shared.kind !== 'pattern') continue;
      if (shared.fits(machine)) return incident;
      // Perhaps they share less than it seemed from the first of them, but still something.
      const wider = sharedBy(sharedPattern([incident.head.machine, machine]));
      if (wider.kind !== 'pattern' || ![...incident.machines].every(wider.fits)) continue;
      incident.shared = wider;
      return incident;
    }
    return undefined;
  }

  #begin(member: Member, now_ms: number): Joined[] {
    const alike = this.#recent
      .map((each) => each.member)
      .filter((each) => whatOf(each.alert) === whatOf(member.alert) && each.machine !== member.machine);
    const free = alike.filter((each) => (this.#of.get(each)?.shared.kind ?? 'machine') === 'machine');
    const related = mostShared(member, free);
    if (related !== undefined) {
      return this.#join(this.#make(member, related.shared, now_ms), [...related.members, member], now_ms);
    }
    const here = this.#recent.map((each) => each.member).filter(({ machine }) => machine === member.machine);
    const alone = here.filter((each) => !this.#of.has(each));
    if (alone.length === 0) return [];
    const incident = this.#make(member, { kind: 'machine', machine: member.machine }, now_ms);
    return this.#join(incident, [...alone, member], now_ms);
  }

  #make(first: Member, shared: Shared, now_ms: number): Incident {
    const incident: Incident = {
      id: `${first.alert.id}-${Math.round(now_ms).toString(36)}`,
      what: shared.kind === 'machine' ? '' : whatOf(first.alert),
      shared,
      head: first,
      members: new Set(),
      machines: new Set(),
      findings: 0,
      last_ms: now_ms,
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
      incident.findings++;
      incident.head = likelier(incident.head, member);
      joined.push(member);
    }
    if (joined.length === 0) return [];
    incident.last_ms = Math.max(incident.last_ms, now_ms);
    this.#growing.delete(incident);
    this.#growing.add(incident);
    const others = !is_new && incident.head !== head_before ? [head_before] : [];
    if (joined.includes(incident.head)) incident.told = incident.findings;
    return [...joined, ...others.filter((each) => incident.members.has(each))].map((member) => told(incident, member));
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

function sentenceOf({ shared, head, machines, findings, outage }: Incident): string {
  if (shared.kind === 'machine') return `${findings} findings on ${shared.machine}, first: ${head.alert.sentence}`;
  const count = Math.max(machines.size, outage?.count ?? 0);
  const who = `${count} machines ${wordsFor(shared)}`;
  if (outage !== undefined) return `${who} were cut off together, first ${head.machine}`;
  return `${who}, first ${head.machine}: ${head.alert.sentence}`;
}

function wordsFor(shared: Exclude<Shared, { kind: 'machine' }>): string {
  if (shared.kind === 'label') return `with ${shared.label} = ${shared.value}`;
  return shared.kind === 'pattern' ? `of ${shared.pattern}` : 'at once';
}

/** Which of two is more likely the cause: the one that began clearly earlier, else the more severe, else the earlier. */
function likelier(a: Member, b: Member): Member {
  const earlier_ms = b.alert.since_ms - a.alert.since_ms;
  if (Math.abs(earlier_ms) <= HEAD_MS && a.alert.severity !== b.alert.severity) {
    return SEVERITIES.indexOf(a.alert.severity) > SEVERITIES.indexOf(b.alert.severity) ? a : b;
  }
  return earlier_ms < 0 ? b : a;
}

/** What most of some machines share with one, if enough do: of labels and names, what fits the most. */
function mostShared(one: Member, others: readonly Member[]): { shared: Shared; members: Member[] } | undefined {
  let best: { shared: Shared; members: Member[] } | undefined;
  const offer = (shared: Shared, members: Member[], machines_min: number) => {
    const machines = new Set(members.map(({ machine }) => machine)).size + 1;
    if (machines >= machines_min && members.length > (best?.members.length ?? 0)) best = { shared, members };
  };
  for (const [label, value] of Object.entries(one.alert.labels ?? {})) {
    const members = others.filter(({ alert }) => alert.labels?.[label] === value);
    offer({ kind: 'label', label, value }, members, MACHINES_MIN);
  }
  const patterns = new Set(others.map(({ machine }) => sharedPattern([machine, one.machine])));
  for (const pattern of patterns) {
    const shared = sharedBy(pattern);
    if (shared.kind !== 'pattern') continue;
    offer(
      shared,
      others.filter(({ machine }) => shared.fits(machine)),
      MACHINES_MIN,
    );
  }
  offer({ kind: 'moment' }, [...others], MACHINES_MIN_UNRELATED);
  return best;
}

function sharedBy(pattern: string): Shared {
  return pattern === '#' ? { kind: 'moment' } : { kind: 'pattern', pattern, fits: compilePattern(pattern) };
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
