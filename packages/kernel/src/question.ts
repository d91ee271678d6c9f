// A question is a value, as a topic is: a family, the schema of what is asked and of what is answered. The present is pushed and
// never asked for; the past cannot be pushed.

import type { Static, TSchema } from 'typebox';
import { Compile } from 'typebox/compile';
import { familyInvalid } from './errors.ts';

/** Bytes an answer may have. */
export const ANSWER_BYTES_MAX = 4 * 1_048_576;

/** Time to wait for an answer, when nothing else is said. */
export const ANSWER_TIMEOUT_MS = 5_000;

/** A family of questions, asked under `<source>.<family>`. */
export interface Question<
  Family extends string = string,
  Asked extends TSchema = TSchema,
  Answered extends TSchema = TSchema,
> {
  readonly family: Family;
  readonly asked: Asked;
  readonly answered: Answered;
  /** What is wrong with a question, as `path: message`; undefined when nothing is. */
  faultOfAsked(value: unknown): string | undefined;
  /** What is wrong with an answer. */
  faultOfAnswered(value: unknown): string | undefined;
}

/** What a question's body is. */
export type AskedOf<Q> = Q extends Question<string, infer Asked, TSchema> ? Static<Asked> : never;

/** What its answer is. */
export type AnsweredOf<Q> = Q extends Question<string, TSchema, infer Answered> ? Static<Answered> : never;

/**
 * Defines a question.
 *
 * @param family the last word of the routing key: lower-case letters, digits, `_`, `-`; 1 to 64 characters
 * @param asked the schema of the question; a JSON object
 * @param answered the schema of the answer
 * @throws CodedError `FAMILY_INVALID`
 */
export function defineQuestion<const Family extends string, Asked extends TSchema, Answered extends TSchema>(
  family: Family,
  asked: Asked,
  answered: Answered,
): Question<Family, Asked, Answered> {
  if (!/^[a-z0-9_-]{1,64}$/.test(family)) throw familyInvalid(family);
  return { family, asked, answered, faultOfAsked: faultBy(asked), faultOfAnswered: faultBy(answered) };
}

function faultBy(schema: TSchema): (value: unknown) => string | undefined {
  // Compiled at first use: importing a question costs nothing.
  let compiled: ReturnType<typeof Compile> | undefined;
  return (value) => {
    compiled ??= Compile(schema);
    if (compiled.Check(value)) return undefined;
    const first = compiled.Errors(value)[0];
    return first === undefined ? 'it is none' : `${first.instancePath || '/'}: ${first.message}`;
  };
}
