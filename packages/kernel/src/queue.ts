// The bounded queue: a ring that holds a stated number and, when full, lets the oldest go and counts it.

/** A first-in first-out queue with a limit. Pushing and shifting take constant time. */
export class BoundedQueue<Item> {
  /** Items it holds at most. */
  readonly limit: number;
  /** Items let go because it was full, since it was made. */
  dropped = 0;

  readonly #ring: (Item | undefined)[] = [];
  #first = 0;
  #size = 0;

  /** @param limit at least 1 */
  constructor(limit: number) {
    if (!Number.isInteger(limit) || limit < 1) throw new RangeError(`a queue holds at least 1 item, not ${limit}`);
    this.limit = limit;
  }

  get size(): number {
    return this.#size;
  }

  /** Adds an item; returns the oldest if it had to make room. */
  push(item: Item): Item | undefined {
    let evicted: Item | undefined;
    if (this.#size === this.limit) {
      evicted = this.shift();
      this.dropped++;
    } else if (this.#size === this.#ring.length) {
      this.#grow();
    }
    this.#ring[(this.#first + this.#size) % this.#ring.length] = item;
    this.#size++;
    return evicted;
  }

  /** Takes the oldest item out; undefined when there is none. */
  shift(): Item | undefined {
    if (this.#size === 0) return undefined;
    const item = this.#ring[this.#first];
    this.#ring[this.#first] = undefined;
    this.#first = (this.#first + 1) % this.#ring.length;
    this.#size--;
    return item;
  }

  /** The oldest item, left where it is. */
  peek(): Item | undefined {
    return this.#size === 0 ? undefined : this.#ring[this.#first];
  }

  /** Takes everything out, oldest first. */
  clear(): Item[] {
    const items: Item[] = [];
    for (let item = this.shift(); item !== undefined; item = this.shift()) items.push(item);
    return items;
  }

  /** Doubles the ring, so that a queue with a high limit costs nothing while it is nearly empty. */
  #grow(): void {
    const length = Math.min(this.limit, Math.max(16, this.#ring.length * 2));
    const items = this.clear();
    this.#ring.length = 0;
    for (let i = 0; i < length; i++) this.#ring.push(items[i]);
    this.#first = 0;
    this.#size = items.length;
  }
}
