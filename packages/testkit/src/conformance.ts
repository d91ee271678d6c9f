// The suite that every bus passes. Each test is a sentence of the contract in kernel/src/bus.ts. Where buses may differ,
// they do so by a named feature, and only by that.

import type { Bus } from '@ganglion/kernel';
import { describe } from 'vitest';
import { ending } from './conformance/ending.ts';
import { keptQueues } from './conformance/kept.ts';
import { messages } from './conformance/messages.ts';
import { outage } from './conformance/outage.ts';
import { Stage } from './conformance/stage.ts';
import { subscriptions } from './conformance/subscriptions.ts';
import type { Line } from './line.ts';

/** What one bus can and another cannot. */
export interface BusFeatures {
  /** Buses made for the same place carry each other's messages, as processes over a broker do. */
  readonly spans_processes: boolean;
  /** A kept queue and what it holds are still there after the bus that asked for it was closed. */
  readonly outlives_process: boolean;
  /** `onDrop` also hears what a kept queue let go because it was full; a live queue's drops are always told. */
  readonly counts_kept_drops: boolean;
  /** The line that its connections go over, for the suite to cut; false where there is no connection to lose. */
  readonly can_lose_connection: false | Pick<Line, 'cut' | 'restore'>;
}

/** What a bus is made with. */
export interface BusMaking {
  /** Where it carries messages: new for each test. Fits an exchange's name. */
  readonly place: string;
  /** Messages that may wait while the connection is lost; undefined: at least 1,000. */
  readonly buffer_messages: number | undefined;
}

/**
 * Runs the suite for one kind of bus.
 *
 * @param name stands before each test's name
 * @param makeBus makes a bus, which the suite closes
 */
export function busConformance(name: string, features: BusFeatures, makeBus: (making: BusMaking) => Bus): void {
  describe(name, () => {
    const stage = new Stage(features, makeBus);
    messages(stage);
    subscriptions(stage);
    keptQueues(stage);
    ending(stage);
    if (features.can_lose_connection !== false) outage(stage, features.can_lose_connection);
  });
}
