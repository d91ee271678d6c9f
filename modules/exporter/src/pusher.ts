// The way out to whoever has to be sent to: at each interval the newest figures of every machine are written as the format has them,
// and wait in a bounded buffer until the other side has taken them. One that fails stops nothing: the oldest go, and are counted.

import { type Log, LogLimiter, reasonOf } from '@ganglion/kernel';
import Type, { type Static } from 'typebox';
import { figuresRefused, receiverFailed } from './errors.ts';
import type { Fleet, Snapshot } from './fleet.ts';
import type { Open, Tools } from './format.ts';
import { Turns } from './turns.ts';

/** Bytes after which what is written is sent, and the rest in a message of its own. */
export const MESSAGE_BYTES = 512 * 1024;

/** The longest wait between two tries. */
const RETRY_MS_MAX = 60_000;

/** The longest that the other side may ask to be left alone. */
const RETRY_AFTER_MS_MAX = 600_000;

/** What the last messages may take at the stop. */
const STOP_MS = 1_500;

/** How what is sent is paced; every format that sends has these settings. */
export const PACE = {
  interval_ms: Type.Integer({
    default: 10_000,
    minimum: 100,
    maximum: 3_600_000,
    description: 'The time between two samples that are sent; the newest of each machine',
  }),
  timeout_ms: Type.Integer({
    default: 10_000,
    minimum: 100,
    maximum: 300_000,
    description: 'What sending one message may take',
  }),
  retry_first_ms: Type.Integer({
    default: 1_000,
    minimum: 10,
    maximum: 60_000,
    description: 'The wait after the first failed try; it doubles with each, up to a minute',
  }),
  buffer_bytes: Type.Integer({
    default: 16 * 1024 * 1024,
    minimum: 64 * 1024,
    maximum: 1024 * 1024 * 1024,
    description: 'What waits while the other side does not take it, at most; past that the oldest go',
  }),
} as const;

export type Pace = { readonly [Name in keyof typeof PACE]: Static<(typeof PACE)[Name]> };

/** Writes figures as a format has them. */
export interface Writer {
  add(snapshot: Snapshot): void;
  /** Bytes, or about so many, of what was added since the last `take`. */
  readonly size: number;
  /** A message with all that was added, as it is sent; the writer begins anew. */
  take(): Uint8Array;
}

/** Where a format sends to. */
export interface Outlet {
  /** The format's name. */
  readonly name: string;
  readonly writer: Writer;
  /** Whether the other side wants to be told that the figures of a machine have ended. */
  readonly wants_ends: boolean;
  /**
   * Sends a message. Returning says that the other side has taken it; but for so many figures, if it says so. Called for one
   * message at a time, in order.
   *
   * @throws NotTaken, or anything else, which is tried again
   */
  send(message: Uint8Array, signal: AbortSignal): Promise<Rejected | undefined>;
  /** Lets go of what it holds open. */
  close?(): unknown;
}

/** What the other side did not take of a message that it took. */
export interface Rejected {
  readonly figures: number;
  readonly why: string;
}

/** The other side did not take a message. */
export class NotTaken extends Error {
  /** Whether it never will. */
  readonly permanent: boolean;
  /** How long the other side wants to be left alone. */
  readonly retry_after_ms: number | undefined;

  constructor(why: string, how: { readonly permanent?: boolean; readonly retry_after_ms?: number | undefined } = {}) {
    super(why);
    this.name = 'NotTaken';
    this.permanent = how.permanent ?? false;
    this.retry_after_ms = how.retry_after_ms;
  }
}

interface Message {
  readonly bytes: Uint8Array;
  readonly figures: number;
}

export class Pusher implements Open {
  readonly #outlet: Outlet;
  readonly #pace: Pace;
  readonly #fleet: Fleet;
  readonly #log: Log;
  readonly #count: Tools['count'];
  readonly #limiter = new LogLimiter();
  readonly #timer: NodeJS.Timeout;
  readonly #waiting: Message[] = [];
  #waiting_bytes = 0;
  /** Of each machine that was heard at the last interval, when it had measured what was sent. */
  #sent = new Map<string, number>();
  #collecting = false;
  #sending: Promise<void> | undefined;
  #failing = false;
  #stopped = false;
  /** Ends the wait before the next try. */
  #wake = () => {};
  /** Ends what is under way. */
  readonly #end = new AbortController();

  constructor(outlet: Outlet, pace: Pace, { fleet, log, count }: Pick<Tools, 'fleet' | 'log' | 'count'>) {
    this.#outlet = outlet;
    this.#pace = pace;
    this.#fleet = fleet;
    this.#log = log;
    this.#count = count;
    this.#timer = setInterval(() => void this.#collect(), pace.interval_ms);
  }

  /** Sends what waits, but no longer than a moment. */
  async close(): Promise<void> {
    clearInterval(this.#timer);
    this.#stopped = true;
    this.#wake();
    const timer = setTimeout(() => this.#end.abort(), STOP_MS);
    await this.#sending;
    clearTimeout(timer);
    const unsent = this.#waiting.reduce((sum, { figures }) => sum + figures, 0);
    if (unsent > 0) this.#count(`${this.#outlet.name}_figures_dropped`, unsent);
    await this.#outlet.close?.();
  }

  /** Writes the newest of each machine. */
  async #collect(): Promise<void> {
    if (this.#collecting) {
      this.#count(`${this.#outlet.name}_intervals_skipped`);
      return;
    }
    this.#collecting = true;
    try {
      await this.#write();
    } catch (error) {
      this.#count(`${this.#outlet.name}_failed`);
      this.#log.error({ code: 'RECEIVER_FAILED' }, receiverFailed(this.#outlet.name, reasonOf(error)).message);
    } finally {
      this.#collecting = false;
    }
  }

  async #write(): Promise<void> {
    const { writer, wants_ends } = this.#outlet;
    const turns = new Turns();
    const before = this.#sent;
    const sent = new Map<string, number>();
    const now_ms = Date.now();
    let figures = 0;
    const add = (snapshot: Snapshot | undefined) => {
      if (snapshot === undefined) return;
      writer.add(snapshot);
      figures += snapshot.figures.length;
      if (writer.size < MESSAGE_BYTES) return;
      this.#push({ bytes: writer.take(), figures });
      figures = 0;
    };
    for (const name of this.#fleet.names) {
      const time_ms = this.#fleet.newest(name, now_ms);
      const last_ms = before.get(name);
      if (time_ms !== undefined) sent.set(name, time_ms);
      else if (last_ms !== undefined && wants_ends) add(this.#fleet.last(name, now_ms));
      if (time_ms === undefined || time_ms !== last_ms) add(this.#fleet.snapshot(name, now_ms));
      if (turns.isOver()) await turns.next();
    }
    this.#sent = sent;
    if (figures > 0) this.#push({ bytes: writer.take(), figures });
  }

  #push(message: Message): void {
    this.#waiting.push(message);
    this.#waiting_bytes += message.bytes.length;
    while (this.#waiting_bytes > this.#pace.buffer_bytes) {
      this.#count(`${this.#outlet.name}_figures_dropped`, this.#shift()?.figures);
    }
    this.#sending ??= this.#send().finally(() => {
      this.#sending = undefined;
    });
  }

  #shift(): Message | undefined {
    const oldest = this.#waiting.shift();
    this.#waiting_bytes -= oldest?.bytes.length ?? 0;
    return oldest;
  }

  /** Sends what waits, one message after the other. The one that is being sent does not count as waiting. */
  async #send(): Promise<void> {
    for (let message = this.#shift(); message !== undefined; message = this.#shift()) {
      for (let tries = 0; ; tries++) {
        const failed = await this.#try(message);
        if (failed === undefined) break;
        const wait_ms = Math.min(RETRY_MS_MAX, this.#pace.retry_first_ms * 2 ** Math.min(tries, 20));
        // Half of it is left to chance, so that many who failed together do not come back together.
        if (!this.#stopped) await this.#pause(failed.retry_after_ms ?? wait_ms * (0.5 + Math.random() / 2));
        if (!this.#stopped) continue;
        this.#count(`${this.#outlet.name}_figures_dropped`, message.figures);
        return;
      }
    }
  }

  /** Tries a message once; undefined when it is done with, be it refused. */
  async #try(message: Message): Promise<{ readonly retry_after_ms: number | undefined } | undefined> {
    const { name } = this.#outlet;
    const signal = AbortSignal.any([this.#end.signal, AbortSignal.timeout(this.#pace.timeout_ms)]);
    try {
      const rejected = await this.#outlet.send(message.bytes, signal);
      const refused = Math.min(rejected?.figures ?? 0, message.figures);
      this.#count(`${name}_figures_sent`, message.figures - refused);
      if (rejected !== undefined && refused > 0) this.#refused(refused, rejected.why);
      if (this.#failing) this.#log.info({ format: name }, `${name} takes figures again`);
      this.#failing = false;
      return undefined;
    } catch (error) {
      const { permanent, retry_after_ms } = error instanceof NotTaken ? error : new NotTaken(reasonOf(error));
      const why = signal.aborted && !(error instanceof NotTaken) ? 'no answer in time' : reasonOf(error);
      this.#count(`${name}_failed`);
      if (permanent) {
        this.#refused(message.figures, why);
        return undefined;
      }
      if (!this.#failing) this.#log.warn({ code: 'RECEIVER_FAILED', format: name }, receiverFailed(name, why).message);
      this.#failing = true;
      return { retry_after_ms: retry_after_ms && Math.min(retry_after_ms, RETRY_AFTER_MS_MAX) };
    }
  }

  #refused(figures: number, why: string): void {
    const { name } = this.#outlet;
    this.#count(`${name}_figures_refused`, figures);
    const held_back = this.#limiter.pass('refused');
    if (held_back === undefined) return;
    const { message } = figuresRefused(name, figures, why);
    this.#log.warn({ code: 'FIGURES_REFUSED', format: name, held_back }, message);
  }

  #pause(wait_ms: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, wait_ms);
      this.#wake = () => {
        clearTimeout(timer);
        resolve();
      };
      if (this.#stopped) this.#wake();
    });
  }
}
