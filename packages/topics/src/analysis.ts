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
  /** How unusual the machine is, 0 to 1: for itself, and at this time. From one half on a person should look. */
  anomaly_score?: number;
  /** What of it, and compared to what; only where the score is high. */
  anomaly_resource?: string;
  anomaly_sentence?: string;
}

/**
 * The bands of a machine: `<resource>_result` for each resource, and the `<resource>_percentage` it was judged by, so
 * that whoever shows a fleet needs the analyses alone.
 */
export const analysis = defineTopic(
  'analysis',
  Type.Unsafe<Analysis>(
    Type.Object(
      {
        cpu_result: Band,
        anomaly_score: Type.Optional(Type.Number({ title: 'How unusual', minimum: 0, maximum: 1 })),
        anomaly_resource: Type.Optional(Type.String({ title: 'What is unusual' })),
        anomaly_sentence: Type.Optional(Type.String({ title: 'Compared to what' })),
      },
      { title: 'Analysis', patternProperties: { _result$: Band, _percentage$: Percentage('Share in use') } },
    ),
  ),
);
