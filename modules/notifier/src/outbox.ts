// The outbox: notices on their way. Each waits in the journal until its channel has taken it, or will not: then it is
// with the dead letters. Every channel has a line of its own, so that one that fails stops no other.

import { type Log, LogLimiter, reasonOf } from '@ganglion/kernel';
import { SEVERITIES, Severity } from '@ganglion/topics';
import Type, { type Static } from 'typebox';
import { Value } from 'typebox/value';
import { type Channel, NotSent } from './channel.ts';
import { noticeDead } from './errors.ts';
import { keyOf, Notice } from './notice.ts';
import type { Change, Store } from './store.ts';

/** Notices that wait for one channel, at most; the next ones are with the dead letters. */
export const WAITING_MAX = 10_000;

/** Dead letters that are kept, at most; the oldest go. */
export const DEAD_MAX = 1_000;

/** Groups whose thread a channel is known to have, at most; the oldest go, and what follows begins a new one. */
const THREADS_MAX = 50_000;

/** Titles that a summary shows. */
const TITLES_MAX = 10;

/** What a channel that failed is left alone for at most, while others of its notices wait. */
const PAUSE_MS_MAX = 30_000;

/** What a message that is under way may take at the stop, before it is left to be sent again. */
const STOP_MS = 1_500;

const HOUR_MS = 3_600_000;

/** What is critical may go out until so many times the limit of the hour have. */
const CRITICAL_FACTOR = 2;

/** How a channel's notices go out. */
export interface Pace {
  readonly limit_per_hour: number;
  /** What one try may take. */
  readonly timeout_ms: number;
  /** The wait after the first failed try; it doubles with each. */
  readonly retry_first_ms: number;
  readonly retry_ms_max: number;
  /** A notice older than this is not tried any more. */
  readonly give_up_ms: number;
}

/** A channel that is set up, and its pace. */
export interface Opened {
  readonly channel: Channel;
  readonly pace: Pace;
}

/** A notice on its way, as the journal has it. */
const Delivery = Type.Object({
  channel: Type.String(),
  notice: Notice,
  tries: Type.Integer(),
  /** Not tried before, epoch milliseconds. */
  next_ms: Type.Number(),
});
type Delivery = Static<typeof Delivery>;

/** A notice that was given up. */
export const DeadLetter = Type.Object({
  channel: Type.String(),
  notice: Notice,
  why: Type.String(),
  time_ms: Type.Number(),
});
export type DeadLetter = Static<typeof DeadLetter>;

/** What the hourly limit of a channel has held back. */
const Held = Type.Object({
  count: Type.Integer(),
  by_severity: Type.Record(Type.String(), Type.Integer()),
  titles: Type.Array(Type.String()),
  severity: Severity,
});

/** The hour of a channel: it begins with the first notice after the last one is over. */
const Hour = Type.Object({ began_ms: Type.Number(), sent: Type.Integer(), held: Type.Optional(Held) });
type Hour = Static<typeof Hour>;

/** That a channel was told of a group, and the thread where more of it goes. */
const Thread = Type.Object({ thread: Type.Optional(Type.String()) });
type Thread = Static<typeof Thread>;

export interface OutboxOptions {
  readonly store: Store;
  readonly channels: ReadonlyMap<string, Opened>;
  readonly log: Log;
  readonly count: (name: string, n?: number) => void;
  /** Takes secrets out of what is logged. */
  readonly cleared: (text: string) => string;
  /** Default: the system's clock, epoch milliseconds. */
  readonly now?: () => number;
}

export class Outbox {
  readonly #store: Store;
  readonly #log: Log;
  readonly #count: OutboxOptions['count'];
  readonly #cleared: OutboxOptions['cleared'];
  readonly #now: () => number;
  readonly #lines: ReadonlyMap<string, Line>;
  readonly #threads = new Map<string, Thread>();
  readonly #dead = new Map<string, true>();
  readonly #log_limiter = new LogLimiter();
  #stopped = false;

  constructor({ store, channels, log, count, cleared, now = Date.now }: OutboxOptions) {
    this.#store = store;
    this.#log = log;
    this.#count = count;
    this.#cleared = cleared;
    this.#now = now;
    this.#lines = new Map([...channels].map(([name, opened]) => [name, new Line(name, opened)]));
    this.#load();
  }

  /** Notices that wait, for all channels. */
  get waiting(): number {
    return [...this.#lines.values()].reduce((sum, { waiting }) => sum + waiting.size, 0);
  }

  /** Adds a notice to a change; it is on its way once the change is made and {@link wake} is called. */
  add(channel: string, notice: Notice, change: Change): void {
    const line = this.#lines.get(channel);
    if (line === undefined) return;
    if (line.waiting.size >= WAITING_MAX) {
      this.#bury({ channel, notice, tries: 0, next_ms: 0 }, `${WAITING_MAX} others wait for it`, change);
      return;
    }
    const delivery = { channel, notice, tries: 0, next_ms: 0 };
    line.waiting.set(notice.key, delivery);
    change.set(`d/${notice.key}`, delivery);
  }

  /** Sends what is due, now and from now on. */
  wake(): void {
    for (const line of this.#lines.values()) void this.#work(line);
  }

  /** Starts nothing more, and lets what is under way end, for a moment. What waits stays in the journal. */
  async stop(): Promise<void> {
    this.#stopped = true;
    const lines = [...this.#lines.values()];
    for (const { timer } of lines) clearTimeout(timer);
    const abort = setTimeout(() => {
      for (const { trying } of lines) trying?.abort();
    }, STOP_MS);
    await Promise.allSettled(lines.map(({ working }) => working));
    clearTimeout(abort);
    await Promise.allSettled(lines.map(async ({ opened }) => opened.channel.close?.()));
  }

  /** One notice after another, for as long as there is one that is due. */
  #work(line: Line): Promise<void> {
    line.working ??= this.#drain(line).finally(() => {
      line.working = undefined;
    });
    return line.working;
  }

  async #drain(line: Line): Promise<void> {
    // What was added in the same moment goes in order.
    await undefined;
    while (!this.#stopped) {
      const now_ms = this.#now();
      this.#turnHour(line, now_ms);
      const found = line.next(now_ms);
      if (typeof found !== 'object') {
        this.#wakeAt(line, found, now_ms);
        return;
      }
      if (this.#isPointless(found)) this.#settle(line, found, undefined);
      else if (line.isFull(found.notice.severity) && found.notice.kind !== 'summary') this.#holdBack(line, found);
      else await this.#try(line, found);
    }
  }

  async #try(line: Line, delivery: Delivery): Promise<void> {
    const { notice } = delivery;
    const { channel, pace } = line.opened;
    const known = this.#threads.get(threadKey(line.name, notice.group));
    line.trying = new AbortController();
    const { signal } = line.trying;
    const timer = setTimeout(() => line.trying?.abort(), pace.timeout_ms);
    try {
      const thread = await within(channel.send(notice, known?.thread, signal), signal);
      if (line.failures > 0) this.#log.info({ channel: line.name }, `${line.name} takes messages again`);
      line.failures = 0;
      this.#count('sent');
      this.#settle(line, delivery, { thread });
    } catch (error) {
      // What was broken off at the stop was not refused.
      if (!this.#stopped || !signal.aborted) this.#failed(line, delivery, error);
    } finally {
      clearTimeout(timer);
      line.trying = undefined;
    }
  }

  /** A notice was taken, or needs not to be: it waits no more. */
  #settle(line: Line, delivery: Delivery, sent: { readonly thread: string | undefined } | undefined): void {
    const { notice } = delivery;
    const change: Change = new Map();
    line.waiting.delete(notice.key);
    change.set(`d/${notice.key}`, undefined);
    const place = threadKey(line.name, notice.group);
    if (notice.kind === 'cleared') {
      this.#threads.delete(place);
      change.set(`t/${place}`, undefined);
    } else if (sent !== undefined && isAboutGroup(notice) && !this.#threads.has(place)) {
      this.#remember(place, sent.thread === undefined ? {} : { thread: sent.thread }, change);
    }
    if (sent !== undefined) {
      line.hour = { ...line.hour, sent: line.hour.sent + 1 };
      change.set(`h/${line.name}`, line.hour);
    }
    this.#store.commit(change);
  }

  #failed(line: Line, delivery: Delivery, error: unknown): void {
    const { pace } = line.opened;
    const now_ms = this.#now();
    const why = this.#cleared(reasonOf(error));
    const tried: Delivery = { ...delivery, tries: delivery.tries + 1 };
    const change: Change = new Map();
    const permanent = error instanceof NotSent && error.permanent;
    if (permanent || now_ms - delivery.notice.time_ms >= pace.give_up_ms) {
      line.waiting.delete(delivery.notice.key);
      change.set(`d/${delivery.notice.key}`, undefined);
      this.#bury(tried, why, change);
    } else {
      const asked_ms = error instanceof NotSent ? error.retry_after_ms : undefined;
      line.failures++;
      line.paused_until_ms = now_ms + (asked_ms ?? Math.min(PAUSE_MS_MAX, backOff(pace, line.failures)));
      const next: Delivery = { ...tried, next_ms: now_ms + Math.max(asked_ms ?? 0, backOff(pace, tried.tries)) };
      // Its place in the order stays.
      line.waiting.set(delivery.notice.key, next);
      change.set(`d/${delivery.notice.key}`, next);
      this.#count('retried');
      const fields = { channel: line.name, key: delivery.notice.key, tries: tried.tries };
      const text = `${line.name} did not take a message, it is tried again: ${why}`;
      if (line.failures === 1) this.#log.warn(fields, text);
      else this.#log.debug(fields, text);
    }
    this.#store.commit(change);
  }

  #bury({ channel, notice }: Delivery, why: string, change: Change): void {
    const letter: DeadLetter = { channel, notice, why, time_ms: this.#now() };
    this.#dead.set(notice.key, true);
    change.set(`x/${notice.key}`, letter);
    for (const key of this.#dead.keys()) {
      if (this.#dead.size <= DEAD_MAX) break;
      this.#dead.delete(key);
      change.set(`x/${key}`, undefined);
      this.#count('dead_letters_dropped');
    }
    this.#count('dead');
    const error = noticeDead(channel, notice.title, why);
    const held_back = this.#log_limiter.pass(channel);
    if (held_back === undefined) return;
    this.#log.error({ code: error.code, channel, key: notice.key, held_back }, error.message);
  }

  /** Past the limit of the hour: what tells of an end waits for the next hour, all else is only counted. */
  #holdBack(line: Line, delivery: Delivery): void {
    const { notice } = delivery;
    if (notice.kind === 'cleared') {
      // So that no pager stays open for ever: at most one for each that was told.
      line.waiting.set(notice.key, { ...delivery, next_ms: line.hour.began_ms + HOUR_MS });
      this.#store.commit(new Map([[`d/${notice.key}`, line.waiting.get(notice.key)]]));
      return;
    }
    const { held } = line.hour;
    line.hour = {
      ...line.hour,
      held: {
        count: (held?.count ?? 0) + 1,
        by_severity: {
          ...held?.by_severity,
          [notice.severity]: (held?.by_severity[notice.severity] ?? 0) + 1,
        },
        titles: [...(held?.titles ?? []), notice.title].slice(0, TITLES_MAX),
        severity: moreSevere(held?.severity ?? 'info', notice.severity),
      },
    };
    line.waiting.delete(notice.key);
    this.#store.commit(
      new Map<string, unknown>([
        [`d/${notice.key}`, undefined],
        [`h/${line.name}`, line.hour],
      ]),
    );
    this.#count('held_back');
  }

  /** When the hour is over, a summary says what it held back. */
  #turnHour(line: Line, now_ms: number): void {
    const { began_ms, held } = line.hour;
    // A clock that was put back must not make an hour of a day.
    if (now_ms >= began_ms && now_ms < began_ms + HOUR_MS) return;
    line.hour = { began_ms: now_ms, sent: 0 };
    if (held === undefined) return;
    const change: Change = new Map([[`h/${line.name}`, line.hour]]);
    this.add(line.name, summaryOf(line.name, began_ms, held, now_ms), change);
    this.#store.commit(change);
  }

  /** An end of what the channel was never told of: the limit held it back, or it is with the dead letters. */
  #isPointless({ channel, notice }: Delivery): boolean {
    return notice.kind === 'cleared' && !this.#threads.has(threadKey(channel, notice.group));
  }

  #remember(place: string, thread: Thread, change: Change): void {
    this.#threads.set(place, thread);
    change.set(`t/${place}`, thread);
    for (const oldest of this.#threads.keys()) {
      if (this.#threads.size <= THREADS_MAX) break;
      this.#threads.delete(oldest);
      change.set(`t/${oldest}`, undefined);
      this.#count('threads_dropped');
    }
  }

  #wakeAt(line: Line, due_ms: number | undefined, now_ms: number): void {
    clearTimeout(line.timer);
    const hour_ends_ms = line.hour.held === undefined ? undefined : line.hour.began_ms + HOUR_MS;
    const at_ms = Math.min(due_ms ?? Number.POSITIVE_INFINITY, hour_ends_ms ?? Number.POSITIVE_INFINITY);
    if (at_ms === Number.POSITIVE_INFINITY) return;
    // Never longer than a minute: the clock may be set.
    const wait_ms = Math.max(1, Math.min(60_000, at_ms - now_ms));
    line.timer = setTimeout(() => void this.#work(line), wait_ms);
  }

  #load(): void {
    const broken: Change = new Map();
    for (const [key, value] of this.#store.entries('d/')) {
      const line = Value.Check(Delivery, value) ? this.#lines.get(value.channel) : undefined;
      // A channel that is no more in the settings takes its notices with it.
      if (line !== undefined && Value.Check(Delivery, value)) line.waiting.set(key, value);
      else broken.set(`d/${key}`, undefined);
    }
    for (const [key, value] of this.#store.entries('t/')) if (Value.Check(Thread, value)) this.#threads.set(key, value);
    for (const [name, value] of this.#store.entries('h/')) {
      const line = this.#lines.get(name);
      if (line !== undefined && Value.Check(Hour, value)) line.hour = value;
    }
    for (const [key] of this.#store.entries('x/')) this.#dead.set(key, true);
    if (broken.size > 0) {
      this.#count('notices_without_channel', broken.size);
      this.#log.warn({ count: broken.size }, `${broken.size} messages were for channels that are no more`);
    }
    this.#store.commit(broken);
  }
}

/** One channel and the notices that wait for it. */
class Line {
  readonly name: string;
  readonly opened: Opened;
  /** By key, in the order in which they came. */
  readonly waiting = new Map<string, Delivery>();
  hour: Hour = { began_ms: Number.NEGATIVE_INFINITY, sent: 0 };
  /** Failed tries since the last one that was not. */
  failures = 0;
  paused_until_ms = 0;
  timer: NodeJS.Timeout | undefined;
  working: Promise<void> | undefined;
  /** Of the notice that is being sent. */
  trying: AbortController | undefined;

  constructor(name: string, opened: Opened) {
    this.name = name;
    this.opened = opened;
  }

  /** Whether the hour has room for no more of a severity. What is critical has as much room again: no noise keeps it back. */
  isFull(severity: Severity): boolean {
    const { limit_per_hour } = this.opened.pace;
    return this.hour.sent >= (severity === 'critical' ? CRITICAL_FACTOR : 1) * limit_per_hour;
  }

  /** The first notice that is due and waits for none before it of its group; else when that will be. */
  next(now_ms: number): Delivery | number | undefined {
    if (this.waiting.size === 0) return undefined;
    if (this.paused_until_ms > now_ms) return this.paused_until_ms;
    let due_ms: number | undefined;
    const passed = new Set<string>();
    for (const delivery of this.waiting.values()) {
      const { group } = delivery.notice;
      if (passed.has(group)) continue;
      if (delivery.next_ms <= now_ms) return delivery;
      passed.add(group);
      due_ms = Math.min(due_ms ?? Number.POSITIVE_INFINITY, delivery.next_ms);
    }
    return due_ms;
  }
}

/** The wait after so many failed tries: doubled each time, and a fifth more or less so that not all come at once. */
export function backOff({ retry_first_ms, retry_ms_max }: Pace, tries: number): number {
  const wait_ms = Math.min(retry_ms_max, retry_first_ms * 2 ** Math.min(tries - 1, 30));
  return Math.round(wait_ms * (0.8 + 0.4 * Math.random()));
}

function threadKey(channel: string, group: string): string {
  return `${channel}/${group}`;
}

function isAboutGroup({ kind }: Notice): boolean {
  return kind !== 'summary' && kind !== 'test';
}

function moreSevere(a: Severity, b: Severity): Severity {
  return SEVERITIES.indexOf(a) > SEVERITIES.indexOf(b) ? a : b;
}

function summaryOf(channel: string, began_ms: number, held: NonNullable<Hour['held']>, now_ms: number): Notice {
  const parts = SEVERITIES.toReversed().flatMap((severity) => {
    const n = held.by_severity[severity] ?? 0;
    return n === 0 ? [] : [`${n} ${severity}`];
  });
  const more = held.count - held.titles.length;
  return {
    key: keyOf([channel, 'summary', `${began_ms}`]),
    kind: 'summary',
    severity: held.severity,
    group: `summary ${began_ms}`,
    title: `${held.count} more ${held.count === 1 ? 'message' : 'messages'} in the last hour (${parts.join(', ')})`,
    text: [...held.titles, ...(more > 0 ? [`and ${more} more`] : [])].join('\n'),
    count: held.count,
    alerts: [],
    time_ms: now_ms,
  };
}

/** What a channel does, but no longer than it may: also one that does not listen to its signal. */
function within<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const end = () => reject(new NotSent('it took too long'));
    signal.addEventListener('abort', end, { once: true });
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', end));
  });
}
