// What a figure is counted in for others, and how its name is put together again.

import type { Unit as NamedUnit } from '@ganglion/topics';

/** As its name says; `moment` is epoch milliseconds. Yes and no are counts, 1 and 0. */
export type Unit = NamedUnit | 'moment';

/** A name with its unit, as in a message: `read` in `bytes_per_second` is `read_bytes_per_second`. */
export function fieldOf(stem: string, unit: Unit): string {
  const ending = unit === 'count' ? '' : unit === 'moment' ? 'ms' : unit;
  return [stem, ending].filter((part) => part !== '').join('_');
}

/** One of several: `devices` is `device`, `batteries` is `battery`. */
export function singular(name: string): string {
  if (name.endsWith('ies')) return `${name.slice(0, -3)}y`;
  return name.length > 1 && name.endsWith('s') && !name.endsWith('ss') ? name.slice(0, -1) : name;
}
