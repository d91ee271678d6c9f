// A topic is a value: a family name and the schema of its bodies. Calling it makes a message ready to publish.

import type { Static, TSchema } from 'typebox';
import { Compile } from 'typebox/compile';
import { familyInvalid, keyInvalid } from './errors.ts';

/** Bytes a routing key can hold, by AMQP 0-9-1 (a short string). */
export const KEY_BYTES_MAX = 255;

/** A message on its way out: who it is about and what it says. */
export interface Draft<Family extends string = string, Body = unknown> {
  readonly family: Family;
  readonly source: string;
  readonly body: Body;
  /** When it happened, epoch milliseconds. Default: the time of the message it answers, else now. */
  readonly time_ms?: number | undefined;
  /** What this body is called, unique in this run of its module; for a module that tells changes. */
  readonly version?: string | undefined;
  /**
   * The version before: the body has but what differs, and the kernel of who listens puts them together. It must be a good
   * body by itself, for those who missed that version. What is not in it has not changed; null in an object says that a
   * field is gone.
   */
  readonly since?: string | undefined;
}

/** A message that came in, its body checked against the topic's schema. Unknown fields are kept. */
export interface Message<Family extends string = string, Body = unknown> {
  readonly family: Family;
  /** Who it is about: all of the routing key before the last dot. */
  readonly source: string;
  readonly body: Body;
  /** The same when a message comes twice; empty for a foreign message that has none. */
  readonly id: string;
  /** When it happened, epoch milliseconds; the time of receipt for a foreign message that does not say. */
  readonly time_ms: number;
  /** The instance that published it; empty for a foreign message. */
  readonly sender: string;
  /** Who passed it on and when, oldest first; at most 16. */
  readonly hops: readonly Hop[];
  /** When this instance took it off the bus, epoch milliseconds. */
  readonly received_ms: number;
}

/** A message that came in and that nobody has read yet; see `unread` in module.ts. */
export interface Unread<Family extends string = string, Body = unknown>
  extends Pick<Message<Family, Body>, 'family' | 'source' | 'time_ms' | 'received_ms'> {
  /**
   * Reads it, once however often it is called: checked as every message is. Undefined when it is none of its topic, which the
   * pulse and the log then say.
   */
  read(): Message<Family, Body> | undefined;
}

/** One step of a message's way: the instance that published it and when, epoch milliseconds. */
export type Hop = readonly [instance: string, time_ms: number];

/** A family of messages with one schema. */
export interface Topic<Family extends string = string, Schema extends TSchema = TSchema> {
  /** Makes a message about `source`. `time_ms`: see {@link Draft}. */
  (source: string, body: Static<Schema>, time_ms?: number): Draft<Family, Static<Schema>>;
  readonly family: Family;
  readonly schema: Schema;
  /** Whether a value from outside is a body of this topic. */
  check(value: unknown): value is Static<Schema>;
  /** The first thing that is wrong with a value, as `path: message`; empty when nothing is. */
  explain(value: unknown): string;
}

/** The body type of a topic. */
export type BodyOf<T> = T extends Topic<string, infer Schema> ? Static<Schema> : never;

/** The message a listener of a topic gets. */
export type MessageOf<T> = T extends Topic<infer Family, infer Schema> ? Message<Family, Static<Schema>> : never;

/** The same, unread. */
export type UnreadOf<T> = T extends Topic<infer Family, infer Schema> ? Unread<Family, Static<Schema>> : never;

/** What calling a topic makes. */
export type DraftOf<T> = T extends Topic<infer Family, infer Schema> ? Draft<Family, Static<Schema>> : never;

/**
 * Defines a topic.
 *
 * @param family the last word of the routing key: lower-case letters, digits, `_`, `-`; 1 to 64 characters
 * @param schema the body's schema; a JSON object
 * @throws CodedError `FAMILY_INVALID`
 */
export function defineTopic<const Family extends string, Schema extends TSchema>(
  family: Family,
  schema: Schema,
): Topic<Family, Schema> {
  if (!/^[a-z0-9_-]{1,64}$/.test(family)) throw familyInvalid(family);
  // Compiled at first use: importing a topic costs nothing.
  let compiled: ReturnType<typeof Compile> | undefined;
  const validator = () => {
    compiled ??= Compile(schema);
    return compiled;
  };
  const make = (source: string, body: Static<Schema>, time_ms?: number): Draft<Family, Static<Schema>> => ({
    family,
    source,
    body,
    time_ms,
  });
  return Object.assign(make, {
    family,
    schema,
    check: (value: unknown): value is Static<Schema> => validator().Check(value),
    explain: (value: unknown): string => {
      const first = validator().Errors(value)[0];
      return first === undefined ? '' : `${first.instancePath || '/'}: ${first.message}`;
    },
  });
}

/**
 * The routing key of a message, `<source>.<family>`.
 *
 * @throws CodedError `KEY_INVALID` when the source is empty, has control characters or is too long
 */
export function routingKey(source: string, family: string): string {
  if (source === '') throw keyInvalid(source, 'it is empty');
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what must not pass.
  if (/[\u0000-\u001f\u007f]/.test(source)) throw keyInvalid(source, 'it holds control characters');
  const key = `${source}.${family}`;
  // Three bytes a UTF-16 unit is the most UTF-8 takes, so short keys need no count.
  if (key.length > KEY_BYTES_MAX / 3) {
    const key_bytes = Buffer.byteLength(key);
    if (key_bytes > KEY_BYTES_MAX) {
      throw keyInvalid(source, `"<source>.${family}" takes ${key_bytes} bytes of at most ${KEY_BYTES_MAX}`);
    }
  }
  return key;
}

/** Splits a routing key at its last dot; undefined when it has no source or no family. */
export function splitKey(key: string): { source: string; family: string } | undefined {
  const dot = key.lastIndexOf('.');
  if (dot <= 0 || dot === key.length - 1) return undefined;
  return { source: key.slice(0, dot), family: key.slice(dot + 1) };
}
