// One part of the sources of a shared subscription, from the claim until it is given up or lost.
//
// What is remembered of its sources lies in a queue, one message each. Whoever is that queue's one active consumer has the
// part: it is handed all the states, and holds them unsettled for as long as it has the part. When it dies, they are back in
// the queue, and the next consumer is handed them. A state that is saved again is a new message; when it has come back, the
// one before is settled.

import { randomBytes } from 'node:crypto';
import { type Log, reasonOf, type Share, type ShareHolder, shareLost } from '@ganglion/kernel';
import type { ChannelModel, ConfirmChannel, ConsumeMessage } from 'amqplib';
import type { Part, Parts } from './parts.ts';
import { within } from './retry.ts';
import { bytesOf } from './wire.ts';

/** Of several who claim a part, whoever has it hears of its own claim, if of nothing else before: in so long, or it leaves it to others. */
const CLAIM_MS = 300;

/** The broker ends a consumer that holds a message for half an hour (`consumer_timeout`): before that it is handed back, and comes again. */
const HOLD_MS = 10 * 60_000;

/** States that are held, at most, with those that are being replaced: more than sources a part may have. The most that AMQP can say. */
const STATES_MAX = 65_535;

/** A state's headers. */
const SOURCE = 'source';
/** Counts up: of two states of a source, the higher holds. */
const VERSION = 'version';
/** There is nothing to be remembered any more. */
const GONE = 'gone';
/** A message that is no state: who claims the part. */
const CLAIM = 'claim';

interface Held {
  readonly message: ConsumeMessage;
  readonly version: number;
  readonly since_ms: number;
}

export interface PartShareOptions {
  readonly part: Part;
  readonly parts: Parts;
  readonly holder: ShareHolder;
  readonly log: Log;
  /** Called when it is lost without a word. */
  readonly onLost: () => void;
}

export class PartShare implements Share {
  readonly #options: PartShareOptions;
  readonly #channel: ConfirmChannel;
  readonly #claim = randomBytes(8).toString('hex');
  /** By source. */
  readonly #held = new Map<string, Held>();
  /** The newest version of each source that is held or was sent. */
  readonly #versions = new Map<string, number>();
  /** Their states, until it is taken. */
  #found: Map<string, Uint8Array> | undefined;
  #heard: () => void = () => {};
  #claimed: () => void = () => {};
  #taken = false;
  #over = false;
  /** Resolves when it is ours no more. */
  readonly over: Promise<void>;

  /**
   * Claims a part. Undefined when another has it. Else the holder has taken it when this resolves.
   */
  static async claim(model: ChannelModel, options: PartShareOptions): Promise<PartShare | undefined> {
    const share = new PartShare(await model.createConfirmChannel(), options);
    try {
      if (await share.#take()) return share;
    } catch (error) {
      await share.close();
      throw error;
    }
    await share.close();
    return undefined;
  }

  private constructor(channel: ConfirmChannel, options: PartShareOptions) {
    this.#channel = channel;
    this.#options = options;
    channel.on('error', (error) => options.log.debug({}, `share ${options.part.states} ended, ${reasonOf(error)}`));
    channel.on('handler-error', (error) => options.log.error({}, `share failed, ${reasonOf(error)}`));
    this.over = new Promise((resolve) => {
      channel.on('close', () => {
        this.#ended();
        resolve();
      });
    });
  }

  /** Whether it is ours no more. */
  get is_over(): boolean {
    return this.#over;
  }

  get part(): Part {
    return this.#options.part;
  }

  remember(source: string, state: Uint8Array | undefined): Promise<void> {
    if (this.#over) return Promise.reject(shareLost());
    const before = this.#versions.get(source);
    if (state === undefined && before === undefined) return DONE;
    const version = (before ?? 0) + 1;
    this.#versions.set(source, version);
    const headers = { [SOURCE]: source, [VERSION]: version, ...(state === undefined && { [GONE]: true }) };
    return this.#publish(state === undefined ? NOTHING : bytesOf(state), headers);
  }

  /** Hands back what has been held for long; it comes again at once. To be called once a minute or so. */
  renew(now_ms: number): void {
    for (const [source, { message, since_ms }] of this.#held) {
      if (now_ms - since_ms < HOLD_MS) continue;
      this.#held.delete(source);
      this.#channel.nack(message, false, true);
    }
  }

  /**
   * Lets the part go: the holder has lost it before another can have it, and its states are back in the queue when this
   * resolves. Safe to call twice; never rejects.
   */
  async close(): Promise<void> {
    const is_open = !this.#over;
    this.#over = true;
    if (this.#taken) {
      this.#taken = false;
      this.#options.holder.lose(this);
    }
    if (is_open) await this.#channel.close().catch(() => {}); // It may have ended by itself.
  }

  async #take(): Promise<boolean> {
    const { part, parts, holder } = this.#options;
    const heard = new Promise<void>((resolve) => {
      this.#heard = resolve;
    });
    const claimed = new Promise<void>((resolve) => {
      this.#claimed = resolve;
    });
    const found = new Map<string, Uint8Array>();
    this.#found = found;
    // Written out: a quorum queue takes none for 2,000.
    await this.#channel.prefetch(STATES_MAX);
    await this.#channel.consume(part.states, (message) => {
      if (message !== null) this.#delivered(message);
      // The queue was deleted.
      else void this.#channel.close().catch(() => {});
    });
    void this.#publish(NOTHING, { [CLAIM]: this.#claim }).catch(() => {});
    let is_first = false;
    const first = heard.then(() => {
      is_first = true;
    });
    const { consumerCount } = await this.#channel.checkQueue(part.states);
    // Whoever is alone is the active one, and hears of it however slow the broker is. Else another may have been faster.
    if (consumerCount > 1) await within(first, CLAIM_MS);
    else await first;
    if (!is_first) return false;
    await claimed;
    if (this.#over) return false;
    await this.#channel.consume(parts.owners, () => {}, { noAck: true });
    if (this.#over) return false;
    this.#found = undefined;
    this.#taken = true;
    holder.take(this, found);
    return true;
  }

  /** Takes what the queue of states has. */
  #delivered(message: ConsumeMessage): void {
    this.#heard();
    const { headers } = message.properties;
    const source: unknown = headers?.[SOURCE];
    const version: unknown = headers?.[VERSION];
    if (headers?.[CLAIM] === this.#claim) this.#claimed();
    if (typeof source !== 'string' || typeof version !== 'number') {
      this.#channel.ack(message);
      return;
    }
    const known = this.#held.get(source);
    if (known !== undefined && known.version > version) {
      this.#channel.ack(message);
      return;
    }
    if (known !== undefined) this.#channel.ack(known.message);
    const newest = Math.max(version, this.#versions.get(source) ?? 0);
    if (headers?.[GONE] === true) {
      this.#channel.ack(message);
      this.#held.delete(source);
      this.#found?.delete(source);
      if (newest === version) this.#versions.delete(source);
      return;
    }
    this.#versions.set(source, newest);
    this.#held.set(source, { message: withoutContent(message), version, since_ms: performance.now() });
    this.#found?.set(source, message.content);
  }

  #publish(content: Buffer, headers: Record<string, unknown>): Promise<void> {
    const { part, parts } = this.#options;
    return new Promise((resolve, reject) => {
      try {
        this.#channel.publish(
          parts.states_exchange,
          String(part.number),
          content,
          { persistent: true, headers },
          (error: unknown) => {
            if (error === null || error === undefined) resolve();
            else reject(this.#over ? shareLost() : error);
          },
        );
      } catch {
        reject(shareLost()); // The channel is closed.
      }
    });
  }

  #ended(): void {
    this.#heard();
    this.#claimed();
    if (this.#over) return;
    this.#over = true;
    if (this.#taken) this.#options.onLost();
  }
}

/** What an acknowledgement needs of a message: the rest would take memory for as long as it is held. */
function withoutContent(message: ConsumeMessage): ConsumeMessage {
  return { ...message, content: NOTHING };
}

const NOTHING = Buffer.alloc(0);
const DONE = Promise.resolve();
