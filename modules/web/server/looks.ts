// What a client says it looks at, checked: it comes from outside.

import { KEY_BYTES_MAX } from '@ganglion/kernel';
import Type from 'typebox';
import { Compile } from 'typebox/compile';
import { type Look, ONLY_MAX, TAP_PER_SECOND_MAX } from '../wire/frames.ts';

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
]);

export type Looks = (text: string) => Look | 'none' | 'invalid';

/** Makes what reads a client's message: the look in it; `none` for other JSON, which is allowed; `invalid` for the rest. */
export function lookReader(): Looks {
  const schema = Compile(LookSchema);
  return (text) => {
    let message: unknown;
    try {
      message = JSON.parse(text);
    } catch {
      return 'invalid';
    }
    if (typeof message !== 'object' || message === null || !('look' in message)) return 'none';
    return schema.Check(message.look) ? message.look : 'invalid';
  };
}
