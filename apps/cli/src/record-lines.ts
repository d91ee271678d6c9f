// A record of messages as lines of JSON, as `ganglion tap --json` writes them: taken apart as they come, with whole bodies.

import type { Recorded } from '@ganglion/analyzer/replay';
import { Versions } from '@ganglion/kernel';

/** Characters of a line, at most: more than the largest message takes. */
export const RECORD_LINE_MAX = 4_194_304;

/** Reads the lines of one record. */
export class RecordReader {
  readonly #versions = new Versions();

  /** Reads a line; a text says why it is no message. */
  read(line: string): Recorded | string {
    if (line.length > RECORD_LINE_MAX) return 'it is too long';
    let read: unknown;
    try {
      read = JSON.parse(line);
    } catch {
      return 'it is no JSON';
    }
    if (typeof read !== 'object' || read === null) return 'it is no message';
    const { topic, source, time, body, sender, version, since } = read as Readonly<Record<string, unknown>>;
    if (typeof topic !== 'string' || typeof source !== 'string') return 'it has no topic or no source';
    const time_ms = typeof time === 'string' ? Date.parse(time) : Number.NaN;
    if (!Number.isFinite(time_ms)) return 'it has no time';
    const properties = { sender: textIn(sender), version: textIn(version), since: textIn(since), time: textIn(time) };
    const whole = this.#versions.complete(`${source}.${topic}`, body, properties, line.length);
    return { topic, source, time_ms, body: whole };
  }
}

function textIn(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}
