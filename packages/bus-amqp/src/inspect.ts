// What a broker says of itself when it is asked: every check that tells whether a bus will work over it. Nothing that is
// made here outlives the connection it is made over, and no question reaches a listener, but for one message of our own.
//
// What a user may do is found out by asking for something that the broker looks at only after it has looked at the
// permission, and then has to refuse: a queue with an impossible limit, a binding of a queue that is not there, a message
// that has expired in no number of milliseconds. Which of the two refusals comes tells.

import { randomBytes } from 'node:crypto';
import { Socket } from 'node:net';
import { TLSSocket } from 'node:tls';
import { CodedError, reasonOf } from '@ganglion/kernel';
import type { ChannelModel, ConsumeMessage } from 'amqplib';
import { type Connection, openConnection, type TlsFiles } from './connection.ts';
import { brokerLost } from './errors.ts';
import { queueFront } from './queue.ts';
import { ACCESS_REFUSED, COMMAND_INVALID, codeOf, NOT_FOUND, PRECONDITION_FAILED, refusalOf } from './replies.ts';
import { within } from './retry.ts';
import { type BrokerNode, readBrokerUrl } from './url.ts';

/** What opening a connection may take. */
const CONNECT_MS = 10_000;

/** What the broker may take to confirm and to deliver one message, or to tell of an event. */
const ANSWER_MS = 5000;

/** Where the broker tells of its events: an exchange of a plugin, in one virtual host alone. */
const EVENTS = 'amq.rabbitmq.event';

export interface InspectOptions {
  readonly url: string;
  readonly tls?: TlsFiles | undefined;
  readonly exchange: string;
  /** Who asks, for the broker's list of connections. */
  readonly name: string;
  /** What each role needs, by its name. */
  readonly roles: Readonly<Record<string, RoleNeeds>>;
}

/** What a role does on the bus. */
export interface RoleNeeds {
  /** What the names of its queues begin with, after the exchange's: `web`. */
  readonly queues: string;
  /** Binding patterns; empty for who has no queue. */
  readonly patterns: readonly string[];
  /** Routing keys that it publishes, one of each kind. Nothing is published under them here. */
  readonly keys: readonly string[];
  /** Whether it reads the broker's events. */
  readonly events: boolean;
  /** Whether it answers questions. */
  readonly answers: boolean;
}

/** One thing that was found out, in the order in which they come. */
export type Finding =
  /** Each node, where the URL names several. */
  | { readonly check: 'node'; readonly node: string; readonly took_ms: number; readonly version: string }
  | { readonly check: 'node'; readonly node: string; readonly error: CodedError }
  /** The names of the clusters that they belong to: one, if all is well. */
  | { readonly check: 'cluster'; readonly names: readonly string[] }
  | {
      readonly check: 'connection';
      readonly took_ms: number;
      readonly tls: TlsFound | undefined;
      /** Whether it stays on this machine. */
      readonly loopback: boolean;
    }
  /** No connection: the code says whether it is the host, TLS, the login or the virtual host. Nothing follows. */
  | { readonly check: 'refused'; readonly error: CodedError }
  | { readonly check: 'version'; readonly product: string; readonly version: string }
  | { readonly check: 'exchange'; readonly found: ExchangeFound; readonly durable?: boolean }
  /** `absent`: not in the virtual host of the address. */
  | { readonly check: 'events'; readonly found: 'readable' | 'absent' | 'refused'; readonly vhost: string }
  | { readonly check: 'clock'; readonly ahead_ms: number; readonly within_ms: number }
  | { readonly check: 'clock'; readonly unknown: string }
  /** What each role lacks, in the broker's words; nothing when it has all it needs. */
  | { readonly check: 'permissions'; readonly lacks: Readonly<Record<string, readonly string[]>> }
  | { readonly check: 'round'; readonly confirmed_ms: number; readonly delivered_ms: number }
  | { readonly check: 'round'; readonly not_tried: string }
  | { readonly check: 'round'; readonly failed: string }
  /** Why it takes no messages for now; undefined when it does, as far as can be seen. */
  | { readonly check: 'alarms'; readonly blocked: string | undefined }
  | { readonly check: 'consistent_hash'; readonly found: 'there' | 'absent' };

/** What the TLS connection is like. */
export interface TlsFound {
  readonly protocol: string;
  /** When the broker's certificate ends, epoch milliseconds; undefined when it does not tell. */
  readonly expires_ms: number | undefined;
}

/** `unknown_type`: it stands, and who may not declare it is not told its type. `absent`: `may_make` says whether we may. */
export type ExchangeFound = 'topic' | 'other_type' | 'unknown_type' | 'absent' | 'absent_and_refused';

/**
 * Asks a broker everything, over the first of its nodes that answers. Findings come as they are found; each check once
 * (that of a `node` once for each), unless one is `refused`.
 *
 * @throws CodedError `BROKER_URL_INVALID`; `BROKER_LOST` when the connection ends on the way
 */
export async function* inspectBroker(options: InspectOptions): AsyncGenerator<Finding> {
  const { exchange, roles } = options;
  const broker = readBrokerUrl(options.url);
  const over = new AbortController();
  const open = (nodes = broker.nodes) =>
    openConnection(
      {
        broker: { ...broker, nodes },
        name: options.name,
        tls: options.tls ?? {},
        connect_timeout_ms: CONNECT_MS,
      },
      over.signal,
    );
  try {
    if (broker.nodes.length > 1) yield* inspectNodes(broker.nodes, (node) => open([node]));

    const began_ms = performance.now();
    let connection: Connection;
    try {
      connection = await open();
    } catch (error) {
      if (!(error instanceof CodedError)) throw error;
      yield { check: 'refused', error };
      return;
    }
    const { model } = connection;
    yield { check: 'connection', took_ms: performance.now() - began_ms, ...socketOf(model) };
    yield { check: 'version', ...versionOf(model) };

    const found = await inspectExchange(model, exchange);
    yield { check: 'exchange', ...found };

    const queue = await firstQueue(model, exchange, roles);
    const events = await inspectEvents(model, exchange, queue);
    yield { check: 'events', found: events, vhost: broker.vhost };
    yield { check: 'clock', ...(await inspectClock(model, events, queue)) };

    // Whoever publishes to a broker in alarm hears nothing more over that connection, so publishing has one of its own.
    const publishing = new Publishing(await open());
    const lacks: Record<string, readonly string[]> = {};
    for (const [name, needs] of Object.entries(roles)) {
      lacks[name] = [
        ...(await missingQueues(model, exchange, needs)),
        ...(await publishing.missingKeys(exchange, needs.keys)),
        // An answer goes by the default exchange to who has asked.
        ...(needs.answers ? await publishing.missingKeys('', ['doctor']) : []),
      ];
    }
    yield { check: 'permissions', lacks };
    yield { check: 'round', ...(await publishing.round(model, exchange, queue, found.found)) };
    yield { check: 'alarms', blocked: publishing.blocked };
    await publishing.close();

    yield { check: 'consistent_hash', found: await inspectConsistentHash(await open(), exchange) };
    await connection.close();
  } catch (error) {
    throw error instanceof CodedError ? error : brokerLost(broker.shown, reasonOf(error), error);
  } finally {
    over.abort();
  }
}

/** Connects to each node by itself. */
async function* inspectNodes(
  nodes: readonly BrokerNode[],
  open: (node: BrokerNode) => Promise<Connection>,
): AsyncGenerator<Finding> {
  const clusters = new Set<string>();
  for (const node of nodes) {
    const began_ms = performance.now();
    try {
      const { model, close } = await open(node);
      const took_ms = performance.now() - began_ms;
      const { product, version } = versionOf(model);
      clusters.add(String(model.connection.serverProperties.cluster_name));
      yield { check: 'node', node: node.shown, took_ms, version: `${product} ${version}` };
      await close();
    } catch (error) {
      if (!(error instanceof CodedError)) throw error;
      yield { check: 'node', node: node.shown, error };
    }
  }
  if (clusters.size > 0) yield { check: 'cluster', names: [...clusters] };
}

/** The library's socket is no public part of it. */
function socketOf({ connection }: ChannelModel): { tls: TlsFound | undefined; loopback: boolean } {
  const socket: unknown = Reflect.get(connection, 'stream');
  const address = socket instanceof Socket ? socket.remoteAddress : undefined;
  const loopback = address !== undefined && /^(127\.|::1$|::ffff:127\.)/.test(address);
  if (!(socket instanceof TLSSocket)) return { tls: undefined, loopback };
  const expires_ms = Date.parse(socket.getPeerCertificate().valid_to);
  const protocol = socket.getProtocol() ?? 'TLS';
  return { tls: { protocol, expires_ms: Number.isNaN(expires_ms) ? undefined : expires_ms }, loopback };
}

function versionOf({ connection }: ChannelModel): { product: string; version: string } {
  const { product, version } = connection.serverProperties;
  return { product: String(product), version: String(version) };
}

async function inspectExchange(
  model: ChannelModel,
  exchange: string,
): Promise<{ found: ExchangeFound; durable?: boolean }> {
  const absence = await refusalOf(model, (channel) => channel.checkExchange(exchange));
  if (absence !== undefined) {
    if (codeOf(absence) !== NOT_FOUND) throw absence;
    const refusal = await refusalOf(model, (channel) => channel.assertExchange(exchange, 'topic', IMPOSSIBLE_EXCHANGE));
    return { found: codeOf(refusal) === ACCESS_REFUSED ? 'absent_and_refused' : 'absent' };
  }
  for (const durable of [true, false]) {
    const refusal = await refusalOf(model, (channel) => channel.assertExchange(exchange, 'topic', { durable }));
    if (refusal === undefined) return { found: 'topic', durable };
    if (codeOf(refusal) === ACCESS_REFUSED) return { found: 'unknown_type' };
    if (/arg 'type'/.test(refusal.message)) return { found: 'other_type' };
  }
  // It differs in another way, which is no matter.
  return { found: 'topic' };
}

/** An alternate exchange is a name, not a number: the broker says so to those who may declare. */
const IMPOSSIBLE_EXCHANGE = { arguments: { 'alternate-exchange': 0 } };

/** No queue can go after no time: the broker says so to those who may declare. */
const IMPOSSIBLE_QUEUE = { exclusive: true, arguments: { 'x-expires': 0 } };

/** The name of a queue that nobody else has. */
function freshQueue(exchange: string, front: string): string {
  return `${queueFront(exchange)}${front}.doctor.${randomBytes(4).toString('hex')}`;
}

/** A name under which this user may make a queue; undefined if there is none. */
async function firstQueue(
  model: ChannelModel,
  exchange: string,
  roles: InspectOptions['roles'],
): Promise<string | undefined> {
  for (const { queues, patterns } of Object.values(roles)) {
    const queue = freshQueue(exchange, queues);
    if (patterns.length > 0 && (await mayDeclare(model, queue))) return queue;
  }
  return undefined;
}

async function mayDeclare(model: ChannelModel, queue: string): Promise<boolean> {
  return codeOf(await refusalOf(model, (channel) => channel.assertQueue(queue, IMPOSSIBLE_QUEUE))) !== ACCESS_REFUSED;
}

async function inspectEvents(model: ChannelModel, exchange: string, queue = freshQueue(exchange, 'events')) {
  const absence = await refusalOf(model, (channel) => channel.checkExchange(EVENTS));
  if (absence !== undefined) return 'absent';
  // There is no such queue, which is said only to those who may read from the exchange.
  const refusal = await refusalOf(model, (channel) => channel.bindQueue(queue, EVENTS, 'connection.*'));
  return codeOf(refusal) === ACCESS_REFUSED ? 'refused' : 'readable';
}

/** Makes an event, hears when the broker says that it was, and compares. */
async function inspectClock(
  model: ChannelModel,
  events: string,
  queue: string | undefined,
): Promise<{ ahead_ms: number; within_ms: number } | { unknown: string }> {
  if (events !== 'readable' || queue === undefined) return { unknown: 'the broker tells its time only in its events' };
  const channel = await model.createChannel();
  channel.on('error', () => {}); // What was asked is rejected with the same.
  try {
    await channel.assertQueue(queue, { durable: false, exclusive: true, autoDelete: true });
    await channel.bindQueue(queue, EVENTS, 'binding.created');
    const key = `doctor.${randomBytes(8).toString('hex')}`;
    let heard: (message: ConsumeMessage) => void = () => {};
    const event = new Promise<ConsumeMessage>((resolve) => {
      heard = resolve;
    });
    const take = (message: ConsumeMessage | null) => {
      if (message?.properties.headers?.['routing_key'] === key) heard(message);
    };
    await channel.consume(queue, take, { noAck: true });
    const before_ms = Date.now();
    await channel.bindQueue(queue, EVENTS, key);
    const after_ms = Date.now();
    const message = await inTime(event);
    const at_ms: unknown = message?.properties.headers?.['timestamp_in_ms'];
    if (typeof at_ms !== 'number') return { unknown: 'the broker did not tell the time of its event' };
    // It was between the two; both ends are whole milliseconds.
    return {
      ahead_ms: Math.round(at_ms - (before_ms + after_ms) / 2),
      within_ms: Math.ceil((after_ms - before_ms) / 2) + 1,
    };
  } catch (error) {
    if (codeOf(error) !== ACCESS_REFUSED) throw error;
    return { unknown: 'this user may not listen to events' };
  } finally {
    await channel.deleteQueue(queue).catch(() => {});
    await channel.close().catch(() => {});
  }
}

/** What a role cannot do with its queues, in the broker's words. */
async function missingQueues(model: ChannelModel, exchange: string, needs: RoleNeeds): Promise<string[]> {
  if (needs.patterns.length === 0) return [];
  const queue = freshQueue(exchange, needs.queues);
  const refusals = [
    await refusalOf(model, (channel) => channel.assertQueue(queue, IMPOSSIBLE_QUEUE)),
    await refusalOf(model, (channel) => channel.get(queue)),
  ];
  for (const pattern of needs.patterns) {
    refusals.push(await refusalOf(model, (channel) => channel.bindQueue(queue, exchange, pattern)));
  }
  if (needs.events) {
    refusals.push(await refusalOf(model, (channel) => channel.bindQueue(queue, EVENTS, 'connection.*')));
  }
  return textsOf(refusals);
}

/** What was not permitted, each once; other refusals are what was asked for. */
function textsOf(refusals: readonly (Error | undefined)[]): string[] {
  const texts = refusals.filter((refusal) => codeOf(refusal) === ACCESS_REFUSED).map(brokersWords);
  return [...new Set(texts)];
}

/** The broker's own words, without what the library puts around them. */
function brokersWords(error: unknown): string {
  const text = reasonOf(error);
  return /"[A-Z_]+ - (.*)"/.exec(text)?.[1] ?? text;
}

/** A connection to publish over, until the broker takes no more. */
class Publishing {
  readonly #connection: Connection;
  readonly #blocked: Promise<void>;
  /** Why the broker takes no messages. */
  blocked: string | undefined;

  constructor(connection: Connection) {
    this.#connection = connection;
    this.#blocked = new Promise((resolve) => {
      connection.model.on('blocked', (reason) => {
        this.blocked = reasonOf(reason);
        resolve();
      });
    });
  }

  /** What of these keys may not be published, in the broker's words. */
  async missingKeys(exchange: string, keys: readonly string[]): Promise<string[]> {
    const refusals: (Error | undefined)[] = [];
    for (const key of keys) {
      if (this.blocked !== undefined) break;
      refusals.push(await this.#refusalOf(exchange, key));
    }
    return textsOf(refusals);
  }

  /** Publishes one message under a key of our own and hears it again. Its queue goes with the first connection. */
  async round(
    listening: ChannelModel,
    exchange: string,
    queue: string | undefined,
    found: ExchangeFound,
  ): Promise<{ confirmed_ms: number; delivered_ms: number } | { not_tried: string } | { failed: string }> {
    const id = randomBytes(8).toString('hex');
    const key = `doctor-${id}.doctor`;
    if (found === 'other_type') return { not_tried: 'the exchange does not route by topic' };
    if (found !== 'topic' && found !== 'unknown_type') return { not_tried: 'there is no exchange to send it to' };
    if (queue === undefined) return { not_tried: 'this user may not listen' };
    const forbidden = this.blocked === undefined ? await this.#refusalOf(exchange, key) : undefined;
    if (this.blocked !== undefined) return { not_tried: 'the broker takes no messages' };
    if (codeOf(forbidden) === ACCESS_REFUSED) return { not_tried: 'this user may publish nothing but its own' };
    const bound = await refusalOf(listening, (channel) => channel.bindQueue(queue, exchange, key));
    if (codeOf(bound) === ACCESS_REFUSED) return { not_tried: 'this user may listen to nothing but its own' };

    const heard_on = await listening.createChannel();
    await heard_on.assertQueue(queue, { durable: false, exclusive: true, autoDelete: true });
    await heard_on.bindQueue(queue, exchange, key);
    const channel = await this.#connection.model.createConfirmChannel();
    channel.on('error', () => {}); // The confirmation is rejected with the same.
    let hear: (at_ms: number) => void = () => {};
    const delivered = new Promise<number>((resolve) => {
      hear = resolve;
    });
    await heard_on.consume(queue, () => hear(performance.now()), { noAck: true });
    const began_ms = performance.now();
    channel.publish(exchange, key, Buffer.from('{}'), { type: 'doctor', contentType: 'application/json' });
    const confirmed = channel.waitForConfirms().then(() => performance.now());
    const both = await inTime(Promise.race([Promise.all([confirmed, delivered]), this.#blocked]));
    await heard_on.deleteQueue(queue);
    await heard_on.close();
    if (this.blocked !== undefined) return { not_tried: 'the broker takes no messages' };
    if (both === undefined) return { failed: `it was not confirmed and delivered in ${ANSWER_MS} ms` };
    const [confirmed_ms, delivered_ms] = both;
    return { confirmed_ms: confirmed_ms - began_ms, delivered_ms: delivered_ms - began_ms };
  }

  close(): Promise<void> {
    return this.#connection.close();
  }

  /** Offers a message that cannot be: its user is another, and it expires at no time. */
  async #refusalOf(exchange: string, key: string): Promise<Error | undefined> {
    const channel = await this.#connection.model.createConfirmChannel();
    const refusal = new Promise<Error>((resolve) => channel.on('error', resolve));
    channel.publish(exchange, key, Buffer.alloc(0), { userId: `not ${key}`.slice(0, 99), expiration: 'never' });
    return (await inTime(Promise.race([refusal, this.#blocked]))) ?? undefined;
  }
}

/** Asks on a connection of its own: an exchange of a type that is not there ends the connection. */
async function inspectConsistentHash(connection: Connection, exchange: string): Promise<'there' | 'absent'> {
  const { model, ended } = connection;
  const name = `${queueFront(exchange)}doctor.${randomBytes(4).toString('hex')}`;
  const asked = refusalOf(model, (channel) => channel.assertExchange(name, 'x-consistent-hash', IMPOSSIBLE_EXCHANGE));
  const refusal = await asked.catch(() => ended);
  const code = codeOf(refusal);
  await connection.close();
  // Refused for what it asks or for who asks: either way the type is known.
  if (code === PRECONDITION_FAILED || code === ACCESS_REFUSED) return 'there';
  if (codeOf(refusal?.cause) === COMMAND_INVALID) return 'absent';
  throw refusal ?? new Error('the broker made an exchange that cannot be');
}

/** What comes, or undefined when it does not come in time. */
async function inTime<Value>(work: Promise<Value>): Promise<Value | undefined> {
  let value: Value | undefined;
  await within(
    work.then((came) => {
      value = came;
    }),
    ANSWER_MS,
  );
  return value;
}
