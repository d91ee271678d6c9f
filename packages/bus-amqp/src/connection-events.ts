// Who joins the broker and who leaves it: RabbitMQ announces both on an exchange of its own, when its plugin
// rabbitmq_event_exchange is enabled. https://www.rabbitmq.com/docs/event-exchange

import { type ConnectionChange, type Log, reasonOf } from '@ganglion/kernel';
import type { ChannelModel, ConsumeMessage } from 'amqplib';
import { Complaints } from './complaints.ts';
import type { Connection } from './connection.ts';
import { connectionEventsMissing, connectionEventsRefused } from './errors.ts';
import { keptName, liveName } from './queue.ts';
import { ACCESS_REFUSED, codeOf, NOT_FOUND, refusalOf } from './replies.ts';
import { type Backoff, repeat } from './retry.ts';

/**
 * The exchange that the plugin declares. In a cluster it has the events of every node on which the plugin is enabled;
 * that a node was killed, and with it its connections, is no event.
 */
const EVENTS = 'amq.rabbitmq.event';

/** Events that wait for us at most; a broker that restarts says one for each connection. */
const QUEUE = { exclusive: true, durable: false, autoDelete: true, maxLength: 100_000, overflow: 'drop-head' };

export interface ConnectionEventsOptions {
  /** How logs and errors name the broker. */
  readonly broker: string;
  /** The exchange that the queue is named after, as those of subscriptions are. */
  readonly exchange: string;
  /** Who watches; stands in the queue's name. */
  readonly instance: string;
  readonly log: Log;
  /** Makes the waits between two attempts over one connection. */
  readonly backoff: () => Backoff;
}

/** Listens to the broker's events for as long as somebody watches. */
export class ConnectionEvents {
  readonly #options: ConnectionEventsOptions;
  readonly #complaints: Complaints;
  readonly #handlers = new Set<(change: ConnectionChange) => void>();
  #name = '';
  /** The end of the connection that is listened over. */
  #over: AbortSignal | undefined;

  constructor(options: ConnectionEventsOptions) {
    this.#options = options;
    this.#complaints = new Complaints(options.log);
  }

  /** Whether anybody watches. */
  get watched(): boolean {
    return this.#handlers.size > 0;
  }

  /** Tells `handler` from now on; returns the function that ends it. */
  watch(name: string, handler: (change: ConnectionChange) => void): () => void {
    this.#name = name;
    this.#handlers.add(handler);
    return () => this.#handlers.delete(handler);
  }

  /** Listens over this connection until it ends. Resolves when it does, or when the first attempt has failed. Never throws. */
  async serve({ model, over }: Connection): Promise<void> {
    if (this.#over === over) return;
    this.#over = over;
    const waits = this.#options.backoff();
    await new Promise<void>((resolve) => {
      repeat(
        over,
        waits,
        async () => {
          try {
            const { ended } = await this.#listen(model);
            waits.opened();
            this.#complaints.settle(`${this.#options.broker} tells who joins and leaves it`);
            resolve();
            await ended;
          } finally {
            resolve();
          }
        },
        (error) => this.#complaints.raise(whyNot(this.#options.broker, error)),
      ).then(resolve);
    });
  }

  /** Makes the queue; resolves to the promise of its end. */
  async #listen(model: ChannelModel): Promise<{ readonly ended: Promise<void> }> {
    // Asked first on a channel of its own: the answer no closes it.
    const missing = await refusalOf(model, (channel) => channel.checkExchange(EVENTS));
    if (missing !== undefined) throw missing;
    const channel = await model.createChannel();
    const ended = new Promise<void>((_, reject) => {
      let reason: unknown;
      channel.on('error', (error) => {
        reason = error;
      });
      channel.on('close', () => reject(reason ?? new Error('its channel was closed')));
    });
    ended.catch(() => {});
    channel.on('handler-error', (error) => this.#options.log.error({}, `event not told, ${reasonOf(error)}`));
    const { exchange, instance } = this.#options;
    const named = { name: this.#name, pattern: '#', in_flight_max: 1 };
    const { queue } = await channel.assertQueue(liveName(keptName(exchange, named), instance), QUEUE);
    await channel.bindQueue(queue, EVENTS, 'connection.created');
    await channel.bindQueue(queue, EVENTS, 'connection.closed');
    await channel.consume(queue, (message) => this.#heard(message), { noAck: true });
    return { ended };
  }

  #heard(message: ConsumeMessage | null): void {
    const name: unknown = message?.properties.headers?.['user_provided_name'];
    if (message === null || typeof name !== 'string') return;
    // The process on the broker that serves it: no two have been the same, on whatever node.
    const id = String(message.properties.headers?.['pid']);
    const change = { name, id, open: message.fields.routingKey === 'connection.created' };
    for (const handler of this.#handlers) handler(change);
  }
}

function whyNot(broker: string, error: unknown) {
  const code = codeOf(error);
  if (code === NOT_FOUND) return connectionEventsMissing(broker, error);
  return connectionEventsRefused(
    broker,
    code === ACCESS_REFUSED ? 'the user may not read them' : reasonOf(error),
    error,
  );
}
