// The health file: a container's health check looks at its age.

import { rmSync, writeFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { type Bus, type Log, LogLimiter, reasonOf } from '@ganglion/kernel';
import { healthFileUnwritable } from './errors.ts';

/** The time between two writes; a check should allow for a few. */
const HEALTH_INTERVAL_MS = 1000;

/**
 * Writes the time into a file, each second while the bus is connected.
 *
 * @returns the function that ends it and removes the file
 * @throws CodedError `HEALTH_FILE_UNWRITABLE`
 */
export function keepHealthFile(path: string, bus: Pick<Bus, 'status'>, log: Log): () => void {
  try {
    // Also removes what an earlier run has left.
    rmSync(path, { force: true });
    if (bus.status.connected) writeFileSync(path, now());
  } catch (error) {
    throw healthFileUnwritable(path, error);
  }
  const limiter = new LogLimiter(60_000);
  let writing = false;
  const timer = setInterval(async () => {
    if (writing || !bus.status.connected) return;
    writing = true;
    try {
      await writeFile(path, now());
    } catch (error) {
      if (limiter.pass('write') !== undefined) log.warn({ path }, `health file not written, ${reasonOf(error)}`);
    }
    writing = false;
  }, HEALTH_INTERVAL_MS);
  timer.unref();
  return () => {
    clearInterval(timer);
    rmSync(path, { force: true });
  };
}

function now(): string {
  return `${new Date().toISOString()}\n`;
}
