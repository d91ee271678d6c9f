// What every part of the page's bench gets.

import type { Browser } from 'playwright-core';

export interface PageBench {
  /** The private broker. */
  readonly url: string;
  readonly browser: Browser;
  /** Only to see that everything works: the figures mean little. */
  readonly quick: boolean;
  /** How long the heap is watched. */
  readonly minutes: number;
  /** Of the machine that this runs on. */
  readonly cores: number;
  /** Tells whoever watches what is going on. */
  readonly say: (text: string) => void;
}

/** What time everything gets to come up: code is compiled, and the first samples of all machines have come. */
export const SETTLE_MS = 12_000;

export function pause(duration_ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, Math.max(0, duration_ms)));
}
