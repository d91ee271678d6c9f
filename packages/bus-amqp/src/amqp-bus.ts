// The bus contract over RabbitMQ: puts the way out and the way in together, each on a connection of its own that is
// made when it is first needed. A tracker only publishes and a tap only listens: one connection each.

import {
  type Bus,
  type BusStatus,
  busClosed,
  type CodedError,
  type EnvelopeHandler,
  type Log,
  type Outcome,
  type SubscribeOptions,
  silentLog,
} from '@ganglion/kernel';
import { Asking } from './asking.ts';
import type { SpoolOptions } from './backlog.ts';
import { Complaints } from './complaints.ts';
import { type Connection, openConnection, type TlsFiles } from './connection.ts';
import { ConnectionEvents } from './connection-events.ts';
import { Consumer } from './consumer.ts';
import { deadName, readDead } from './dead-letters.ts';
import { exchangeNameInvalid } from './errors.ts';
import { Exchange } from './exchange.ts';
import { Link } from './link.ts';
import { LiveQueue } from './live-queue.ts';
import { type Buffered, Publisher } from './publisher.ts';
import { queueName } from './queue.ts';
import { queueTypeOn } from './queue-type.ts';
import { Backoff, within } from './retry.ts';
import { SharedConsumer, type SharedConsumerOptions } from './shared-consumer.ts';
import { inAnyOrder, readBrokerUrl } from './url.ts';

/** What `amqpBus` can be told. Every default stands in {@link AMQP_DEFAULTS}. */
export interface AmqpBusOptions {
  /**
   * `amqp[s]://user:password@host:port,host:port/vhost?heartbeat=seconds`; see `readBrokerUrl` for what may be left out.
   * With several hosts, any of them will do, and another is taken at once when it is lost.
   */
  readonly url: string;
  /**
   * Who this is: the instance, unique in the fleet. The broker shows it as the connection's `user_provided_name`: the
   * publishing connection bears this name, the listening one this and {@link LISTENING_SUFFIX}.
   */
  readonly name: string;
  /** The topic exchange; made when it is not there, else taken as it is. 1 to 127 bytes. */
  readonly exchange?: string | undefined;
  /**
   * Whether the exchange outlives the broker when it is made here. Programs that declare it otherwise than it stands
   * are refused, so whoever comes first must make it as they do.
   */
  readonly exchange_durable?: boolean | undefined;
  /** Messages that wait for the broker at most, counting those sent and not confirmed; past that the oldest goes. */
  readonly buffer_messages?: number | undefined;
  /** Bytes of keys and bodies among them, at most. A larger message is refused. */
  readonly buffer_bytes?: number | undefined;
  /**
   * Where messages wait past what memory holds, so that a long outage or a kill loses none of them. The bus closes the
   * store. Default: nowhere.
   */
  readonly spool?: SpoolOptions | undefined;
  /** TLS files for `amqps:`, as their contents. */
  readonly tls?: TlsFiles | undefined;
  readonly log?: Log | undefined;
  /** What opening a connection may take. */
  readonly connect_timeout_ms?: number | undefined;
  /** Waits between attempts: chosen at random up to this, which doubles each time… */
  readonly backoff_first_ms?: number | undefined;
  /** …until this. */
  readonly backoff_last_ms?: number | undefined;
  /**
   * After each (re)connect, how long to care for listeners that come back later than this publisher: messages are held
   * for a part of it, as long as there was no connection but at most `backoff_last_ms` and a little, and for all of it
   * what nobody hears is kept and offered again. 0 for not at all.
   */
  readonly settle_ms?: number | undefined;
  /**
   * Whether to wait for a broker that cannot be reached at the start. With false, `opened` rejects with
   * `BROKER_UNREACHABLE` at the first attempt.
   */
  readonly wait_at_start?: boolean | undefined;
}

export const AMQP_DEFAULTS = {
  exchange: 'ganglion',
  exchange_durable: true,
  buffer_messages: 10_000,
  buffer_bytes: 64 * 1024 * 1024,
  connect_timeout_ms: 10_000,
  backoff_first_ms: 100,
  backoff_last_ms: 2000,
  settle_ms: 5000,
  wait_at_start: true,
} as const;

/** What the listening connection's name has after the instance's. */
export const LISTENING_SUFFIX = ' (listens)';

/** What `close` waits for subscriptions to end in order. Closing a connection has a bound of its own. */
const CANCEL_MS = 1000;

/** Before the broker is asked again whether it tells who joins and leaves it: up to this. */
const EVENTS_AGAIN_MS = 60_000;

/** What connecting and declaring usually take at most. */
const CONNECT_MS = 500;

const EXCHANGE_NAME_BYTES_MAX = 127;

/** What is served over the listening connection. */
type Served = Consumer | LiveQueue | SharedConsumer;

/** A bus over RabbitMQ. */
export interface AmqpBus extends Bus {
  /**
   * Settles with the first connection: resolves when it is in use, and rejects with a coded configuration error when no
   * waiting can mend what is wrong, after which the bus tries no more; with `BUS_CLOSED` when it was closed before.
   * Nothing connects before the first `publish` or `subscribe`. Rejections need not be handled.
   */
  readonly opened: Promise<void>;
  /** What waits for the broker's confirmation now, and how many messages had to go since the start. */
  readonly buffer: Buffered;
}

/**
 * Makes a bus over RabbitMQ. Returns at once; connects when it is first used.
 *
 * @throws CodedError `BROKER_URL_INVALID`, `EXCHANGE_NAME_INVALID`
 */
export function amqpBus(options: AmqpBusOptions): AmqpBus {
  const broker = inAnyOrder(readBrokerUrl(options.url));
  const {
    name,
    tls = {},
    log = silentLog,
    exchange: exchange_name = AMQP_DEFAULTS.exchange,
    exchange_durable = AMQP_DEFAULTS.exchange_durable,
    buffer_messages = AMQP_DEFAULTS.buffer_messages,
    buffer_bytes = AMQP_DEFAULTS.buffer_bytes,
    connect_timeout_ms = AMQP_DEFAULTS.connect_timeout_ms,
    backoff_first_ms = AMQP_DEFAULTS.backoff_first_ms,
    backoff_last_ms = AMQP_DEFAULTS.backoff_last_ms,
    settle_ms = AMQP_DEFAULTS.settle_ms,
    wait_at_start = AMQP_DEFAULTS.wait_at_start,
  } = options;
  checkExchangeName(exchange_name);

  const exchange = new Exchange(exchange_name, broker.shown, exchange_durable);
  const complaints = new Complaints(log);
  const consumers = new Set<Served>();
  const asking = new Asking(exchange_name);
  const events = new ConnectionEvents({
    exchange: exchange_name,
    instance: name,
    broker: broker.shown,
    log,
    backoff: () => new Backoff(EVENTS_AGAIN_MS, EVENTS_AGAIN_MS),
  });
  const listeners = new Set<(status: BusStatus) => void>();
  const outcome_listeners = new Set<(key: string, outcome: Outcome) => void>();
  const backoff = () => new Backoff(backoff_first_ms, backoff_last_ms);
  const connecting = () => new Backoff(backoff_first_ms, backoff_last_ms, { at_once: broker.nodes.length > 1 });
  let status: BusStatus = { connected: false, since_ms: Date.now(), why: 'nothing was published or subscribed yet' };
  /** The connection that consumers are served over. */
  let listening_over: Connection | undefined;
  let has_opened = false;
  let gave_up: CodedError | undefined;
  let closing: Promise<void> | undefined;

  let openedWell: () => void = () => {};
  let openedBadly: (error: CodedError) => void = () => {};
  const opened = new Promise<void>((resolve, reject) => {
    openedWell = resolve;
    openedBadly = reject;
  });
  opened.catch(() => {});

  const shared = { broker, tls, connect_timeout_ms, onChange, onFailure };

  const publisher = new Publisher({
    exchange,
    broker: broker.shown,
    buffer_messages,
    buffer_bytes,
    spool: options.spool,
    settle_ms,
    log,
    backoff,
    onOutcome: (key, outcome) => {
      for (const listener of outcome_listeners) listener(key, outcome);
    },
    listenersFirst: (over) => within(listening.whenAnswering(), settle_ms, over),
    // After an outage the others wait about as long as it lasted before they try again, at most the longest back-off.
    holdAfter: (away_ms) => Math.min(away_ms * 1.25, backoff_last_ms + CONNECT_MS),
    onBlocked: onChange,
  });

  const publishing = new Link({
    ...shared,
    name,
    backoff: connecting(),
    serve: (connection, away_ms) => publisher.serve(connection, away_ms),
  });

  const listening = new Link({
    ...shared,
    name: name + LISTENING_SUFFIX,
    backoff: connecting(),
    async serve(connection) {
      await exchange.ensure(connection.model);
      listening_over = connection;
      asking.serve(connection);
      const served = Array.from(consumers, (consumer) => consumer.serve(connection));
      if (events.watched) served.push(events.serve(connection));
      await Promise.all(served);
    },
  });

  function onChange(): void {
    if (closing !== undefined) return;
    const needed = [publishing, listening].filter((link) => link.started);
    const down = needed.find((link) => !link.up);
    const why = gave_up?.message ?? down?.why ?? publisher.blocked;
    const connected = why === undefined && needed.length > 0;
    if (connected) {
      const text = `connected to ${broker.shown}`;
      if (!complaints.settle(text) && !has_opened) log.info({}, text);
      has_opened = true;
      openedWell();
    }
    if (connected === status.connected && why === status.why) return;
    const since_ms = connected === status.connected ? status.since_ms : Date.now();
    status = { connected, since_ms, why };
    for (const listener of listeners) listener(status);
  }

  function onFailure(error: CodedError): void {
    const fatal = !has_opened && error.configuration && (error.code !== 'BROKER_UNREACHABLE' || !wait_at_start);
    if (!fatal) {
      // Once connected, that the connection is lost says it all.
      if (error.code !== 'BROKER_UNREACHABLE') complaints.raise(error);
      else if (!has_opened) complaints.raise(error, 'messages wait and this goes on trying');
      return;
    }
    gave_up = error;
    openedBadly(error);
    publishing.close();
    listening.close();
  }

  async function close(): Promise<void> {
    openedBadly(busClosed());
    await within(Promise.all(Array.from(consumers, (consumer) => consumer.close())), CANCEL_MS);
    asking.close();
    publisher.close();
    await Promise.all([publishing.close(), listening.close()]);
    status = { connected: false, since_ms: Date.now(), why: 'the bus is closed' };
    for (const listener of listeners) listener(status);
  }

  return {
    name,
    opened,

    get status() {
      return status;
    },

    get buffer() {
      return publisher.buffer;
    },

    onStatus(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },

    onOutcome(listener) {
      outcome_listeners.add(listener);
      return () => outcome_listeners.delete(listener);
    },

    publish(envelope) {
      if (closing === undefined && !publishing.started) publishing.start();
      return publisher.publish(envelope);
    },

    async ask(envelope, timeout_ms) {
      if (closing !== undefined) throw busClosed();
      listening.start();
      const over = new AbortController();
      await within(listening.whenAnswering(), timeout_ms, over.signal);
      return asking.ask(envelope, timeout_ms);
    },

    answer: (asker, payload) => asking.answer(asker, payload),

    subscribe(subscription: SubscribeOptions, handler: EnvelopeHandler) {
      if (closing !== undefined) throw busClosed();
      const make = <Made extends Served>(withOptions: (options: SharedConsumerOptions) => Made): Made => {
        const made: Made = withOptions({
          exchange: exchange_name,
          instance: name,
          queue_type: queueTypeOn(broker),
          log,
          backoff,
          openOther: () => openConnection({ ...shared, name: name + LISTENING_SUFFIX }, new AbortController().signal),
          onFinished: () => consumers.delete(made),
        });
        consumers.add(made);
        if (listening_over !== undefined && !listening_over.over.aborted) made.serve(listening_over);
        listening.start();
        return made;
      };
      if (subscription.delivery === 'live') {
        const carries = (each: Served): each is LiveQueue => each instanceof LiveQueue && each.carries(subscription);
        const queue = Array.from(consumers).find(carries) ?? make((options) => new LiveQueue(subscription, options));
        return queue.listen(subscription, handler);
      }
      return subscription.sharing === undefined
        ? make((options) => new Consumer(subscription, handler, options))
        : make((options) => new SharedConsumer(subscription, handler, options));
    },

    watchConnections(watcher, handler) {
      if (closing !== undefined) throw busClosed();
      const first = !events.watched;
      // The listening connection of another process is no sign of its life: a module need not have one.
      const end = events.watch(watcher, (change) => {
        if (!change.name.endsWith(LISTENING_SUFFIX)) handler(change);
      });
      if (first && listening_over !== undefined && !listening_over.over.aborted) events.serve(listening_over);
      listening.start();
      return end;
    },

    async dead(subscription) {
      if (closing !== undefined) throw busClosed();
      // Asked seldom, and by a person: not worth a connection that stays.
      const over = new AbortController();
      const asking = await openConnection({ ...shared, name: name + LISTENING_SUFFIX }, over.signal);
      try {
        return await readDead(asking.model, deadName(queueName(exchange_name, subscription)));
      } finally {
        await asking.close();
      }
    },

    flush: () => publisher.flush(),

    close() {
      closing ??= close();
      return closing;
    },
  };
}

function checkExchangeName(name: string): void {
  if (name === '') throw exchangeNameInvalid(name, 'it is empty');
  if (Buffer.byteLength(name) > EXCHANGE_NAME_BYTES_MAX) {
    throw exchangeNameInvalid(name, `it is longer than ${EXCHANGE_NAME_BYTES_MAX} bytes`);
  }
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what must not pass.
  if (/[\u0000-\u001f\u007f]/.test(name)) throw exchangeNameInvalid(name, 'it holds control characters');
}
