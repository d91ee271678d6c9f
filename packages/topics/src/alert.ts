import { defineTopic } from '@ganglion/kernel';
import Type, { type Static } from 'typebox';
import { Finding, Time } from './findings.ts';

/** Somebody who has said something about a finding. */
const Word = Type.Object({
  by: Type.String({ title: 'Who' }),
  why: Type.Optional(Type.String({ title: 'Why' })),
  time_ms: Time('When'),
  /** Until when it counts; of a silence. */
  until_ms: Type.Optional(Time('Until when')),
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
      ...Finding,
      /** When it ended; of one that is cleared. */
      until_ms: Type.Optional(Time('Until when')),
      /** Findings that belong together share one, as far as that is known by now. */
      incident: Type.Optional(Type.String({ title: 'Incident' })),
      /** What they share and how many they are by now: "80 machines of site1.# were cut off together". */
      incident_sentence: Type.Optional(Type.String({ title: 'Incident in a sentence' })),
      /** Whether it began first and is the likeliest cause of its incident. */
      incident_head: Type.Optional(Type.Boolean({ title: 'Likeliest cause of its incident' })),
      /** What the machine's owner calls it by, as in its birth. */
      labels: Type.Optional(Type.Record(Type.String(), Type.String(), { title: 'Labels' })),
      acknowledged: Type.Optional(Word),
      silenced: Type.Optional(Word),
      /** Said again for those who came later. */
      repeated: Type.Optional(Type.Boolean({ title: 'Said again for those who came later' })),
    },
    { title: 'Alert' },
  ),
);

/** The body of an alert. */
export type Alert = Static<typeof alert.schema>;
