// Where a durable queue is: on the node where it was made, or copied to several nodes of a cluster, so that it is there as
// long as most of them are. Why not always the second: docs/decisions/0012-quorum-queues-in-a-cluster.md.

import type { Broker } from './url.ts';

export type QueueType = 'classic' | 'quorum';

/** What durable queues are made as on this broker. */
export function queueTypeOn({ nodes }: Broker): QueueType {
  return nodes.length > 1 ? 'quorum' : 'classic';
}

/** The arguments that ask for it; classic is what the broker makes of itself, unless it is set up otherwise. */
export function typeArguments(type: QueueType): Record<string, string> {
  return type === 'quorum' ? { 'x-queue-type': 'quorum' } : {};
}
