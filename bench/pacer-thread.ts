// The thread that keeps time for `pacer.ts`: it sleeps until each tick is due, then wakes the driver. Node's own timers
// have a step of a millisecond, which would hide half of what is measured.

import { workerData } from 'node:worker_threads';
import { now_ms } from './clock.ts';
import type { PacerTask } from './pacer.ts';

const { start_ms, interval_ms, bell } = workerData as PacerTask;
/** Nobody ever writes here: waiting for it is a sleep. */
const never = new Int32Array(new SharedArrayBuffer(4));

for (let tick = 0; ; tick++) {
  const due_ms = start_ms + tick * interval_ms;
  for (let left_ms = due_ms - now_ms(); left_ms > 0; left_ms = due_ms - now_ms()) Atomics.wait(never, 0, 0, left_ms);
  Atomics.add(bell, 0, 1);
  Atomics.notify(bell, 0);
}
