// /proc/meminfo, see proc(5): `MemTotal:       24683620 kB`, a line a figure. Which figures there are differs by kernel.

/**
 * The bytes that a meminfo tells under a name; undefined where it does not tell them.
 *
 * @param meminfo the text of /proc/meminfo
 */
export function bytesOf(meminfo: string, name: string): number | undefined {
  const at = meminfo.startsWith(`${name}:`) ? 0 : meminfo.indexOf(`\n${name}:`);
  if (at === -1) return undefined;
  const value_at = meminfo.indexOf(':', at) + 1;
  const value = VALUE.exec(meminfo.slice(value_at, value_at + VALUE_CHARACTERS_MAX));
  return value === null ? undefined : Number(value[1]) * 1_024;
}

/** A kB is 1,024 bytes here. */
const VALUE = /^ *(\d{1,12}) kB$/m;

const VALUE_CHARACTERS_MAX = 32;
