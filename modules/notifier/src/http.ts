// One HTTP request of a channel: bounded in time and in what is read, never redirected, every failure in one line.

import { reasonOf, type SecretPlace } from '@ganglion/kernel';
import Type from 'typebox';
import { NotSent, type Tools } from './channel.ts';

/** What is read of an answer; the rest is let go. */
const ANSWER_BYTES_MAX = 64 * 1024;

/** What of an answer an error shows. */
const SHOWN_CHARACTERS = 120;

/** The longest that a receiver may ask to be left alone. */
const RETRY_AFTER_MS_MAX = 3_600_000;

/** What a receiver says about this very message: the same again would get the same answer. */
const ABOUT_THE_MESSAGE = new Set([400, 405, 406, 411, 413, 414, 415, 422, 431, 451]);

/** A request; `body` is sent as JSON unless it is a text. */
export interface Request {
  readonly url: string;
  /** The notice's key: who knows `Idempotency-Key` drops what it has had. */
  readonly key: string;
  readonly method?: 'POST' | 'PUT';
  readonly headers?: Readonly<Record<string, string>>;
  readonly body: string | object;
}

/** An answer of 200 to 299. */
export interface Answer {
  readonly status: number;
  readonly text: string;
  /** The text read as JSON; undefined when it is none. */
  readonly json: unknown;
}

/**
 * Sends a request.
 *
 * A redirect is not followed: a body that was signed for one receiver, or an address that is a secret, is for no other.
 *
 * @throws NotSent for every answer that is not 200 to 299, and for none
 */
export async function request(
  { url, key, method = 'POST', headers, body }: Request,
  signal: AbortSignal,
): Promise<Answer> {
  let response: Response;
  let text: string;
  try {
    response = await fetch(url, {
      method,
      redirect: 'manual',
      signal,
      headers: {
        ...(typeof body === 'string' ? {} : { 'content-type': 'application/json' }),
        'idempotency-key': key,
        ...headers,
      },
      body: typeof body === 'string' ? body : JSON.stringify(body),
    });
    text = await readBounded(response);
  } catch (error) {
    throw new NotSent(signal.aborted ? 'no answer in time' : `no answer: ${whyOf(error)}`);
  }
  const { status } = response;
  const json = jsonIn(text);
  if (status >= 200 && status < 300) return { status, text, json };
  const shown = text.trim() === '' ? '' : `: ${text.trim().slice(0, SHOWN_CHARACTERS)}`;
  throw new NotSent(`the answer was ${status}${shown}`, {
    permanent: ABOUT_THE_MESSAGE.has(status),
    retry_after_ms: retryAfter(response.headers.get('retry-after'), Date.now()) ?? askedIn(json),
  });
}

/** A receiver said yes, but not in the words that it says it in: whether it took the notice, nobody knows. */
export function notUnderstood({ text }: Answer): NotSent {
  return new NotSent(`the answer was not understood: ${text.trim().slice(0, SHOWN_CHARACTERS) || 'it was empty'}`);
}

/** The setting of an address that is no secret; `default_url` where a service has one. */
export function Address(description: string, default_url?: string) {
  return Type.String({
    ...(default_url === undefined ? {} : { default: default_url }),
    pattern: '^https?://[^\\s@]+$',
    maxLength: 2000,
    description,
    wanted: 'an address, as "https://example.com", without a password in it',
  });
}

/**
 * Reads an address that is a secret, as those are that hold a token.
 *
 * @throws CodedError `SECRET_UNREADABLE`, `CHANNEL_INVALID`
 */
export function secretAddress(tools: Tools, name: string, place: SecretPlace): string {
  const url = tools.secret(name, place);
  if (/^https?:\/\/\S+$/.test(url) && URL.canParse(url)) {
    const { pathname, search, searchParams } = new URL(url);
    // A receiver may repeat what it was called by, whole or in part.
    const parts = [`${pathname}${search}`, ...pathname.split('/'), ...searchParams.values()];
    for (const part of parts) tools.hide(part);
    return url;
  }
  throw tools.refuse(name, 'what stands there is no address', 'the place of an address, as "https://example.com/…"');
}

/** A field of an answer's JSON; undefined when there is none. */
export function fieldOf(json: unknown, name: string): unknown {
  return typeof json === 'object' && json !== null ? (json as Readonly<Record<string, unknown>>)[name] : undefined;
}

/** A text or number in a field of an answer's JSON, as a text; undefined when there is none. */
export function textOf(json: unknown, name: string): string | undefined {
  const value = fieldOf(json, name);
  if (typeof value === 'number') return String(value);
  return typeof value === 'string' && value !== '' ? value : undefined;
}

/** The start of a text, with a mark where it was cut; receivers have limits of their own. */
export function cut(text: string, characters_max: number): string {
  return text.length > characters_max ? `${text.slice(0, characters_max - 1)}…` : text;
}

/** `Retry-After` in seconds or as a date, RFC 9110 section 10.2.3. */
export function retryAfter(header: string | null, now_ms: number): number | undefined {
  if (header === null) return undefined;
  const wait_ms = /^\d+$/.test(header.trim()) ? Number(header) * 1000 : Date.parse(header) - now_ms;
  return Number.isFinite(wait_ms) && wait_ms > 0 ? Math.min(wait_ms, RETRY_AFTER_MS_MAX) : undefined;
}

/** The same in the body, as Discord, Telegram and Matrix have it: `retry_after`, also in `parameters`, or `retry_after_ms`. */
function askedIn(json: unknown): number | undefined {
  const seconds = fieldOf(json, 'retry_after') ?? fieldOf(fieldOf(json, 'parameters'), 'retry_after');
  const wait_ms = typeof seconds === 'number' ? seconds * 1000 : fieldOf(json, 'retry_after_ms');
  if (typeof wait_ms !== 'number' || !(wait_ms > 0)) return undefined;
  return Math.min(Math.ceil(wait_ms), RETRY_AFTER_MS_MAX);
}

async function readBounded(response: Response): Promise<string> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of response.body ?? []) {
    chunks.push(chunk);
    length += chunk.length;
    // Leaving the loop ends the connection.
    if (length >= ANSWER_BYTES_MAX) break;
  }
  return Buffer.concat(chunks).toString('utf8', 0, ANSWER_BYTES_MAX);
}

function jsonIn(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** The reason behind fetch's own "fetch failed". */
function whyOf(error: unknown): string {
  const cause = error instanceof Error ? error.cause : undefined;
  if (cause instanceof AggregateError && cause.errors.length > 0) return reasonOf(cause.errors[0]);
  return reasonOf(cause ?? error);
}
