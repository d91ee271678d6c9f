import { defineTopic } from '@ganglion/kernel';
import Type, { type Static } from 'typebox';

const Kind = Type.Enum(['machine', 'instance'], { title: 'Whether the source is a machine or a running module' });
const Time = (title: string) => Type.Number({ title, unit: 'ms', description: 'Epoch milliseconds.' });
/** Said again for those who came later. */
const Repeated = Type.Optional(Type.Boolean({ title: 'Said again for those who came later' }));

/** Why something is gone, as far as that is known. */
export const Cause = Type.Enum(['stopped', 'connection_lost', 'silent'], { title: 'Cause' });

/** `stopped`: it said goodbye. `connection_lost`: its connection ended. `silent`: nothing for three of its intervals. */
export type Cause = Static<typeof Cause>;

/** A machine or an instance is here. */
export const birth = defineTopic(
  'birth',
  Type.Object(
    {
      kind: Kind,
      /** Of a machine: the tracker that measures it; empty when it does not say. */
      instance: Type.String({ title: 'Instance' }),
      /** The time between two signs of life, where it is known. */
      interval_ms: Type.Optional(Type.Number({ minimum: 0, title: 'Interval', unit: 'ms' })),
      born_ms: Time('Since when it is here'),
      /** What it says of itself: `About` of a pulse, or the machine in it. */
      about: Type.Record(Type.String(), Type.Unknown(), { title: 'Self-description' }),
      repeated: Repeated,
    },
    { title: 'Birth' },
  ),
);

/** The body of a birth. */
export type Birth = Static<typeof birth.schema>;

/** A machine or an instance is gone. The message's time is the time of death. */
export const death = defineTopic(
  'death',
  Type.Object(
    {
      kind: Kind,
      instance: Type.String({ title: 'Instance' }),
      cause: Cause,
      died_ms: Time('Time of death'),
      last_seen_ms: Time('Last sign of life'),
      /** What it said of itself, as in its birth: whoever came later has not heard that. */
      about: Type.Optional(Type.Record(Type.String(), Type.Unknown(), { title: 'Self-description' })),
      repeated: Repeated,
    },
    { title: 'Death' },
  ),
);

/** The body of a death. */
export type Death = Static<typeof death.schema>;

/** Many machines were cut off together. Each has its own death, too. */
export const outage = defineTopic(
  'outage',
  Type.Object(
    {
      machines: Type.Array(Type.String(), { title: 'Machines' }),
      /** How many, when `machines` names but the first. */
      count: Type.Integer({ minimum: 0, title: 'How many' }),
      first_ms: Time('The first death'),
      last_ms: Time('The last death'),
      /** A pattern that fits all their names and says most; `#` when they share no word. */
      pattern: Type.String({ title: 'What they share' }),
    },
    { title: 'Outage' },
  ),
);

/** The body of an outage. */
export type Outage = Static<typeof outage.schema>;
