// Doing together what is due at about the same time: what is written in one turn of the event loop leaves in one system call.

/** Calls what is due at once when the last time was a while ago, and else a little later, all of it in one turn. */
export class Together {
  readonly #every_ms: number;
  readonly #due = new Set<() => void>();
  /** When it was last done, by a clock that nobody sets. */
  #done_ms = Number.NEGATIVE_INFINITY;
  #soon: NodeJS.Timeout | undefined;
  #now = false;

  /** @param every_ms what becomes due after the last time waits for so long at most */
  constructor(every_ms: number) {
    this.#every_ms = every_ms;
  }

  /**
   * Has `work` called once, with all that is due by then.
   *
   * @param is_awaited whether it cannot wait
   */
  schedule(work: () => void, is_awaited: boolean): void {
    this.#due.add(work);
    if (this.#now || (this.#soon !== undefined && !is_awaited)) return;
    const wait_ms = this.#done_ms + this.#every_ms - performance.now();
    if (is_awaited || wait_ms <= 0) {
      this.#now = true;
      setImmediate(() => this.#work());
    } else this.#soon = setTimeout(() => this.#work(), wait_ms);
  }

  #work(): void {
    clearTimeout(this.#soon);
    this.#soon = undefined;
    this.#now = false;
    this.#done_ms = performance.now();
    const due = [...this.#due];
    this.#due.clear();
    for (const work of due) work();
  }
}
