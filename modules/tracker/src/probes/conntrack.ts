// Conntrack: how full the kernel's table of connections is, which a firewall or a router keeps. When it is full, new
// connections are dropped.

import Type, { type Static } from 'typebox';
import { Count } from '../figures.ts';
import { defineProbe, percentageOf, type Reading } from '../probe.ts';

const schema = Type.Object({
  connections: Count('Connections'),
  connections_max: Count('Connections that fit'),
});

export const conntrack = defineProbe({
  name: 'conntrack',
  schema,
  every_ms: 10_000,
  open: ({ proc }) => ({
    read: () =>
      conntrackOf(
        parseNumber(proc?.text('sys/net/netfilter/nf_conntrack_count')),
        parseNumber(proc?.text('sys/net/netfilter/nf_conntrack_max')),
      ),
  }),
});

/** Parses a file that is one number; undefined when it is none. */
function parseNumber(text: string | undefined): number | undefined {
  const number = Number.parseInt(text ?? '', 10);
  return number >= 0 && number < 2 ** 32 ? number : undefined;
}

/** Undefined where there is no such table, or one without a limit. */
export function conntrackOf(
  connections: number | undefined,
  connections_max: number | undefined,
): Reading<Static<typeof schema>> | undefined {
  if (connections === undefined || connections_max === undefined || connections_max === 0) return undefined;
  // The limit may be set below what there is.
  const percentage = percentageOf(Math.min(connections, connections_max), connections_max);
  return { percentage, figures: { connections, connections_max } };
}
