// What can be asked about the past, which cannot be pushed: one figure's curve, a moment of the fleet, what happened between.

import { defineQuestion } from '@ganglion/kernel';
import Type, { type Static } from 'typebox';
import { Cause } from './presence.ts';

const Time = (title: string) => Type.Number({ minimum: 0, title, unit: 'ms', description: 'Epoch milliseconds.' });

/** Points of a range that may be asked for. */
export const POINTS_MAX = 4_000;

/** Events that may be asked for. */
export const EVENTS_MAX = 5_000;

/** Figures of a machine that may be named; without names, all there are. */
export const FIGURES_MAX = 1_024;

/** Numbers of eight bytes each, little-endian, as text in base64; NaN where there is none. */
const Numbers = Type.String({ title: 'Numbers', description: 'Float64, little-endian, in base64; NaN for none.' });

/** Families of which single messages are told. */
const EventFamily = Type.Enum(['alert', 'birth', 'death', 'outage'], { title: 'Family' });
export type EventFamily = Static<typeof EventFamily>;

const Asked = Type.Union([
  /** The figures of one machine over a time. */
  Type.Object({
    what: Type.Literal('range'),
    machine: Type.String({ minLength: 1, maxLength: 255 }),
    from_ms: Time('From'),
    to_ms: Time('To'),
    points_max: Type.Integer({ minimum: 2, maximum: POINTS_MAX }),
    /** Paths of figures, `disks/devices/sda/busy_percentage`; default: all of the machine. */
    figures: Type.Optional(Type.Array(Type.String({ minLength: 1 }), { maxItems: FIGURES_MAX })),
  }),
  /** Every machine at one moment. */
  Type.Object({ what: Type.Literal('instant'), at_ms: Time('At') }),
  /** What happened in a time, oldest first; of more than the limit, the newest. */
  Type.Object({
    what: Type.Literal('events'),
    from_ms: Time('From'),
    to_ms: Time('To'),
    limit: Type.Integer({ minimum: 1, maximum: EVENTS_MAX }),
    /** Default: all. */
    families: Type.Optional(Type.Array(EventFamily)),
    /** Default: of all. */
    machine: Type.Optional(Type.String({ minLength: 1, maxLength: 255 })),
  }),
  /** How far the past goes back. */
  Type.Object({ what: Type.Literal('extent') }),
]);

/** A question about the past. */
export type PastAsked = Static<typeof Asked>;

/** One figure over the points of a range. With cells of no width, minimum and maximum are the value itself, and not told. */
const PastFigure = Type.Object({
  path: Type.String({ title: 'Path', description: 'Fields joined by "/"; "~1" and "~0" are "/" and "~".' }),
  mean: Numbers,
  minimum: Type.Optional(Numbers),
  maximum: Type.Optional(Numbers),
});
export type PastFigure = Static<typeof PastFigure>;

/** A machine as it was at a moment. */
const PastMachine = Type.Object({
  machine: Type.String({ minLength: 1 }),
  /** Of what was said last before the moment. */
  time_ms: Time('When it was measured'),
  interval_ms: Type.Optional(Type.Number({ minimum: 0, title: 'Usual time between two samples', unit: 'ms' })),
  gone: Type.Optional(Type.Object({ cause: Cause, died_ms: Time('Time of death') })),
  labels: Type.Optional(Type.Record(Type.String(), Type.String())),
  /** The figures of its analysis: `cpu_percentage`, and `cpu_result`, 1, 2, 3 for LOW, MEDIUM, HIGH. */
  figures: Type.Record(Type.String(), Type.Number()),
});
export type PastMachine = Static<typeof PastMachine>;

/** Something that happened: a message as it came. */
const PastEvent = Type.Object({
  time_ms: Time('When'),
  family: EventFamily,
  source: Type.String(),
  body: Type.Record(Type.String(), Type.Unknown()),
});
export type PastEvent = Static<typeof PastEvent>;

const Answered = Type.Union([
  Type.Object({
    what: Type.Literal('range'),
    machine: Type.String(),
    /** The width of the cells; 0 where each point is a sample as it came. */
    width_ms: Type.Number({ minimum: 0, unit: 'ms' }),
    /** Ascending; of a cell, when it begins. */
    times_ms: Numbers,
    figures: Type.Array(PastFigure),
    /** Figures that did not fit into the answer. */
    left_out: Type.Integer({ minimum: 0 }),
  }),
  Type.Object({
    what: Type.Literal('instant'),
    at_ms: Time('At'),
    machines: Type.Array(PastMachine),
    /** Machines that did not fit into the answer. */
    left_out: Type.Integer({ minimum: 0 }),
  }),
  Type.Object({
    what: Type.Literal('events'),
    events: Type.Array(PastEvent),
    left_out: Type.Integer({ minimum: 0 }),
  }),
  Type.Object({
    what: Type.Literal('extent'),
    /** Absent while nothing is recorded. */
    oldest_ms: Type.Optional(Time('The oldest that is kept')),
    newest_ms: Type.Optional(Time('The newest that can be asked for')),
    /** From the finest to the coarsest: the width of its cells, and since when it is kept. */
    levels: Type.Array(Type.Object({ width_ms: Type.Number({ minimum: 0 }), from_ms: Time('Since') })),
  }),
]);

/** An answer about the past; its `what` is the question's. */
export type PastAnswered = Static<typeof Answered>;

/** The answer to one kind of question. */
export type PastAnswerOf<What extends PastAsked['what']> = Extract<PastAnswered, { readonly what: What }>;

/**
 * Asks about the past, under `<machine>.past` or, where it is about all, `fleet.past`. Whoever records answers; refused with
 * `PAST_RANGE_INVALID` when `to_ms` is not after `from_ms`.
 */
export const past = defineQuestion('past', Asked, Answered);

/** Writes numbers as a text in an answer. */
export function packNumbers(numbers: Float64Array): string {
  return Buffer.from(numbers.buffer, numbers.byteOffset, numbers.byteLength).toString('base64');
}

/** Reads numbers from an answer; what is left over at the end is passed over. */
export function unpackNumbers(text: string): Float64Array {
  const bytes = Buffer.from(text, 'base64');
  // A copy, so that it begins at a multiple of eight.
  const numbers = new Float64Array(Math.floor(bytes.byteLength / 8));
  new Uint8Array(numbers.buffer).set(bytes.subarray(0, numbers.byteLength));
  return numbers;
}
