import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Host } from '../host.ts';
import { filesOf, folderOf, within } from './captured.ts';
import { NODES_MAX, numa, parseNode } from './numa.ts';

const MACHINE = 'server-128-cores-linux-5.15';

/** The figures of two moments, two seconds apart. */
function numaOf(...moments: readonly Host['sys'][]) {
  let time_ms = 0;
  let moment = moments[0];
  const sys = {
    ...folderOf({}),
    list: (name: string) => moment?.list(name) ?? [],
    read: (name: string) => moment?.read(name),
  };
  const reader = numa.open({ sys, now: () => time_ms } as unknown as Host);
  return moments.map((next) => {
    moment = next;
    time_ms += 2_000;
    const reading = reader.read();
    if (reading instanceof Promise) throw new Error('the nodes were promised');
    return reading?.figures;
  });
}

const meminfo = (total: number, free: number) => `Node 0 MemTotal: ${total} kB\nNode 0 MemFree: ${free} kB`;
const node = (n: number, text: string) => ({ [`devices/system/node/node${n}/meminfo`]: text });

describe('the nodes of memory', () => {
  it('are told each, with what it had to give to others', () => {
    const [first, second] = numaOf(...[false, true].map((later) => within(filesOf(MACHINE, later), 'sys')));
    expect(Object.keys(first?.nodes ?? {})).toEqual(['node0', 'node1']);
    expect(first?.nodes['node1']).not.toHaveProperty('missed_pages_per_second');
    expect(second?.nodes['node1']).toEqual({
      used_percentage: 75,
      total_bytes: 264_241_152 * 1_024,
      free_bytes: 66_060_288 * 1_024,
      cached_bytes: 132_120_576 * 1_024,
      from_here_pages_per_second: 50_000,
      from_elsewhere_pages_per_second: 1_500,
      missed_pages_per_second: 250,
    });
  });

  it('are nothing where there is one', () => {
    const [figures] = numaOf(folderOf(node(0, meminfo(4, 2))));
    expect(figures).toBeUndefined();
  });

  it('are left out where they have no memory', () => {
    const [figures] = numaOf(folderOf({ ...node(0, meminfo(4, 2)), ...node(1, meminfo(0, 0)) }));
    expect(figures).toEqual({ nodes: { node0: { used_percentage: 50, total_bytes: 4_096, free_bytes: 2_048 } } });
  });

  it('are bounded, by their numbers, and it is said how many are left out', () => {
    const all = Array.from({ length: NODES_MAX + 8 }, (_, n) => node(n, meminfo(4, 2))).reverse();
    const [figures] = numaOf(folderOf(Object.assign({}, ...all)));
    expect(Object.keys(figures?.nodes ?? {}).at(-1)).toBe(`node${NODES_MAX - 1}`);
    expect(figures?.left_out).toBe(8);
  });
});

it('a node of any text has numbers from nought on, or unknown ones', () => {
  const text = fc
    .array(fc.constantFrom('Node 0 ', 'MemTotal:', 'MemFree:', ' 12 kB', '\n', 'numa_miss ', '7', '-'))
    .map((parts) => parts.join(''));
  fc.assert(
    fc.property(text, text, (first, second) => {
      for (const number of Object.values(parseNode(first, second)))
        expect(Number.isNaN(number) || number >= 0).toBe(true);
    }),
  );
});
