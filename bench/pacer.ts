// An open-loop pace: ticks come at their times, however slow the answers are, and each knows when it was due.

import { Worker } from 'node:worker_threads';
import { now_ms } from './clock.ts';

/** What the thread is told. */
export interface PacerTask {
  readonly start_ms: number;
  readonly interval_ms: number;
  /** Grows by one with each tick. */
  readonly bell: Int32Array;
}

/** What a started thread takes until it keeps time. */
const THREAD_START_MS = 100;

/**
 * Calls `onTick` for `duration_ms`, each `interval_ms`, with the time at which the tick was due; about 0.1 ms late when a
 * core is free. Ticks that could not be called in time are called together, each with its own time.
 */
export async function pace(interval_ms: number, duration_ms: number, onTick: (due_ms: number) => void): Promise<void> {
  const ticks = Math.round(duration_ms / interval_ms);
  const bell = new Int32Array(new SharedArrayBuffer(4));
  const start_ms = now_ms() + THREAD_START_MS;
  const workerData: PacerTask = { start_ms, interval_ms, bell };
  const thread = new Worker(new URL('./pacer-thread.js', import.meta.url), { workerData });
  try {
    for (let tick = 0; tick < ticks; ) {
      const rung = await rings(bell, tick);
      while (tick < rung && tick < ticks) onTick(start_ms + interval_ms * tick++);
    }
  } finally {
    await thread.terminate();
  }
}

/** Resolves to how often the bell has rung, once that is more than `heard`. Lighter than a message between threads. */
async function rings(bell: Int32Array, heard: number): Promise<number> {
  const { async: waits, value } = (Atomics as WithWaitAsync).waitAsync(bell, 0, heard);
  // When it has rung already, the sockets have their turn all the same.
  await (waits ? value : new Promise((resolve) => setImmediate(resolve)));
  return Atomics.load(bell, 0);
}

/** ES2024, which Node 20 has and the library of types we compile against has not. */
type WithWaitAsync = typeof Atomics & {
  waitAsync(cell: Int32Array, index: number, value: number): { readonly async: boolean; readonly value: unknown };
};
