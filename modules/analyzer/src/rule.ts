// What a rule is: settings in, a judge out. A judge looks at one machine's samples, one after the other, remembers what it has to,
// and says what it sees. It has no clock, no I/O and no memory of its own: all that it remembers of a machine is in the state
// that it is given, so that the state can be kept, moved and played again.

import type { Analysis, FoundOnMachine, Measure } from '@ganglion/topics';
import type { Static, TSchema } from 'typebox';

/** One sample of a machine. */
export interface Sample {
  readonly machine: string;
  readonly body: Measure;
  /** When it was measured, epoch milliseconds, never earlier than that of the sample before. */
  readonly time_ms: number;
  /**
   * Time since the sample before as far as it was watched, in milliseconds: at most two of the machine's usual intervals, so that
   * neither a silence nor a clock that was set counts as time in which something went on. 0 for the first.
   */
  readonly step_ms: number;
  /** What the machine's owner calls it by; empty until its birth was heard. */
  readonly labels: Readonly<Record<string, string>>;
}

/** What is known of a machine when no sample has come for a while. */
export interface Pause {
  readonly machine: string;
  /** Now, by the clock of the samples. */
  readonly time_ms: number;
  /** Time since the last sample, in milliseconds, as far as one could have been heard. */
  readonly silent_ms: number;
  /** The machine's usual time between two samples; undefined until it is known. */
  readonly interval_ms: number | undefined;
  /** Whether a sample has ever come; of a machine that is only expected, none has. */
  readonly seen: boolean;
  /** What was told of its death; undefined as long as nobody has. */
  readonly gone: Gone | undefined;
  readonly labels: Readonly<Record<string, string>>;
}

/** What presence tells of a machine that is gone. */
export interface Gone {
  readonly cause: 'stopped' | 'connection_lost' | 'silent';
  readonly died_ms: number;
}

/** A finding as a rule says it; the rule's name and, on trial, `shadow` are added. */
export type Found = Omit<FoundOnMachine, 'rule' | 'shadow'>;

/** Takes what a judge sees. */
export interface Say {
  /** Adds a field to the machine's analysis. No two rules write the same one. */
  field<Name extends keyof Analysis>(name: Name, value: Analysis[Name]): void;
  /** Says what is so now. What was said of the sample before and is not said of this one has ended. */
  finding(found: Found): void;
  /** The rule cannot tell yet: what it had found goes on until it can. */
  unsure(): void;
}

/** Judges the samples of any number of machines, whose states are apart. */
export interface Judge<State = unknown> {
  /** Machines that it wants to judge from the start, though no sample of them may ever have come. */
  readonly expects?: readonly string[];
  /** What is remembered of a machine before its first sample: plain data, as `structuredClone` takes it. */
  begin(machine: string): State;
  /** Judges a sample: changes the state and says what it sees. The same samples always get the same words. */
  sample(state: State, sample: Sample, say: Say): void;
  /**
   * Judges the time that passes without a sample, about once a second from when one is overdue, and at once when the
   * machine's death is told. Default: what was found goes on until the machine has been gone for a while.
   */
  pause?(state: State, pause: Pause, say: Say): void;
  /** Makes plain data of a state that is none. Default: the state itself. */
  save?(state: State): unknown;
  /** Makes plain data of what it has learnt over a long time, where that is large: it is kept apart, and may be minutes older. */
  learnt?(state: State): unknown;
  /**
   * Makes a state of what `save` has made, perhaps in an older version. Default: the data itself.
   *
   * @param learnt what `learnt` has made; undefined when none of it was kept
   * @throws when it is none: the machine then begins anew for this rule
   */
  restore?(data: unknown, learnt?: unknown): State;
}

/** One judgement of the analyzer. */
export interface Rule<Config extends TSchema = TSchema, State = unknown> {
  /** Its section in the settings: `[analyzer.<name>]`. */
  readonly name: string;
  /** Its settings, each with a default, so that a rule needs none. */
  readonly config: Config;
  /** Of what it remembers; a state of another version is not taken. Default: 1. */
  readonly version?: number;
  /**
   * Makes the judge.
   *
   * @throws CodedError, a configuration error, when settings that are right one by one do not fit together
   */
  judge(config: Static<Config>): Judge<State>;
}

/** Defines a rule; the types of its settings and its state follow from it. */
export function defineRule<Config extends TSchema, State>(rule: Rule<Config, State>): Rule {
  // The one place where the types end: what a judge remembers is given to no other.
  return rule as unknown as Rule;
}
