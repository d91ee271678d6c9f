// LOW, MEDIUM or HIGH for every resource that has a headline percentage.

import { compilePattern } from '@ganglion/kernel';
import { type Band, headlinesOf } from '@ganglion/topics';
import Type from 'typebox';
import { limitsOutOfOrder } from '../errors.ts';
import { defineRule, type Judgement } from '../rule.ts';

const Limit = (description: string) => Type.Number({ minimum: 0, maximum: 100, unit: '%', description });

const MediumFrom = Limit('MEDIUM from this percentage on; below it is LOW');
const HighFrom = Limit('HIGH from this percentage on');

/** Entries of `limits`, so that judging a measure stays cheap. */
const LIMITS_MAX = 1_000;

interface Exception extends Limits {
  readonly resource?: string;
  readonly machines?: string;
}

interface Limits {
  readonly medium_from: number;
  readonly high_from: number;
}

/** Where the limits for all would cry wolf: memory is there to be used, and a file system that is half full has room for long. */
const USUAL: readonly Exception[] = ['memory', 'file_systems'].map((resource) => ({
  resource,
  medium_from: 75,
  high_from: 90,
}));

export const bands = defineRule({
  name: 'bands',
  config: Type.Object(
    {
      medium_from: Type.Number({ ...MediumFrom, default: 25 }),
      high_from: Type.Number({ ...HighFrom, default: 75 }),
      limits: Type.Array(
        Type.Object(
          {
            resource: Type.Optional(Type.String({ minLength: 1, description: 'Which resource: cpu, memory …; all' })),
            machines: Type.Optional(
              Type.String({
                minLength: 1,
                description: 'Which machines, as a topic pattern: db.#, *.example.com; all',
              }),
            ),
            medium_from: MediumFrom,
            high_from: HighFrom,
          },
          { additionalProperties: false },
        ),
        {
          default: [],
          maxItems: LIMITS_MAX,
          description:
            'Other limits for some resources or machines; of those that fit, the last one counts. Without one, memory ' +
            'and file systems are MEDIUM from 75 on and HIGH from 90 on',
        },
      ),
    },
    { additionalProperties: false, default: {} },
  ),

  judge({ limits, ...everywhere }) {
    checkOrder('analyzer.bands', everywhere);
    for (const [index, limit] of limits.entries()) checkOrder(`analyzer.bands.limits[${index}]`, limit);
    const exceptions = [...USUAL, ...limits].map(({ resource, machines = '#', ...limit }: Exception) => {
      return { resource, isFor: compilePattern(machines), limit };
    });
    // The last one that fits counts, so look from the end.
    exceptions.reverse();

    return (machine, body) => {
      const judgement: Judgement = {};
      for (const [resource, percentage] of headlinesOf(body)) {
        const exception = exceptions.find((each) => (each.resource ?? resource) === resource && each.isFor(machine));
        judgement[`${resource}_percentage`] = percentage;
        judgement[`${resource}_result`] = bandOf(percentage, exception?.limit ?? everywhere);
      }
      return judgement;
    };
  },
});

function bandOf(percentage: number, { medium_from, high_from }: Limits): Band {
  if (percentage < medium_from) return 'LOW';
  return percentage < high_from ? 'MEDIUM' : 'HIGH';
}

function checkOrder(path: string, { medium_from, high_from }: Limits): void {
  if (medium_from >= high_from) throw limitsOutOfOrder(path, medium_from, high_from);
}
