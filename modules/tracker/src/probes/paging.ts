// Paging: how often memory has to be fetched or given up, and the tasks that were killed for want of it.

import Type, { type Static } from 'typebox';
import { Count, PerSecond } from '../figures.ts';
import { defineProbe, type Reading } from '../probe.ts';
import { grown, perSecond, tell } from '../rate.ts';
import { ascii, type Scanner } from '../scanner.ts';

const Rate = (title: string, unit?: string) => Type.Optional(PerSecond(title, unit));

const schema = Type.Object({
  faults_per_second: Rate('Page faults'),
  major_faults_per_second: Rate('Page faults that waited for a disk'),
  swapped_in_pages_per_second: Rate('Read from swap', 'pages/s'),
  swapped_out_pages_per_second: Rate('Written to swap', 'pages/s'),
  oom_kills: Type.Optional(Count('Tasks killed for want of memory, since the start of the machine')),
});

type Figures = Static<typeof schema>;

/** The counters of /proc/vmstat that are used, in its order. Older kernels have fewer. */
export interface PagingCounters {
  readonly pswpin: number;
  readonly pswpout: number;
  readonly pgfault: number;
  readonly pgmajfault: number;
  readonly oom_kill: number;
}

export const paging = defineProbe({
  name: 'paging',
  schema,
  open: ({ proc, now }) => {
    let before = proc?.read('vmstat', parseVmstat);
    let before_ms = now();
    return {
      read: () => {
        const after = proc?.read('vmstat', parseVmstat);
        const after_ms = now();
        const reading = before && after && pagingBetween(before, after, after_ms - before_ms);
        before = after;
        before_ms = after_ms;
        return reading;
      },
    };
  },
});

/** Parses /proc/vmstat: `pgfault 102382`, a line a counter. A counter that is not there is NaN. Undefined when none is. */
export function parseVmstat(file: Scanner): PagingCounters | undefined {
  const counters = {
    pswpin: file.counterAfter(PSWPIN),
    pswpout: file.counterAfter(PSWPOUT),
    pgfault: file.counterAfter(PGFAULT),
    pgmajfault: file.counterAfter(PGMAJFAULT),
    oom_kill: file.counterAfter(OOM_KILL),
  };
  return Number.isNaN(counters.pgfault) ? undefined : counters;
}

const PSWPIN = ascii('\npswpin ');
const PSWPOUT = ascii('\npswpout ');
const PGFAULT = ascii('\npgfault ');
const PGMAJFAULT = ascii('\npgmajfault ');
const OOM_KILL = ascii('\noom_kill ');

/** What happened between two readings. */
export function pagingBetween(before: PagingCounters, after: PagingCounters, elapsed_ms: number): Reading<Figures> {
  const figures: Figures = {};
  const rate = (name: keyof PagingCounters) => perSecond(grown(before[name], after[name]), elapsed_ms);
  tell(figures, 'faults_per_second', rate('pgfault'));
  tell(figures, 'major_faults_per_second', rate('pgmajfault'));
  tell(figures, 'swapped_in_pages_per_second', rate('pswpin'));
  tell(figures, 'swapped_out_pages_per_second', rate('pswpout'));
  tell(figures, 'oom_kills', after.oom_kill);
  return { figures };
}
