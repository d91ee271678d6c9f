// What arrives one by one, and how a test waits for it: for the arrival, never for a time. A wait that does not end is
// ended by the test's own limit.

/** Everything that has arrived so far. */
export class Arrivals<Item> {
  readonly items: Item[] = [];
  readonly #waiting = new Set<() => void>();
  #over: Error | undefined;

  /** Takes the next item. */
  push(item: Item): void {
    this.items.push(item);
    this.#wake();
  }

  /** Says that nothing more will come: waits that are not fulfilled reject with `why`. */
  end(why: Error): void {
    this.#over = why;
    this.#wake();
  }

  /** Resolves to all that has arrived when there are at least `n`. */
  count(n: number): Promise<readonly Item[]> {
    return this.until((items) => items.length >= n);
  }

  /** Resolves to all that has arrived when `holds` is true of it. */
  until(holds: (items: readonly Item[]) => boolean): Promise<readonly Item[]> {
    return new Promise((resolve, reject) => {
      const look = () => {
        if (holds(this.items)) resolve([...this.items]);
        else if (this.#over !== undefined) reject(this.#over);
        else return;
        this.#waiting.delete(look);
      };
      this.#waiting.add(look);
      look();
    });
  }

  #wake(): void {
    for (const look of [...this.#waiting]) look();
  }
}
