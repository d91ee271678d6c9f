// The way out: a draft is checked, wrapped and offered to the bus; what becomes of it is counted.

import type { Bus, Envelope } from './bus.ts';
import { encode } from './codec.ts';
import { bodyInvalid, CodedError, oneLine, reasonOf, topicUndeclared } from './errors.ts';
import type { Log } from './log.ts';
import { LogLimiter } from './log.ts';
import type { Module } from './module.ts';
import { type PulseCounts, pulse } from './pulse.ts';
import type { Draft, Message, Topic } from './topic.ts';

/** The wait before a kept message's answer is offered again to a bus whose buffer was full. */
const OFFER_AGAIN_MS = 1000;

/** Publishes what one instance says. */
export class Publisher {
  readonly #bus: Bus;
  readonly #log: Log;
  readonly #module: string;
  readonly #instance: string;
  readonly #counts: PulseCounts;
  readonly #topics: ReadonlyMap<string, Topic>;
  readonly #limiter = new LogLimiter();
  #serial = 0;

  constructor(bus: Bus, log: Log, module: Module, instance: string, counts: PulseCounts) {
    this.#bus = bus;
    this.#log = log;
    this.#module = module.name;
    this.#instance = instance;
    this.#counts = counts;
    this.#topics = new Map([pulse, ...Object.values(module.publishes)].map((topic) => [topic.family, topic]));
  }

  /** Publishes one draft; true when the bus has taken it over. Never throws: what fails is counted and logged. */
  async emit(draft: Draft): Promise<boolean> {
    const envelope = this.#wrap(draft, undefined);
    return envelope !== undefined && (await this.#offer(envelope, draft.family));
  }

  /**
   * Publishes what a handler returned for `message`. The drafts are offered before this returns, so that answers leave
   * in the order of their messages; the promise resolves when all are taken over. With `insist`, a draft that the bus
   * had to drop is offered again until it is taken or the bus is closed, and then the promise rejects.
   */
  answer(message: Message, output: unknown, insist: boolean): Promise<void> {
    if (output === undefined || output === null) return TAKEN;
    const drafts = Array.isArray(output) ? output : [output];
    const offers = drafts.map((draft: Draft) => {
      const envelope = this.#wrap(draft, message);
      if (envelope === undefined) return TAKEN;
      return insist ? this.#insist(envelope, draft.family) : this.#offer(envelope, draft.family).then(ignore);
    });
    return offers.length === 1 ? (offers[0] as Promise<void>) : Promise.all(offers).then(ignore);
  }

  /** Checks a draft; undefined when it cannot be sent. A stranger's module may not have been compiled with our types. */
  #wrap(draft: Draft, answered: Message | undefined): Envelope | undefined {
    const family = String((draft as Draft | undefined)?.family);
    try {
      const topic = this.#topics.get(family);
      if (topic === undefined) throw topicUndeclared(this.#module, family);
      if (!topic.check(draft.body)) throw bodyInvalid(family, topic.explain(draft.body));
      return encode(draft, `${this.#instance}/${++this.#serial}`, this.#instance, answered);
    } catch (error) {
      const code = error instanceof CodedError ? error.code : 'BODY_INVALID';
      this.#counts.failed(this.#topics.has(family) ? family : 'undeclared', code.toLowerCase());
      const held_back = this.#limiter.pass(`${family}/${code}`);
      if (held_back !== undefined) this.#log.error({ code, held_back }, reasonOf(error));
      return undefined;
    }
  }

  async #offer(envelope: Envelope, family: string): Promise<boolean> {
    try {
      await this.#bus.publish(envelope);
      this.#counts.out(family);
      return true;
    } catch (error) {
      this.#dropped(family, error);
      return false;
    }
  }

  async #insist(envelope: Envelope, family: string): Promise<void> {
    for (;;) {
      try {
        await this.#bus.publish(envelope);
        this.#counts.out(family);
        return;
      } catch (error) {
        if (!(error instanceof CodedError) || error.code !== 'BUS_BUFFER_FULL') throw error;
        this.#counts.failed(family, 'buffer_full');
        await new Promise((resolve) => setTimeout(resolve, OFFER_AGAIN_MS));
      }
    }
  }

  #dropped(family: string, error: unknown): void {
    const code = error instanceof CodedError ? error.code : 'BUS_FAILED';
    const reason = code === 'BUS_BUFFER_FULL' ? 'buffer_full' : code === 'BUS_CLOSED' ? 'closed' : 'bus_failed';
    this.#counts.dropped(family, reason);
    const held_back = this.#limiter.pass(`${family}/${reason}`);
    if (held_back !== undefined) this.#log.warn({ code, family: oneLine(family), held_back }, reasonOf(error));
  }
}

const TAKEN = Promise.resolve();
const ignore = () => {};
