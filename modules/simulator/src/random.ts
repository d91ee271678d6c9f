// Chance that repeats: the same seed gives the same numbers, whatever other machines draw.

/** Draws numbers, always the same from the same seed. */
export class Random {
  #state: number;

  /** `stream` keeps those apart that share a seed. Both are whole numbers of up to 32 bits. */
  constructor(seed: number, stream: number) {
    this.#state = Math.imul(seed ^ 0x9e3779b9, 0x85ebca6b) ^ Math.imul(stream + 1, 0xc2b2ae35);
    // What is alike in the seeds has left after a few steps.
    for (let i = 0; i < 4; i++) this.next();
  }

  /** From 0 to below 1, evenly. Mulberry32, by Tommy Ettinger. */
  next(): number {
    this.#state = (this.#state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(this.#state ^ (this.#state >>> 15), 1 | this.#state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  }

  /** From `least` to below `most`, evenly. */
  between(least: number, most: number): number {
    return least + this.next() * (most - least);
  }

  /** About normal, with mean 0 and deviation 1, never past 3.5: the sum of four even draws. */
  around(): number {
    return (this.next() + this.next() + this.next() + this.next() - 2) * 1.732;
  }

  /** A waiting time in milliseconds, where so many come on average in `every_ms`. Exponential. */
  wait(every_ms: number): number {
    return -Math.log(1 - this.next()) * every_ms;
  }
}
