// Disks: what each reads and writes, how long that takes, and how much of the time it is busy, between two readings.
//
// From /proc/diskstats, see the kernel's admin-guide/iostats. A disk that works on several requests at once (any SSD) can
// be busy all the time and have more to give: its latency and its queue tell whether it has.

import Type, { type Static } from 'typebox';
import { CounterTable, type Device, type TableFormat } from '../counter-table.ts';
import { BytesPerSecond, Count, Milliseconds, Percentage, PerSecond } from '../figures.ts';
import { defineProbe, type Reading } from '../probe.ts';
import { perSecond, tell } from '../rate.ts';

/** Disks whose figures are in a measure; the others are counted, and count for the headline. */
export const DISKS_MAX = 32;

const Disk = Type.Object({
  busy_percentage: Percentage('Busy'),
  read_bytes_per_second: BytesPerSecond('Read'),
  written_bytes_per_second: BytesPerSecond('Written'),
  reads_per_second: PerSecond('Reads'),
  writes_per_second: PerSecond('Writes'),
  discards_per_second: Type.Optional(PerSecond('Discards')),
  flushes_per_second: Type.Optional(PerSecond('Flushes')),
  read_latency_ms: Type.Optional(Milliseconds('A read takes')),
  write_latency_ms: Type.Optional(Milliseconds('A write takes')),
  discard_latency_ms: Type.Optional(Milliseconds('A discard takes')),
  flush_latency_ms: Type.Optional(Milliseconds('A flush takes')),
  queue: Type.Number({ title: 'Requests under way, on average', minimum: 0 }),
});

type Disk = Static<typeof Disk>;

const schema = Type.Object({
  busiest: Type.Optional(Type.String({ title: 'The disk that is busy most' })),
  devices: Type.Record(Type.String(), Disk, { title: 'By disk' }),
  left_out: Type.Optional(Count(`Disks beyond the first ${DISKS_MAX}`)),
});

type Figures = Static<typeof schema>;

export const disks = defineProbe({
  name: 'disks',
  schema,
  open: ({ proc, now }) => {
    const table = new CounterTable(DISKS, now);
    const read = () => proc?.read('diskstats', table.parse);
    read();
    return { read: () => (read() === undefined ? undefined : disksIn(table)) };
  },
});

/** Devices that stand for a file or for memory, and drives whose medium is mostly not there. */
const NO_DISK = /^(?:loop|ram|zram|fd|sr)\d+$/;

/**
 * Whether a device of /proc/diskstats is a disk as a whole. Its partitions are named after it, with a number, and a `p`
 * between where its own name ends in a digit: `sda1`, `nvme0n1p1`. A partition whose disk is not there, as some virtual
 * machines have it, is as good as a disk.
 */
export function isDisk(name: string, names: ReadonlySet<string>): boolean {
  if (NO_DISK.test(name)) return false;
  const [, stem] = /^(.+?)\d+$/.exec(name) ?? [];
  if (stem === undefined) return true;
  return !names.has(/\dp$/.test(stem) ? stem.slice(0, -1) : stem);
}

/** What /proc/diskstats looks like. */
export const DISKS: TableFormat = {
  path: '/proc/diskstats',
  head_lines: 0,
  beginning: /^ *\d+ +\d+ (\S+) /,
  columns: 17,
  follows: isDisk,
};

/** What happened on the disks between the last two readings. Undefined when nothing is known of any. */
export function disksIn(table: CounterTable): Reading<Figures> | undefined {
  const entries: [string, Disk][] = [];
  let left_out = 0;
  let percentage = -1;
  let busiest: string | undefined;
  for (const device of table.devices) {
    const disk = diskBetween(device, table.elapsed_ms);
    if (disk === undefined) continue;
    if (disk.busy_percentage > percentage) {
      percentage = disk.busy_percentage;
      busiest = disk.busy_percentage > 0 ? device.name : undefined;
    }
    if (entries.length < DISKS_MAX) entries.push([device.name, disk]);
    else left_out++;
  }
  if (percentage === -1) return undefined;
  const figures: Figures = { devices: Object.fromEntries(entries) };
  if (busiest !== undefined) figures.busiest = busiest;
  if (left_out > 0) figures.left_out = left_out;
  return { percentage, figures };
}

// The columns, from behind the name.
const [READS, READ_SECTORS, WRITES, WRITTEN_SECTORS, BUSY_MS, QUEUED_MS] = [0, 2, 4, 6, 9, 10];

const [READ_MS, WRITE_MS] = [3, 7];
// From Linux 4.18 on, and from 5.5.
const [DISCARDS, DISCARD_MS, FLUSHES, FLUSH_MS] = [11, 14, 15, 16];

/** Always, whatever the disk's own sectors have. */
const SECTOR_BYTES = 512;

/** Undefined when it is not known: the disk is new, or counts from the beginning again. */
function diskBetween(device: Device, elapsed_ms: number): Disk | undefined {
  if (!(device.goesOn(READS) && device.goesOn(WRITES))) return undefined;
  const busy_percentage = perSecond(device.grown(BUSY_MS) / 10, elapsed_ms);
  const queue = Math.round((device.grown(QUEUED_MS) / elapsed_ms) * 100) / 100;
  // Kernels before 2.6.25 tell less of what is not a whole disk.
  if (!Number.isFinite(busy_percentage) || !Number.isFinite(queue)) return undefined;
  const reads = device.grown(READS);
  const writes = device.grown(WRITES);
  const disk: Disk = {
    // The kernel counts in ticks of some milliseconds, and so may come out a little above.
    busy_percentage: Math.min(100, busy_percentage),
    read_bytes_per_second: Math.round(perSecond(device.grown(READ_SECTORS) * SECTOR_BYTES, elapsed_ms)),
    written_bytes_per_second: Math.round(perSecond(device.grown(WRITTEN_SECTORS) * SECTOR_BYTES, elapsed_ms)),
    reads_per_second: perSecond(reads, elapsed_ms),
    writes_per_second: perSecond(writes, elapsed_ms),
    queue,
  };
  const discards = device.grown(DISCARDS);
  const flushes = device.grown(FLUSHES);
  tell(disk, 'discards_per_second', perSecond(discards, elapsed_ms));
  tell(disk, 'flushes_per_second', perSecond(flushes, elapsed_ms));
  tell(disk, 'read_latency_ms', latency(device.grown(READ_MS), reads));
  tell(disk, 'write_latency_ms', latency(device.grown(WRITE_MS), writes));
  tell(disk, 'discard_latency_ms', latency(device.grown(DISCARD_MS), discards));
  tell(disk, 'flush_latency_ms', latency(device.grown(FLUSH_MS), flushes));
  return disk;
}

/** How long one operation takes. NaN where there was none: there is no saying. */
function latency(duration_ms: number, operations: number): number {
  return operations > 0 ? Math.round((duration_ms / operations) * 100) / 100 : Number.NaN;
}
