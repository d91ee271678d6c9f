// What each test of the suite stands on: a bus of its own in a place of its own.

import type { Bus, Envelope } from '@ganglion/kernel';
import { afterEach, beforeEach } from 'vitest';
import { freshExchange } from '../shared-rabbitmq.ts';
import { Ear, type EarOptions } from './ear.ts';
import type { BusFeatures, BusMaking } from './features.ts';

export class Stage {
  readonly features: BusFeatures;
  readonly #makeBus: (making: BusMaking) => Bus;
  readonly #made: Bus[] = [];
  #place = '';

  /** Sets a stage for each test of the `describe` that this is called in. */
  constructor(features: BusFeatures, makeBus: (making: BusMaking) => Bus) {
    this.features = features;
    this.#makeBus = makeBus;
    beforeEach(() => {
      this.#place = freshExchange();
      this.join();
    });
    afterEach(async () => {
      if (features.can_lose_connection !== false) await features.can_lose_connection.restore();
      await Promise.all(this.#made.splice(0).map((bus) => bus.close()));
    });
  }

  /** The bus of the test. */
  get bus(): Bus {
    return this.#made[0] as Bus;
  }

  /** Makes another bus in the same place. */
  join(buffer_messages?: number): Bus {
    const bus = this.#makeBus({ place: this.#place, buffer_messages });
    this.#made.push(bus);
    return bus;
  }

  /** Closes the bus that was made as the n-th, the test's own being 0, as if its process died. */
  async leave(n: number): Promise<void> {
    await this.#made[n]?.close();
  }

  /** Listens, from when this resolves. */
  async listen(options: EarOptions, bus = this.bus): Promise<Ear> {
    const ear = new Ear(bus, options);
    await ear.subscription.ready;
    return ear;
  }

  publish(key: string, bus = this.bus): Promise<void> {
    return bus.publish(message(key));
  }

  /** Publishes all at once, in this order. */
  publishAll(keys: readonly string[], bus = this.bus): Promise<void[]> {
    return Promise.all(keys.map((key) => this.publish(key, bus)));
  }
}

export function message(key: string): Envelope {
  return { key, payload: Buffer.from('{}'), properties: { id: key } };
}

/** Keys that sort as they were numbered. */
export function numbered(count: number, source = 'a'): string[] {
  return Array.from({ length: count }, (_, n) => `${source}.${String(n).padStart(4, '0')}`);
}
