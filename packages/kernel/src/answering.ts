// Questions of modules: what is asked and answered is checked on both ends, and whoever refuses says why.

import type { Bus, Envelope } from './bus.ts';
import { BODY_BYTES_MAX, encode } from './codec.ts';
import {
  answerTooLarge,
  bodyInvalid,
  CodedError,
  noAnswer,
  questionFailed,
  questionInvalid,
  questionRefused,
  reasonOf,
} from './errors.ts';
import { type Log, LogLimiter } from './log.ts';
import type { PulseCounts } from './pulse.ts';
import { ANSWER_BYTES_MAX, type Question } from './question.ts';
import { routingKey, splitKey } from './topic.ts';

/** A question as its module gets it. */
export interface AskedMessage<Body = unknown> {
  /** Whom it is about: all of the routing key before the last dot. */
  readonly source: string;
  readonly body: Body;
  /** The instance that asks; empty for a foreign one that does not say. */
  readonly sender: string;
}

/** Answers a question; undefined when it is another's to answer. A coded error that it throws is told to who has asked. */
export type Answering = (question: AskedMessage) => unknown;

/** What comes back. */
type Answer = { readonly answer: unknown } | { readonly refused: { readonly code: string; readonly why: string } };

export interface AnswererOptions {
  readonly question: Question;
  readonly handler: Answering;
  readonly bus: Bus;
  readonly counts: PulseCounts;
  readonly log: Log;
}

/** Serves the questions of one family for one instance. */
export class Answerer {
  readonly #options: AnswererOptions;
  readonly #limiter = new LogLimiter();

  constructor(options: AnswererOptions) {
    this.#options = options;
  }

  /** Takes what has come under a question's key. Never rejects: nobody could do anything about it. */
  async take({ key, payload, properties, asker }: Envelope): Promise<void> {
    const { question, handler, counts } = this.#options;
    const { family } = question;
    const source = splitKey(key)?.source;
    // Without somebody who waits it is no question.
    if (asker === undefined || source === undefined) {
      counts.failed(family, 'no_asker');
      return;
    }
    counts.in(family);
    let answer: Answer | undefined;
    try {
      const body = readJson(payload, BODY_BYTES_MAX);
      const fault = question.faultOfAsked(body);
      if (fault !== undefined) throw questionInvalid(key, fault);
      const answered = await handler({ source, body, sender: properties.sender ?? '' });
      if (answered === undefined) return;
      const wrong = question.faultOfAnswered(answered);
      if (wrong !== undefined) throw bodyInvalid(family, wrong);
      answer = { answer: answered };
    } catch (error) {
      answer = this.#refusal(key, error);
    }
    try {
      await this.#options.bus.answer(asker, this.#bytesOf(key, answer));
      counts.out(family);
    } catch (error) {
      counts.failed(family, 'answer_lost');
      this.#warn('answer_lost', reasonOf(error));
    }
  }

  #bytesOf(key: string, answer: Answer): Uint8Array {
    const bytes = Buffer.from(JSON.stringify(answer));
    if (bytes.byteLength <= ANSWER_BYTES_MAX) return bytes;
    const refusal = this.#refusal(key, answerTooLarge(key, bytes.byteLength, ANSWER_BYTES_MAX));
    return Buffer.from(JSON.stringify(refusal));
  }

  #refusal(key: string, error: unknown): Answer {
    const { question, counts } = this.#options;
    if (!(error instanceof CodedError)) this.#warn('handler', `handler failed, ${reasonOf(error)}`);
    const { code, parts } = error instanceof CodedError ? error : questionFailed(key, reasonOf(error));
    counts.failed(question.family, code.toLowerCase());
    return { refused: { code, why: parts.why } };
  }

  #warn(reason: string, text: string): void {
    const { question, log } = this.#options;
    const held_back = this.#limiter.pass(reason);
    if (held_back !== undefined) log.warn({ family: question.family, reason, held_back }, `${question.family} ${text}`);
  }
}

/** What it takes to ask. */
export interface Asker {
  readonly bus: Bus;
  readonly instance: string;
  readonly counts: PulseCounts;
  /** Makes the next message's id. */
  readonly nextId: () => string;
}

/**
 * Asks.
 *
 * @throws CodedError `NO_ANSWER`, `BODY_INVALID`, `KEY_INVALID`, or what whoever answers refuses it with
 */
export async function askQuestion(
  { bus, instance, counts, nextId }: Asker,
  { family, faultOfAsked, faultOfAnswered }: Question,
  { source, body, timeout_ms }: { readonly source: string; readonly body: unknown; readonly timeout_ms: number },
): Promise<unknown> {
  const wrong = faultOfAsked(body);
  if (wrong !== undefined) throw bodyInvalid(family, wrong);
  const key = routingKey(source, family);
  counts.out(family);
  const payload = await bus.ask(encode({ family, source, body }, nextId(), instance, undefined), timeout_ms);
  const answer = readAnswer(payload);
  if (answer === undefined) throw noAnswer(key, 'what came is none');
  if ('refused' in answer) throw questionRefused(key, answer.refused.code, answer.refused.why);
  const fault = faultOfAnswered(answer.answer);
  if (fault !== undefined) throw noAnswer(key, `what came is none: ${fault}`);
  counts.in(family);
  return answer.answer;
}

function readAnswer(payload: Uint8Array): Answer | undefined {
  let answer: unknown;
  try {
    answer = readJson(payload, ANSWER_BYTES_MAX);
  } catch {
    return undefined;
  }
  if (typeof answer !== 'object' || answer === null) return undefined;
  if ('answer' in answer) return { answer: answer.answer };
  if (!('refused' in answer) || typeof answer.refused !== 'object' || answer.refused === null) return undefined;
  const { code, why } = answer.refused as { code?: unknown; why?: unknown };
  return { refused: { code: String(code), why: String(why) } };
}

function readJson(payload: Uint8Array, bytes_max: number): unknown {
  if (payload.byteLength > bytes_max) throw new RangeError(`${payload.byteLength} bytes of at most ${bytes_max}`);
  return JSON.parse(Buffer.from(payload.buffer, payload.byteOffset, payload.byteLength).toString());
}
