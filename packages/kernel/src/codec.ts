// Between a message and its envelope: where wire data is checked, and nowhere else.

import type { Envelope } from './bus.ts';
import type { Draft, Hop, Message, Topic } from './topic.ts';
import { routingKey, splitKey } from './topic.ts';
import type { Versions } from './versions.ts';

/** Bytes a body may have; larger ones are refused unread. */
export const BODY_BYTES_MAX = 1_048_576;

/** Steps of its way that a message remembers. */
export const HOPS_MAX = 16;

/** Characters a hops header may have; a longer one is ignored. */
const HOPS_CHARACTERS_MAX = 8_192;

/** Why a message that came in was not handed to the module. */
export type RefusalReason = 'no_source' | 'too_large' | 'not_json' | 'wrong_type';

/** A refused message: the reason, and the detail for the log. */
export interface Refusal {
  readonly refused: RefusalReason;
  readonly detail: string;
}

const decoder = new TextDecoder('utf-8', { fatal: true });

/**
 * Reads an envelope as a message of `topic`, or says why it is none. Never throws.
 *
 * @param versions what its listener knows of those who tell changes
 */
export function decode(topic: Topic, envelope: Envelope, received_ms: number, versions?: Versions): Message | Refusal {
  const parts = splitKey(envelope.key);
  if (parts === undefined) return { refused: 'no_source', detail: 'its routing key names no source' };
  if (envelope.payload.byteLength > BODY_BYTES_MAX) {
    return { refused: 'too_large', detail: `${envelope.payload.byteLength} bytes of at most ${BODY_BYTES_MAX}` };
  }
  let body: unknown;
  try {
    body = JSON.parse(decoder.decode(envelope.payload));
  } catch (error) {
    return { refused: 'not_json', detail: error instanceof Error ? error.message : 'not JSON' };
  }
  if (!topic.check(body)) return { refused: 'wrong_type', detail: topic.explain(body) };
  if (versions !== undefined) {
    body = versions.complete(envelope.key, body, envelope.properties, envelope.payload.byteLength);
  }
  const { id = '', sender = '', time, hops } = envelope.properties;
  return {
    family: topic.family,
    source: parts.source,
    body,
    id,
    time_ms: readTime(time) ?? received_ms,
    sender,
    hops: readHops(hops),
    received_ms,
  };
}

/**
 * Writes a message's envelope.
 *
 * @param answered the message that this one answers: its time and its way are carried on
 * @throws CodedError `KEY_INVALID`
 */
export function encode(draft: Draft, id: string, instance: string, answered: Message | undefined): Envelope {
  const now_ms = Date.now();
  const hops = answered === undefined ? [] : answered.hops.slice(-(HOPS_MAX - 1));
  return {
    key: routingKey(draft.source, draft.family),
    payload: Buffer.from(JSON.stringify(draft.body)),
    properties: {
      id,
      sender: instance,
      type: draft.family,
      content_type: 'application/json',
      time: new Date(draft.time_ms ?? answered?.time_ms ?? now_ms).toISOString(),
      hops: JSON.stringify([...hops, [instance, now_ms]]),
      version: draft.version,
      since: draft.since,
    },
  };
}

/** Epoch milliseconds of an ISO 8601 text, as in a message's `time`; undefined when it is none. */
export function readTime(time: string | undefined): number | undefined {
  if (time === undefined) return undefined;
  const time_ms = Date.parse(time);
  return Number.isFinite(time_ms) ? time_ms : undefined;
}

/** Who passed a message on and when, from its `hops`; empty when that is none. */
export function readHops(text: string | undefined): readonly Hop[] {
  if (text === undefined || text.length > HOPS_CHARACTERS_MAX) return [];
  try {
    const hops: unknown = JSON.parse(text);
    return Array.isArray(hops) ? hops.filter(isHop).slice(-HOPS_MAX) : [];
  } catch {
    // The way is a convenience: a message with a broken one is still a good message.
    return [];
  }
}

function isHop(value: unknown): value is Hop {
  return (
    Array.isArray(value) && value.length === 2 && typeof value[0] === 'string' && Number.isFinite(value[1] as number)
  );
}
