// The alerts of all machines as they were last heard: those that are open, and those that ended last. And the silences. Who
// keeps them repeats all of it for who comes later, so nothing is asked for.

import { oneLine } from '@ganglion/kernel';
import { type Alert, SILENCES_MAX, type Silence } from '@ganglion/topics';
import { type AlertRow, ENDED_MAX, LIFE_MAX, type SilenceRow, type Step, type Word } from '../wire/frames.ts';
import { Changes } from './changes.ts';
import type { Count } from './client.ts';
import { labelsIn } from './labels.ts';

/** Alerts that are open at once; more are counted and not shown. */
export const OPEN_MAX = 20_000;

/** Instances whose silences are remembered. */
const SILENCERS_MAX = 64;

/** Characters of an alert's `id` and of its incident's; of a sentence; of any other text. */
const ID_CHARACTERS_MAX = 256;
const SENTENCE_CHARACTERS_MAX = 500;
const TEXT_CHARACTERS_MAX = 255;

/** What the server tells apart. */
export interface Kept {
  readonly row: AlertRow;
  /** When it was last heard of, by a clock that nobody sets. */
  readonly heard_ms: number;
}

export interface AlertBookOptions {
  readonly count: Count;
  /** An alert is not what it was; undefined before it was known, and when it is forgotten. */
  readonly onChange: (before: AlertRow | undefined, after: AlertRow | undefined) => void;
}

export class AlertBook {
  /** By {@link keyOf}. */
  readonly changes = new Changes<Kept>();
  readonly #options: AlertBookOptions;
  #open = 0;
  /** Keys of those that have ended, longest ago first. */
  readonly #ended = new Set<string>();
  /** By the instance that told of them; the one heard last at the end. */
  readonly #silences = new Map<string, { readonly silences: readonly Silence[]; readonly heard_ms: number }>();
  /** Grows with each change of the silences. */
  silences_serial = 1;

  constructor(options: AlertBookOptions) {
    this.#options = options;
  }

  /** Alerts that are open. */
  get open(): number {
    return this.#open;
  }

  find(machine: string, id: string): AlertRow | undefined {
    return this.changes.get(keyOf(machine, id))?.row;
  }

  /** Takes an alert off the bus. */
  hear(machine: string, alert: Alert, now_ms: number): void {
    const { count } = this.#options;
    if (alert.id.length > ID_CHARACTERS_MAX || (alert.incident?.length ?? 0) > ID_CHARACTERS_MAX) {
      count('alerts_too_large');
      return;
    }
    const before = this.find(machine, alert.id);
    const is_open = alert.state !== 'cleared';
    if (is_open && before === undefined && this.#open >= OPEN_MAX) {
      count('alerts_not_kept');
      return;
    }
    const said = rowOf(machine, alert, now_ms);
    // What it did not say is not known to be otherwise: that it has ended may be all that is left to say.
    this.#put(before, { ...said, life: lived(before, said, alert.repeated === true, now_ms) });
  }

  /** Takes the silences that an instance keeps. */
  hearSilences(instance: string, silences: readonly Silence[]): void {
    const known = this.#silences.get(instance);
    this.#silences.delete(instance);
    if (this.#silences.size >= SILENCERS_MAX) {
      const [oldest] = this.#silences.keys();
      if (oldest !== undefined) this.#silences.delete(oldest);
    }
    this.#silences.set(instance, { silences, heard_ms: performance.now() });
    if (JSON.stringify(known?.silences) !== JSON.stringify(silences)) this.silences_serial++;
  }

  /** An instance is gone: what it kept counts no more, if another keeps any. */
  forgetSilencesOf(instance: string): void {
    if (this.#silences.size < 2 || !this.#silences.delete(instance)) return;
    this.silences_serial++;
  }

  /** All silences, those that end first at the front. */
  silences(now_ms: number): SilenceRow[] {
    const all = new Map<string, SilenceRow>();
    for (const { silences } of this.#silences.values()) {
      for (const silence of silences) {
        if (silence.until_ms > now_ms && all.size < SILENCES_MAX) all.set(silence.id, silenceRow(silence));
      }
    }
    return [...all.values()].sort((a, b) => a.until_ms - b.until_ms);
  }

  /**
   * Everyone who keeps alerts has repeated them since `from_ms`, by a clock that nobody sets, if each of `keepers` has told of its
   * silences: what was not among them has ended while it could not be heard. Returns whether that could be said.
   */
  endUnheard(from_ms: number, keepers: Iterable<string>, now_ms: number): boolean {
    const all = [...keepers];
    const haveTold = all.every(
      (keeper) => (this.#silences.get(keeper)?.heard_ms ?? Number.NEGATIVE_INFINITY) >= from_ms,
    );
    if (all.length === 0 || !haveTold) return false;
    for (const { row, heard_ms } of [...this.changes.values()]) {
      if (row.until_ms !== undefined || heard_ms >= from_ms) continue;
      const ended: AlertRow = { ...row, until_ms: Math.max(now_ms, row.since_ms), unheard: true };
      this.#put(row, { ...ended, life: withSteps(row.life, ['ended'], now_ms) });
    }
    return true;
  }

  #put(before: AlertRow | undefined, row: AlertRow): void {
    const key = keyOf(row.machine, row.id);
    const was_open = before !== undefined && before.until_ms === undefined;
    const is_open = row.until_ms === undefined;
    this.#open += Number(is_open) - Number(was_open);
    this.changes.put(key, { row, heard_ms: performance.now() });
    this.#ended.delete(key);
    if (!is_open) this.#ended.add(key);
    this.#options.onChange(before, row);
    if (this.#ended.size <= ENDED_MAX) return;
    const [oldest = ''] = this.#ended;
    const forgotten = this.changes.get(oldest)?.row;
    this.#ended.delete(oldest);
    this.changes.forget(oldest);
    this.#options.onChange(forgotten, undefined);
  }
}

function keyOf(machine: string, id: string): string {
  return `${id} ${machine}`;
}

/** An alert as it is shown, without its life: it comes from outside, and its texts may be of any length. */
function rowOf(machine: string, alert: Alert, now_ms: number): Omit<AlertRow, 'life'> {
  const { id, state, severity, rule, resource, sentence, since_ms, value, limit, figure, shadow } = alert;
  const { incident, incident_sentence, incident_head, acknowledged, silenced } = alert;
  const labels = labelsIn(alert.labels);
  return {
    id,
    machine,
    severity,
    rule: text(rule),
    resource: text(resource),
    sentence: oneLine(sentence, SENTENCE_CHARACTERS_MAX),
    since_ms,
    ...(state === 'cleared' && { until_ms: alert.until_ms ?? now_ms }),
    ...(value !== undefined && { value }),
    ...(limit !== undefined && { limit }),
    ...(figure !== undefined && { figure: text(figure) }),
    ...(shadow === true && { shadow }),
    ...(incident !== undefined && { incident }),
    ...(incident_sentence !== undefined && { incident_sentence: oneLine(incident_sentence, SENTENCE_CHARACTERS_MAX) }),
    ...(incident_head === true && { incident_head }),
    ...(labels !== undefined && { labels }),
    ...(acknowledged !== undefined && { acknowledged: wordOf(acknowledged) }),
    ...(silenced !== undefined && { silenced: wordOf(silenced) }),
  };
}

function wordOf({ by, why, time_ms, until_ms }: NonNullable<Alert['silenced']>): Word {
  return {
    by: text(by),
    ...(why !== undefined && { why: oneLine(why, SENTENCE_CHARACTERS_MAX) }),
    time_ms,
    ...(until_ms !== undefined && { until_ms }),
  };
}

function silenceRow(silence: Silence): SilenceRow {
  const { id, machines, rules, resources, severity_max, from_ms, until_ms, calendar, by, why, time_ms } = silence;
  const labels = labelsIn(silence.labels);
  return {
    id,
    machines,
    ...(labels !== undefined && { labels }),
    ...(rules !== undefined && { rules: rules.map(text) }),
    ...(resources !== undefined && { resources: resources.map(text) }),
    ...(severity_max !== undefined && { severity_max }),
    from_ms,
    until_ms,
    ...(calendar !== undefined && { by_calendar: true }),
    by,
    ...(why !== undefined && { why }),
    time_ms,
  };
}

/** The life of an alert with what has just become of it. */
function lived(
  before: AlertRow | undefined,
  { severity, acknowledged, silenced, incident, until_ms }: Omit<AlertRow, 'life'>,
  repeated: boolean,
  now_ms: number,
): AlertRow['life'] {
  const reopened = before?.until_ms !== undefined && until_ms === undefined;
  const steps: Step[] = [];
  // Of one that is only repeated, nobody knows here what became of it when.
  if (before === undefined && repeated) return [];
  if (before === undefined && until_ms !== undefined) return [[now_ms, 'ended']];
  if (before?.severity !== severity || reopened) steps.push(severity);
  if (incident !== undefined && before !== undefined && before.incident !== incident) steps.push('joined');
  if (acknowledged?.time_ms !== before?.acknowledged?.time_ms)
    steps.push(acknowledged === undefined ? 'not_acknowledged' : 'acknowledged');
  if ((silenced === undefined) !== (before?.silenced === undefined))
    steps.push(silenced === undefined ? 'not_silenced' : 'silenced');
  if (until_ms !== undefined && before?.until_ms === undefined) steps.push('ended');
  return withSteps(before?.life ?? [], steps, now_ms);
}

function withSteps(life: AlertRow['life'], steps: readonly Step[], now_ms: number): AlertRow['life'] {
  if (steps.length === 0) return life;
  const [first, ...others] = [...life, ...steps.map((step) => [now_ms, step] as const)];
  return first === undefined ? [] : [first, ...others.slice(1 - LIFE_MAX)];
}

function text(given: string): string {
  return oneLine(given, TEXT_CHARACTERS_MAX);
}
