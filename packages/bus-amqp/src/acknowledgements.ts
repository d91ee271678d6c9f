// Which acknowledgements to send: as few as say it all. One for a whole run of messages when nothing before it is still
// under way, one each for the others, so that a slow message never holds up those behind it.

/** A message as the broker delivered it. Tags count up from 1 on each channel. */
interface Delivered {
  readonly fields: { readonly deliveryTag: number };
}

/** What to tell the broker now, in this order: a whole run would cover what is refused. */
export interface Due<Message> {
  /** Refuse these, each on its own. */
  readonly refused: readonly Message[];
  /** Acknowledge this one and all before it. */
  readonly up_to: Message | undefined;
  /** Acknowledge these, each on its own. */
  readonly single: readonly Message[];
}

/** The messages of one channel that the broker waits to hear about; at most the channel's prefetch. */
export class Acknowledgements<Message extends Delivered> {
  /** Neither handled nor given back. A set remembers the order: the first has the lowest tag. */
  readonly #under_way = new Set<Message>();
  #done: Message[] = [];
  #refused: Message[] = [];

  delivered(message: Message): void {
    this.#under_way.add(message);
  }

  done(message: Message): void {
    if (this.#under_way.delete(message)) this.#done.push(message);
  }

  refused(message: Message): void {
    if (this.#under_way.delete(message)) this.#refused.push(message);
  }

  /** It was given back: nothing more will be said about it. */
  returned(message: Message): void {
    this.#under_way.delete(message);
  }

  /** What has become due since the last call. */
  take(): Due<Message> {
    const [first] = this.#under_way;
    const lowest = first?.fields.deliveryTag ?? Number.POSITIVE_INFINITY;
    const single: Message[] = [];
    let up_to: Message | undefined;
    for (const message of this.#done) {
      const tag = message.fields.deliveryTag;
      if (tag > lowest) single.push(message);
      else if (up_to === undefined || tag > up_to.fields.deliveryTag) up_to = message;
    }
    const due = { refused: this.#refused, up_to, single };
    this.#done = [];
    this.#refused = [];
    return due;
  }
}
