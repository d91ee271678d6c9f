// The bus contract: what carries messages between modules that know no one.
// Two buses keep it, the in-memory one beside this file and RabbitMQ in `@ganglion/bus-amqp`; both pass the
// conformance suite in `@ganglion/testkit`. A bus moves bytes under a routing key: it knows no topic and no schema.

/** One message as it travels: a routing key, its bytes, and what stands beside them. */
export interface Envelope {
  /** `<source>.<family>`, 1 to 255 bytes of UTF-8. */
  readonly key: string;
  /** The body, JSON in UTF-8. Whoever receives it must not write to it: listeners may share the bytes. */
  readonly payload: Uint8Array;
  readonly properties: EnvelopeProperties;
  /** Who awaits an answer to it; undefined when nobody does. Only {@link Bus.ask} gives it one. */
  readonly asker?: Asker | undefined;
}

/** Where an answer goes, and to which question. Its parts are the bus's own. */
export interface Asker {
  readonly reply_to: string;
  readonly correlation: string;
}

/** Metadata beside the body. A foreign publisher may send none of it. */
export interface EnvelopeProperties {
  /** AMQP `message_id`: the same when a message is sent again. */
  readonly id?: string | undefined;
  /** AMQP `app_id`: the instance that published it. */
  readonly sender?: string | undefined;
  /** AMQP `type`: the topic's family. */
  readonly type?: string | undefined;
  /** AMQP `content_type`. */
  readonly content_type?: string | undefined;
  /** Header `time`: when it happened, ISO 8601 with milliseconds. */
  readonly time?: string | undefined;
  /** Header `hops`: who passed it on and when, a JSON array of `[instance, epoch_ms]`. */
  readonly hops?: string | undefined;
  /** Header `version`: what its sender calls this body, where it may later tell but what has changed since. */
  readonly version?: string | undefined;
  /** Header `since`: the version before. The body has but what differs from it, and is a good body by itself. */
  readonly since?: string | undefined;
}

/** What a listener asks for. Nothing here has a default: every queue says what it can afford. */
export interface SubscribeOptions {
  /** Who listens: the module's name and the subscription's, `analyzer.measure`. A kept queue is named after it. */
  readonly name: string;
  /** A binding pattern with AMQP's wildcards: `*` is one word, `#` is none or more. */
  readonly pattern: string;
  /**
   * Where others publish, by its name on the broker: listens there instead, to what stands there as they made it, and waits while
   * it does not. Their keys are their own affair. In memory there is no such place, and nothing comes. Default: this bus.
   */
  readonly from?: string | undefined;
  /**
   * `live`: a queue of this process alone, gone with its listeners, those of the same pattern may share it; what passes while a
   * listener is away is missed.
   * `kept`: one queue for all listeners of this name, which outlives them where the bus can outlive a process;
   * each message goes to one of them, and comes again until a handler has resolved or refused it. What the queue drops
   * while nobody listens is dropped in silence.
   */
  readonly delivery: 'live' | 'kept';
  /** Of a kept queue whose sources are shared out among its listeners; default: each message goes to any of them. */
  readonly sharing?: Sharing | undefined;
  /** Messages the queue holds at most; past that it drops the oldest. One that is shared out may hold four times as many in all its parts, for they differ. */
  readonly limit_messages: number;
  /** Messages handed to the handler and not settled yet, at most. */
  readonly in_flight_max: number;
  /** Called for each message this subscription had to drop, where the bus can see it. */
  readonly onDrop: (key: string, reason: DropReason) => void;
}

/**
 * How a kept queue is shared out: its sources are in parts, and each part is one listener's at a time. The messages of a source
 * are handled one after the other, in order, whoever has it, and what was remembered of it moves along. A listener that joins
 * takes over some parts within two seconds, one that leaves or dies gives up its own within two seconds; so does one that has
 * lost the broker, though it may still be handling what it had.
 */
export interface Sharing {
  /** Parts there are, at least 1; the same for all listeners of the name. A bus that cannot share out makes one of them. */
  readonly parts: number;
  readonly holder: ShareHolder;
}

/** One part of the sources, as long as this listener has it. */
export interface Share {
  /**
   * Remembers this of a source in place of what was remembered before; with undefined, nothing any more. Resolves when it would
   * outlive this listener; rejects when the share was lost before.
   */
  remember(source: string, state: Uint8Array | undefined): Promise<void>;
}

/** What a listener does about the shares that it has. None of these throws. */
export interface ShareHolder {
  /** It is ours: called before its first message, with what is remembered of its sources. */
  take(share: Share, remembered: ReadonlyMap<string, Uint8Array>): void;
  /**
   * It will be given up in order; no message of it is under way any more. Resolves when all that should be remembered is.
   */
  give(share: Share): Promise<void>;
  /** It is ours no more: after `give`, or without a word before when the broker was lost. */
  lose(share: Share): void;
}

/** Why a bus dropped a message: its queue was full, its handler refused it, or the resend buffer was full. */
export type DropReason = 'queue_full' | 'refused' | 'buffer_full' | 'closed';

/**
 * What became of a message that `publish` had taken over, or had to keep in memory: it was dropped, because its store was
 * full, it had waited too long or the broker refused it; or a try to store it failed.
 */
export type Outcome =
  | { readonly dropped: 'spool_full' | 'too_old' | 'refused' }
  | { readonly failed: 'spool_unwritable' };

/** Messages that a bus holds for each kept subscription which refused them, at most; past that the oldest go. */
export const DEAD_LETTERS_MAX = 1_000;

/** A message that a kept subscription refused for good. */
export interface DeadLetter {
  readonly envelope: Envelope;
  /** What its handler said. */
  readonly why: string;
  /** When it was refused, epoch milliseconds; undefined when nobody noted it. */
  readonly time_ms: number | undefined;
}

/**
 * Takes one message. Resolving acknowledges it; rejecting refuses it for good: the bus drops it and says so, and keeps
 * what a kept subscription refused as a dead letter.
 * A listener that dies before either gets a kept message again. `share`: which one it belongs to, where sources are shared.
 */
export type EnvelopeHandler = (envelope: Envelope, share?: Share) => Promise<void>;

/** Questions of one process that wait for an answer at a time, at most. */
export const QUESTIONS_MAX = 1_000;

/** A listener's hold on the bus. */
export interface Subscription {
  /** Resolves when the bus has the queue and the binding: what is published after that is heard. */
  readonly ready: Promise<void>;
  /**
   * Ends the intake: no handler is called after this resolves, those running are not waited for, and their
   * outcome still counts. Safe to call twice.
   */
  cancel(): Promise<void>;
  /** Where sources are shared: resolves when it was cancelled and its shares are given up in order. */
  readonly ended?: Promise<void> | undefined;
}

/** Whether the bus carries messages now. `since_ms` is epoch milliseconds; `why` says what is known when it does not. */
export interface BusStatus {
  readonly connected: boolean;
  readonly since_ms: number;
  readonly why?: string | undefined;
}

/** The connection of some process to the bus was opened or has ended. */
export interface ConnectionChange {
  /** The {@link Bus.name} of that process. */
  readonly name: string;
  /** Which of its connections: it may have opened another before the bus tells of the first one's end, if it ever does. */
  readonly id: string;
  readonly open: boolean;
}

export interface Bus {
  /** Who this process is to the bus, and to whoever watches its connections; empty where there is but one process. */
  readonly name: string;
  /**
   * Offers a message. Resolves when the bus has taken it over: queued at every listener in memory, confirmed by the
   * broker over AMQP, or in a store that outlives the process. While the broker is away the message waits in a bounded buffer; rejects with `BUS_BUFFER_FULL`
   * when that had to let it go, and with `BUS_CLOSED` after `close`.
   *
   * Ordered: messages of one publisher reach one listener in the order in which `publish` was called, except those
   * that come again after a failure. Never calls a handler before it returns.
   */
  publish(envelope: Envelope): Promise<void>;
  /**
   * Listens. Handlers of one subscription are called in order, up to `in_flight_max` unsettled at once; different
   * subscriptions are independent, and a slow one never holds up another. Returns at once, also while the broker is
   * away; the subscription is made again after every reconnect. Throws `BUS_CLOSED` after `close`.
   */
  subscribe(options: SubscribeOptions, handler: EnvelopeHandler): Subscription;
  /**
   * What listeners of the kept subscription `name` have refused, oldest first, at most {@link DEAD_LETTERS_MAX}. It is
   * read and stays. Rejects when the bus cannot tell.
   */
  dead(name: string): Promise<readonly DeadLetter[]>;
  /**
   * Publishes a question, and resolves with the first answer to it. It goes to whoever listens to its key, live or kept, as any
   * message does, but it is not sent again after a failure. Rejects with `NO_ANSWER` when none has come in time, when the bus
   * carries nothing now, or when {@link QUESTIONS_MAX} wait.
   */
  ask(envelope: Envelope, timeout_ms: number): Promise<Uint8Array>;
  /** Answers a question that has come. The answer is lost without a word when nobody waits for it any more. */
  answer(asker: Asker, payload: Uint8Array): Promise<void>;
  /** The state now. */
  readonly status: BusStatus;
  /** Calls `listener` on each change of `status`; returns the function that ends it. */
  onStatus(listener: (status: BusStatus) => void): () => void;
  /**
   * Calls `handler` of `name` (as in {@link SubscribeOptions}) whenever a process joins the bus or leaves it, as soon as
   * the broker knows: milliseconds after a kill -9. Nothing is told of the time while this bus is away itself. Only where
   * the bus can know it, and then as far as the broker tells. Returns the function that ends it.
   */
  watchConnections?(name: string, handler: (change: ConnectionChange) => void): () => void;
  /**
   * Calls `listener` for what becomes of messages later than `publish` can tell, also of those that an earlier process
   * left; returns the function that ends it. Only a bus with a store has it.
   */
  onOutcome?(listener: (key: string, outcome: Outcome) => void): () => void;
  /** Resolves when every message offered so far is taken over or given up. The caller bounds the wait. */
  flush(): Promise<void>;
  /** Cancels every subscription and lets go of the broker. What is still in the buffer is dropped. Safe to call twice. */
  close(): Promise<void>;
}
