// The lock of a folder: a file that names the process which uses it. One whose process is gone is taken over.

import { linkSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** How often it is tried when others try at the same moment. */
const TRIES_MAX = 10;

/**
 * Takes the lock of a folder.
 *
 * @returns the function that lets it go; or the number of the process that holds it
 */
export function takeLock(folder: string): (() => void) | string {
  const path = join(folder, 'lock');
  const own_path = `${path}.${process.pid}`;
  const own = describe(process.pid);
  writeFileSync(own_path, own, { mode: 0o600 });
  try {
    for (let tries = 0; tries < TRIES_MAX; tries++) {
      try {
        // A link is there at once and whole; a file that is opened and then written is empty for a moment.
        linkSync(own_path, path);
        return () => {
          if (readIfThere(path) === own) rmSync(path, { force: true });
        };
      } catch (error) {
        if (!isThere(error)) throw error;
      }
      const holder = readIfThere(path);
      if (holder === undefined) continue;
      const [pid = ''] = holder.split(' ');
      if (isAlive(holder)) return pid;
      takeAway(path, holder);
    }
    return 'another';
  } finally {
    rmSync(own_path, { force: true });
  }
}

/** Takes a stale lock out of the way, and puts it back when it is not the one that was found stale. */
function takeAway(path: string, stale: string): void {
  const aside = `${path}.${process.pid}.stale`;
  try {
    renameSync(path, aside);
    if (readIfThere(aside) !== stale) linkSync(aside, path);
  } catch {
    // Someone else was faster.
  }
  rmSync(aside, { force: true });
}

/** A process by its number and, where the system tells, when it started: numbers are used again, 1 in any container. */
function describe(pid: number): string {
  const stat = readIfThere(`/proc/${pid}/stat`);
  // The second field is the program's name in brackets, which may hold anything.
  const started = stat?.slice(stat.lastIndexOf(')') + 2).split(' ')[19];
  return `${pid} ${started ?? '-'}`;
}

function isAlive(holder: string): boolean {
  const pid = Number(holder.split(' ')[0]);
  if (!Number.isInteger(pid) || pid < 1) return false;
  try {
    process.kill(pid, 0);
  } catch (error) {
    // Someone else's process is alive too.
    if (!(error instanceof Error && 'code' in error && error.code === 'EPERM')) return false;
  }
  return describe(pid) === holder;
}

function readIfThere(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}

function isThere(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'EEXIST';
}
