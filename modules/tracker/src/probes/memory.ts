// Memory: in use is what is not available, and available is what a new program could get without swapping. Caches are
// available: the kernel gives them up when it must.

import Type, { type Static } from 'typebox';
import { procUnexpected } from '../errors.ts';
import { Bytes } from '../figures.ts';
import type { Os } from '../host.ts';
import { bytesOf } from '../meminfo.ts';
import { defineProbe, percentageOf, type Reading } from '../probe.ts';

const schema = Type.Object({
  total_bytes: Bytes('Total'),
  available_bytes: Type.Optional(Bytes('Available')),
  available_from: Type.Optional(
    Type.Enum(['kernel', 'estimate', 'free'], {
      title: 'How available is known: told by the kernel, estimated from its parts, or only what is free',
    }),
  ),
  used_bytes: Type.Optional(Bytes('In use')),
  free_bytes: Type.Optional(Bytes('Free')),
  cached_bytes: Type.Optional(Bytes('Cached files')),
  buffers_bytes: Type.Optional(Bytes('Buffers')),
  shared_bytes: Type.Optional(Bytes('Shared')),
  dirty_bytes: Type.Optional(Bytes('Waiting to be written')),
  writeback_bytes: Type.Optional(Bytes('Being written')),
});

type Figures = Static<typeof schema>;

export const memory = defineProbe({
  name: 'memory',
  schema,
  open: ({ proc, os }) => ({
    read: () => {
      if (proc === undefined) return memoryOf(os);
      const meminfo = proc.read('meminfo');
      return meminfo === undefined ? undefined : parseMemory(meminfo);
    },
  }),
});

/**
 * Parses /proc/meminfo. Undefined when it is empty.
 *
 * @throws CodedError `PROC_UNEXPECTED`
 */
export function parseMemory(meminfo: string): Reading<Figures> | undefined {
  if (meminfo === '') return undefined;
  const total_bytes = bytesOf(meminfo, 'MemTotal');
  if (total_bytes === undefined || total_bytes === 0) throw procUnexpected('/proc/meminfo', meminfo.slice(0, 80));
  const figures: Figures = { total_bytes };
  for (const [field, name] of FIELDS) {
    const bytes = bytesOf(meminfo, name);
    if (bytes !== undefined) figures[field] = bytes;
  }
  // Some containers tell more than their total; that cannot be, so it is not used.
  const told = bytesOf(meminfo, 'MemAvailable');
  if (told !== undefined && told <= total_bytes) return withAvailable(figures, told, 'kernel');
  const estimated = estimateAvailable(meminfo);
  return estimated === undefined ? { figures } : withAvailable(figures, Math.min(estimated, total_bytes), 'estimate');
}

/** What is passed on as it is told. */
const FIELDS = [
  ['free_bytes', 'MemFree'],
  ['cached_bytes', 'Cached'],
  ['buffers_bytes', 'Buffers'],
  ['shared_bytes', 'Shmem'],
  ['dirty_bytes', 'Dirty'],
  ['writeback_bytes', 'Writeback'],
] as const;

/**
 * For kernels before 3.14, which tell no MemAvailable: what is free, and the caches that can be given up. Shared memory
 * is counted among the cached files and cannot be.
 */
function estimateAvailable(meminfo: string): number | undefined {
  const bytes = (name: string) => bytesOf(meminfo, name) ?? 0;
  const free_bytes = bytesOf(meminfo, 'MemFree');
  if (free_bytes === undefined) return undefined;
  const files_bytes = Math.max(0, bytes('Cached') - bytes('Shmem'));
  return free_bytes + files_bytes + bytes('Buffers') + bytes('SReclaimable');
}

/**
 * The same from Node's view of the machine. Windows tells what is available; elsewhere Node knows only what is free, so
 * that caches count as in use.
 */
export function memoryOf(os: Pick<Os, 'totalmem' | 'freemem' | 'platform'>): Reading<Figures> | undefined {
  const total_bytes = os.totalmem();
  const free_bytes = os.freemem();
  if (!(total_bytes > 0 && free_bytes >= 0 && free_bytes <= total_bytes)) return undefined;
  return os.platform() === 'win32'
    ? withAvailable({ total_bytes }, free_bytes, 'kernel')
    : withAvailable({ total_bytes, free_bytes }, free_bytes, 'free');
}

/** @param available_bytes 0 to the total */
function withAvailable(
  figures: Figures,
  available_bytes: number,
  available_from: NonNullable<Figures['available_from']>,
): Reading<Figures> {
  const used_bytes = figures.total_bytes - available_bytes;
  return {
    percentage: percentageOf(used_bytes, figures.total_bytes),
    figures: { ...figures, used_bytes, available_bytes, available_from },
  };
}
