// The analyzer: listens to every measure, lets its rules judge it, publishes the machine's analysis.

import { defineModule, kept } from '@ganglion/kernel';
import { type Analysis, analysis, measure } from '@ganglion/topics';
import Type from 'typebox';
import type { Judge, Rule } from './rule.ts';
import * as every from './rules/index.ts';

const rules: readonly Rule[] = Object.values(every);

/**
 * Measures that wait while no analyzer runs, at most: more than half an hour of fifty machines at one a second. A measure
 * is acknowledged when its analysis is taken over, so that none goes without judgement when an analyzer dies.
 */
const WAITING = { limit_messages: 100_000, in_flight_max: 256, attempts_max: 3 };

export default defineModule({
  name: 'analyzer',
  listens: { measure: kept(measure, WAITING) },
  publishes: { analysis },
  config: Type.Object(Object.fromEntries(rules.map((rule) => [rule.name, rule.config])), {
    additionalProperties: false,
  }),
  start: ({ config }) => {
    const judges: readonly Judge[] = rules.map((rule) => rule.judge(config[rule.name]));
    return {
      measure: ({ source, body }) => {
        // The CPU is in every measure, so its band is in every analysis.
        const judgement = {} as Analysis;
        for (const judge of judges) Object.assign(judgement, judge(source, body));
        return analysis(source, judgement);
      },
    };
  },
});
