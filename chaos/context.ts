// What every scenario is given, and what it answers with.

import type { PrivateCluster, PrivateRabbitmq } from '@ganglion/testkit';

export interface Chaos {
  /** Much less of everything, to see that it works. */
  readonly quick: boolean;
  /** How long a scenario that only lasts is to last; undefined for as long as it should. */
  readonly minutes: number | undefined;
  /** Tells what is being done. */
  readonly say: (text: string) => void;
  /** Starts a broker for this scenario; it is stopped after it. */
  readonly startBroker: (config?: string) => Promise<PrivateRabbitmq>;
  /** The same with several nodes. */
  readonly startCluster: (count: number) => Promise<PrivateCluster>;
}

/** One line of the table. */
export interface Finding {
  readonly scenario: string;
  /** What was done. */
  readonly done: string;
  /** What was seen. */
  readonly seen: string;
  /** What was lost, or should not have been there. */
  readonly lost: string;
  /** `skipped` when the means were not there: neither good nor bad. */
  readonly outcome: 'holds' | 'FAILS' | 'skipped';
}
