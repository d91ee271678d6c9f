// In what buses may differ, and what the suite makes one with.

import type { Line } from '../line.ts';

/** What one bus can and another cannot. */
export interface BusFeatures {
  /** Buses made for the same place carry each other's messages, as processes over a broker do. */
  readonly spans_processes: boolean;
  /** A kept queue and what it holds are still there after the bus that asked for it was closed. */
  readonly outlives_process: boolean;
  /** `onDrop` also hears what a kept queue let go because it was full; a live queue's drops are always told. */
  readonly counts_kept_drops: boolean;
  /** Shared sources are shared out among the buses of a place; else the listener that came first has them all. */
  readonly shares_out: boolean;
  /** Dead letters that it holds for each kept subscription, at most. */
  readonly dead_letters_max: number;
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
