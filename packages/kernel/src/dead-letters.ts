// Messages that a kept subscription refused, held for a person to look at.

import { DEAD_LETTERS_MAX, type DeadLetter } from './bus.ts';
import { BoundedQueue } from './queue.ts';

/** Bytes of bodies held, at most. */
const BYTES_MAX = 64 * 1024 * 1024;

/** The newest of them, within a bound in messages and one in bytes. */
export class DeadLetters {
  readonly #queue = new BoundedQueue<DeadLetter>(DEAD_LETTERS_MAX);
  #bytes = 0;

  add(letter: DeadLetter): void {
    this.#bytes += bytesOf(letter) - bytesOf(this.#queue.push(letter));
    while (this.#bytes > BYTES_MAX) this.#bytes -= bytesOf(this.#queue.shift());
  }

  /** All of them, oldest first. */
  get all(): DeadLetter[] {
    const all = this.#queue.clear();
    for (const letter of all) this.#queue.push(letter);
    return all;
  }
}

function bytesOf(letter: DeadLetter | undefined): number {
  return letter?.envelope.payload.byteLength ?? 0;
}
