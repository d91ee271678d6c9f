// Long work in turns: so that who waits for something else of this process waits no longer than one of them.

/** What one turn may take. */
const TURN_MS = 4;

export class Turns {
  #until_ms = performance.now() + TURN_MS;

  isOver(): boolean {
    return performance.now() >= this.#until_ms;
  }

  /** Resolves when all others have had their turn. */
  next(): Promise<void> {
    return new Promise((resolve) => {
      setImmediate(() => {
        this.#until_ms = performance.now() + TURN_MS;
        resolve();
      });
    });
  }
}
