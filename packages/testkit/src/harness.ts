// One module under test: it runs as it would anywhere, on an in-memory bus that knows when it has done with a message.
// So a test says "given these messages, it publishes those", also when those are none, and waits for no time.

import {
  type Bus,
  type ConnectionChange,
  compilePattern,
  type Draft,
  decode,
  type Envelope,
  type EnvelopeProperties,
  encode,
  type Log,
  type MessageOf,
  type Module,
  memoryBus,
  type Pulse,
  pulse,
  type RunningModule,
  runModule,
  splitKey,
  type Topic,
} from '@ganglion/kernel';
import { Arrivals } from './arrivals.ts';

/** What `runUnderTest` can be told. */
export interface UnderTestOptions {
  /** The module's settings. Default: none, so that its defaults hold. */
  readonly config?: unknown;
  /** The name of this running copy. Default: one of its own, as anywhere. */
  readonly instance?: string;
}

/** What a module published, in the shape of the drafts that a test compares it with. */
export interface Published {
  readonly family: string;
  readonly source: string;
  readonly body: unknown;
}

/** A line of the module's log. */
export interface Logged {
  readonly level: keyof Log;
  readonly fields: object;
  readonly text: string;
}

/** A running module, seen from outside. */
export interface Subject {
  readonly instance: string;
  /** What it has logged so far. */
  readonly logs: readonly Logged[];
  /**
   * Sends messages, waits until the module has done with them and with what they led to, and resolves to what it
   * published from the first on, pulses left out: `expect(await subject.given(measure(…))).toEqual([analysis(…)])`.
   */
  given(...drafts: Draft[]): Promise<Published[]>;
  /** Sends messages and waits for nothing. Throws when it was stopped. */
  send(...drafts: Draft[]): void;
  /** Sends any bytes under any key, as a stranger on the exchange may. */
  sendRaw(key: string, body: Uint8Array | string, properties?: EnvelopeProperties): void;
  /**
   * Asks the module a question and resolves to its answer: `{ answer }` or `{ refused }`, as on the wire. Rejects with `NO_ANSWER`
   * when it leaves it to others.
   */
  ask(key: string, body: unknown): Promise<unknown>;
  /** Tells the module, if it watches, that some process has joined the bus or left it. */
  connection(name: string, open: boolean): void;
  /** Resolves when the module has done with all that was sent. Rejects when it is stopped before. */
  settled(): Promise<void>;
  /** Resolves to all it has published, pulses left out, when there are at least `n`. Rejects when it is stopped before. */
  published(n: number): Promise<Published[]>;
  /** Resolves to all it has published on one topic, whole, when there are at least `n`. Rejects as `published` does. */
  messages<T extends Topic>(topic: T, n: number): Promise<MessageOf<T>[]>;
  /** Waits until the module has done with all that was sent, and resolves to what its pulses say since it started. */
  pulse(): Promise<Pulse>;
  /** Stops it in order. Safe to call twice. */
  stop(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

/** What a module under test may take to answer. */
const ANSWER_MS = 1_000;

/** Between two pulses: what a test waits for at most to hear the next. */
const PULSE_INTERVAL_MS = 10;

/**
 * Runs a module on an in-memory bus of its own. Resolves when it has started and hears what is sent.
 *
 * @throws CodedError `SETTING_INVALID`, `MODULE_INVALID`, and what the module's own `start` throws
 */
export async function runUnderTest(module: Module, options: UnderTestOptions = {}): Promise<Subject> {
  const logs: Logged[] = [];
  const bus = new WatchedBus();
  const running = await runModule(module, {
    ...options,
    bus,
    log: logInto(logs),
    pulse_interval_ms: PULSE_INTERVAL_MS,
  });
  await running.ready;
  return new RunningSubject(running, bus, logs);
}

class RunningSubject implements Subject {
  readonly instance: string;
  readonly logs: readonly Logged[];
  readonly #running: RunningModule;
  readonly #bus: WatchedBus;
  #sent = 0;
  #stopped: Error | undefined;

  constructor(running: RunningModule, bus: WatchedBus, logs: readonly Logged[]) {
    this.instance = running.instance;
    this.logs = logs;
    this.#running = running;
    this.#bus = bus;
  }

  async given(...drafts: Draft[]): Promise<Published[]> {
    const before = this.#bus.published.items.length;
    this.send(...drafts);
    await this.settled();
    return this.#bus.published.items.slice(before).map(readPublished);
  }

  send(...drafts: Draft[]): void {
    for (const draft of drafts) this.#offer(encode(draft, `test/${++this.#sent}`, 'test', undefined));
  }

  sendRaw(key: string, body: Uint8Array | string, properties: EnvelopeProperties = {}): void {
    this.#offer({ key, payload: Buffer.from(body), properties });
  }

  async ask(key: string, body: unknown): Promise<unknown> {
    if (this.#stopped !== undefined) throw this.#stopped;
    const payload = Buffer.from(JSON.stringify(body));
    return JSON.parse(Buffer.from(await this.#bus.ask({ key, payload, properties: {} }, ANSWER_MS)).toString());
  }

  connection(name: string, open: boolean): void {
    for (const watcher of this.#bus.watchers) watcher({ name, id: name, open });
  }

  settled(): Promise<void> {
    return this.#bus.settled();
  }

  async published(n: number): Promise<Published[]> {
    return (await this.#bus.published.count(n)).map(readPublished);
  }

  async messages<T extends Topic>(topic: T, n: number): Promise<MessageOf<T>[]> {
    const ofTopic = (envelopes: readonly Envelope[]) =>
      envelopes.filter(({ key }) => splitKey(key)?.family === topic.family);
    const envelopes = await this.#bus.published.until((all) => ofTopic(all).length >= n);
    return ofTopic(envelopes).map((envelope) => readMessage(topic, envelope));
  }

  async pulse(): Promise<Pulse> {
    await this.settled();
    const { pulses } = this.#bus;
    const bodies = (await pulses.count(pulses.items.length + 1)).map((each) => readMessage(pulse, each).body);
    return bodies.reduce(sum);
  }

  async stop(): Promise<void> {
    await this.#running.stop();
    this.#stopped ??= new Error(`${this.#running.module.name} was stopped`);
    this.#bus.end(this.#stopped);
    await this.#bus.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.stop();
  }

  #offer(envelope: Envelope): void {
    if (this.#stopped !== undefined) throw this.#stopped;
    this.#bus.offer(envelope);
  }
}

/** An in-memory bus that notes what is published and knows what is still to be handled. */
class WatchedBus implements Bus {
  readonly name = '';
  readonly watchers = new Set<(change: ConnectionChange) => void>();
  readonly published = new Arrivals<Envelope>();
  readonly pulses = new Arrivals<Envelope>();
  readonly #bus = memoryBus();
  readonly #patterns: ((key: string) => boolean)[] = [];
  /** An item for each time that nothing is left to be handled. */
  readonly #idle = new Arrivals<void>();
  #unsettled = 0;

  /** Takes a message of the test's. */
  offer(envelope: Envelope): Promise<void> {
    this.#unsettled += this.#patterns.filter((hears) => hears(envelope.key)).length;
    return this.#bus.publish(envelope);
  }

  /** Takes a message of the module's. */
  publish(envelope: Envelope): Promise<void> {
    const { family } = splitKey(envelope.key) ?? {};
    (family === pulse.family ? this.pulses : this.published).push(envelope);
    return this.offer(envelope);
  }

  subscribe(...[options, handler]: Parameters<Bus['subscribe']>): ReturnType<Bus['subscribe']> {
    this.#patterns.push(compilePattern(options.pattern));
    const onDrop: typeof options.onDrop = (key, reason) => {
      options.onDrop(key, reason);
      if (reason === 'queue_full') this.#settle();
    };
    return this.#bus.subscribe({ ...options, onDrop }, async (envelope, share) => {
      try {
        await handler(envelope, share);
      } finally {
        this.#settle();
      }
    });
  }

  async settled(): Promise<void> {
    const idle = this.#idle.items.length;
    await this.#idle.until(({ length }) => this.#unsettled === 0 || length > idle);
  }

  end(why: Error): void {
    for (const arrivals of [this.published, this.pulses, this.#idle]) arrivals.end(why);
  }

  get status() {
    return this.#bus.status;
  }

  onStatus(...parameters: Parameters<Bus['onStatus']>): () => void {
    return this.#bus.onStatus(...parameters);
  }

  watchConnections(_name: string, handler: (change: ConnectionChange) => void): () => void {
    this.watchers.add(handler);
    return () => this.watchers.delete(handler);
  }

  ask(envelope: Envelope, timeout_ms: number): Promise<Uint8Array> {
    this.#unsettled += this.#patterns.filter((hears) => hears(envelope.key)).length;
    return this.#bus.ask(envelope, timeout_ms);
  }

  answer(...parameters: Parameters<Bus['answer']>): Promise<void> {
    return this.#bus.answer(...parameters);
  }

  dead(name: string): ReturnType<Bus['dead']> {
    return this.#bus.dead(name);
  }

  flush(): Promise<void> {
    return this.#bus.flush();
  }

  close(): Promise<void> {
    return this.#bus.close();
  }

  #settle(): void {
    this.#unsettled--;
    if (this.#unsettled === 0) this.#idle.push();
  }
}

function readPublished(envelope: Envelope): Published {
  const { family = '', source = '' } = splitKey(envelope.key) ?? {};
  return { family, source, body: JSON.parse(Buffer.from(envelope.payload).toString()) };
}

function readMessage<T extends Topic>(topic: T, envelope: Envelope): MessageOf<T> {
  const message = decode(topic, envelope, Date.now());
  if ('refused' in message) throw new Error(`${envelope.key} is no ${topic.family}: ${message.detail}`);
  return message as MessageOf<T>;
}

function logInto(logs: Logged[]): Log {
  const at = (level: keyof Log) => (fields: object, text: string) => {
    logs.push({ level, fields, text });
  };
  return { debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') };
}

/** What two pulses, one after the other, say together. */
function sum(a: Pulse, b: Pulse): Pulse {
  return {
    module: b.module,
    interval_ms: a.interval_ms + b.interval_ms,
    in: sumCounts(a.in, b.in),
    out: sumCounts(a.out, b.out),
    dropped: sumReasons(a.dropped, b.dropped),
    failed: sumReasons(a.failed, b.failed),
    counts: sumCounts(a.counts, b.counts),
    ...(b.about && { about: b.about }),
  };
}

type Counts = Record<string, number>;

function sumCounts(a: Counts, b: Counts): Counts {
  const all = { ...a };
  for (const [name, n] of Object.entries(b)) all[name] = (all[name] ?? 0) + n;
  return all;
}

function sumReasons(a: Record<string, Counts>, b: Record<string, Counts>): Record<string, Counts> {
  const all = { ...a };
  for (const [topic, reasons] of Object.entries(b)) all[topic] = sumCounts(all[topic] ?? {}, reasons);
  return all;
}
