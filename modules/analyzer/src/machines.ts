// The machines that this analyzer judges: what each rule remembers of each, and what was last said of it. It turns what the
// rules say into an analysis, and into findings when those are news. No I/O and no clock of its own.

import { deserialize, serialize } from 'node:v8';
import { deflateRawSync, inflateRawSync } from 'node:zlib';
import { reasonOf } from '@ganglion/kernel';
import {
  type Analysis,
  areLastWords,
  Cause,
  FINDINGS_MAX,
  Finding,
  type Findings,
  type FoundOnMachine,
  PATIENCE_MS,
  usualInterval,
} from '@ganglion/topics';
import Type, { type Static } from 'typebox';
import { Value } from 'typebox/value';
import type { Found, Gone, Judge, Rule, Sample, Say } from './rule.ts';

/** Machines that are known at most; of more, those longest silent are forgotten. */
export const MACHINES_MAX = 20_000;

/** What only differs in its words or figures is said no more often than this. */
const WORDS_MS = 10_000;

/** What is found is said again after this, so that who keeps the alerts knows that somebody still judges the machine. */
export const SAID_AGAIN_MS = 300_000;

/**
 * All that is found on a machine that is expected, also when that is nothing, is said again after this: who has the desk waits
 * for it, and may not be who hears it.
 */
export const EXPECTED_SAID_AGAIN_MS = 30_000;

/** What was found on a machine goes on for so long when it is gone: one that is soon back has not got rid of it. */
const GONE_ENDS_MS = 300_000;

/** A machine that is gone, and of which nothing is found, is forgotten after this. */
const GONE_MS = 86_400_000;

/** A sample is overdue after so many of its machine's usual intervals, and at least so long. */
const OVERDUE_INTERVALS = 2;
const OVERDUE_MS_MIN = 2_000;

/** Between two samples, so many usual intervals count as watched. */
const STEP_INTERVALS_MAX = 2;

/**
 * Samples that are older than one before are late, such as those that waited for the broker. When so many came in a row, and
 * none that was newer for so long, they are not: the clock was set back.
 */
const LATE_MAX = 10;
const LATE_MS_MAX = 10_000;

/** So long after a death was told, what was measured before it is not taken for a sign of life. */
const BEHIND_MS_MAX = 3_600_000;

/** When all that comes is older than this, we are behind with our work: nobody is silent then, we are deaf. */
const BEHIND_MS = 5_000;

/** What has been learnt of a machine is no larger than this; what says it is was not written here. */
const LEARNT_BYTES_MAX = 16 * 1_048_576;

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
  /** What a machine's owner calls it by, where that was told before its first sample was. Default: nothing was. */
  readonly labelsOf?: (machine: string) => Readonly<Record<string, string>> | undefined;
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
  /** Whether a sample has ever come. */
  seen: boolean;
  /** Of the last sample: its own time, and when it came by the clock of who calls. */
  time_ms: number;
  heard_ms: number;
  interval_ms: number | undefined;
  /** Samples in a row that were older than the last. */
  late: number;
  labels: Readonly<Record<string, string>>;
  gone: Gone | undefined;
  /** When that was told, by the clock of `heard_ms`. */
  gone_told_ms: number;
  /** What was last said: who is found, in short; undefined until something was. */
  said: string | undefined;
  /** What was not certain then. */
  said_pending: string;
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
  /** Machines that the rules want to judge from the start. */
  readonly expected: ReadonlySet<string>;
  /** One for all calls: nothing is allocated for a sample of which a rule has nothing to say. */
  readonly #ear = new Ear();
  /** Since when a machine could be heard. */
  #heard_since_ms = 0;
  /** How old the youngest sample was that has come since the last look. */
  #delay_ms = Number.POSITIVE_INFINITY;

  constructor(options: MachinesOptions) {
    this.#options = options;
    this.#rules = options.rules;
    this.#max = options.machines_max ?? MACHINES_MAX;
    this.expected = new Set(options.rules.flatMap(({ judge }) => judge.expects ?? []));
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
    this.#delay_ms = Math.min(this.#delay_ms, Math.max(0, now_ms - given.time_ms));
    if (known !== undefined && isPassing(known, given.time_ms, now_ms)) {
      this.#options.count('late_samples');
      const passing = this.#begin(given.machine, now_ms);
      const { labels } = known;
      return { analysis: this.#judge(passing, { ...given, labels, step_ms: 0 }), findings: undefined };
    }
    const machine = known ?? this.#add(given.machine, now_ms);
    let step_ms = 0;
    if (machine.seen) {
      const gap_ms = given.time_ms - machine.time_ms;
      machine.interval_ms = usualInterval(machine.interval_ms, gap_ms);
      step_ms = Math.min(Math.max(0, gap_ms), STEP_INTERVALS_MAX * (machine.interval_ms ?? 0));
    }
    machine.seen = true;
    machine.late = 0;
    machine.gone = undefined;
    machine.time_ms = given.time_ms;
    machine.heard_ms = now_ms;
    const analysis = this.#judge(machine, { ...given, labels: machine.labels, step_ms });
    return { analysis, findings: this.#news(machine, now_ms) };
  }

  /** Judges the machines of which a sample is overdue, and tells which have news, or had none for so long that it is said. */
  pause(now_ms: number): [machine: string, findings: Findings][] {
    if (this.#delay_ms > BEHIND_MS && this.#delay_ms !== Number.POSITIVE_INFINITY) this.#heard_since_ms = now_ms;
    this.#delay_ms = Number.POSITIVE_INFINITY;
    const news: [string, Findings][] = [];
    for (const machine of this.#machines.values()) {
      const overdue_ms = Math.max(OVERDUE_MS_MIN, OVERDUE_INTERVALS * (machine.interval_ms ?? 0));
      const is_overdue = machine.gone !== undefined || this.#silence(machine, now_ms) >= overdue_ms;
      const is_old = (machine.said ?? '') + machine.said_pending !== '' && now_ms - machine.said_ms >= SAID_AGAIN_MS;
      if (!is_overdue && !is_old) continue;
      const findings = is_overdue ? this.#pause(machine, now_ms) : this.#news(machine, now_ms);
      if (findings !== undefined) news.push([machine.name, findings]);
      const { gone, said, heard_ms } = machine;
      if (gone !== undefined && now_ms - heard_ms > GONE_MS && said === '') this.#machines.delete(machine.name);
    }
    return news;
  }

  /** Nothing can be heard now, as while the broker is away: that nobody speaks says nothing of anybody. */
  deaf(now_ms: number): void {
    this.#heard_since_ms = now_ms + PATIENCE_MS;
  }

  /** Judges a machine from now on, though no sample of it may ever come. */
  expect(name: string, now_ms: number): void {
    if (!this.#machines.has(name)) this.#add(name, now_ms);
  }

  /** Judges a machine no more of which no sample has come here: somebody else hears it. */
  forgetUnheard(name: string): void {
    if (this.#machines.get(name)?.seen === false) this.#machines.delete(name);
  }

  /**
   * Takes what presence tells of a machine: that it is gone, or that it is here (undefined). Returns what is found because of
   * it, if that is news.
   */
  gone(name: string, gone: Gone | undefined, now_ms: number): Findings | undefined {
    const machine = this.#machines.get(name);
    if (machine === undefined) return undefined;
    // Whoever is back has its usual time to say something.
    if (gone === undefined && machine.gone !== undefined) machine.heard_ms = now_ms;
    machine.gone = gone;
    machine.gone_told_ms = now_ms;
    return gone === undefined ? undefined : this.#pause(machine, now_ms);
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
    const { seen, time_ms, interval_ms, labels, gone, found } = machine;
    const rules: Saved['rules'] = {};
    for (const [index, { rule, judge, shadow }] of this.#rules.entries()) {
      const state = machine.states[index];
      const data = judge.save === undefined ? state : judge.save(state);
      rules[nameOf(rule, shadow)] = { version: rule.version ?? 1, data, found: [...(found[index] ?? NONE)] };
    }
    const saved: Saved = {
      version: SAVED_VERSION,
      seen,
      time_ms,
      ...(interval_ms !== undefined && { interval_ms }),
      labels: { ...labels },
      ...(gone !== undefined && { gone: { ...gone } }),
      rules,
    };
    return serialize(saved);
  }

  /** What the rules have learnt of a machine, as bytes; undefined when it is not known. */
  learnt(name: string): Uint8Array | undefined {
    const machine = this.#machines.get(name);
    if (machine === undefined) return undefined;
    const rules: Learnt['rules'] = {};
    for (const [index, { rule, judge, shadow }] of this.#rules.entries()) {
      if (judge.learnt === undefined) continue;
      rules[nameOf(rule, shadow)] = { version: rule.version ?? 1, data: judge.learnt(machine.states[index]) };
    }
    // Most of it is nought for hours: a third, for half a millisecond.
    return deflateRawSync(serialize({ version: SAVED_VERSION, rules }), { level: 1 });
  }

  /**
   * Goes on with a machine where `save` and `learnt` left it. A rule whose state is of another version or damaged begins anew, and what
   * it had found goes on until it can tell. Returns whether there was anything to go on with.
   */
  restore(name: string, saved: Uint8Array, now_ms: number, learnt?: Uint8Array): boolean {
    const data = this.#read(name, () => deserialize(saved));
    if (!Value.Check(Saved, data)) return false;
    const learnt_data =
      learnt && this.#read(name, () => deserialize(inflateRawSync(learnt, { maxOutputLength: LEARNT_BYTES_MAX })));
    const known = Value.Check(Learnt, learnt_data) ? learnt_data.rules : {};
    const machine = this.#add(name, now_ms);
    machine.seen = data.seen;
    machine.time_ms = data.time_ms;
    machine.interval_ms = data.interval_ms;
    // What was told since is newer.
    machine.labels = this.#options.labelsOf?.(name) ?? data.labels;
    machine.gone = data.gone;
    for (const [index, { rule, judge, shadow }] of this.#rules.entries()) {
      const kept = data.rules[nameOf(rule, shadow)];
      if (kept === undefined) continue;
      machine.found[index] = kept.found;
      if (kept.version !== (rule.version ?? 1)) continue;
      try {
        const before = known[nameOf(rule, shadow)];
        const learnt_before = before?.version === (rule.version ?? 1) ? before.data : undefined;
        machine.states[index] = judge.restore === undefined ? kept.data : judge.restore(kept.data, learnt_before);
      } catch (error) {
        this.#options.onFault(rule.name, name, reasonOf(error));
      }
    }
    return true;
  }

  /** What was kept of a machine; undefined when that is nothing we wrote. */
  #read(name: string, read: () => unknown): unknown {
    try {
      return read();
    } catch (error) {
      this.#options.onFault('state', name, reasonOf(error));
      return undefined;
    }
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
      seen: false,
      time_ms: 0,
      heard_ms: now_ms,
      interval_ms: undefined,
      late: 0,
      labels: this.#options.labelsOf?.(name) ?? {},
      gone: undefined,
      gone_told_ms: 0,
      said: undefined,
      said_pending: '',
      words: '',
      said_ms: 0,
    };
  }

  /** For how long a machine is silent, as far as it could be heard. */
  #silence({ heard_ms }: Machine, now_ms: number): number {
    return Math.max(0, now_ms - Math.max(heard_ms, this.#heard_since_ms));
  }

  #pause(machine: Machine, now_ms: number): Findings | undefined {
    const { name, gone, labels, interval_ms, seen } = machine;
    const silent_ms = this.#silence(machine, now_ms);
    const time_ms = seen ? machine.time_ms + Math.max(0, now_ms - machine.heard_ms) : now_ms;
    const pause = { machine: name, time_ms, silent_ms, interval_ms, seen, gone, labels };
    for (const [index, { judge }] of this.#rules.entries()) {
      if (judge.pause !== undefined) {
        this.#listen(machine, index, undefined, (state, say) => judge.pause?.(state, pause, say));
      } else if (gone !== undefined && now_ms - machine.gone_told_ms >= GONE_ENDS_MS) {
        // Whoever is gone has no trouble any more but that.
        machine.found[index] = NONE;
        machine.unsure[index] = false;
      }
    }
    return this.#news(machine, now_ms);
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
    const age_ms = now_ms - machine.said_ms;
    const again_ms = machine.seen && this.expected.has(machine.name) ? EXPECTED_SAID_AGAIN_MS : SAID_AGAIN_MS;
    let is_quiet =
      machine.said === '' && machine.said_pending === '' && (again_ms === SAID_AGAIN_MS || age_ms < again_ms);
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
    // What is not certain yet is no news; when it was told beside some, its end is.
    const pending = findings
      .filter((each) => each.pending === true)
      .map(({ key }) => key)
      .join('\n');
    const said = [
      ...findings.flatMap(({ key, severity, pending }) => (pending === true ? [] : [`${key}\n${severity}`])),
      ...unsure,
    ].join('\n\n');
    const is_same = said === machine.said && (machine.said_pending === '' || pending === machine.said_pending);
    if (is_same) {
      if (age_ms >= 0 && age_ms < WORDS_MS) return undefined;
      const words = wordsOf(findings);
      if (age_ms < again_ms && words === machine.words) return undefined;
      machine.words = words;
    } else machine.words = wordsOf(findings);
    machine.said = said;
    machine.said_pending = pending;
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

/** Whether a sample changes nothing: it is late, or it was on its way when its machine died. */
function isPassing(machine: Machine, time_ms: number, now_ms: number): boolean {
  const { gone, gone_told_ms } = machine;
  if (gone !== undefined) {
    if (areLastWords(gone_told_ms, now_ms)) return true;
    // Whoever is behind with its measures hears of a death before the last of them. That it is back, presence tells.
    if (time_ms <= gone.died_ms && now_ms - gone_told_ms < BEHIND_MS_MAX) return true;
  }
  if (time_ms >= machine.time_ms) return false;
  return ++machine.late <= LATE_MAX || now_ms - machine.heard_ms < LATE_MS_MAX;
}

function wordsOf(findings: readonly FoundOnMachine[]): string {
  return findings
    .filter(({ pending }) => pending !== true)
    .map(({ sentence, value, limit }) => `${sentence}\n${value}\n${limit}`)
    .join('\n\n');
}

function nameOf(rule: Rule, shadow: boolean): string {
  return shadow ? `shadow.${rule.name}` : rule.name;
}

/** What is kept of a machine. What each rule remembers is the rule's own matter. */
const Saved = Type.Object({
  version: Type.Literal(SAVED_VERSION),
  seen: Type.Boolean(),
  time_ms: Type.Number(),
  interval_ms: Type.Optional(Type.Number({ minimum: 0 })),
  labels: Type.Record(Type.String(), Type.String()),
  gone: Type.Optional(Type.Object({ cause: Cause, died_ms: Type.Number() })),
  rules: Type.Record(
    Type.String(),
    Type.Object({
      version: Type.Number(),
      data: Type.Unknown(),
      found: Type.Array(
        Type.Object({
          key: Type.String({ minLength: 1 }),
          ...Finding,
          rule: Type.Optional(Type.Never()),
          pending: Type.Optional(Type.Boolean()),
        }),
      ),
    }),
  ),
});

type Saved = Static<typeof Saved>;

/** What the rules have learnt of a machine. */
const Learnt = Type.Object({
  version: Type.Literal(SAVED_VERSION),
  rules: Type.Record(Type.String(), Type.Object({ version: Type.Number(), data: Type.Unknown() })),
});

type Learnt = Static<typeof Learnt>;
