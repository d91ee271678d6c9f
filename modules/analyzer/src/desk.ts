// The desk: keeps the alerts of all machines. Findings come in; out goes what is raised, changed and cleared, what belongs
// together, who has seen it and who wants no word of it. No I/O and no clock of its own.

import { createHash } from 'node:crypto';
import {
  type Alert,
  alert,
  type Findings,
  type FoundOnMachine,
  type Order,
  type Outage,
  SILENCES_MAX,
  type Silence,
  silences,
} from '@ganglion/topics';
import Type from 'typebox';
import { Value } from 'typebox/value';
import { Fleet } from './fleet.ts';
import { Incidents } from './incidents.ts';
import { isInForce, type ReadySilence, readySilence } from './silences.ts';

/** Alerts that are open at a time, at most; more are not raised, and counted. */
export const ALERTS_MAX = 20_000;

/** An alert of which no analyzer has spoken for so long has ended: nobody judges its machine any more. */
const UNSPOKEN_MS = 3 * 300_000;

/** An alert that goes out. */
export interface Outgoing {
  readonly machine: string;
  readonly alert: Alert;
  readonly time_ms: number;
}

export interface DeskOptions {
  /** What the machines are called by. Default: nothing is known of that. */
  readonly fleet?: Fleet;
  readonly count: (name: string, n?: number) => void;
}

interface Open {
  readonly machine: string;
  /** Its key among the findings of the machine. */
  readonly key: string;
  alert: Alert;
  /** When an analyzer last spoke of it, by the clock of `look`. */
  spoken_ms: number;
  /** The time of what was last said of it: nothing that follows is older, whatever the clock of its machine. */
  told_ms: number;
}

/** What is kept of a machine's open alerts. */
const SavedAlerts = Type.Array(Type.Object({ key: Type.String(), alert: alert.schema, told_ms: Type.Number() }));

export class Desk {
  readonly #count: DeskOptions['count'];
  /** By machine, and then by key. */
  readonly #open = new Map<string, Map<string, Open>>();
  #size = 0;
  readonly #silences = new Map<string, ReadySilence>();
  /** Those in force when it was last looked, by id; undefined when alerts or silences have come since that were not seen then. */
  #in_force: string | undefined;
  readonly #incidents: Incidents;

  constructor({ count, fleet = new Fleet() }: DeskOptions) {
    this.#count = count;
    this.#incidents = new Incidents(fleet);
  }

  /** Alerts that are open. */
  get size(): number {
    return this.#size;
  }

  /** The silences that there are, those to come and those between the times of their calendar among them. */
  get silences(): readonly Silence[] {
    return [...this.#silences.values()].map(({ silence }) => silence);
  }

  /**
   * Takes all that is found on a machine.
   *
   * @param time_ms when it was so, by the machine's clock
   * @param now_ms when it came, by the clock of `look`
   */
  findings(
    machine: string,
    { findings, unsure, left_out, labels }: Findings,
    time_ms: number,
    now_ms: number = time_ms,
  ): Outgoing[] {
    const out: Outgoing[] = [];
    const open = this.#open.get(machine) ?? new Map<string, Open>();
    const found = new Set<string>();
    for (const finding of findings) {
      found.add(finding.key);
      const known = open.get(finding.key);
      if (known !== undefined) {
        known.spoken_ms = now_ms;
        this.#change(known, finding, labels, time_ms, out);
      } else if (finding.pending !== true) this.#raise(machine, open, finding, labels, { time_ms, now_ms }, out);
    }
    for (const each of open.values()) {
      if (found.has(each.key)) continue;
      const rule = each.alert.shadow === true ? `shadow.${each.alert.rule}` : each.alert.rule;
      if (left_out !== undefined || unsure.includes(rule)) each.spoken_ms = now_ms;
      else this.#clear(each, time_ms, out);
    }
    return out;
  }

  /** Takes an outage: the deaths in it are one incident. */
  outage(outage: Outage, time_ms: number): Outgoing[] {
    return this.#tellIncident(this.#incidents.outage(outage, this.#all()), time_ms);
  }

  /** Does what somebody has ordered. Undefined when there is nothing that it could be about. */
  order(
    order: Order,
    time_ms: number,
  ): { readonly alerts: Outgoing[]; readonly silences_changed: boolean } | undefined {
    if (order.order === 'silence') {
      if (!this.#silences.has(order.silence.id) && this.#silences.size >= SILENCES_MAX) {
        this.#count('silences_not_taken');
        return undefined;
      }
      this.#silences.set(order.silence.id, readySilence(order.silence));
      this.#in_force = undefined;
      return { alerts: this.#silenceAll(time_ms), silences_changed: true };
    }
    if (order.order === 'end_silence') {
      if (!this.#silences.delete(order.id)) return undefined;
      return { alerts: this.#silenceAll(time_ms), silences_changed: true };
    }
    const head = [...(this.#open.get(order.machine)?.values() ?? [])].find((each) => each.alert.id === order.id);
    if (head === undefined) return undefined;
    const { incident } = head.alert;
    const all = order.incident === true && incident !== undefined ? this.#membersOf(incident) : [head];
    const { by, why, undo } = order;
    const alerts = all.map((each) => {
      const { acknowledged: _, ...rest } = each.alert;
      const word = { by, time_ms, ...(why !== undefined && { why }) };
      return this.#tell(each, { ...rest, ...(undo !== true && { acknowledged: word }) }, time_ms);
    });
    return { alerts, silences_changed: false };
  }

  /** Does what time brings, about once a second: silences that begin and end, alerts of which nobody speaks any more. */
  look(time_ms: number): { readonly alerts: Outgoing[]; readonly silences_changed: boolean } {
    let silences_changed = false;
    for (const [id, { silence }] of this.#silences) {
      if (silence.until_ms > time_ms) continue;
      this.#silences.delete(id);
      silences_changed = true;
    }
    const in_force = [...this.#silences.values()].filter((each) => isInForce(each, time_ms));
    const names = in_force.map(({ silence }) => silence.id).join('\n');
    const alerts = names === this.#in_force ? [] : this.#silenceAll(time_ms);
    this.#in_force = names;
    for (const each of this.#all()) if (time_ms - each.spoken_ms > UNSPOKEN_MS) this.#clear(each, time_ms, alerts);
    alerts.push(...this.#tellIncident(this.#incidents.look(time_ms), time_ms));
    return { alerts, silences_changed };
  }

  /** All that is open, for someone who came later. */
  repeat(time_ms: number): Outgoing[] {
    return [...this.#all()].map((each) => {
      each.told_ms = Math.max(time_ms, each.told_ms);
      const { machine, alert, told_ms } = each;
      return { machine, alert: { ...alert, state: 'changed', repeated: true }, time_ms: told_ms };
    });
  }

  /** What is to be kept of a machine; undefined when nothing is open on it. */
  save(machine: string): unknown {
    const open = this.#open.get(machine);
    return open === undefined
      ? undefined
      : [...open.values()].map(({ key, alert, told_ms }) => ({ key, alert, told_ms }));
  }

  /** Goes on with a machine where `save` left it. Returns false when that is none. */
  restore(machine: string, saved: unknown, now_ms: number): boolean {
    if (!Value.Check(SavedAlerts, saved)) return false;
    this.#in_force = undefined;
    for (const { key, alert, told_ms } of saved) {
      if (this.#size >= ALERTS_MAX) return true;
      const open = this.#openOf(machine);
      if (open.has(key)) continue;
      const each: Open = { machine, key, alert, spoken_ms: now_ms, told_ms };
      open.set(key, each);
      this.#size++;
      if (alert.shadow !== true) this.#incidents.restored(each, told_ms);
    }
    return true;
  }

  /** Goes on with the silences that were kept. Returns false when those are none. */
  restoreSilences(saved: unknown): boolean {
    const given = { silences: saved };
    if (!Value.Check(silences.schema, given)) return false;
    for (const each of given.silences) this.#silences.set(each.id, readySilence(each));
    return true;
  }

  #raise(
    machine: string,
    open: Map<string, Open>,
    { key, pending: _, ...finding }: FoundOnMachine,
    labels: Alert['labels'],
    { time_ms, now_ms }: { readonly time_ms: number; readonly now_ms: number },
    out: Outgoing[],
  ): void {
    if (this.#size >= ALERTS_MAX) {
      this.#count('alerts_not_raised');
      return;
    }
    // From what does not change when the same findings come again after a kill, so that the alert is the same, too.
    const id = idOf(machine, key, finding.since_ms);
    const raised: Alert = { id, state: 'raised', ...finding, ...(labels !== undefined && { labels }) };
    const each: Open = { machine, key, alert: raised, spoken_ms: now_ms, told_ms: time_ms };
    this.#open.set(machine, open);
    open.set(key, each);
    this.#size++;
    const silenced = this.#silenceOf(each, time_ms);
    each.alert = { ...raised, ...(silenced !== undefined && { silenced }) };
    const joined = raised.shadow === true ? [] : this.#incidents.raised(each, time_ms);
    for (const { member, ...incident } of joined) {
      if (member === each) each.alert = { ...each.alert, ...incident };
    }
    out.push({ machine, alert: each.alert, time_ms });
    out.push(
      ...this.#tellIncident(
        joined.filter(({ member }) => member !== each),
        time_ms,
      ),
    );
  }

  #change(each: Open, finding: FoundOnMachine, labels: Alert['labels'], time_ms: number, out: Outgoing[]): void {
    const { severity, sentence, value, limit } = finding;
    const before = each.alert;
    if (
      severity === before.severity &&
      sentence === before.sentence &&
      value === before.value &&
      limit === before.limit &&
      (labels === undefined || before.labels !== undefined)
    ) {
      return;
    }
    const { value: _v, limit: _l, ...rest } = before;
    const changed: Alert = {
      ...rest,
      severity,
      sentence,
      ...(value !== undefined && { value }),
      ...(limit !== undefined && { limit }),
      ...(labels !== undefined && { labels }),
    };
    out.push(this.#tell(each, changed, time_ms));
  }

  #clear(each: Open, time_ms: number, out: Outgoing[]): void {
    const { machine, key, alert } = each;
    const open = this.#open.get(machine);
    if (open?.delete(key) !== true) return;
    this.#size--;
    if (open.size === 0) this.#open.delete(machine);
    this.#incidents.cleared(each);
    const cleared: Alert = { ...alert, state: 'cleared', until_ms: Math.max(time_ms, alert.since_ms) };
    out.push({ machine, alert: cleared, time_ms: Math.max(time_ms, each.told_ms) });
  }

  /** Notes what an alert says now, and says it. */
  #tell(each: Open, alert: Alert, time_ms: number): Outgoing {
    each.alert = { ...alert, state: 'changed' };
    each.told_ms = Math.max(time_ms, each.told_ms);
    return { machine: each.machine, alert: each.alert, time_ms: each.told_ms };
  }

  #tellIncident(joined: ReturnType<Incidents['look']>, time_ms: number): Outgoing[] {
    return joined.map(({ member, ...incident }) =>
      this.#tell(member as Open, { ...member.alert, ...incident }, time_ms),
    );
  }

  /** Looks at every open alert for silences that have begun or ended. */
  #silenceAll(time_ms: number): Outgoing[] {
    const out: Outgoing[] = [];
    for (const each of this.#all()) {
      const silenced = this.#silenceOf(each, time_ms);
      const { silenced: before, ...rest } = each.alert;
      if (silenced?.time_ms === before?.time_ms && silenced?.until_ms === before?.until_ms) continue;
      out.push(this.#tell(each, { ...rest, ...(silenced !== undefined && { silenced }) }, time_ms));
    }
    return out;
  }

  /** The silence that holds for an alert now: the first of those that fit. */
  #silenceOf({ machine, alert }: Open, time_ms: number): Alert['silenced'] {
    for (const each of this.#silences.values()) {
      if (!each.fits(machine, alert) || !isInForce(each, time_ms)) continue;
      const { by, why, until_ms, time_ms: ordered_ms } = each.silence;
      return { by, time_ms: ordered_ms, until_ms, ...(why !== undefined && { why }) };
    }
    return undefined;
  }

  #membersOf(incident: string): Open[] {
    return [...this.#all()].filter(({ alert }) => alert.incident === incident);
  }

  #openOf(machine: string): Map<string, Open> {
    const open = this.#open.get(machine) ?? new Map<string, Open>();
    this.#open.set(machine, open);
    return open;
  }

  *#all(): Generator<Open> {
    for (const open of [...this.#open.values()]) yield* [...open.values()];
  }
}

/** An alert's identity: ten hexadecimal digits, short enough to be typed. */
function idOf(machine: string, key: string, since_ms: number): string {
  return createHash('sha256')
    .update(JSON.stringify([machine, key, since_ms]))
    .digest('hex')
    .slice(0, 10);
}
