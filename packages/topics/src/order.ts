import { defineTopic } from '@ganglion/kernel';
import Type, { type Static } from 'typebox';
import { DAYS, Hours } from './calendar.ts';
import { Severity, Time } from './findings.ts';

/** Who gives an order, and why. */
const Said = {
  by: Type.String({ minLength: 1, maxLength: 100, title: 'Who' }),
  why: Type.Optional(Type.String({ maxLength: 500, title: 'Why' })),
};

/** Of which alerts nobody is told for a while. */
export const Silence = Type.Object(
  {
    /** Chosen by who orders it, so that an order that comes twice is one. */
    id: Type.String({ minLength: 1, maxLength: 100, title: 'Identity' }),
    /** Which machines, as a topic pattern: `site1.#`. */
    machines: Type.String({ minLength: 1, maxLength: 255, title: 'Machines' }),
    /** Only machines with these labels, only what these rules find, only these resources; all. */
    labels: Type.Optional(Type.Record(Type.String(), Type.String(), { title: 'Labels' })),
    rules: Type.Optional(Type.Array(Type.String(), { maxItems: 20, title: 'Rules' })),
    resources: Type.Optional(Type.Array(Type.String(), { maxItems: 20, title: 'Resources' })),
    /** Only what is no worse than this; all. */
    severity_max: Type.Optional(Severity),
    from_ms: Time('From'),
    /** After this it is forgotten. */
    until_ms: Time('Until'),
    /** Only within these times of day on these days: every Sunday night. Always, when it is not there. */
    calendar: Type.Optional(
      Type.Object(
        {
          days: Type.Optional(Type.Array(Type.Enum(DAYS), { minItems: 1, title: 'Days of the week' })),
          hours: Type.Optional(Hours('Times of day; over midnight they belong to the day on which they begin')),
          time_zone: Type.String({ minLength: 1, title: 'Time zone' }),
        },
        { title: 'Calendar' },
      ),
    ),
    ...Said,
    time_ms: Time('When it was ordered'),
  },
  { title: 'Silence' },
);

export type Silence = Static<typeof Silence>;

/** Silences in force at a time, at most. */
export const SILENCES_MAX = 1_000;

/**
 * What somebody has ordered about alerts. It is obeyed when what it leads to is published: an `alert` that is acknowledged, or
 * `silences`. Giving it again does no harm.
 */
export const order = defineTopic(
  'order',
  Type.Union(
    [
      Type.Object({
        order: Type.Literal('acknowledge'),
        machine: Type.String({ minLength: 1, title: 'Machine' }),
        /** The alert's `id`; its whole incident when `incident` is true. */
        id: Type.String({ minLength: 1, title: 'Alert' }),
        incident: Type.Optional(Type.Boolean({ title: 'All of its incident' })),
        /** Takes it back. */
        undo: Type.Optional(Type.Boolean({ title: 'Not acknowledged any more' })),
        ...Said,
      }),
      Type.Object({ order: Type.Literal('silence'), silence: Silence }),
      Type.Object({ order: Type.Literal('end_silence'), id: Type.String({ minLength: 1, title: 'Silence' }), ...Said }),
    ],
    { title: 'Order' },
  ),
);

/** The body of an order. */
export type Order = Static<typeof order.schema>;

/** The silences that there are, said when they change and for those who come later. */
export const silences = defineTopic(
  'silences',
  Type.Object({ silences: Type.Array(Silence, { maxItems: SILENCES_MAX }) }, { title: 'Silences' }),
);

/** The body of silences. */
export type Silences = Static<typeof silences.schema>;
