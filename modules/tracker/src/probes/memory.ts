// Memory: in use is what is not available, and available is what a new program could get without swapping. Caches are
// available: the kernel gives them up when it must.

import Type, { type Static } from 'typebox';
import { procUnexpected } from '../errors.ts';
import { Bytes } from '../figures.ts';
import type { Os } from '../host.ts';
import { type Meminfo, parseMeminfo } from '../meminfo.ts';
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
  transparent_huge_pages_bytes: Type.Optional(Bytes('In huge pages that the kernel made')),
  huge_pages_bytes: Type.Optional(Bytes('Kept for huge pages')),
  huge_pages_used_bytes: Type.Optional(Bytes('Huge pages in use')),
});

type Figures = Static<typeof schema>;

export const memory = defineProbe({
  name: 'memory',
  schema,
  open: ({ proc, os }) => ({
    read: () => {
      if (proc === undefined) return memoryOf(os);
      const meminfo = proc.read('meminfo', parseMeminfo);
      return meminfo && memoryIn(meminfo);
    },
  }),
});

/**
 * The memory that a meminfo tells of.
 *
 * @throws CodedError `PROC_UNEXPECTED` when it tells no total
 */
export function memoryIn(meminfo: Meminfo): Reading<Figures> {
  const { MemTotal: total_bytes = 0, MemAvailable: told_bytes } = meminfo;
  if (total_bytes === 0) throw procUnexpected('/proc/meminfo', 'it tells no MemTotal');
  const figures: Figures = { total_bytes };
  for (const { field, name } of PASSED_ON) {
    const bytes = meminfo[name];
    if (bytes !== undefined) figures[field] = bytes;
  }
  Object.assign(figures, hugePagesIn(meminfo));
  // Some containers tell more than their total; that cannot be, so it is not used.
  if (told_bytes !== undefined && told_bytes <= total_bytes) return withAvailable(figures, told_bytes, 'kernel');
  const estimated_bytes = estimateAvailable(meminfo);
  return estimated_bytes === undefined
    ? { figures }
    : withAvailable(figures, Math.min(estimated_bytes, total_bytes), 'estimate');
}

/** Figures that are passed on as they are told. */
const PASSED_ON = [
  { field: 'free_bytes', name: 'MemFree' },
  { field: 'cached_bytes', name: 'Cached' },
  { field: 'buffers_bytes', name: 'Buffers' },
  { field: 'shared_bytes', name: 'Shmem' },
  { field: 'dirty_bytes', name: 'Dirty' },
  { field: 'writeback_bytes', name: 'Writeback' },
  { field: 'transparent_huge_pages_bytes', name: 'AnonHugePages' },
] as const;

/** The pool of huge pages of the usual size. Nothing where none is kept, as on most machines. */
function hugePagesIn({ HugePages_Total = 0, HugePages_Free, Hugepagesize }: Meminfo): Partial<Figures> {
  if (HugePages_Total === 0 || Hugepagesize === undefined) return {};
  // More memory than there can be is no figure.
  const huge_pages_bytes = HugePages_Total * Hugepagesize;
  if (huge_pages_bytes > Number.MAX_SAFE_INTEGER) return {};
  if (HugePages_Free === undefined || HugePages_Free > HugePages_Total) return { huge_pages_bytes };
  return { huge_pages_bytes, huge_pages_used_bytes: (HugePages_Total - HugePages_Free) * Hugepagesize };
}

/**
 * For kernels before 3.14, which tell no MemAvailable: what is free, and the caches that can be given up. Shared memory
 * is counted among the cached files and cannot be.
 */
function estimateAvailable(meminfo: Meminfo): number | undefined {
  const { MemFree, Cached = 0, Shmem = 0, Buffers = 0, SReclaimable = 0 } = meminfo;
  return MemFree === undefined ? undefined : MemFree + Math.max(0, Cached - Shmem) + Buffers + SReclaimable;
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
  figures.available_bytes = available_bytes;
  figures.available_from = available_from;
  figures.used_bytes = figures.total_bytes - available_bytes;
  return { percentage: percentageOf(figures.used_bytes, figures.total_bytes), figures };
}
