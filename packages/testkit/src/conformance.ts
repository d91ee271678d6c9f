// The suite that every bus passes. Each test is a sentence of the contract in kernel/src/bus.ts. Where buses may differ,
// they do so by a named feature, and only by that.

import type { Bus } from '@ganglion/kernel';
import { describe } from 'vitest';
import { deadLetters } from './conformance/dead-letters.ts';
import { ending } from './conformance/ending.ts';
import type { BusFeatures, BusMaking } from './conformance/features.ts';
import { keptQueues } from './conformance/kept.ts';
import { messages } from './conformance/messages.ts';
import { once } from './conformance/once.ts';
import { outage } from './conformance/outage.ts';
import { questions } from './conformance/questions.ts';
import { sharedQueues } from './conformance/shared.ts';
import { Stage } from './conformance/stage.ts';
import { subscriptions } from './conformance/subscriptions.ts';

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
    sharedQueues(stage);
    deadLetters(stage);
    once(stage);
    questions(stage);
    ending(stage);
    if (features.can_lose_connection !== false) outage(stage, features.can_lose_connection);
  });
}
