// What a client says it looks at, or wants done, checked: it comes from outside.

import { KEY_BYTES_MAX } from '@ganglion/kernel';
import Type from 'typebox';
import { Compile } from 'typebox/compile';
import { type Ask, type Look, ONLY_MAX, RANGE_POINTS_MAX, type Recall, TAP_PER_SECOND_MAX } from '../wire/frames.ts';

const Text = Type.String({ minLength: 1, maxLength: KEY_BYTES_MAX });

const LookSchema = Type.Union([
  Type.Object({
    view: Type.Literal('fleet'),
    only: Type.Optional(Type.Array(Type.Integer({ minimum: 0 }), { maxItems: ONLY_MAX })),
  }),
  Type.Object({ view: Type.Literal('machine'), machine: Text }),
  Type.Object({
    view: Type.Literal('system'),
    tap: Type.Optional(
      Type.Object({ pattern: Text, per_second: Type.Integer({ minimum: 1, maximum: TAP_PER_SECOND_MAX }) }),
    ),
  }),
  Type.Object({ view: Type.Literal('alerts'), machine: Type.Optional(Text) }),
]);

const Signed = {
  by: Type.Optional(Type.String({ maxLength: 100 })),
  why: Type.Optional(Type.String({ maxLength: 500 })),
};
const Id = Type.String({ minLength: 1, maxLength: 100 });
const Names = Type.Array(Type.String({ minLength: 1, maxLength: 255 }), { minItems: 1, maxItems: 20 });

const AskSchema = Type.Union([
  Type.Object({
    do: Type.Literal('acknowledge'),
    machine: Text,
    id: Type.String({ minLength: 1, maxLength: 256 }),
    incident: Type.Optional(Type.Boolean()),
    undo: Type.Optional(Type.Boolean()),
    ...Signed,
  }),
  Type.Object({
    do: Type.Literal('silence'),
    id: Id,
    machines: Text,
    rules: Type.Optional(Names),
    resources: Type.Optional(Names),
    from_ms: Type.Number({ minimum: 0 }),
    until_ms: Type.Number({ minimum: 0 }),
    ...Signed,
  }),
  Type.Object({ do: Type.Literal('end_silence'), id: Id, ...Signed }),
]);

const Time = Type.Number({ minimum: 0 });

const RecallSchema = Type.Union([
  Type.Object({
    what: Type.Literal('range'),
    machine: Text,
    from_ms: Time,
    to_ms: Time,
    points_max: Type.Integer({ minimum: 2, maximum: RANGE_POINTS_MAX }),
    figures: Type.Optional(Type.Array(Text, { maxItems: 100 })),
  }),
  Type.Object({ what: Type.Literal('moment'), at_ms: Time }),
  Type.Object({ what: Type.Literal('events'), from_ms: Time, to_ms: Time, machine: Type.Optional(Text) }),
  Type.Object({ what: Type.Literal('extent') }),
]);

/** What a client says. */
export type Said =
  | { readonly kind: 'look'; readonly look: Look }
  | { readonly kind: 'order'; readonly ask: Ask; readonly number: number }
  | { readonly kind: 'recall'; readonly recall: Recall; readonly number: number }
  /** Other JSON, which is allowed. */
  | { readonly kind: 'none' }
  | { readonly kind: 'invalid'; readonly what: 'looks_invalid' | 'orders_invalid' | 'recalls_invalid' };

export type Reader = (text: string) => Said;

/** Makes what reads a client's messages. */
export function messageReader(): Reader {
  const look_schema = Compile(LookSchema);
  const ask_schema = Compile(AskSchema);
  const recall_schema = Compile(RecallSchema);
  return (text) => {
    let message: unknown;
    try {
      message = JSON.parse(text);
    } catch {
      return { kind: 'invalid', what: 'looks_invalid' };
    }
    if (typeof message !== 'object' || message === null) return { kind: 'none' };
    const number = 'number' in message ? message.number : undefined;
    if ('order' in message) {
      const { order } = message;
      if (typeof number !== 'number' || !ask_schema.Check(order)) return { kind: 'invalid', what: 'orders_invalid' };
      return { kind: 'order', ask: order, number };
    }
    if ('recall' in message) {
      const { recall } = message;
      if (typeof number !== 'number' || !recall_schema.Check(recall))
        return { kind: 'invalid', what: 'recalls_invalid' };
      return { kind: 'recall', recall, number };
    }
    if (!('look' in message)) return { kind: 'none' };
    const { look } = message;
    return look_schema.Check(look) ? { kind: 'look', look } : { kind: 'invalid', what: 'looks_invalid' };
  };
}
