// Where a durable queue is: on the node where it was made, or copied to several nodes of a cluster, so that it is there as
// long as most of them are. Why not always the second: docs/decisions/0014-quorum-queues-in-a-cluster.md.

import type { Broker } from './url.ts';

export type QueueType = 'classic' | 'quorum';

/** What durable queues are made as on this broker. */
export function queueTypeOn({ nodes }: Broker): QueueType {
  return nodes.length > 1 ? 'quorum' : 'classic';
}

/**
 * How often a quorum queue delivers a message: as often as it takes, like a classic one. From RabbitMQ 4 on it would drop
 * it after 20 times, also one that did nothing but wait beside another that kills its listener.
 */
const DELIVERIES_MAX = 1_000_000_000;

/** The arguments that ask for it; classic is what the broker makes of itself, unless it is set up otherwise. */
export function typeArguments(type: QueueType): Record<string, string | number> {
  return type === 'quorum' ? { 'x-queue-type': 'quorum', 'x-delivery-limit': DELIVERIES_MAX } : {};
}
