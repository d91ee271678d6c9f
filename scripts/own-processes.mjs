// Every process that the test starts, and those that they start, carry a mark in their environment. So none is left
// behind, whoever its parent was: a broker that became a daemon, the browser's helpers, what a killed test had started.

import { randomBytes } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';

const NAME = 'TEST_RUN_MARK';

/** Between two looks at who still runs. */
const LOOK_AGAIN_MS = 50;

/** Makes a mark: the variable to put into the environment of what is started. */
export function makeMark() {
  return { [NAME]: randomBytes(8).toString('hex') };
}

/** Those that carry the mark, except this process itself: their number and command. */
export function markedProcesses(mark) {
  const wanted = `${NAME}=${mark[NAME]}`;
  const found = [];
  for (const pid of pids()) {
    try {
      if (!readFileSync(`/proc/${pid}/environ`, 'latin1').split('\0').includes(wanted)) continue;
      found.push({ pid, command: readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ').slice(0, 120) });
    } catch {
      // It ended meanwhile, or belongs to somebody else.
    }
  }
  return found;
}

/** Waits until none is left, at most `wait_ms`; resolves to those that still run. */
export async function waitForEnd(mark, wait_ms) {
  const until_ms = Date.now() + wait_ms;
  let left = markedProcesses(mark);
  while (left.length > 0 && Date.now() < until_ms) {
    await pause(LOOK_AGAIN_MS);
    left = markedProcesses(mark);
  }
  return left;
}

/** Ends them: asks first, then kills, until none is left; at most 10 s. */
export async function endAll(mark) {
  signalAll(mark, 'SIGTERM');
  if ((await waitForEnd(mark, 2000)).length === 0) return;
  for (let tries = 0; tries < 10; tries++) {
    signalAll(mark, 'SIGKILL');
    if ((await waitForEnd(mark, 800)).length === 0) return;
  }
}

function signalAll(mark, signal) {
  for (const { pid } of markedProcesses(mark)) {
    try {
      process.kill(pid, signal);
    } catch {
      // It ended meanwhile.
    }
  }
}

function pids() {
  try {
    const names = readdirSync('/proc').filter((name) => /^\d+$/.test(name));
    return names.map(Number).filter((pid) => pid !== process.pid);
  } catch {
    return []; // No /proc here: what a test starts it also ends.
  }
}
