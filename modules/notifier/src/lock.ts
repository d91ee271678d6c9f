// The lock of the state folder: a file that names the process which uses it. One whose process is gone is taken over.

import { linkSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** How often it is tried when others try at the same moment. */
const TRIES_MAX = 10;

/**
 * Takes the lock of a folder.
 *
 * @returns the function that lets it go
 * @throws Error when a process that lives holds it, and what the system says
 */
export function takeLock(folder: string): () => void {
  const path = join(folder, 'lock');
  const mine = `${path}.${process.pid}`;
  const own = describe(process.pid);
  writeFileSync(mine, own, { mode: 0o600 });
  try {
    for (let tries = 0; tries < TRIES_MAX; tries++) {
      try {
        // A link is there at once and whole; a file that is opened and then written is empty for a moment.
        linkSync(mine, path);
        return () => {
          if (readIfThere(path) === own) rmSync(path, { force: true });
        };
      } catch (error) {
        if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error;
      }
      const holder = readIfThere(path);
      if (holder === undefined) continue;
      const pid = Number(holder.split(' ')[0]);
      if (isAlive(pid, holder)) throw new Error(`process ${pid} uses it`);
      rmSync(path, { force: true });
    }
    throw new Error('another process takes it at the same moment');
  } finally {
    rmSync(mine, { force: true });
  }
}

/** A process by its number and, where the system tells, when it started: numbers are used again, 1 in any container. */
function describe(pid: number): string {
  const stat = readIfThere(`/proc/${pid}/stat`);
  // The second field is the program's name in brackets, which may hold anything.
  const started = stat?.slice(stat.lastIndexOf(')') + 2).split(' ')[19];
  return `${pid} ${started ?? '-'}`;
}

function isAlive(pid: number, holder: string): boolean {
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
