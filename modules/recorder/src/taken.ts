// Which samples are in cells already. When the samples themselves are gone, one that is told again could not be told from one that
// comes late; so a block of cells remembers when each of its samples was taken, and a short digest of what it said.

import { type Columns, figureOf, TAKEN_MAX, type Taken, TIME } from './block.ts';
import { picked, type Table } from './cells.ts';

/** Two samples of one machine and one millisecond that say different things are taken for one once in so many times. */
const DIGESTS = 2 ** 16;

/** What is to be remembered of samples. */
export function takenOf({ rows, columns }: Table): Taken {
  return { times: (columns.get(TIME) as Float64Array).slice(0, rows), digests: digestsOf(rows, columns) };
}

/** Both, as far as there is room. */
export function joinTaken(one: Taken, other: Taken): Taken {
  if (other.times.length === 0) return one;
  const times = [...one.times, ...other.times];
  const digests = [...one.digests, ...other.digests];
  const order = times.map((_, i) => i).sort((a, b) => (times[a] as number) - (times[b] as number));
  const newest = order.slice(-TAKEN_MAX);
  return {
    times: Float64Array.from(newest, (i) => times[i] as number),
    digests: Float64Array.from(newest, (i) => digests[i] as number),
  };
}

/** The samples that are not among those. */
export function withoutTaken(table: Table, taken: readonly Taken[]): Table {
  if (table.rows === 0) return table;
  const known = new Map<number, number[]>();
  for (const { times, digests } of taken) {
    for (const [i, time_ms] of times.entries()) {
      const same = known.get(time_ms);
      if (same === undefined) known.set(time_ms, [digests[i] as number]);
      else same.push(digests[i] as number);
    }
  }
  const { times, digests } = takenOf(table);
  const fresh: number[] = [];
  for (let row = 0; row < table.rows; row++) {
    if (known.get(times[row] as number)?.includes(digests[row] as number) !== true) fresh.push(row);
  }
  return fresh.length === table.rows ? table : picked(table, fresh);
}

/** The same for the same figures with the same values, whatever else the table has. */
function digestsOf(rows: number, columns: Columns): Float64Array {
  const mixed = new Uint32Array(rows);
  const bits = new DataView(new ArrayBuffer(8));
  for (const number of [...columns.keys()].sort((a, b) => a - b)) {
    if (figureOf(number) === 0) continue;
    const values = columns.get(number) as Float64Array;
    for (let row = 0; row < rows; row++) {
      const value = values[row] as number;
      if (Number.isNaN(value)) continue;
      bits.setFloat64(0, value);
      let digest = mix((mixed[row] as number) ^ number);
      digest = mix(digest ^ bits.getUint32(0));
      mixed[row] = mix(digest ^ bits.getUint32(4));
    }
  }
  return Float64Array.from(mixed, (digest) => digest % DIGESTS);
}

/** The finalizer of MurmurHash3: each bit depends on each. */
function mix(bits: number): number {
  let mixed = Math.imul(bits ^ (bits >>> 16), 0x85ebca6b);
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35);
  return mixed ^ (mixed >>> 16);
}
