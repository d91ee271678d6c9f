// What every part of the bench gets.

import type { Driver } from './driver.ts';

export interface Bench {
  /** The private broker. */
  readonly url: string;
  readonly driver: Driver;
  /** Only to see that everything works: the figures mean little. */
  readonly quick: boolean;
  /** How long what takes its time is watched. */
  readonly minutes: number;
  /** Tells whoever watches what is going on. */
  readonly say: (text: string) => void;
}
