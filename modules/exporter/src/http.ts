// One HTTP request of a format: bounded in time and in what is read, never redirected, every failure in one line.

import { reasonOf, Secret } from '@ganglion/kernel';
import Type from 'typebox';
import { NotTaken } from './pusher.ts';

/** What is read of an answer; the rest is let go. */
const ANSWER_BYTES_MAX = 64 * 1024;

/** What of an answer an error shows. */
const SHOWN_CHARACTERS = 120;

/** Where to send, and who we are to it; every format over HTTP has these settings. */
export const TARGET = {
  url: Type.String({
    default: '',
    pattern: '^(https?://[^\\s@]+)?$',
    maxLength: 2_000,
    description: 'Where to send; nowhere when it is empty',
    wanted: 'a whole address, as "http://localhost:9090/path", without a password in it',
  }),
  authorization: Type.Optional(Secret('the header Authorization, whole, as "Bearer …", "Token …" or "Basic …"')),
  headers: Type.Record(Type.String({ pattern: '^[A-Za-z0-9-]+$' }), Type.String({ pattern: '^[ -~]*$' }), {
    default: {},
    description: 'Headers besides, as { X-Scope-OrgID = "team" }',
    wanted: 'headers and their texts',
  }),
} as const;

/** A request. */
export interface Request {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array;
}

/**
 * Posts a message; resolves to the answer's text. A redirect is not followed: what is a secret for one receiver is for no other.
 *
 * @param isPermanent whether a status says that this very message will never be taken
 * @throws NotTaken for every answer that is not 200 to 299, and for none
 */
export async function post(
  { url, headers, body }: Request,
  isPermanent: (status: number) => boolean,
  signal: AbortSignal,
): Promise<string> {
  let response: Response;
  let text: string;
  try {
    response = await fetch(url, { method: 'POST', redirect: 'manual', signal, headers, body });
    text = await readBounded(response);
  } catch (error) {
    throw new NotTaken(signal.aborted ? 'no answer in time' : `no answer: ${whyOf(error)}`);
  }
  const { status } = response;
  if (status >= 200 && status < 300) return text;
  const shown = text.trim() === '' ? '' : `: ${text.trim().slice(0, SHOWN_CHARACTERS)}`;
  throw new NotTaken(`the answer was ${status}${shown}`, {
    permanent: isPermanent(status),
    retry_after_ms: retryAfter(response.headers.get('retry-after'), Date.now()),
  });
}

/** What says that the same message again would get the same answer, but for too many at once. */
export function isAboutTheMessage(status: number): boolean {
  return status >= 400 && status < 500 && ![401, 403, 404, 407, 408, 425, 429].includes(status);
}

/** `Retry-After` in seconds or as a date, RFC 9110 section 10.2.3. */
export function retryAfter(header: string | null, now_ms: number): number | undefined {
  if (header === null) return undefined;
  const wait_ms = /^\d+$/.test(header.trim()) ? Number(header) * 1000 : Date.parse(header) - now_ms;
  return Number.isFinite(wait_ms) && wait_ms > 0 ? wait_ms : undefined;
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

/** The reason behind fetch's own "fetch failed". */
function whyOf(error: unknown): string {
  const cause = error instanceof Error ? error.cause : undefined;
  if (cause instanceof AggregateError && cause.errors.length > 0) return reasonOf(cause.errors[0]);
  return reasonOf(cause ?? error);
}
