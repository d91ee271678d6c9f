// Things in the order in which they last changed, so that whoever has seen up to one change can be told what came after it,
// without a queue for each of them.

/** What somebody has missed. */
export interface Missed<Value> {
  readonly entries: readonly (readonly [key: string, value: Value])[];
  /** Up to which change it goes. */
  readonly cursor: number;
  /** Something went that they may have seen: all that there is is told anew. */
  readonly begins: boolean;
}

export class Changes<Value> {
  readonly #entries = new Map<string, { readonly value: Value; readonly serial: number }>();
  #serial = 0;
  /** The newest change of what has gone. */
  #gone_serial = 0;

  get size(): number {
    return this.#entries.size;
  }

  /** The number of the newest change. */
  get serial(): number {
    return this.#serial;
  }

  get(key: string): Value | undefined {
    return this.#entries.get(key)?.value;
  }

  *values(): Generator<Value> {
    for (const { value } of this.#entries.values()) yield value;
  }

  put(key: string, value: Value): void {
    this.#entries.delete(key);
    this.#entries.set(key, { value, serial: ++this.#serial });
  }

  /** Lets one go without a word: whoever has not seen its last change begins anew. */
  forget(key: string): void {
    const entry = this.#entries.get(key);
    if (entry === undefined) return;
    this.#entries.delete(key);
    this.#gone_serial = Math.max(this.#gone_serial, entry.serial);
  }

  /** What has changed after a change, oldest first; 0 is before the first. */
  since(cursor: number, limit: number): Missed<Value> {
    const begins = cursor === 0 || cursor < this.#gone_serial;
    const from = begins ? 0 : cursor;
    const entries: [string, Value][] = [];
    let last = from;
    for (const [key, { value, serial }] of this.#entries) {
      if (serial <= from) continue;
      if (entries.length === limit) return { entries, cursor: last, begins };
      entries.push([key, value]);
      last = serial;
    }
    return { entries, cursor: this.#serial, begins };
  }
}
