// Trying again: how long to wait, and the loop that keeps something open for as long as it is wanted.

export interface BackoffOptions {
  /** No wait at all before the first attempt after something that lasted: there is another place to try. Default: no. */
  readonly at_once?: boolean;
  /** A number from 0 to 1. */
  readonly random?: () => number;
}

/** Waits that double from the first to the last, each chosen at random between nothing and that ("full jitter"). */
export class Backoff {
  readonly #first_ms: number;
  readonly #last_ms: number;
  readonly #at_once: boolean;
  readonly #random: () => number;
  #attempt = 0;
  #opened_at_ms: number | undefined;

  constructor(first_ms: number, last_ms: number, { at_once = false, random = Math.random }: BackoffOptions = {}) {
    this.#first_ms = first_ms;
    this.#last_ms = last_ms;
    this.#at_once = at_once;
    this.#random = random;
  }

  /** What was tried has worked. The waits begin anew once it has lasted longer than the longest of them. */
  opened(now_ms = performance.now()): void {
    this.#opened_at_ms = now_ms;
  }

  /** The wait before the next attempt, in milliseconds. */
  next(now_ms = performance.now()): number {
    const lasted = this.#opened_at_ms !== undefined && now_ms - this.#opened_at_ms > this.#last_ms;
    this.#opened_at_ms = undefined;
    if (lasted) this.#attempt = 0;
    if (lasted && this.#at_once) return 0;
    const longest_ms = Math.min(this.#last_ms, this.#first_ms * 2 ** this.#attempt);
    if (longest_ms < this.#last_ms) this.#attempt++;
    return this.#random() * longest_ms;
  }
}

/**
 * Runs `session` until `over`: whenever it has ended, by returning or by throwing, waits and runs it again. Never
 * throws: `failed` is told what a session threw.
 */
export async function repeat(
  over: AbortSignal,
  backoff: Backoff,
  session: () => Promise<void>,
  failed: (error: unknown) => void,
): Promise<void> {
  while (!over.aborted) {
    try {
      await session();
    } catch (error) {
      if (!over.aborted) failed(error);
    }
    await pause(backoff.next(), over);
  }
}

/** Waits, but no longer than until `over`. */
export function pause(duration_ms: number, over: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (over.aborted) {
      resolve();
      return;
    }
    const end = () => {
      clearTimeout(timer);
      over.removeEventListener('abort', end);
      resolve();
    };
    const timer = setTimeout(end, duration_ms);
    over.addEventListener('abort', end);
  });
}

/** Waits for `work`, however it ends, but no longer than `limit_ms` nor than until `over`. */
export async function within(work: Promise<unknown>, limit_ms: number, over?: AbortSignal): Promise<void> {
  const done = new AbortController();
  const ended = () => {};
  const late = pause(limit_ms, over === undefined ? done.signal : AbortSignal.any([done.signal, over]));
  await Promise.race([work.then(ended, ended), late]);
  done.abort();
}
