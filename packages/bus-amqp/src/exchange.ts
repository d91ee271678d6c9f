// The one exchange: made when it is not there, taken as it is when it is.

import { reasonOf } from '@ganglion/kernel';
import type { ChannelModel } from 'amqplib';
import { brokerAccessRefused, exchangeTypeWrong } from './errors.ts';
import { ACCESS_REFUSED, codeOf, PRECONDITION_FAILED, refusalOf } from './replies.ts';

/** A topic exchange, and what is known of the one that stands. */
export class Exchange {
  readonly name: string;
  readonly #broker: string;
  /**
   * Whether it outlives the broker. One that was found not to is declared like that again after the broker has come
   * back without it: whoever made it first declares it so, and would be refused if it stood otherwise.
   */
  #durable: boolean;
  /** Whether the broker refuses that we declare it, though it stands: then asking whether it is there has to do. */
  #may_not_declare = false;

  /**
   * @param broker how errors name the broker
   * @param durable whether it outlives the broker, if we make it
   */
  constructor(name: string, broker: string, durable: boolean) {
    this.name = name;
    this.#broker = broker;
    this.#durable = durable;
  }

  /**
   * Makes sure that it stands. Declaring tells more than asking whether it is there: it also says when an exchange of
   * that name is of another type, which nothing else tells; and it takes one round trip.
   *
   * @throws CodedError `EXCHANGE_TYPE_WRONG`, `BROKER_ACCESS_REFUSED`; what the library throws when the connection ends
   */
  async ensure(model: ChannelModel): Promise<void> {
    if (this.#may_not_declare && (await this.#absence(model)) === undefined) return;
    let refusal: Error | undefined;
    for (const durable of [this.#durable, !this.#durable]) {
      refusal = await refusalOf(model, (channel) => channel.assertExchange(this.name, 'topic', { durable }));
      if (refusal === undefined) {
        this.#durable = durable;
        return;
      }
      if (codeOf(refusal) !== PRECONDITION_FAILED) break;
      if (/arg 'type'/.test(refusal.message)) throw exchangeTypeWrong(this.name, reasonOf(refusal), refusal);
    }
    // It differs in another way, or we may use but not declare it: that it stands is enough.
    const absence = await this.#absence(model);
    // A refusal is a line in the broker's log: one is enough.
    this.#may_not_declare = absence === undefined && codeOf(refusal) === ACCESS_REFUSED;
    if (absence === undefined) return;
    throw codeOf(refusal) === ACCESS_REFUSED
      ? brokerAccessRefused(this.#broker, reasonOf(refusal), refusal)
      : (refusal ?? absence);
  }

  #absence(model: ChannelModel): Promise<Error | undefined> {
    return refusalOf(model, (channel) => channel.checkExchange(this.name));
  }
}
