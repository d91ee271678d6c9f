import { defineTopic } from '@ganglion/kernel';
import Type, { type Static } from 'typebox';

/** A moment. */
export const Time = (title: string) => Type.Number({ title, unit: 'ms', description: 'Epoch milliseconds.' });

/** How much a finding matters, least first. */
export const SEVERITIES = ['info', 'warning', 'critical'] as const;

/** `info`: worth knowing. `warning`: somebody should look today. `critical`: somebody should look now. */
export const Severity = Type.Enum(SEVERITIES, { title: 'Severity' });

export type Severity = Static<typeof Severity>;

/** What is said of a finding, in `findings` and in `alert`. */
export const Finding = {
  severity: Severity,
  /** The rule that found it: `bands`, `forecast`. */
  rule: Type.String({ title: 'Rule' }),
  /** What of the machine: `cpu`, `file_systems /var`. */
  resource: Type.String({ title: 'Resource' }),
  /** For people, without the machine's name: "Disk full on / in 3 h (2 to 5 h)". */
  sentence: Type.String({ title: 'In a sentence' }),
  since_ms: Time('Since when'),
  /** What was measured, and what it was held against, in the unit that the resource has. */
  value: Type.Optional(Type.Number({ title: 'Value' })),
  limit: Type.Optional(Type.Number({ title: 'Limit' })),
  /** The figure it is about, as a path in the measure: `cpu_percentage`, `network.interfaces.eth0.received_bytes_per_second`. */
  figure: Type.Optional(Type.String({ title: 'Figure' })),
  /** From a rule on trial: to be shown, and nobody is told. */
  shadow: Type.Optional(Type.Boolean({ title: 'From a rule on trial' })),
};

/** Findings of one machine in one message, at most. */
export const FINDINGS_MAX = 100;

/**
 * All that the rules find on a machine now, said when it changes and when an analyzer takes the machine over. What is not
 * in it any more has ended, so one message makes good for any that was missed.
 */
export const findings = defineTopic(
  'findings',
  Type.Object(
    {
      findings: Type.Array(
        Type.Object({
          /** Its name among the findings of the machine; the same as long as it lasts. */
          key: Type.String({ minLength: 1, title: 'Key' }),
          ...Finding,
          /** Not certain yet: nothing new begins with it, but what goes by its key goes on. */
          pending: Type.Optional(Type.Boolean({ title: 'Not certain yet' })),
        }),
        { title: 'Findings', maxItems: FINDINGS_MAX },
      ),
      /** How many more there are than `findings` can hold. */
      left_out: Type.Optional(Type.Integer({ minimum: 1, title: 'More than those' })),
      /** Rules that cannot tell now, because one has failed or has just begun: what they had found goes on. */
      unsure: Type.Array(Type.String(), { title: 'Rules that cannot tell' }),
      /** What the machine's owner calls it by, as in its birth. */
      labels: Type.Optional(Type.Record(Type.String(), Type.String(), { title: 'Labels' })),
    },
    { title: 'Findings' },
  ),
);

/** The body of findings. */
export type Findings = Static<typeof findings.schema>;

/** One of them. */
export type FoundOnMachine = Findings['findings'][number];
