// How a message that passes is written: for a person in columns, for a program as JSON.

import { type Envelope, oneLine, splitKey } from '@ganglion/kernel';
import { cut, type Style } from './terminal.ts';

/** A message as a tap shows it. */
export interface Passing {
  /** The family: the last word of the routing key; all of it when it names no source. */
  readonly topic: string;
  /** All before the last dot; empty when the routing key names no source. */
  readonly source: string;
  /** When it happened, ISO 8601 with milliseconds; when it was received, if the message does not say. */
  readonly time: string;
  /** The body, or its text when it is no JSON. */
  readonly body: unknown;
  /** Of a message whose sender tells but what has changed: from whom it is, its version and the one that it builds on. */
  readonly change?: Readonly<Record<'sender' | 'version' | 'since', string | undefined>>;
  /** Of a dead letter: which subscription refused it, why, and when, epoch milliseconds. */
  readonly refused?: { readonly by: string; readonly why: string; readonly time_ms: number | undefined };
}

/** The widest that the column of sources grows. */
const SOURCE_COLUMNS_MAX = 32;

/** Characters of a body that a person is shown where no terminal sets a width. */
const BODY_CHARACTERS_MAX = 1_000;

const decoder = new TextDecoder();

/** Reads what passes. Takes anything: a tap is where one looks when something is wrong. */
export function readPassing({ key, payload, properties }: Envelope, received_ms: number): Passing {
  const { source, family } = splitKey(key) ?? { source: '', family: key };
  const time_ms = Date.parse(properties.time ?? '');
  const { sender, version, since } = properties;
  return {
    topic: family,
    source,
    time: new Date(Number.isFinite(time_ms) ? time_ms : received_ms).toISOString(),
    body: readBody(decoder.decode(payload)),
    ...(version !== undefined && { change: { sender, version, since } }),
  };
}

/** One line for a program. */
export function jsonLine({ topic, source, time, body, change, refused }: Passing): string {
  return `${JSON.stringify({ topic, source, time, body, ...change, ...(refused === undefined ? {} : refusalOf(refused)) })}\n`;
}

function refusalOf({ by, why, time_ms }: Required<Passing>['refused']) {
  return { refused_by: by, refused_why: why, refused_time: isoTime(time_ms) };
}

function isoTime(time_ms: number | undefined): string | null {
  return time_ms === undefined ? null : new Date(time_ms).toISOString();
}

/** Writes lines for a person: the columns keep their place and grow with the names. */
export class Columns {
  readonly #style: Style;
  readonly #columns: () => number;
  #source_width = 8;
  #topic_width = 8;

  /** @param columns the width of the terminal now, which may change; endless in a pipe */
  constructor(style: Style, columns: () => number) {
    this.#style = style;
    this.#columns = columns;
  }

  line(passing: Passing): string {
    const { dim, bold, accent } = this.#style;
    const time = clock(passing.time);
    const source = oneLine(passing.source, SOURCE_COLUMNS_MAX);
    const topic = oneLine(passing.topic, SOURCE_COLUMNS_MAX);
    this.#source_width = Math.max(this.#source_width, source.length);
    this.#topic_width = Math.max(this.#topic_width, topic.length);
    const left = this.#columns() - time.length - this.#source_width - this.#topic_width - 6;
    const text = `${refusalText(passing.refused)}${bodyText(passing.body)}`;
    const body = cut(oneLine(text, BODY_CHARACTERS_MAX), Math.max(left, 20));
    return `${dim(time)}  ${bold(source.padEnd(this.#source_width))}  ${accent(topic.padEnd(this.#topic_width))}  ${body}\n`;
  }
}

function readBody(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

function bodyText(body: unknown): string {
  return typeof body === 'string' ? body : JSON.stringify(body);
}

/** What stands before the body of a dead letter: `refused 12:04:31.123 by analyzer.measure: no such band; `. */
function refusalText(refused: Passing['refused']): string {
  if (refused === undefined) return '';
  const when = isoTime(refused.time_ms);
  return `refused ${when === null ? '' : `${clock(when)} `}by ${refused.by}: ${refused.why}; `;
}

/** The time of day where the reader is, `12:04:31.123`. */
export function clock(time: string): string {
  const at = new Date(time);
  const two = (value: number) => String(value).padStart(2, '0');
  return `${two(at.getHours())}:${two(at.getMinutes())}:${two(at.getSeconds())}.${String(at.getMilliseconds()).padStart(3, '0')}`;
}
