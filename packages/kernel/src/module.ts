// A module is one value: what it listens to, what it publishes, its settings, and a function that starts it.
// It opens no connection, retries nothing and handles no signal: the runner does.

import Type, { type Static, type TSchema } from 'typebox';
import type { AskedMessage } from './answering.ts';
import type { Bus, Envelope, Subscription } from './bus.ts';
import { moduleInvalid } from './errors.ts';
import type { Log } from './log.ts';
import type { AnsweredOf, AskedOf, Question } from './question.ts';
import type { DraftOf, MessageOf, Topic, UnreadOf } from './topic.ts';

/** How a module listens to a topic. Made by {@link live}, {@link kept} or {@link shared}. */
export interface Listening<T extends Topic = Topic> {
  readonly topic: T;
  /** Which sources, as the front of a binding pattern: `#` is all, `site1.#` those under `site1`. */
  readonly sources: string;
  /**
   * A place on the broker where others publish, instead of this bus: see `SubscribeOptions` in bus.ts. Their keys say nothing to
   * us: `sources` is the whole pattern, every message there is taken for one of the topic, and its source is this name.
   */
  readonly from?: string | undefined;
  /** See `SubscribeOptions` in bus.ts; `shared` is kept with its sources shared out. */
  readonly delivery: 'live' | 'kept' | 'shared';
  readonly limit_messages: number;
  readonly in_flight_max: number;
  /** How often a message is tried in all before it is refused. A handler that throws fails one try. */
  readonly attempts_max: number;
  /**
   * Whether the handler takes the next message before it has done with this one: for who does many at once. It is called in
   * the order of the messages, and has up to `in_flight_max` under way. Default: false.
   */
  readonly overlaps?: boolean;
  /** Hands messages on as they came. Made by {@link unread}. */
  readonly unread?: true;
}

/** As {@link unread} makes it. */
export interface UnreadListening<T extends Topic = Topic> extends Listening<T> {
  readonly unread: true;
}

/** The same, with the sources shared out among the instances. Made by {@link shared}. */
export interface SharedListening<T extends Topic = Topic> extends Listening<T> {
  readonly delivery: 'shared';
  /** Parts that the sources are in; each is one instance's at a time. */
  readonly partitions: number;
}

/**
 * Parts of a shared subscription, where nothing else is said: as many instances can have a share. With more of them each message costs the
 * broker more, since it hands fewer over at once.
 */
export const PARTITIONS_DEFAULT = 8;

/** The limits of a live subscription; also what a bare topic in `listens` gets. */
export const LIVE_DEFAULTS = { sources: '#', limit_messages: 10_000, in_flight_max: 1_000, attempts_max: 1 } as const;

/**
 * Listens to what passes now: a queue of its own, which drops the oldest when the module is slow and is gone with it.
 * Default: all sources, 10,000 messages, 1,000 in flight, one try.
 */
export function live<T extends Topic>(
  topic: T,
  options: Partial<Pick<Listening, 'sources' | 'from' | 'limit_messages' | 'in_flight_max' | 'attempts_max'>> = {},
): Listening<T> {
  return { topic, delivery: 'live', ...LIVE_DEFAULTS, ...options };
}

/**
 * Listens as {@link live} does, for a module that needs the newest of each source now and then, and not every message: its
 * handler keeps what comes, and reads it when it is wanted. What nobody reads costs a tenth.
 */
export function unread<T extends Topic>(topic: T, options?: Parameters<typeof live>[1]): UnreadListening<T> {
  return { ...live(topic, options), unread: true };
}

/**
 * Listens at least once: messages wait while the module is away, up to the stated limit, and are acknowledged when the
 * handler has returned and what it published is taken over. Instances of one module share the work.
 */
export function kept<T extends Topic>(
  topic: T,
  options: Pick<Listening, 'limit_messages' | 'in_flight_max' | 'attempts_max' | 'overlaps'> & {
    readonly sources?: string;
  },
): Listening<T> {
  return { topic, delivery: 'kept', sources: '#', ...options };
}

/**
 * Listens as {@link kept} does, but each source is one instance's at a time: its messages come in order, and what the module
 * remembers of it moves with it when another instance takes over, because one has joined, stopped or died. The module's handler
 * is a {@link SharedHandler}.
 *
 * @param options `partitions`: default {@link PARTITIONS_DEFAULT}; with 1, one instance at a time has all sources, and the others
 * stand by
 */
export function shared<T extends Topic>(
  topic: T,
  options: Pick<Listening, 'limit_messages' | 'in_flight_max' | 'attempts_max'> & {
    readonly sources?: string;
    readonly partitions?: number;
  },
): SharedListening<T> {
  return { topic, delivery: 'shared', sources: '#', partitions: PARTITIONS_DEFAULT, ...options };
}

/** What a module listens to, by a name of its choice; a bare topic means {@link live}. */
export type Listens = Readonly<Record<string, Topic | Listening>>;

/** What a module publishes, by a name of its choice. */
export type Publishes = Readonly<Record<string, Topic>>;

type TopicOf<L> = L extends Listening<infer T> ? T : L;

/** What a handler may return: nothing, one draft or several, of declared topics only. */
export type Output<P extends Publishes> = DraftOf<P[keyof P]> | readonly DraftOf<P[keyof P]>[] | undefined | void;

/**
 * A handler for each subscription. Calls for one subscription never overlap, unless it says so: the next message waits until
 * the handler has returned, or its promise has settled. Returning acknowledges; throwing follows `attempts_max`. Of what is
 * {@link unread} it answers nothing.
 */
export type Handlers<L extends Listens, P extends Publishes> = {
  readonly [Name in keyof L]: L[Name] extends SharedListening<infer T>
    ? SharedHandler<T, P>
    : L[Name] extends UnreadListening<infer T>
      ? (message: UnreadOf<T>) => void
      : (message: MessageOf<TopicOf<L[Name]>>) => Output<P> | Promise<Output<P>>;
};

/**
 * What a module does with messages whose sources are shared out, and with what it remembers of those. A state is bytes that the
 * kernel does not read, at most 1 MiB.
 */
export interface SharedHandler<T extends Topic = Topic, P extends Publishes = Publishes> {
  /** Takes a message, as any other handler does. */
  message(message: MessageOf<T>): Output<P> | Promise<Output<P>>;
  /**
   * What is to be remembered of a source now; undefined for nothing any more. Called when the source is another instance's from
   * now on, every five minutes, and soon after {@link Context.remember}. An instance that dies leaves what was saved last.
   */
  save(source: string): Uint8Array | undefined;
  /**
   * What has been learnt of a source over a long time, where that is large and may be some minutes old: as `save`, but not called
   * after {@link Context.remember}. Default: all is in what `save` returns.
   */
  learnt?(source: string): Uint8Array | undefined;
  /**
   * Goes on where `save`, and at some time before it `learnt`, left it, perhaps in another instance or an earlier version. Called before
   * the source's first message.
   */
  restore(source: string, state: Uint8Array, learnt?: Uint8Array): void;
  /** The source is not this instance's any more. */
  release(source: string): void;
  /** This instance has sources now, of which all that is remembered was restored; or it has none any more. */
  owner?(is_owner: boolean): void;
}

/** Questions a module answers or asks, by names of its choice. */
export type Questions = Readonly<Record<string, Question>>;

/**
 * A handler for each question that it answers, up to four at once. Undefined: another's to answer. What it throws is told to who has
 * asked, with its code when it is a `CodedError`.
 */
export type Answerers<A extends Questions> = {
  readonly [Name in keyof A]: (
    question: AskedMessage<AskedOf<A[Name]>>,
  ) => AnsweredOf<A[Name]> | undefined | Promise<AnsweredOf<A[Name]> | undefined>;
};

/** The limits of a tap. */
export interface TapOptions {
  /** Messages that wait for the handler at most; past that the oldest go. */
  readonly limit_messages: number;
  /** Called for each that went. */
  readonly onDrop: () => void;
}

/** What the kernel gives a module when it starts. */
export interface Context<P extends Publishes = Publishes, Config = unknown> {
  /** The name of this running copy, unique in the fleet: `analyzer-7f3a@db-01`. */
  readonly instance: string;
  /** The settings, checked, with their defaults. */
  readonly config: Config;
  readonly log: Log;
  /**
   * Publishes a draft of a declared topic. Resolves to true when the bus has taken it over and to false when it was
   * dropped or is not valid, which the pulse and the log then say. Never throws.
   */
  emit(draft: DraftOf<P[keyof P]>): Promise<boolean>;
  /**
   * Listens for as long as somebody wants it, besides what `listens` declares: made by {@link live}, checked and counted as
   * what is declared, and what the handler returns is published. Ends with `cancel` of the subscription, at the latest in the
   * ordered stop; after that begins, what is returned is over already. Bounded by the caller: each costs the bus a queue.
   *
   * @throws CodedError `PATTERN_INVALID`; `MODULE_INVALID` for what is {@link kept}; `BUS_CLOSED`
   */
  listen<T extends Topic>(
    listening: Listening<T>,
    handler: (message: MessageOf<T>) => Output<P> | Promise<Output<P>>,
  ): Subscription;
  /**
   * Hears every message whose routing key fits a binding pattern, live and as it is: not checked, and not counted in the
   * pulse. What the queue drops is told to `onDrop`. Ends as {@link Context.listen} does.
   *
   * @throws CodedError `PATTERN_INVALID`; `BUS_CLOSED`
   */
  tap(pattern: string, options: TapOptions, handler: (envelope: Envelope) => void): Subscription;
  /**
   * Has what a shared subscription remembers of a source saved soon. When it is asked for while a message is handled, that
   * message is acknowledged after what it has led to is published and this is saved: whoever takes over after a kill either knows
   * of it or is given the message again. A subscription with one partition may remember under any name besides its sources', as
   * what belongs to none under the empty one.
   *
   * @param subscription its name in `listens`
   * @throws CodedError `MODULE_INVALID` when there is no such shared subscription
   */
  remember(subscription: string, source: string): void;
  /**
   * Asks a question that the module has declared under `asks`, and resolves with the first answer.
   *
   * @param source whom it is about
   * @param timeout_ms default: {@link ANSWER_TIMEOUT_MS}
   * @throws CodedError `NO_ANSWER`, `BODY_INVALID`, `KEY_INVALID`, or the code it was refused with
   */
  ask<Q extends Question>(question: Q, source: string, body: AskedOf<Q>, timeout_ms?: number): Promise<AnsweredOf<Q>>;
  /** Adds to a figure of the module's own in its pulse. At most 100 names; more are counted as `other`. */
  count(name: string, n?: number): void;
  /** Aborted when the ordered stop begins: start nothing new. */
  readonly stopping: AbortSignal;
  /** Runs `release` after the last handler has returned; last registered, first run. */
  onStop(release: () => unknown): void;
  /** Adds to what this instance's pulse says about itself. A field said again replaces the old one. */
  describe(fields: Readonly<Record<string, unknown>>): void;
  /** What can be seen of the bus: its state, and where it can tell, who joins and leaves it. */
  readonly bus: Pick<Bus, 'status' | 'onStatus' | 'watchConnections'>;
}

/** A module as its author writes it. */
export interface ModuleDefinition<
  L extends Listens,
  P extends Publishes,
  C extends TSchema,
  A extends Questions = Record<never, never>,
> {
  /** One word: lower-case letters, digits, `_`, `-`; 1 to 32 characters. */
  readonly name: string;
  readonly listens?: L;
  readonly publishes?: P;
  /** Questions that it answers. */
  readonly answers?: A;
  /** Questions that it asks, see {@link Context.ask}. */
  readonly asks?: Questions;
  /** The settings' schema, a `Type.Object`, each with a default and a description where it can have one. */
  readonly config?: C;
  /** Starts the module. A module that listens to nothing returns nothing. */
  start(
    context: Context<P, Static<C>>,
  ): StartResult<NoInfer<L>, NoInfer<P>, NoInfer<A>> | Promise<StartResult<NoInfer<L>, NoInfer<P>, NoInfer<A>>>;
}

type StartResult<L extends Listens, P extends Publishes, A extends Questions> = [keyof L | keyof A] extends [never]
  ? void
  : Handlers<L, P> & Answerers<A>;

/** A module as the runner sees it: the topics are values, so the types are not needed any more. */
export interface Module {
  readonly name: string;
  readonly listens: Readonly<Record<string, Listening>>;
  readonly publishes: Publishes;
  readonly answers: Questions;
  readonly asks: Questions;
  readonly config: TSchema;
  start(context: Context): unknown;
}

/**
 * Defines a module. The types follow from the values: a handler gets the body of its topic, and what it returns must
 * be a draft of a declared topic.
 *
 * @throws CodedError `MODULE_INVALID`
 */
export function defineModule<
  const L extends Listens = Record<never, never>,
  const P extends Publishes = Record<never, never>,
  C extends TSchema = Type.TUnknown,
  const A extends Questions = Record<never, never>,
>(definition: ModuleDefinition<L, P, C, A>): Module {
  const {
    name,
    listens = {},
    publishes = {},
    answers = {},
    asks = {},
    config = Type.Object({}, { additionalProperties: false }),
  } = definition;
  if (!/^[a-z0-9_-]{1,32}$/.test(name)) {
    throw moduleInvalid(name, 'its name is not one word of lower-case letters, digits, "_" and "-"');
  }
  const twice = Object.keys(answers).find((key) => key in listens);
  if (twice !== undefined)
    throw moduleInvalid(name, `both something it listens to and a question are called "${twice}"`);
  return {
    name,
    listens: Object.fromEntries(
      Object.entries(listens as Listens).map(([key, value]) => [key, 'topic' in value ? value : live(value)]),
    ),
    publishes,
    answers,
    asks,
    config,
    // The one place where the types end: the runner checks each message against the topic's schema before it calls.
    start: (context) => definition.start(context as unknown as Context<P, Static<C>>),
  };
}

/** Whether a value from outside, such as what a stranger's file exports, is a module. */
export function isModule(value: unknown): value is Module {
  if (typeof value !== 'object' || value === null) return false;
  const { name, listens, publishes, config, start } = value as Partial<Record<keyof Module, unknown>>;
  return (
    typeof name === 'string' &&
    typeof listens === 'object' &&
    listens !== null &&
    typeof publishes === 'object' &&
    publishes !== null &&
    typeof config === 'object' &&
    typeof start === 'function'
  );
}
