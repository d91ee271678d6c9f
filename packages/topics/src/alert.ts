import { defineTopic } from '@ganglion/kernel';
import Type, { type Static } from 'typebox';

const Time = (title: string) => Type.Number({ title, unit: 'ms', description: 'Epoch milliseconds.' });

/** How much a finding matters, least first. */
export const SEVERITIES = ['info', 'warning', 'critical'] as const;

/** `info`: worth knowing. `warning`: somebody should look today. `critical`: somebody should look now. */
export const Severity = Type.Enum(SEVERITIES, { title: 'Severity' });

export type Severity = Static<typeof Severity>;

/** Somebody who has said something about a finding. */
const Word = Type.Object({
  by: Type.String({ title: 'Who' }),
  why: Type.Optional(Type.String({ title: 'Why' })),
  time_ms: Time('When'),
});

/**
 * What somebody should know about a machine: one step in the life of a finding. The first is `raised` and the last is
 * `cleared`; the last one that came holds all there is to say.
 */
export const alert = defineTopic(
  'alert',
  Type.Object(
    {
      /** The same through its whole life, and another for the next finding of the same kind. */
      id: Type.String({ minLength: 1, title: 'Identity' }),
      state: Type.Enum(['raised', 'changed', 'cleared'], { title: 'What became of it' }),
      severity: Severity,
      /** The rule that found it: `bands`, `forecast`. */
      rule: Type.String({ title: 'Rule' }),
      /** What of the machine: `cpu`, `file_systems /var`. */
      resource: Type.String({ title: 'Resource' }),
      /** For people, without the machine's name: "Disk full on / in 3 h (2 to 5 h)". */
      sentence: Type.String({ title: 'In a sentence' }),
      since_ms: Time('Since when'),
      /** When it ended; of one that is cleared. */
      until_ms: Type.Optional(Time('Until when')),
      /** What was measured, and what it was held against, in the unit that the resource has. */
      value: Type.Optional(Type.Number({ title: 'Value' })),
      limit: Type.Optional(Type.Number({ title: 'Limit' })),
      /** Findings that belong together share one. */
      incident: Type.Optional(Type.String({ title: 'Incident' })),
      /** What the machine's owner calls it by, as in its birth. */
      labels: Type.Optional(Type.Record(Type.String(), Type.String(), { title: 'Labels' })),
      acknowledged: Type.Optional(Word),
      silenced: Type.Optional(Word),
      /** From a rule on trial: to be shown, and nobody is told. */
      shadow: Type.Optional(Type.Boolean({ title: 'From a rule on trial' })),
    },
    { title: 'Alert' },
  ),
);

/** The body of an alert. */
export type Alert = Static<typeof alert.schema>;
