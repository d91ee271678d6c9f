// The runner: joins one module and one bus, from the first subscription to the ordered stop.

import { randomBytes } from 'node:crypto';
import { hostname } from 'node:os';
import { Value } from 'typebox/value';
import { Answerer, type Answering, askQuestion } from './answering.ts';
import type { Bus, Envelope, Share, Subscription } from './bus.ts';
import {
  CodedError,
  moduleInvalid,
  oneLine,
  reasonOf,
  settingInvalid,
  stopTimedOut,
  topicUndeclared,
} from './errors.ts';
import { type Handler, Listener } from './listener.ts';
import type { Log } from './log.ts';
import type { Context, Listening, Module, SharedHandler, SharedListening } from './module.ts';
import { checkPattern } from './pattern.ts';
import { Publisher } from './publisher.ts';
import { type About, type Pulse, PulseCounts, pulse } from './pulse.ts';
import { ANSWER_TIMEOUT_MS, type AnsweredOf, type Question } from './question.ts';
import { Remembering } from './remembering.ts';
import { type Draft, type Message, type MessageOf, splitKey } from './topic.ts';

/** The time between two pulses. */
export const PULSE_INTERVAL_MS = 1000;

/** The part of that time by which a pulse may come early or late to go out together with what its module says. */
const PULSE_EARLY = 0.1;

/** What each stage of the ordered stop may take. */
export const STOP_STAGE_MS = 2000;

/** Questions that wait for their turn, and those being answered. */
const QUESTIONS = { limit_messages: 100, in_flight_max: 4 } as const;

/** A tap's handler returns at once: as many at a time as are of use. */
const TAP_IN_FLIGHT = 100;

export interface RunOptions {
  readonly bus: Bus;
  readonly log: Log;
  /** The module's settings as they were read; checked here. Default: none. */
  readonly config?: unknown;
  /** Default: {@link instanceName} of the module. */
  readonly instance?: string;
  /** What the pulse says of the module's version. Default: nothing. */
  readonly version?: string | undefined;
  /** Default: {@link PULSE_INTERVAL_MS}. */
  readonly pulse_interval_ms?: number;
  /** Default: {@link STOP_STAGE_MS}. */
  readonly stop_stage_ms?: number;
}

/** A running copy of a module. */
export interface RunningModule {
  readonly module: Module;
  readonly instance: string;
  /** Resolves when the bus has every subscription: what is published after that is heard. */
  readonly ready: Promise<void>;
  /**
   * The ordered stop: 1. no new message, no new work; 2. handlers under way return, and what is remembered of shared sources is
   * saved; 3. what the module opened is closed; 4. a last pulse, and all that was published is taken over. Each stage is bounded in time. Never throws;
   * safe to call twice. The bus stays open: it may serve others.
   */
  stop(): Promise<void>;
}

/** A name for a running copy: the module, four random hex digits and the host. */
export function instanceName(module: string, host: string = hostname()): string {
  return `${module}-${randomBytes(2).toString('hex')}@${oneLine(host, 64)}`;
}

/**
 * Checks a module's settings and fills in the defaults.
 *
 * @throws CodedError `SETTING_INVALID`, naming the first setting that is wrong as `<module>.<setting>`
 */
export function readConfig(module: Module, config: unknown = {}): unknown {
  const whole = Value.Default(module.config, Value.Clone(config));
  for (const error of Value.Errors(module.config, whole)) {
    if (error.keyword === 'boolean') continue; // Told better by the "additionalProperties" that follows.
    const path = `${module.name}${error.instancePath.replaceAll('/', '.')}`;
    if (error.keyword === 'additionalProperties') {
      const names = error.params.additionalProperties.join(', ');
      throw settingInvalid(`${path}.${names}`, 'there is no such setting', '"ganglion config" lists those there are');
    }
    throw settingInvalid(path, `it ${error.message}`, '"ganglion config" shows what it may be');
  }
  return whole;
}

/**
 * Starts a module on a bus. Resolves when its `start` has returned; it runs until `stop`.
 *
 * @throws CodedError `SETTING_INVALID`, `MODULE_INVALID`, and what the module's own `start` throws
 */
export async function runModule(module: Module, options: RunOptions): Promise<RunningModule> {
  const config = readConfig(module, options.config);
  const instance = options.instance ?? instanceName(module.name);
  const { bus, log } = options;
  const counts = new PulseCounts();
  const publisher = new Publisher(bus, log, module, instance, counts);
  const stopping = new AbortController();
  const releases: (() => unknown)[] = [];
  const subscriptions = new Set<Subscription>();
  const declared: Subscription[] = [];
  const under_way = new Set<Promise<void>>();
  /** By the name of the shared subscription. */
  const remembering = new Map<string, Remembering>();
  let pulse_timer: NodeJS.Timeout | undefined;
  let questions = 0;
  let pulsed_ms = Date.now();
  let spoken = false;
  let stopped: Promise<void> | undefined;

  const pulse_interval_ms = options.pulse_interval_ms ?? PULSE_INTERVAL_MS;
  const early_ms = pulse_interval_ms * PULSE_EARLY;
  const about: About = {
    host: hostname(),
    connection: bus.name,
    ...(options.version === undefined ? {} : { version: options.version }),
    started_ms: pulsed_ms,
    listens: [
      ...Object.values(module.listens).map(({ sources, from = sources, topic }) => `${from}.${topic.family}`),
      ...Object.values(module.answers).map(({ family }) => `#.${family}`),
    ],
    publishes: [...Object.values(module.publishes), ...Object.values(module.asks)].map(({ family }) => family),
  };
  const beat = (last = false) => {
    const now_ms = Date.now();
    const body: Pulse = { ...counts.take(module.name, Math.max(0, now_ms - pulsed_ms)), about };
    if (last) body.stopping = true;
    pulsed_ms = now_ms;
    void publisher.emit(pulse(instance, body));
  };
  const beatAfter = (delay_ms: number) => {
    clearTimeout(pulse_timer);
    pulse_timer = setTimeout(() => {
      beat();
      beatAfter(pulse_interval_ms);
    }, delay_ms);
  };
  /**
   * A pulse that is nearly due goes out with what the module says now: one packet and one wake-up instead of two. So does
   * the first, so that a module which speaks at the pulse's interval keeps in step with it.
   */
  const emit = (draft: Draft) => {
    const taken = publisher.emit(draft);
    if (pulse_timer === undefined || (spoken && Date.now() - pulsed_ms < pulse_interval_ms - early_ms)) return taken;
    spoken = true;
    beat();
    beatAfter(pulse_interval_ms + early_ms);
    return taken;
  };

  const listen = (name: string, listening: Listening, handler: Handler, shared?: SharedHandler): Subscription => {
    const { topic, from, delivery, limit_messages, in_flight_max } = listening;
    const { family } = topic;
    const remember = (handler: SharedHandler) => (answers: Iterable<Promise<void>>) => {
      const failed = (reason: string) => counts.failed(family, reason);
      const holder = new Remembering({ handler, family, log, failed, answers });
      remembering.set(name, holder);
      return holder;
    };
    const listener = new Listener(
      listening,
      handler,
      publisher,
      counts,
      log,
      stopping.signal,
      shared && remember(shared),
    );
    const take = (envelope: Envelope, share?: Share): Promise<void> => {
      const work = listener.take(from === undefined ? envelope : { ...envelope, key: `${from}.${family}` }, share);
      under_way.add(work);
      const done = () => under_way.delete(work);
      work.then(done, done);
      return work;
    };
    const holder = remembering.get(name);
    return bus.subscribe(
      {
        name: `${module.name}.${name}`,
        pattern: patternOf(listening),
        from,
        delivery: delivery === 'live' ? 'live' : 'kept',
        ...(isShared(listening) && holder !== undefined && { sharing: { parts: listening.partitions, holder } }),
        limit_messages,
        in_flight_max,
        onDrop: (_key, reason) => counts.dropped(family, reason),
      },
      take,
    );
  };

  /** Answers a question as long as the module runs. */
  const answerTo = (name: string, question: Question, handler: Answering): Subscription => {
    const answerer = new Answerer({ question, handler, bus, counts, log });
    return bus.subscribe(
      {
        name: `${module.name}.${name}`,
        pattern: `#.${question.family}`,
        delivery: 'live',
        ...QUESTIONS,
        onDrop: (_key, reason) => counts.dropped(question.family, reason),
      },
      (envelope) => {
        const work = answerer.take(envelope);
        under_way.add(work);
        void work.then(() => under_way.delete(work));
        return work;
      },
    );
  };

  /** What a module asks for while it runs; it is let go in the stop, or before. */
  const whileWanted = (pattern: string, subscribe: () => Subscription): Subscription => {
    checkPattern(pattern);
    if (stopping.signal.aborted) return OVER;
    const subscription = subscribe();
    subscriptions.add(subscription);
    return {
      ready: subscription.ready,
      cancel: async () => {
        await subscription.cancel();
        subscriptions.delete(subscription);
      },
    };
  };

  const published = new Set(Object.values(module.publishes).map(({ family }) => family));
  const endOutcomes = bus.onOutcome?.((key, outcome) => {
    const family = splitKey(key)?.family ?? '';
    if (!published.has(family)) return;
    if ('dropped' in outcome) counts.dropped(family, outcome.dropped);
    else counts.failed(family, outcome.failed);
  });

  const stopInOrder = async () => {
    const limit_ms = options.stop_stage_ms ?? STOP_STAGE_MS;
    const stage = async (name: string, work: () => Promise<unknown>) => {
      try {
        await within(work(), limit_ms, () => stopTimedOut(module.name, name, limit_ms));
      } catch (error) {
        log.error({ code: error instanceof CodedError ? error.code : 'STOP_FAILED', stage: name }, reasonOf(error));
      }
    };
    await stage('stop intake', () => {
      stopping.abort();
      return Promise.all([...subscriptions].map((subscription) => subscription.cancel()));
    });
    await stage('drain', () => Promise.allSettled(under_way));
    // What is remembered goes to whoever takes over.
    await stage('remember', () => Promise.all(declared.map(({ ended }) => ended)));
    await stage('release', async () => {
      for (let release = releases.pop(); release !== undefined; release = releases.pop()) await release();
    });
    await stage('flush', async () => {
      clearTimeout(pulse_timer);
      if (pulse_timer !== undefined) beat(true);
      pulse_timer = undefined;
      await bus.flush();
    });
    endOutcomes?.();
  };

  const running = {
    module,
    instance,
    ready: DONE,
    stop: () => {
      stopped ??= stopInOrder();
      return stopped;
    },
  };

  const context: Context = {
    instance,
    config,
    log,
    emit,
    listen: (listening, handler) => {
      const { topic, delivery } = listening;
      if (delivery !== 'live')
        throw moduleInvalid(module.name, `it listens to "${topic.family}" now and then, but not live`);
      return whileWanted(patternOf(listening), () =>
        listen(topic.family, listening, (message) => handler(message as MessageOf<typeof topic>)),
      );
    },
    tap: (pattern, { limit_messages, onDrop }, handler) =>
      whileWanted(pattern, () =>
        bus.subscribe(
          {
            name: `${module.name}.tap`,
            pattern,
            delivery: 'live',
            limit_messages,
            in_flight_max: TAP_IN_FLIGHT,
            onDrop,
          },
          async (envelope) => handler(envelope),
        ),
      ),
    remember: (subscription, source) => {
      const listening = module.listens[subscription];
      if (listening === undefined || !isShared(listening)) {
        throw moduleInvalid(module.name, `it shares no subscription "${subscription}"`);
      }
      remembering.get(subscription)?.remember(source);
    },
    ask: async (question, source, body, timeout_ms = ANSWER_TIMEOUT_MS) => {
      if (!Object.values(module.asks).includes(question)) throw topicUndeclared(module.name, question.family);
      const asker = { bus, instance, counts, nextId: () => `${instance}/q${++questions}` };
      return (await askQuestion(asker, question, { source, body, timeout_ms })) as AnsweredOf<typeof question>;
    },
    describe: (fields) => Object.assign(about, fields),
    count: (name, n = 1) => counts.count(name, n),
    stopping: stopping.signal,
    onStop: (release) => releases.push(release),
    bus,
  };

  try {
    const handlers = ((await module.start(context)) ?? {}) as Record<string, unknown>;
    for (const [name, listening] of Object.entries(module.listens)) {
      const handler = handlers[name];
      const shared = isShared(listening) && isSharedHandler(handler) ? handler : undefined;
      if (shared === undefined && (typeof handler !== 'function' || isShared(listening))) {
        throw moduleInvalid(module.name, `its start() returns no handler for "${name}"`);
      }
      const take = shared === undefined ? (handler as Handler) : (message: Message) => shared.message(message);
      const subscription = listen(name, listening, take, shared);
      subscriptions.add(subscription);
      declared.push(subscription);
    }
    for (const [name, question] of Object.entries(module.answers)) {
      const handler = handlers[name];
      if (typeof handler !== 'function') {
        throw moduleInvalid(module.name, `its start() returns no handler for the question "${name}"`);
      }
      const subscription = answerTo(name, question, handler as Answering);
      subscriptions.add(subscription);
      declared.push(subscription);
    }
  } catch (error) {
    // What a half-started module opened is closed before its error is told.
    await running.stop();
    throw error;
  }
  running.ready = Promise.all(declared.map((subscription) => subscription.ready)).then(() => {});
  beatAfter(pulse_interval_ms);
  // Who hears is told by others how things stand when it is heard for the first time: it speaks as soon as it hears.
  if (declared.length > 0) void running.ready.then(() => stopping.signal.aborted || beat());
  return running;
}

/** The binding pattern of a subscription. */
function patternOf({ topic, sources, from }: Listening): string {
  return from === undefined ? `${sources}.${topic.family}` : sources;
}

const DONE = Promise.resolve();

function isShared(listening: Listening): listening is SharedListening {
  return listening.delivery === 'shared';
}

/** Whether what a module's start returned, perhaps one that was not compiled with our types, handles a shared subscription. */
function isSharedHandler(value: unknown): value is SharedHandler {
  if (typeof value !== 'object' || value === null) return false;
  const { message, save, restore, release } = value as Partial<Record<keyof SharedHandler, unknown>>;
  return [message, save, restore, release].every((each) => typeof each === 'function');
}

/** A subscription that was asked for when the stop had begun. */
const OVER: Subscription = { ready: DONE, cancel: () => DONE };

/** Waits for `work`, but rejects with `late()` when it takes longer than `limit_ms`. */
async function within<T>(work: Promise<T>, limit_ms: number, late: () => Error): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const timeout = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(late()), limit_ms);
  });
  try {
    return await Promise.race([work, timeout]);
  } finally {
    clearTimeout(timer);
  }
}
