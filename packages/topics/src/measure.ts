import { defineTopic } from '@ganglion/kernel';
import Type from 'typebox';

/** The body of a measure. */
export interface Measure {
  /** Share of the machine's CPU time in use, 0 to 100. Always there. */
  cpu_percentage: number;
  /** Which measure of its tracker's run this is, from 1: a gap says that some were lost. A foreign tracker may have none. */
  sequence?: number;
  /** The headline of a resource, 0 to 100. */
  [headline: `${string}_percentage`]: number;
  /** A resource's detail, under its name; each probe of the tracker describes its own. */
  [resource: string]: unknown;
}

/** A share of a whole, 0 to 100. */
export const Percentage = (title: string) => Type.Number({ title, minimum: 0, maximum: 100, unit: '%' });

/**
 * One sample of every resource of a machine. `cpu_percentage` is always there; a resource with a natural headline adds
 * `<resource>_percentage`, and its detail stands under `<resource>`.
 */
export const measure = defineTopic(
  'measure',
  Type.Unsafe<Measure>(
    Type.Object(
      {
        cpu_percentage: Percentage('CPU'),
        sequence: Type.Optional(Type.Integer({ title: "Number in its tracker's run", minimum: 1 })),
      },
      { title: 'Measure', patternProperties: { _percentage$: Percentage('Share in use') } },
    ),
  ),
);

const HEADLINE = '_percentage';

/** The headlines of a measure or an analysis: each resource's name and its percentage. */
export function* headlinesOf(body: { readonly [field: string]: unknown }): Generator<[resource: string, number]> {
  for (const field in body) {
    const value = body[field];
    if (typeof value === 'number' && field.length > HEADLINE.length && field.endsWith(HEADLINE)) {
      yield [field.slice(0, -HEADLINE.length), value];
    }
  }
}
