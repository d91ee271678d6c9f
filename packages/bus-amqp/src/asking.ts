// Questions and answers, by RabbitMQ's direct reply-to: an answer goes straight to the channel that has asked, through no queue.
// https://www.rabbitmq.com/docs/direct-reply-to

import { type Asker, type Envelope, noAnswer, QUESTIONS_MAX, reasonOf } from '@ganglion/kernel';
import type { Channel } from 'amqplib';
import type { Connection } from './connection.ts';
import { bytesOf, writeProperties } from './wire.ts';

/** The pseudo-queue that answers come through. */
const REPLY_TO = 'amq.rabbitmq.reply-to';

interface Waiting {
  readonly key: string;
  readonly resolve: (payload: Uint8Array) => void;
  readonly reject: (error: Error) => void;
  readonly timer: NodeJS.Timeout;
}

export class Asking {
  readonly #exchange: string;
  readonly #waiting = new Map<string, Waiting>();
  #connection: Connection | undefined;
  #channel: Promise<Channel> | undefined;
  #serial = 0;

  constructor(exchange: string) {
    this.#exchange = exchange;
  }

  /** Asks and answers over this connection from now on; what was asked over another gets no answer any more. */
  serve(connection: Connection): void {
    this.#connection = connection;
    this.#channel = undefined;
    this.#giveUp('the connection to the broker was lost');
  }

  ask(envelope: Envelope, timeout_ms: number): Promise<Uint8Array> {
    const { key } = envelope;
    if (this.#waiting.size >= QUESTIONS_MAX) {
      return Promise.reject(noAnswer(key, `${QUESTIONS_MAX} questions wait for an answer already`));
    }
    const correlation = String(++this.#serial);
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        this.#waiting.delete(correlation);
        reject(noAnswer(key, `none came within ${timeout_ms} ms`));
      }, timeout_ms);
      this.#waiting.set(correlation, { key, resolve, reject, timer });
      this.#open().then(
        (channel) => {
          channel.publish(this.#exchange, key, bytesOf(envelope.payload), {
            ...writeProperties(envelope, false),
            // What nobody has answered in time need not be answered any more.
            persistent: false,
            expiration: String(timeout_ms),
            replyTo: REPLY_TO,
            correlationId: correlation,
          });
        },
        (error) => this.#take(correlation)?.reject(noAnswer(key, reasonOf(error))),
      );
    });
  }

  async answer({ reply_to, correlation }: Asker, payload: Uint8Array): Promise<void> {
    const channel = await this.#open();
    channel.publish('', reply_to, bytesOf(payload), {
      contentType: 'application/json',
      correlationId: correlation,
    });
  }

  close(): void {
    this.#connection = undefined;
    this.#channel = undefined;
    this.#giveUp('the bus is closed');
  }

  #open(): Promise<Channel> {
    const connection = this.#connection;
    if (connection === undefined || connection.over.aborted) {
      return Promise.reject(new Error('there is no connection to the broker now'));
    }
    this.#channel ??= this.#make(connection).catch((error) => {
      this.#channel = undefined;
      throw error;
    });
    return this.#channel;
  }

  async #make(connection: Connection): Promise<Channel> {
    const channel = await connection.model.createChannel();
    // What ends it is told by `close`; the broker's word for it comes before.
    let why = 'the channel was closed';
    channel.on('error', (error) => {
      why = reasonOf(error);
    });
    channel.on('close', () => {
      if (this.#connection !== connection) return;
      this.#channel = undefined;
      this.#giveUp(why);
    });
    await channel.consume(
      REPLY_TO,
      (message) => {
        if (message === null) return;
        const correlation: unknown = message.properties.correlationId;
        if (typeof correlation === 'string') this.#take(correlation)?.resolve(message.content);
      },
      { noAck: true },
    );
    return channel;
  }

  #take(correlation: string): Waiting | undefined {
    const waiting = this.#waiting.get(correlation);
    if (waiting === undefined) return undefined;
    this.#waiting.delete(correlation);
    clearTimeout(waiting.timer);
    return waiting;
  }

  #giveUp(why: string): void {
    for (const [correlation, { key }] of [...this.#waiting]) this.#take(correlation)?.reject(noAnswer(key, why));
  }
}
