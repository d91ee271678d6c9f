// NUMA: the memory of each node, and how often it was another's. Memory of another node is slower, and one node may be full
// while the machine is not. A machine with one node has no such figures.
//
// From /sys/devices/system/node, see the kernel's admin-guide/numastat. What the kernel counts are pages it gave out.

import Type, { type Static } from 'typebox';
import { Bytes, Count, Percentage, PerSecond } from '../figures.ts';
import type { Folder } from '../host.ts';
import { defineProbe, percentageOf, type Reading } from '../probe.ts';
import { grown, perSecond, tell } from '../rate.ts';

/** Nodes whose figures are in a measure; the others are counted. */
export const NODES_MAX = 32;

const Pages = (title: string) => Type.Optional(PerSecond(title, 'pages/s'));

const Node = Type.Object({
  used_percentage: Percentage('In use, caches included'),
  total_bytes: Bytes('Total'),
  free_bytes: Bytes('Free'),
  cached_bytes: Type.Optional(Bytes('Cached files')),
  from_here_pages_per_second: Pages('Given to programs that run here'),
  from_elsewhere_pages_per_second: Pages('Given to programs that run on another node'),
  missed_pages_per_second: Pages('Given because the node that was wanted was full'),
});

type Node = Static<typeof Node>;

const schema = Type.Object({
  nodes: Type.Record(Type.String(), Node, { title: 'By node' }),
  left_out: Type.Optional(Count(`Nodes beyond the first ${NODES_MAX}`)),
});

type Figures = Static<typeof schema>;

export const numa = defineProbe({
  name: 'numa',
  schema,
  every_ms: 10_000,
  open: ({ sys, now }) => {
    let before: ReadonlyMap<string, NodeCounters> = new Map();
    let before_ms = now();
    return {
      read: () => {
        const names = sys === undefined ? [] : nodesIn(sys.list(FOLDER));
        if (sys === undefined || names.length < 2) return undefined;
        const after = countersOf(sys, names.slice(0, NODES_MAX));
        const after_ms = now();
        const reading = numaBetween(before, after, after_ms - before_ms, names.length - NODES_MAX);
        before = after;
        before_ms = after_ms;
        return reading;
      },
    };
  },
});

const FOLDER = 'devices/system/node';

/** The nodes among the names in the folder, by their numbers. */
function nodesIn(names: readonly string[]): string[] {
  return names.filter((name) => /^node\d+$/.test(name)).sort((a, b) => Number(a.slice(4)) - Number(b.slice(4)));
}

/** One node at a reading. NaN where the kernel does not tell it. */
export interface NodeCounters {
  readonly total_bytes: number;
  readonly free_bytes: number;
  readonly cached_bytes: number;
  readonly local_pages: number;
  readonly other_pages: number;
  readonly missed_pages: number;
}

function countersOf(sys: Folder, names: readonly string[]): ReadonlyMap<string, NodeCounters> {
  const counters = new Map<string, NodeCounters>();
  for (const name of names) {
    const meminfo = sys.read(`${FOLDER}/${name}/meminfo`) ?? '';
    counters.set(name, parseNode(meminfo, sys.read(`${FOLDER}/${name}/numastat`) ?? ''));
  }
  return counters;
}

/** Parses a node's meminfo, `Node 0 MemTotal:  6383828 kB`, and its numastat, `local_node 28686106`. */
export function parseNode(meminfo: string, numastat: string): NodeCounters {
  const bytes = (name: string) => numberIn(meminfo, new RegExp(`^Node \\d+ ${name}: *(\\d{1,13}) kB$`, 'm')) * 1_024;
  const pages = (name: string) => numberIn(numastat, new RegExp(`^${name} (\\d{1,20})$`, 'm'));
  return {
    total_bytes: bytes('MemTotal'),
    free_bytes: bytes('MemFree'),
    cached_bytes: bytes('FilePages'),
    local_pages: pages('local_node'),
    other_pages: pages('other_node'),
    missed_pages: pages('numa_miss'),
  };
}

function numberIn(text: string, pattern: RegExp): number {
  return Number(pattern.exec(text)?.[1] ?? Number.NaN);
}

/**
 * What the nodes have, and what happened since the reading before. Undefined when nothing is known of any.
 *
 * @param left_out how many there are beyond; nought or less: none
 */
export function numaBetween(
  before: ReadonlyMap<string, NodeCounters>,
  after: ReadonlyMap<string, NodeCounters>,
  elapsed_ms: number,
  left_out: number,
): Reading<Figures> | undefined {
  const nodes: [string, Node][] = [];
  for (const [name, now] of after) {
    const { total_bytes, free_bytes, cached_bytes } = now;
    // A node may have cores and no memory.
    if (!(total_bytes > 0 && free_bytes <= total_bytes)) continue;
    const node: Node = {
      used_percentage: percentageOf(total_bytes - free_bytes, total_bytes),
      total_bytes,
      free_bytes,
    };
    tell(node, 'cached_bytes', cached_bytes);
    const rate = (counter: keyof NodeCounters) =>
      perSecond(grown(before.get(name)?.[counter] ?? Number.NaN, now[counter]), elapsed_ms);
    tell(node, 'from_here_pages_per_second', rate('local_pages'));
    tell(node, 'from_elsewhere_pages_per_second', rate('other_pages'));
    tell(node, 'missed_pages_per_second', rate('missed_pages'));
    nodes.push([name, node]);
  }
  if (nodes.length === 0) return undefined;
  const figures: Figures = { nodes: Object.fromEntries(nodes) };
  if (left_out > 0) figures.left_out = left_out;
  return { figures };
}
