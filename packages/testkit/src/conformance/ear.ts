// A listener for the conformance suite: notes what it is handed and what was dropped, and settles when it is told to.

import type { Bus, DropReason, Envelope, SubscribeOptions, Subscription } from '@ganglion/kernel';
import { Arrivals } from '../arrivals.ts';

/** One call of the handler. */
export interface Call {
  readonly envelope: Envelope;
  /** Resolves the handler's promise. */
  take(): void;
  /** Rejects it. */
  refuse(): void;
}

/** What an ear listens to; the rest has values that are in no test's way. */
export interface EarOptions extends Partial<Omit<SubscribeOptions, 'onDrop'>> {
  readonly pattern: string;
  /** Whether calls stay unsettled until the test settles them. Default: no, each is taken at once. */
  readonly holds?: boolean;
}

export class Ear {
  readonly calls = new Arrivals<Call>();
  readonly drops = new Arrivals<readonly [key: string, reason: DropReason]>();
  readonly subscription: Subscription;
  /** The most that were unsettled at once. */
  unsettled_max = 0;
  #unsettled = 0;

  constructor(bus: Bus, { holds = false, ...options }: EarOptions) {
    this.subscription = bus.subscribe(
      {
        name: 'test.listener',
        delivery: 'live',
        limit_messages: 10_000,
        in_flight_max: 100,
        ...options,
        onDrop: (key, reason) => this.drops.push([key, reason]),
      },
      async (envelope) => {
        this.#unsettled++;
        this.unsettled_max = Math.max(this.unsettled_max, this.#unsettled);
        try {
          await new Promise<void>((resolve, reject) => {
            this.calls.push({ envelope, take: resolve, refuse: () => reject(new Error('refused by the test')) });
            if (!holds) resolve();
          });
        } finally {
          this.#unsettled--;
        }
      },
    );
  }

  /** The keys of what was handed to it so far. */
  get keys(): string[] {
    return this.calls.items.map(({ envelope }) => envelope.key);
  }

  /** Resolves to the keys of what was handed to it, when there are at least `n`. */
  async heard(n: number): Promise<string[]> {
    const calls = await this.calls.count(n);
    return calls.map(({ envelope }) => envelope.key);
  }
}
