// For the tests beside this file: the captured machines in fixtures/.

import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { openSys, type Sys } from '../host.ts';

const folder = fileURLToPath(new URL('./fixtures', import.meta.url));

/** Every captured machine. */
export const machines: readonly string[] = readdirSync(folder, { withFileTypes: true })
  .filter((entry) => entry.isDirectory())
  .map(({ name }) => name);

/** Its /proc, as a root for `openHost`. */
export function rootOf(machine: string): string {
  return `${folder}/${machine}/proc`;
}

/** Its /sys; undefined when it has none. */
export function sysOf(machine: string): Sys | undefined {
  return openSys(rootOf(machine));
}

/** The text of a file of its /proc; undefined when it has none. */
export function captured(machine: string, file: string): string | undefined {
  return read(`${rootOf(machine)}/${file}`);
}

/** The same about a second later. What was captured once only is the same still. */
export function capturedLater(machine: string, file: string): string | undefined {
  return read(`${folder}/${machine}/later/proc/${file}`) ?? captured(machine, file);
}

function read(path: string): string | undefined {
  return existsSync(path) ? readFileSync(path, 'latin1') : undefined;
}
