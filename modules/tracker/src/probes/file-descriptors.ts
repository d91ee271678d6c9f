// File descriptors: how many files, sockets and pipes the whole machine has open, of how many it may. At the limit no program
// can open one more.
//
// From /proc/sys/fs/file-nr, see proc(5).

import Type, { type Static } from 'typebox';
import { Count } from '../figures.ts';
import { defineProbe, percentageOf, type Reading } from '../probe.ts';

const schema = Type.Object({
  open: Count('Open'),
  open_max: Type.Optional(Count('That may be open')),
});

export const file_descriptors = defineProbe({
  name: 'file_descriptors',
  schema,
  every_ms: 10_000,
  open: ({ proc }) => ({
    read: () => {
      const text = proc?.text('sys/fs/file-nr');
      return text === undefined ? undefined : parseFileNr(text);
    },
  }),
});

/**
 * Parses `1408\t0\t2466177`: open, kept for the next, the limit. Undefined when it is something else. No limit, and so no
 * headline, where it is set beyond all need, as systemd does.
 */
export function parseFileNr(text: string): Reading<Static<typeof schema>> | undefined {
  const [open, kept, open_max] = /^(\d{1,10})\s+(\d{1,10})\s+(\d{1,20})\s*$/.exec(text)?.slice(1).map(Number) ?? [];
  if (open === undefined || kept === undefined || open_max === undefined || kept > open) return undefined;
  const used = open - kept;
  if (open_max === 0 || open_max > Number.MAX_SAFE_INTEGER) return { figures: { open: used } };
  return { percentage: percentageOf(Math.min(used, open_max), open_max), figures: { open: used, open_max } };
}
