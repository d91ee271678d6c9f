// Swap: how much of it is in use. A machine without swap has no such figures.

import Type, { type Static } from 'typebox';
import { procUnexpected } from '../errors.ts';
import { Bytes } from '../figures.ts';
import { type Meminfo, parseMeminfo } from '../meminfo.ts';
import { defineProbe, percentageOf, type Reading } from '../probe.ts';

const schema = Type.Object({
  total_bytes: Bytes('Total'),
  used_bytes: Bytes('In use'),
});

export const swap = defineProbe({
  name: 'swap',
  schema,
  open: ({ proc }) => ({
    // Node's own view of a machine does not show its swap.
    read: () => {
      const meminfo = proc?.read('meminfo', parseMeminfo);
      return meminfo && swapIn(meminfo);
    },
  }),
});

/**
 * The swap that a meminfo tells of. Undefined when there is none.
 *
 * @throws CodedError `PROC_UNEXPECTED` when it tells a total and nothing free that fits it
 */
export function swapIn({
  SwapTotal: total_bytes = 0,
  SwapFree: free_bytes,
}: Meminfo): Reading<Static<typeof schema>> | undefined {
  if (total_bytes === 0) return undefined;
  if (free_bytes === undefined || free_bytes > total_bytes) {
    throw procUnexpected('/proc/meminfo', `of ${total_bytes} bytes of swap ${free_bytes} are free`);
  }
  const used_bytes = total_bytes - free_bytes;
  return { percentage: percentageOf(used_bytes, total_bytes), figures: { total_bytes, used_bytes } };
}
