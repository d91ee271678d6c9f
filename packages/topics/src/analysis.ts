import { defineTopic } from '@ganglion/kernel';
import Type, { type Static } from 'typebox';
import { Percentage } from './measure.ts';

/** How a resource is judged. */
export const Band = Type.Enum(['LOW', 'MEDIUM', 'HIGH'], { title: 'Band' });

/** LOW, MEDIUM or HIGH. */
export type Band = Static<typeof Band>;

/** The body of an analysis. */
export interface Analysis {
  /** The band of the CPU. Always there: it is all that the ancestor's analyzer sends. */
  cpu_result: Band;
  /** The band of a resource. */
  [result: `${string}_result`]: Band;
  /** The percentage that the band of the same resource was judged by, 0 to 100. */
  [headline: `${string}_percentage`]: number;
}

/**
 * The bands of a machine: `<resource>_result` for each resource, and the `<resource>_percentage` it was judged by, so
 * that whoever shows a fleet needs the analyses alone.
 */
export const analysis = defineTopic(
  'analysis',
  Type.Unsafe<Analysis>(
    Type.Object(
      { cpu_result: Band },
      { title: 'Analysis', patternProperties: { _result$: Band, _percentage$: Percentage('Share in use') } },
    ),
  ),
);
