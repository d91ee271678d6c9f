// /proc/meminfo, see proc(5): `MemTotal:       24683620 kB`, a line a figure. Which figures there are differs by kernel.

import { ascii, type Scanner } from './scanner.ts';

/** The figures that probes use, in the order of today's kernels. */
const NAMES = [
  'MemTotal',
  'MemFree',
  'MemAvailable',
  'Buffers',
  'Cached',
  'SwapTotal',
  'SwapFree',
  'Dirty',
  'Writeback',
  'Shmem',
  'SReclaimable',
] as const;

/** Bytes by the kernel's name for them; absent where it does not tell them. */
export type Meminfo = { [Name in (typeof NAMES)[number]]?: number };

/** Parses a meminfo. Undefined when it is empty. */
export function parseMeminfo(file: Scanner): Meminfo | undefined {
  if (file.ended) return undefined;
  const meminfo: Meminfo = {};
  for (const { name, label } of LABELS) {
    if (!file.seek(label)) continue;
    file.spaces();
    const kilobytes = file.whole();
    // A kB is 1,024 bytes here; what would be no exact number of bytes is no memory of this world.
    if (kilobytes !== -1 && kilobytes < 2 ** 43 && file.take(KB)) meminfo[name] = kilobytes * 1_024;
  }
  return meminfo;
}

/** How the line of a figure begins. */
const LABELS = NAMES.map((name) => ({ name, label: ascii(`\n${name}:`) }));
const KB = ascii(' kB');
