// The machines that this analyzer judges: what each rule remembers of each, and what was last said of it. It turns what the
// rules say into an analysis, and into findings when those are news. No I/O and no clock of its own.

import { deserialize, serialize } from 'node:v8';
import { reasonOf } from '@ganglion/kernel';
import { type Analysis, FINDINGS_MAX, type Findings, type FoundOnMachine, usualInterval } from '@ganglion/topics';
import type { Found, Gone, Judge, Rule, Sample, Say } from './rule.ts';

/** Machines that are known at most; of more, those longest silent are forgotten. */
export const MACHINES_MAX = 20_000;

/** What only differs in its words or figures is said no more often than this. */
const WORDS_MS = 10_000;

/** What is found is said again after this, so that who keeps the alerts knows that somebody still judges the machine. */
export const SAID_AGAIN_MS = 300_000;

/** A machine that is gone, and of which nothing is found, is forgotten after this. */
const GONE_MS = 86_400_000;

/** A sample is overdue after so many of its machine's usual intervals, and at least so long. */
const OVERDUE_INTERVALS = 2;
const OVERDUE_MS_MIN = 2_000;

/** Between two samples, so many usual intervals count as watched. */
const STEP_INTERVALS_MAX = 2;

/** Samples in a row that are older than one before: so many are not late, the clock was set. */
const LATE_MAX = 10;

/** Of the saved form; another is not taken. */
const SAVED_VERSION = 1;

/** A rule with its settings, ready for use. */
export interface ReadyRule {
  readonly rule: Rule;
  readonly judge: Judge;
  /** On trial: its findings are marked so, and its fields are nobody's. */
  readonly shadow: boolean;
}

export interface MachinesOptions {
  readonly rules: readonly ReadyRule[];
  /** Called when a rule has thrown; the others have judged all the same. */
  readonly onFault: (rule: string, machine: string, why: string) => void;
  readonly count: (name: string, n?: number) => void;
  /** Default: {@link MACHINES_MAX}. */
  readonly machines_max?: number;
}

/** What came of a sample. */
export interface Verdict {
  readonly analysis: Analysis;
  /** All that is found on the machine now; undefined when that is no news. */
  readonly findings: Findings | undefined;
}

interface Machine {
  readonly name: string;
  /** By rule, in the order of the rules. */
  readonly states: unknown[];
  /** Each rule's findings, those that go on because it cannot tell among them. */
  readonly found: (readonly Found[])[];
  readonly unsure: boolean[];
  /** Of the last sample: its own time, and when it came by the clock of who calls. */
  time_ms: number;
  heard_ms: number;
  interval_ms: number | undefined;
  /** Samples in a row that were older than the last. */
  late: number;
  labels: Readonly<Record<string, string>>;
  gone: Gone | undefined;
  /** What was last said: who is found, in short; undefined until something was. */
  said: string | undefined;
  /** The same with its words and figures. */
  words: string;
  said_ms: number;
}

/** Collects what one rule says of one sample. */
class Ear implements Say {
  fields: Partial<Analysis> | undefined;
  found: Found[] = [];
  is_unsure = false;

  field<Name extends keyof Analysis>(name: Name, value: Analysis[Name]): void {
    if (this.fields !== undefined) this.fields[name] = value;
  }

  finding(found: Found): void {
    this.found.push(found);
  }

  unsure(): void {
    this.is_unsure = true;
  }
}

const NONE: readonly Found[] = [];

export class Machines {
  readonly #options: MachinesOptions;
  readonly #rules: readonly ReadyRule[];
  readonly #machines = new Map<string, Machine>();
  readonly #max: number;
  /** One for all calls: nothing is allocated for a sample of which a rule has nothing to say. */
  readonly #ear = new Ear();

  constructor(options: MachinesOptions) {
    this.#options = options;
    this.#rules = options.rules;
    this.#max = options.machines_max ?? MACHINES_MAX;
  }

  get size(): number {
    return this.#machines.size;
  }

  get names(): IterableIterator<string> {
    return this.#machines.keys();
  }

  /**
   * Judges a sample. One that is older than the last gets an analysis as if it were the first, and changes nothing.
   *
   * @param now_ms when it came, by one clock for all machines
   */
  sample(given: Omit<Sample, 'labels' | 'step_ms'>, now_ms: number): Verdict {
    const known = this.#machines.get(given.machine);
    if (known !== undefined && given.time_ms < known.time_ms && ++known.late <= LATE_MAX) {
      this.#options.count('late_samples');
      const passing = this.#begin(given.machine, now_ms);
      const { labels } = known;
      return { analysis: this.#judge(passing, { ...given, labels, step_ms: 0 }), findings: undefined };
    }
    const machine = known ?? this.#add(given.machine, now_ms);
    let step_ms = 0;
    if (known !== undefined) {
      const gap_ms = given.time_ms - machine.time_ms;
      machine.interval_ms = usualInterval(machine.interval_ms, gap_ms);
      step_ms = Math.min(Math.max(0, gap_ms), STEP_INTERVALS_MAX * (machine.interval_ms ?? 0));
    }
    machine.late = 0;
    machine.gone = undefined;
    machine.time_ms = given.time_ms;
    machine.heard_ms = now_ms;
    const analysis = this.#judge(machine, { ...given, labels: machine.labels, step_ms });
    return { analysis, findings: this.#news(machine, now_ms) };
  }

  /** Judges the machines of which a sample is overdue, and tells which have news. */
  pause(now_ms: number): [machine: string, findings: Findings][] {
    const news: [string, Findings][] = [];
    for (const machine of this.#machines.values()) {
      const silent_ms = now_ms - machine.heard_ms;
      const overdue_ms = Math.max(OVERDUE_MS_MIN, OVERDUE_INTERVALS * (machine.interval_ms ?? 0));
      if (silent_ms < overdue_ms && machine.gone === undefined) continue;
      const time_ms = machine.time_ms + Math.max(0, silent_ms);
      const { name, gone, labels } = machine;
      for (const [index, { judge }] of this.#rules.entries()) {
        if (judge.pause === undefined) {
          // Whoever is gone has no trouble any more but that.
          if (gone !== undefined) machine.found[index] = NONE;
          continue;
        }
        this.#listen(machine, index, undefined, (state, say) =>
          judge.pause?.(state, { machine: name, time_ms, silent_ms, gone, labels }, say),
        );
      }
      const findings = this.#news(machine, now_ms);
      if (findings !== undefined) news.push([name, findings]);
      if (gone !== undefined && silent_ms > GONE_MS && machine.said === '') this.#machines.delete(name);
    }
    return news;
  }

  /** Takes what presence tells of a machine: that it is gone, or that it is here (undefined). */
  gone(name: string, gone: Gone | undefined): void {
    const machine = this.#machines.get(name);
    if (machine !== undefined) machine.gone = gone;
  }

  /** Takes what a machine's owner calls it by. */
  labels(name: string, labels: Readonly<Record<string, string>>): void {
    const machine = this.#machines.get(name);
    if (machine !== undefined) machine.labels = labels;
  }

  /** All that is remembered of a machine; undefined when nothing is. */
  save(name: string): Uint8Array | undefined {
    const machine = this.#machines.get(name);
    if (machine === undefined) return undefined;
    const { time_ms, interval_ms, labels, gone, found } = machine;
    const rules: Record<string, unknown> = {};
    for (const [index, { rule, judge, shadow }] of this.#rules.entries()) {
      const state = machine.states[index];
      const data = judge.save === undefined ? state : judge.save(state);
      rules[nameOf(rule, shadow)] = { version: rule.version ?? 1, data, found: found[index] };
    }
    return serialize({ version: SAVED_VERSION, time_ms, interval_ms, labels, gone, rules });
  }

  /**
   * Goes on with a machine where `save` left it. A rule whose state is of another version or damaged begins anew, and what
   * it had found goes on until it can tell. Returns whether there was anything to go on with.
   */
  restore(name: string, saved: Uint8Array, now_ms: number): boolean {
    let data: unknown;
    try {
      data = deserialize(saved);
    } catch (error) {
      this.#options.onFault('state', name, reasonOf(error));
      return false;
    }
    if (!isSaved(data)) return false;
    const machine = this.#add(name, now_ms);
    machine.time_ms = data.time_ms;
    machine.interval_ms = data.interval_ms;
    machine.labels = data.labels;
    machine.gone = data.gone;
    for (const [index, { rule, judge, shadow }] of this.#rules.entries()) {
      const kept = data.rules[nameOf(rule, shadow)];
      if (kept === undefined) continue;
      machine.found[index] = kept.found;
      if (kept.version !== (rule.version ?? 1)) continue;
      try {
        machine.states[index] = judge.restore === undefined ? kept.data : judge.restore(kept.data);
      } catch (error) {
        this.#options.onFault(rule.name, name, reasonOf(error));
      }
    }
    return true;
  }

  forget(name: string): void {
    this.#machines.delete(name);
  }

  #add(name: string, now_ms: number): Machine {
    const machine = this.#begin(name, now_ms);
    this.#machines.set(name, machine);
    if (this.#machines.size > this.#max) this.#forgetSilent();
    return machine;
  }

  #begin(name: string, now_ms: number): Machine {
    return {
      name,
      states: this.#rules.map(({ judge }) => judge.begin(name)),
      found: this.#rules.map(() => NONE),
      unsure: this.#rules.map(() => false),
      time_ms: 0,
      heard_ms: now_ms,
      interval_ms: undefined,
      late: 0,
      labels: {},
      gone: undefined,
      said: undefined,
      words: '',
      said_ms: 0,
    };
  }

  #forgetSilent(): void {
    let longest: Machine | undefined;
    for (const machine of this.#machines.values()) {
      if (longest === undefined || machine.heard_ms < longest.heard_ms) longest = machine;
    }
    if (longest !== undefined) this.#machines.delete(longest.name);
    this.#options.count('machines_forgotten');
  }

  #judge(machine: Machine, sample: Sample): Analysis {
    // The CPU is in every measure, so its band is in every analysis.
    const analysis = {} as Analysis;
    for (const [index, { judge, shadow }] of this.#rules.entries()) {
      this.#listen(machine, index, shadow ? undefined : analysis, (state, say) => judge.sample(state, sample, say));
    }
    return analysis;
  }

  /** Lets one rule speak. One that throws begins anew, and what it had found goes on. */
  #listen(
    machine: Machine,
    index: number,
    fields: Analysis | undefined,
    speak: (state: unknown, say: Say) => void,
  ): void {
    const { rule, judge } = this.#rules[index] as ReadyRule;
    const ear = this.#ear;
    ear.fields = fields;
    ear.is_unsure = false;
    try {
      speak(machine.states[index], ear);
    } catch (error) {
      ear.is_unsure = true;
      if (ear.found.length > 0) ear.found = [];
      machine.states[index] = judge.begin(machine.name);
      this.#options.onFault(rule.name, machine.name, reasonOf(error));
    }
    machine.unsure[index] = ear.is_unsure;
    if (ear.found.length > 0) {
      machine.found[index] = ear.found;
      ear.found = [];
    } else if (!ear.is_unsure) machine.found[index] = NONE;
  }

  /** All that is found on a machine, if it is to be said: it is another than was last said, or its words are old. */
  #news(machine: Machine, now_ms: number): Findings | undefined {
    let is_quiet = machine.said === '';
    for (let i = 0; is_quiet && i < machine.found.length; i++) {
      is_quiet = machine.found[i]?.length === 0 && machine.unsure[i] === false;
    }
    if (is_quiet) return undefined;

    const findings: FoundOnMachine[] = [];
    const unsure: string[] = [];
    let left_out = 0;
    for (const [index, { rule, shadow }] of this.#rules.entries()) {
      if (machine.unsure[index] === true) unsure.push(nameOf(rule, shadow));
      for (const found of machine.found[index] ?? NONE) {
        if (findings.length === FINDINGS_MAX) left_out++;
        else
          findings.push({
            ...found,
            key: `${nameOf(rule, shadow)} ${found.key}`,
            rule: rule.name,
            ...(shadow && { shadow }),
          });
      }
    }
    const said = [
      ...findings.map(({ key, severity, pending }) => `${key}\n${severity}\n${pending === true}`),
      ...unsure,
    ].join('\n\n');
    if (said === machine.said) {
      const age_ms = now_ms - machine.said_ms;
      if (age_ms < WORDS_MS) return undefined;
      const words = wordsOf(findings);
      if (age_ms < SAID_AGAIN_MS && words === machine.words) return undefined;
      machine.words = words;
    } else machine.words = wordsOf(findings);
    machine.said = said;
    machine.said_ms = now_ms;
    if (left_out > 0) this.#options.count('findings_left_out', left_out);
    const { labels } = machine;
    return {
      findings,
      unsure,
      ...(left_out > 0 && { left_out }),
      ...(Object.keys(labels).length > 0 && { labels: { ...labels } }),
    };
  }
}

function wordsOf(findings: readonly FoundOnMachine[]): string {
  return findings.map(({ sentence, value, limit }) => `${sentence}\n${value}\n${limit}`).join('\n\n');
}

function nameOf(rule: Rule, shadow: boolean): string {
  return shadow ? `shadow.${rule.name}` : rule.name;
}

interface Saved {
  readonly version: number;
  readonly time_ms: number;
  readonly interval_ms: number | undefined;
  readonly labels: Readonly<Record<string, string>>;
  readonly gone: Gone | undefined;
  readonly rules: Readonly<Record<string, { version: number; data: unknown; found: readonly Found[] } | undefined>>;
}

function isSaved(data: unknown): data is Saved {
  return (
    typeof data === 'object' &&
    data !== null &&
    'version' in data &&
    data.version === SAVED_VERSION &&
    'time_ms' in data &&
    typeof data.time_ms === 'number'
  );
}
