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
  'AnonHugePages',
  'HugePages_Total',
  'HugePages_Free',
  'Hugepagesize',
] as const;

/** Bytes by the kernel's name for them, and numbers of pages where it says `HugePages`; absent where it does not tell them. */
export type Meminfo = { [Name in (typeof NAMES)[number]]?: number };

/** Parses a meminfo. Undefined when it is empty. */
export function parseMeminfo(file: Scanner): Meminfo | undefined {
  if (file.ended) return undefined;
  const meminfo: Meminfo = {};
  for (const { name, label, in_pages } of LABELS) {
    if (!file.seek(label)) continue;
    file.spaces();
    const number = file.whole();
    // What would be no exact number of bytes is no memory of this world.
    if (number === -1 || number >= 2 ** 43) continue;
    // A kB is 1,024 bytes here.
    if (in_pages) meminfo[name] = number;
    else if (file.take(KB)) meminfo[name] = number * 1_024;
  }
  return meminfo;
}

/** How the line of a figure begins. */
const LABELS = NAMES.map((name) => ({ name, label: ascii(`\n${name}:`), in_pages: name.startsWith('HugePages') }));
const KB = ascii(' kB');
