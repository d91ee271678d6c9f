// A stranger on the exchange: plain amqplib, nothing of ours. It says and hears what a foreign program would.

import { PARTITIONS_DEFAULT } from '@ganglion/kernel';
import { type ConfirmChannel, connect, type Message, type Options } from 'amqplib';
import { onTestFinished } from 'vitest';
import { Collected } from './collected.ts';

/** One message as it stands on the wire. */
export interface Heard {
  readonly key: string;
  readonly text: string;
  readonly id: string | undefined;
  /** The `time` header. */
  readonly time: string | undefined;
  readonly type: string | undefined;
}

/** A stranger's connection. */
export class Stranger {
  readonly #channel: ConfirmChannel;
  readonly #exchange: string;
  #asked = 0;
  #answers: Collected<{ readonly correlation_id: unknown; readonly text: string }> | undefined;

  constructor(channel: ConfirmChannel, exchange: string) {
    this.#channel = channel;
    this.#exchange = exchange;
  }

  /** Says something; an object goes out as JSON. */
  say(key: string, body: object | string | Buffer, properties: Options.Publish = {}): void {
    const bytes = Buffer.isBuffer(body) ? body : Buffer.from(typeof body === 'string' ? body : JSON.stringify(body));
    this.#channel.publish(this.#exchange, key, bytes, properties);
  }

  /** Resolves when the broker has taken over all that was said. */
  async said(): Promise<void> {
    await this.#channel.waitForConfirms();
  }

  /** Asks a question, and waits for the first answer: `{ answer }` or `{ refused }`. */
  async ask(key: string, body: object, timeout_ms = 30_000): Promise<unknown> {
    const correlationId = `${++this.#asked}`;
    this.#answers ??= await this.#hearAnswers();
    const answered = this.#answers.first(({ correlation_id }) => correlation_id === correlationId);
    const replyTo = 'amq.rabbitmq.reply-to';
    this.say(key, body, { replyTo, correlationId, expiration: timeout_ms, contentType: 'application/json' });
    return JSON.parse((await answered).text);
  }

  async #hearAnswers(): Promise<Collected<{ readonly correlation_id: unknown; readonly text: string }>> {
    const answers = new Collected<{ readonly correlation_id: unknown; readonly text: string }>();
    const take = (message: Message | null) =>
      message && answers.push({ correlation_id: message.properties.correlationId, text: message.content.toString() });
    await this.#channel.consume('amq.rabbitmq.reply-to', take, { noAck: true });
    return answers;
  }

  /** Collects what passes under a pattern, from when this resolves. */
  async hear(pattern: string): Promise<Collected<Heard>> {
    const heard = new Collected<Heard>();
    const { queue } = await this.#channel.assertQueue('', { exclusive: true });
    await this.#channel.bindQueue(queue, this.#exchange, pattern);
    await this.#channel.consume(queue, (message) => message && heard.push(heardOf(message)), { noAck: true });
    return heard;
  }
}

/** Joins an exchange for the time of the test; declares it if it is not there. */
export async function join(url: string, exchange: string, durable = true): Promise<Stranger> {
  const connection = await connect(url);
  // The test that kills the broker also kills this.
  connection.on('error', () => {});
  onTestFinished(() => connection.close().catch(() => {}));
  const channel = await connection.createConfirmChannel();
  await channel.assertExchange(exchange, 'topic', { durable });
  return new Stranger(channel, exchange);
}

function heardOf({ fields, content, properties }: Message): Heard {
  const time: unknown = properties.headers?.['time'];
  return {
    key: fields.routingKey,
    text: content.toString(),
    id: properties.messageId,
    time: typeof time === 'string' ? time : undefined,
    type: properties.type,
  };
}

/** Removes an exchange and the queues that analyzers keep there, so that the next who comes finds nothing. */
export async function removeExchange(url: string, exchange: string): Promise<void> {
  const connection = await connect(url);
  const channel = await connection.createChannel();
  await channel.deleteExchange(exchange);
  const parts = Array.from({ length: PARTITIONS_DEFAULT }, (_, n) => `measure.part-${String(n).padStart(2, '0')}`);
  const own = ['measure', 'measure.members', 'measure.owners', ...parts, ...parts.map((part) => `${part}.states`)];
  const desk = ['findings', 'findings.only.states', 'findings.only.members', 'findings.only.owners'];
  for (const queue of [...own, ...desk]) await channel.deleteQueue(`${exchange}.analyzer.${queue}`);
  await connection.close();
}
