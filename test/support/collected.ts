// What arrives one by one, from a program, a socket or a broker, and how a test waits for it: for an event, never for a
// time. A wait that does not end is ended by the test's own limit, or by the end of what it listens to.

/** Everything that has arrived so far. */
export class Collected<Item> {
  readonly items: Item[] = [];
  readonly #waiting = new Set<() => void>();
  #ended: Error | undefined;

  /** Takes the next item. */
  push(item: Item): void {
    this.items.push(item);
    this.#wake();
  }

  /** Says that nothing more will come: waits that are not fulfilled reject with `why`. */
  end(why: Error): void {
    this.#ended = why;
    this.#wake();
  }

  /** Resolves to the first item at or after `from` that fits, past or coming. */
  async first<Fit extends Item>(fits: (item: Item) => item is Fit, from?: number): Promise<Fit>;
  async first(fits: (item: Item) => boolean, from?: number): Promise<Item>;
  async first(fits: (item: Item) => boolean, from = 0): Promise<Item> {
    let at = from;
    return this.#until(() => {
      while (at < this.items.length) {
        const item = this.items[at++] as Item;
        if (fits(item)) return { found: item };
      }
      return undefined;
    });
  }

  /** Resolves to the next item that arrives from now on and fits. */
  next(fits: (item: Item) => boolean = () => true): Promise<Item> {
    return this.first(fits, this.items.length);
  }

  /** Resolves when `holds` is true of all that arrived. Asked once for each item. */
  async until(holds: (items: readonly Item[]) => boolean): Promise<void> {
    await this.#until(() => (holds(this.items) ? { found: undefined } : undefined));
  }

  /** The same items, each made into another as it arrives. */
  map<Other>(make: (item: Item) => Other): Collected<Other> {
    const others = new Collected<Other>();
    let at = 0;
    const take = () => {
      while (at < this.items.length) others.push(make(this.items[at++] as Item));
      if (this.#ended !== undefined) others.end(this.#ended);
    };
    this.#waiting.add(take);
    take();
    return others;
  }

  /** Those that fit, as they arrive. */
  filter(fits: (item: Item) => boolean): Collected<Item> {
    const others = new Collected<Item>();
    this.map((item) => fits(item) && others.push(item));
    return others;
  }

  #until<Found>(look: () => { found: Found } | undefined): Promise<Found> {
    return new Promise((resolve, reject) => {
      const again = () => {
        const result = look();
        if (result === undefined && this.#ended === undefined) return;
        this.#waiting.delete(again);
        if (result !== undefined) resolve(result.found);
        else reject(this.#ended);
      };
      this.#waiting.add(again);
      again();
    });
  }

  #wake(): void {
    for (const again of [...this.#waiting]) again();
  }
}
