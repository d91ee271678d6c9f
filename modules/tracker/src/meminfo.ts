// /proc/meminfo, see proc(5): `MemTotal:       24683620 kB`, a line a figure. Which figures there are differs by kernel.

import { ascii, type Scanner } from './scanner.ts';

/** The figures that probes use. */
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
  for (; !file.ended; file.nextLine()) {
    for (const { name, label } of LABELS[file.peek()] ?? NONE) {
      if (!file.take(label)) continue;
      file.spaces();
      const kilobytes = file.whole();
      // A kB is 1,024 bytes here; what would be no exact number of bytes is no memory of this world.
      if (kilobytes !== -1 && kilobytes < 2 ** 43 && file.take(KB)) meminfo[name] = kilobytes * 1_024;
      break;
    }
  }
  return meminfo;
}

/** How a line begins, and the figure that it tells; by first byte, since most lines are of no use here. */
const LABELS: { name: (typeof NAMES)[number]; label: Uint8Array }[][] = [];
for (const name of NAMES) {
  const label = ascii(`${name}:`);
  const alike = LABELS[label[0] ?? 0] ?? [];
  alike.push({ name, label });
  LABELS[label[0] ?? 0] = alike;
}
const NONE: (typeof LABELS)[number] = [];
const KB = ascii(' kB');
