// /proc/meminfo, see proc(5): `MemTotal:       24683620 kB`, a line a figure. Which figures there are differs by kernel.

/** Bytes by the kernel's name for them. */
export type Meminfo = ReadonlyMap<string, number>;

/** Parses a meminfo. Lines that tell no bytes are left out. */
export function parseMeminfo(text: string): Meminfo {
  const meminfo = new Map<string, number>();
  const line = /^([^:\n]+): *(\d{1,12}) kB$/gm;
  for (let match = line.exec(text); match !== null; match = line.exec(text)) {
    const [, name = '', kilobytes] = match;
    // A kB is 1,024 bytes here.
    meminfo.set(name, Number(kilobytes) * 1_024);
  }
  return meminfo;
}
