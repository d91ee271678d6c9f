// The way out: messages go to the broker in order, many unconfirmed at once, and wait here while it is away.

import { busBufferFull, busClosed, type Envelope, type Log, type Outcome, reasonOf } from '@ganglion/kernel';
import { type ChannelModel, type ConfirmChannel, IllegalOperationError, type Message } from 'amqplib';
import { Backlog, type SpoolOptions } from './backlog.ts';
import { Complaints } from './complaints.ts';
import type { Connection } from './connection.ts';
import { brokerAccessRefused, brokerBlocked, channelLost, messageRefused, spoolUnwritable } from './errors.ts';
import type { Exchange } from './exchange.ts';
import { Outbox, Outgoing } from './outbox.ts';
import { ACCESS_REFUSED, CONNECTION_FORCED, codeOf, NOT_FOUND } from './replies.ts';
import { type Backoff, repeat } from './retry.ts';
import { Settling } from './settling.ts';
import { bytesOf, writeProperties } from './wire.ts';

/** Messages sent and not confirmed at most. A power of two: the ring of them is indexed by the low bits of the tag. */
const IN_FLIGHT_MAX = 1024;

/** How often a message is tried over which the broker breaks off. */
const STRIKES_MAX = 3;

/** How often one is tried that the broker cannot store: with the longest waits between them, half a minute or more. */
const REFUSALS_MAX = 30;

export interface PublisherOptions {
  readonly exchange: Exchange;
  /** How logs and errors name the broker. */
  readonly broker: string;
  readonly buffer_messages: number;
  readonly buffer_bytes: number;
  /** Where messages wait past what memory holds; undefined: nowhere. */
  readonly spool: SpoolOptions | undefined;
  readonly settle_ms: number;
  readonly log: Log;
  /** How long to hold everything back after so long without a connection. */
  readonly holdAfter: (away_ms: number) => number;
  /** Makes the waits between two channels of one connection, and before what was refused is offered again. */
  readonly backoff: () => Backoff;
  /** Resolves when the listeners of this process are there, so that they miss none of its messages. Bounded in time. */
  readonly listenersFirst: (over: AbortSignal) => Promise<void>;
  /** Told what became of messages after they were taken over. */
  readonly onOutcome: (key: string, outcome: Outcome) => void;
  /** Called when the broker begins or ceases to take messages. */
  readonly onBlocked: () => void;
}

/** Publishes over one connection at a time; what is not confirmed when that breaks is sent over the next. */
export class Publisher {
  readonly #options: PublisherOptions;
  readonly #complaints: Complaints;
  readonly #outbox: Outbox;
  readonly #backlog: Backlog | undefined;
  readonly #spool_complaints: Complaints;
  readonly #works_again: string;
  #dropped = 0;
  /** The unconfirmed by `tag & (IN_FLIGHT_MAX - 1)`; the broker counts the messages of a channel from 1. */
  readonly #sent: (Outgoing | undefined)[] = new Array(IN_FLIGHT_MAX).fill(undefined);
  #tag_oldest = 1;
  #tag_next = 1;
  /** The channel in use; undefined while messages have to wait. */
  #channel: ConfirmChannel | undefined;
  /** False while the library's write buffer is full. */
  #writable = true;
  #blocked: string | undefined;
  #settling: Settling | undefined;
  /** Calls of `flush` under way: while someone waits for the messages to be gone, no listener is waited for. */
  #flushes = 0;
  /** The wait until what the broker could not store is offered again. */
  #again_timer: NodeJS.Timeout | undefined;
  #again_waits: Backoff;
  /** Whether the channel is closed by us, for another. */
  #renewing = false;
  /** Messages to send one at a time: one of them made the broker close the channel. */
  #suspects = 0;
  #closed = false;

  constructor(options: PublisherOptions) {
    this.#options = options;
    this.#complaints = new Complaints(options.log);
    this.#again_waits = options.backoff();
    this.#outbox = new Outbox(options.buffer_messages, options.buffer_bytes);
    this.#spool_complaints = new Complaints(options.log);
    if (options.spool !== undefined) {
      this.#backlog = new Backlog({
        ...options.spool,
        send: (envelope) => this.#accept(new Outgoing(envelope, 'replayed')),
        room: () => this.#room(),
        onOutcome: options.onOutcome,
      });
    }
    this.#works_again = `${options.broker} takes messages again`;
  }

  /** Why the broker takes no messages for now; undefined when it does. */
  get blocked(): string | undefined {
    return this.#blocked;
  }

  /** What waits for the broker's confirmation, in memory and in the store, and what had to go since the start. */
  get buffer(): Buffered {
    const { size, size_bytes } = this.#outbox;
    return { messages: size, bytes: size_bytes, spooled: this.#backlog?.size ?? 0, dropped: this.#dropped };
  }

  publish(envelope: Envelope): Promise<void> {
    return this.#accept(new Outgoing(envelope, this.#backlog?.keeps(envelope.key) === true ? 'spools' : 'nowhere'));
  }

  #accept(outgoing: Outgoing): Promise<void> {
    if (this.#closed) return Promise.reject(busClosed());
    if (outgoing.size_bytes > this.#outbox.limit_bytes) {
      return Promise.reject(
        messageRefused(outgoing.envelope.key, `it is larger than buffer_bytes (${this.#outbox.limit_bytes})`),
      );
    }
    for (const evicted of this.#outbox.add(outgoing)) this.#evicted(evicted);
    if (!this.#flows && this.#suspects === 0) this.#overflow(this.#backlog?.memory_messages);
    this.#pump();
    return outgoing.promise;
  }

  /** Resolves when every message offered so far is confirmed or given up. Nobody is waited for who might listen. */
  async flush(): Promise<void> {
    this.#flushes++;
    this.#settling?.end();
    if (!this.#flows) this.#overflow(0);
    await Promise.allSettled(Array.from(this.#outbox, (outgoing) => outgoing.promise));
    this.#flushes--;
  }

  /** Leaves what is not confirmed to the store, gives up the rest, and takes no more. */
  close(): void {
    this.#closed = true;
    this.#detach();
    this.#stopSettling();
    this.#overflow(0);
    this.#backlog?.close();
    for (const outgoing of this.#outbox) {
      this.#outbox.remove(outgoing);
      outgoing.reject(busClosed());
    }
  }

  /**
   * Publishes over this connection until it ends, over a new channel whenever the broker closes one. Resolves when the
   * first channel is in use.
   *
   * @param away_ms how long there was none before
   * @throws CodedError what {@link Exchange.ensure} throws; and what the library throws when the connection ends
   */
  async serve(connection: Connection, away_ms: number): Promise<void> {
    const { model, over } = connection;
    const { backoff, log, listenersFirst, settle_ms, holdAfter } = this.#options;
    this.#watchAlarms(model);
    let opened: OpenChannel | undefined = await this.#open(model);
    await listenersFirst(over);
    if (over.aborted || this.#closed) return;

    if (settle_ms > 0 && this.#flushes === 0) {
      this.#settling = new Settling({
        hold_ms: holdAfter(away_ms),
        duration_ms: settle_ms,
        onAgain: () => this.#release(),
        onOver: () => {
          this.#settling = undefined;
          this.#release();
        },
      });
    }
    over.addEventListener('abort', () => this.#stopSettling());

    const waits = backoff();
    repeat(
      over,
      waits,
      async () => {
        do {
          opened ??= await this.#open(model);
          const { channel, ended } = opened;
          opened = undefined;
          waits.opened();
          this.#attach(channel);
          let reason = await ended;
          // A channel that ends with its connection has no reason of its own.
          if (reason === undefined && over.aborted) reason = (await connection.ended).cause;
          this.#detach(reason);
        } while (this.#renewing && !over.aborted);
      },
      (error) => log.debug({}, `publishing channel not opened, ${reasonOf(error)}`),
    );
  }

  async #open(model: ChannelModel): Promise<OpenChannel> {
    await this.#options.exchange.ensure(model);
    const channel = await model.createConfirmChannel();
    const ended = new Promise<unknown>((resolve) => {
      let reason: unknown;
      channel.on('error', (error) => {
        reason = error;
      });
      channel.on('close', () => resolve(reason));
    });
    channel.on('handler-error', (error) => this.#options.log.error({}, `publisher failed, ${reasonOf(error)}`));
    return { channel, ended };
  }

  #attach(channel: ConfirmChannel): void {
    this.#renewing = false;
    if (this.#closed) return;
    this.#channel = channel;
    this.#writable = true;
    channel.on('drain', () => {
      this.#writable = true;
      this.#pump();
    });
    channel.on('ack', ({ deliveryTag, multiple }) => this.#confirmed(deliveryTag, multiple, true));
    channel.on('nack', ({ deliveryTag, multiple }) => this.#confirmed(deliveryTag, multiple, false));
    channel.on('return', (message) => this.#returned(message));
    this.#pump();
  }

  /** The channel has ended: what was on the wire waits again, before what is newer. */
  #detach(reason?: unknown): void {
    this.#channel = undefined;
    clearTimeout(this.#again_timer);
    this.#again_timer = undefined;
    const sent = this.#sent.filter((outgoing) => outgoing !== undefined);
    this.#sent.fill(undefined);
    this.#tag_oldest = 1;
    this.#tag_next = 1;
    this.#outbox.rewind('sent');
    // Suspects stay until it is found out, one by one, which it was.
    if (this.#blames(sent, reason)) return;
    this.#suspects = 0;
    // What came from the store is there still, and keeps its place among what was taken over since.
    for (const outgoing of this.#outbox.waiting('replayed')) {
      this.#outbox.remove(outgoing);
      outgoing.reject(busClosed());
    }
    this.#overflow(this.#backlog?.memory_messages);
  }

  /** Whether a channel has ended by the fault of a message that was on the wire; else tells why it has. */
  #blames(sent: readonly Outgoing[], reason: unknown): boolean {
    if (reason === undefined) return false;
    const why = reasonOf(reason);
    if (blamesMessage(reason)) {
      const [only] = sent;
      // Confirms lag behind, so it may have been any of them, unless there was but one.
      if (sent.length === 1 && only !== undefined) this.#strike(only, why);
      else this.#suspects = sent.length;
      return true;
    }
    if (codeOf(reason) === ACCESS_REFUSED) {
      this.#complaints.raise(brokerAccessRefused(this.#options.broker, why, reason));
    } else if (typeof codeOf(reason) === 'number' && codeOf(reason) !== CONNECTION_FORCED) {
      this.#complaints.raise(channelLost(this.#options.broker, why, reason));
    }
    return false;
  }

  /** Sends what waits, as far as the broker and the write buffer take it. */
  #pump(): void {
    for (;;) {
      const channel = this.#channel;
      if (channel === undefined || !this.#writable || this.#blocked !== undefined) return;
      const in_flight = this.#tag_next - this.#tag_oldest;
      if (in_flight >= IN_FLIGHT_MAX || (this.#suspects > 0 && in_flight > 0)) return;
      const outgoing = this.#outbox.peek();
      if (outgoing === undefined) {
        // Nothing is left that could be one.
        if (this.#outbox.size === 0) this.#suspects = 0;
        this.#backlog?.wake();
        return;
      }
      const verdict = this.#settling?.verdict(outgoing.envelope.key, outgoing);
      if (verdict === 'wait') return;
      if (verdict === 'aside') outgoing.state = 'aside';
      else this.#send(channel, outgoing);
    }
  }

  #send(channel: ConfirmChannel, outgoing: Outgoing): void {
    const { envelope } = outgoing;
    try {
      this.#writable = channel.publish(
        this.#options.exchange.name,
        envelope.key,
        bytesOf(envelope.payload),
        writeProperties(envelope, this.#settling !== undefined),
      );
    } catch (error) {
      if (error instanceof IllegalOperationError) {
        // The channel is closed, and the event that says so is on its way.
        this.#channel = undefined;
      } else {
        this.#giveUp(outgoing, reasonOf(error), error);
      }
      return;
    }
    outgoing.state = 'sent';
    outgoing.returned = false;
    this.#sent[this.#tag_next & (IN_FLIGHT_MAX - 1)] = outgoing;
    this.#tag_next++;
  }

  #confirmed(tag: number, multiple: boolean, taken: boolean): void {
    for (let each = multiple ? this.#tag_oldest : tag; each <= tag; each++) {
      const outgoing = this.#sent[each & (IN_FLIGHT_MAX - 1)];
      this.#sent[each & (IN_FLIGHT_MAX - 1)] = undefined;
      if (outgoing !== undefined) this.#settle(outgoing, taken);
    }
    while (this.#tag_oldest < this.#tag_next && this.#sent[this.#tag_oldest & (IN_FLIGHT_MAX - 1)] === undefined) {
      this.#tag_oldest++;
    }
    if (taken && this.#blocked === undefined) this.#complaints.settle(this.#works_again);
    this.#pump();
  }

  #settle(outgoing: Outgoing, taken: boolean): void {
    if (this.#suspects > 0) this.#suspects--;
    if (!taken) {
      this.#refused(outgoing);
      return;
    }
    if (outgoing.refusals > 0) this.#again_waits = this.#options.backoff();
    if (this.#settling !== undefined) {
      const { key } = outgoing.envelope;
      if (outgoing.returned && this.#settling.returned(key)) {
        outgoing.returned = false;
        this.#outbox.again(outgoing);
        return;
      }
      this.#settling.taken(key, outgoing);
    }
    this.#outbox.remove(outgoing);
    outgoing.resolve();
  }

  /** The broker gives back a message that no queue was there for; its confirmation follows. */
  #returned({ fields, properties, content }: Message): void {
    if (this.#settling === undefined) return;
    for (let tag = this.#tag_oldest; tag < this.#tag_next; tag++) {
      const outgoing = this.#sent[tag & (IN_FLIGHT_MAX - 1)];
      if (outgoing === undefined || outgoing.returned) continue;
      const { key, payload, properties: own } = outgoing.envelope;
      if (key === fields.routingKey && own.id === properties.messageId && content.equals(payload)) {
        outgoing.returned = true;
        return;
      }
    }
  }

  /**
   * A queue that should have the message could not store it: it is full and says so, or has no leader just now. The
   * others do not wait for it. It is offered again over another channel: one that has met a quorum queue whose leader was
   * lost with its node refuses all that goes there until that node is back (RabbitMQ 3.10).
   */
  #refused(outgoing: Outgoing): void {
    outgoing.refusals++;
    if (outgoing.refusals >= REFUSALS_MAX) {
      this.#giveUp(outgoing, 'the broker could not store it');
      return;
    }
    outgoing.state = 'aside';
    this.#settling?.gone(outgoing.envelope.key, outgoing);
    this.#again_timer ??= setTimeout(() => {
      this.#renewing = true;
      this.#channel?.close().catch(() => {}); // It may end by itself at the same moment.
    }, this.#again_waits.next());
  }

  #strike(outgoing: Outgoing, why: string): void {
    outgoing.strikes++;
    if (outgoing.strikes >= STRIKES_MAX) this.#giveUp(outgoing, why);
  }

  #giveUp(outgoing: Outgoing, why: string, cause?: unknown): void {
    this.#outbox.remove(outgoing);
    this.#settling?.gone(outgoing.envelope.key, outgoing);
    outgoing.reject(messageRefused(outgoing.envelope.key, why, cause));
  }

  /** Whether messages leave now. */
  get #flows(): boolean {
    return this.#channel !== undefined && this.#blocked === undefined;
  }

  /** How many messages of the backlog can be sent now: it stands back while anything waits or is being found out. */
  #room(): number {
    if (!this.#flows || !this.#writable || this.#settling !== undefined || this.#suspects > 0) return 0;
    const most = Math.min(this.#outbox.limit_messages, IN_FLIGHT_MAX) / 2;
    return this.#outbox.peek() === undefined ? Math.ceil(most) - this.#outbox.size : 0;
  }

  /** Hands the oldest that can wait in the store over to it, but for so many of the newest. */
  #overflow(memory_messages = 0): void {
    if (this.#backlog === undefined) return;
    const waiting = this.#outbox.waiting('spools');
    for (const outgoing of waiting.slice(0, Math.max(0, waiting.length - memory_messages))) {
      if (!this.#spools(outgoing)) return;
      this.#outbox.remove(outgoing);
      this.#settling?.gone(outgoing.envelope.key, outgoing);
      outgoing.resolve();
    }
  }

  /** Gives a message to the store; says once when that takes none, and once when it does again. */
  #spools({ envelope }: Outgoing): boolean {
    if (this.#backlog?.take(envelope) === true) {
      this.#spool_complaints.settle('messages are written to the spool again');
      return true;
    }
    const fault = this.#backlog?.fault;
    if (fault !== undefined) this.#spool_complaints.raise(spoolUnwritable(fault));
    return false;
  }

  /** Memory had to let a message go: it waits in the store, or is lost. */
  #evicted(outgoing: Outgoing): void {
    this.#settling?.gone(outgoing.envelope.key, outgoing);
    if (outgoing.elsewhere === 'spools' && this.#spools(outgoing)) {
      outgoing.resolve();
      return;
    }
    if (outgoing.elsewhere !== 'replayed') this.#dropped++;
    outgoing.reject(busBufferFull(this.#outbox.limit_messages));
  }

  #release(): void {
    this.#outbox.rewind('aside');
    this.#pump();
  }

  #stopSettling(): void {
    this.#settling?.stop();
    this.#settling = undefined;
  }

  #watchAlarms(model: ChannelModel): void {
    this.#blocked = undefined;
    model.on('blocked', (reason) => {
      this.#blocked = reasonOf(reason);
      this.#complaints.raise(brokerBlocked(this.#options.broker, this.#blocked));
      this.#options.onBlocked();
      this.#overflow(this.#backlog?.memory_messages);
    });
    model.on('unblocked', () => {
      this.#blocked = undefined;
      this.#complaints.settle(this.#works_again);
      this.#options.onBlocked();
      this.#pump();
    });
  }
}

/** What waits for the broker. */
export interface Buffered {
  /** In memory: messages, and bytes of their keys and bodies. */
  readonly messages: number;
  readonly bytes: number;
  /** Messages in the store. */
  readonly spooled: number;
  /** Messages that memory had to let go since the start, and no store took. */
  readonly dropped: number;
}

interface OpenChannel {
  readonly channel: ConfirmChannel;
  /** Resolves when it is closed, with the broker's reason if it gave one. */
  readonly ended: Promise<unknown>;
}

/** Whether the broker closed a channel or a connection because of something that was published on it. */
function blamesMessage(reason: unknown): boolean {
  const code = codeOf(reason);
  if (typeof code !== 'number' || code === CONNECTION_FORCED || code === NOT_FOUND) return false;
  // A user may be refused one topic, which is the message's fault, or the whole exchange, which is not.
  return code !== ACCESS_REFUSED || /access to topic/.test(reasonOf(reason));
}
