// The newest of something, up to a stated number; what had to go for it is counted.

export class Ring<Item> {
  readonly #max: number;
  #items: Item[] = [];
  /** How many were let go. */
  let_go = 0;

  constructor(max: number) {
    this.#max = max;
  }

  push(items: readonly Item[]): void {
    this.#items = this.#items.concat(items);
    const over = this.#items.length - this.#max;
    if (over <= 0) return;
    this.let_go += over;
    this.#items = this.#items.slice(over);
  }

  /** Oldest first; an array of its own after each `push`. */
  get items(): readonly Item[] {
    return this.#items;
  }

  clear(): void {
    this.#items = [];
    this.let_go = 0;
  }
}
