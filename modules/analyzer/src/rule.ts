// What a rule is: settings in, a pure judge out.

import type { Analysis, Measure } from '@ganglion/topics';
import type { Static, TSchema } from 'typebox';

/** The fields that a rule adds to an analysis. */
export type Judgement = Partial<Analysis>;

/** Judges one measure of one machine. Pure: the same measure always gets the same judgement. */
export type Judge = (machine: string, body: Measure) => Judgement;

/** One judgement of the analyzer. */
export interface Rule<Config extends TSchema = TSchema> {
  /** Its section in the settings: `[analyzer.<name>]`. */
  readonly name: string;
  /** Its settings, each with a default, so that a rule needs none. */
  readonly config: Config;
  /**
   * Makes the judge.
   *
   * @throws CodedError, a configuration error, when settings that are right one by one do not fit together
   */
  judge(config: Static<Config>): Judge;
}

/** Defines a rule; the type of its settings follows from their schema. */
export function defineRule<Config extends TSchema>(rule: Rule<Config>): Rule<Config> {
  return rule;
}
