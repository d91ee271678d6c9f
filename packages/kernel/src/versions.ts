// Whole bodies of sources that tell but their changes: a message may name its version and the one it builds on, and then has
// only what differs. Listeners get whole bodies all the same.

import type { EnvelopeProperties } from './bus.ts';

/** Sources whose last body one instance keeps; past that the oldest go. */
export const VERSIONS_MAX = 20_000;

/** Bytes of their messages, all together. A body in memory takes about four times as much. */
export const VERSIONS_BYTES_MAX = 67_108_864;

/** Objects in objects to which changes are put together; below, the newer takes the older's place. */
const DEPTH_MAX = 8;

interface Version {
  readonly name: string;
  readonly body: unknown;
  /** When it happened, ISO 8601: what is sent again later may be older. */
  readonly time: string;
  /** Bytes of the last whole message. */
  readonly bytes: number;
}

/** The newest body of each source that names its versions. */
export class Versions {
  readonly #newest = new Map<string, Version>();
  #bytes = 0;

  /** How many bodies are kept. */
  get size(): number {
    return this.#newest.size;
  }

  /**
   * The whole body of a message that came in. What builds on a version that is not the newest known one comes back as it is:
   * it is a good body, with less in it.
   *
   * @param key the routing key
   * @param bytes of the message
   */
  complete(key: string, body: unknown, { sender = '', version, since, time = '' }: EnvelopeProperties, bytes: number) {
    if (version === undefined) return body;
    const source = `${sender}\n${key}`;
    const newest = this.#newest.get(source);
    if (since === undefined) {
      if (newest === undefined || newest.time <= time) this.#keep(source, newest, { name: version, body, time, bytes });
      return body;
    }
    if (newest === undefined || newest.name !== since) return merged({}, body, DEPTH_MAX);
    const whole = merged(newest.body, body, DEPTH_MAX);
    // It was there already, so nothing grows but the body, by fields that its sender adds.
    this.#keep(source, newest, { name: version, body: whole, time, bytes: newest.bytes + bytes });
    return whole;
  }

  #keep(source: string, before: Version | undefined, version: Version): void {
    this.#bytes += version.bytes - (before?.bytes ?? 0);
    this.#newest.set(source, version);
    for (const [oldest, { bytes }] of this.#newest) {
      if (this.#newest.size <= VERSIONS_MAX && this.#bytes <= VERSIONS_BYTES_MAX) return;
      this.#newest.delete(oldest);
      this.#bytes -= bytes;
    }
  }
}

/**
 * Puts changes to a body, as RFC 7396 (JSON Merge Patch) says: objects are put together, null takes a field away, all else
 * takes the older's place. Changes neither.
 */
function merged(whole: unknown, changes: unknown, depth: number): unknown {
  if (depth === 0 || !isObject(whole) || !isObject(changes)) return changes;
  const result: Record<string, unknown> = { ...whole };
  for (const name in changes) {
    // As a name this would change what the object is.
    if (name === '__proto__') continue;
    const change = changes[name];
    if (change === null) delete result[name];
    // As RFC 7396 has it: where there was no object, what is in the new one is put to an empty one.
    else result[name] = isObject(change) ? merged(objectOr(result[name]), change, depth - 1) : change;
  }
  return result;
}

const NOTHING = Object.freeze({});

function objectOr(value: unknown): Readonly<Record<string, unknown>> {
  return isObject(value) ? value : NOTHING;
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
