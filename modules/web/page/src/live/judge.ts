// What a machine's state means: where it stands, as a small number, and what there is to say about its clock.

import type { Life } from '@ganglion/topics/life';
import type { Band, Gone, Machine } from '../../../wire/frames.ts';

/** Bands as numbers that rise with what it costs to overlook them; 0 is none. */
export const BANDS = [undefined, 'LOW', 'MEDIUM', 'HIGH'] as const;

/** 0 for no band, 1 to 3 for LOW to HIGH; for a word that is no band, 0. */
export function rankOf(band: Band | undefined): number {
  return band === undefined ? 0 : Math.max(0, BANDS.indexOf(band));
}

/** What stands beside the resources as if it were one: how unusual the machine is, in percent. */
export const ANOMALY = 'anomaly';

/** Where a machine stands: its worst band while it lives; `stopped` is a death that somebody wanted. */
export type Standing = Band | 'stale' | 'dead' | 'stopped';

/** Standings by their number: the bands' are their ranks. Undefined: it lives and was never judged. */
export const STANDINGS: readonly (Standing | undefined)[] = [...BANDS, 'stale', 'dead', 'stopped'];
export const HIGH = 3;
export const STALE = 4;
export const DEAD = 5;
export const STOPPED = 6;

/** The number of a standing. @param worst the rank of its worst band */
export function standingOf(life: Life, gone: Gone | undefined, worst: number): number {
  if (life === 'live') return worst;
  if (life === 'stale') return STALE;
  return gone?.cause === 'stopped' ? STOPPED : DEAD;
}

/** Why and since when a machine is dead, as far as that is known. */
export function deathOf({ gone, received_ms }: Pick<Machine, 'gone' | 'received_ms'>): Gone {
  return gone ?? { cause: 'silent', died_ms: received_ms };
}

/** What the machine's own time stamps say about its clock or its way here, when it is worth saying. */
export type Delay = { readonly kind: 'ahead' | 'late'; readonly by_ms: number };

/** Less than this is the ordinary difference of two clocks that are kept. */
const AHEAD_MS_MIN = 500;

/** Less than this is a slow line. */
const LATE_MS_MIN = 5_000;

/** `ahead`: its clock is ahead of the server's; `late`: it is behind, or its messages take that long. */
export function delayOf({ time_ms, received_ms }: Pick<Machine, 'time_ms' | 'received_ms'>): Delay | undefined {
  const late_ms = received_ms - time_ms;
  if (late_ms <= -AHEAD_MS_MIN) return { kind: 'ahead', by_ms: -late_ms };
  return late_ms >= LATE_MS_MIN ? { kind: 'late', by_ms: late_ms } : undefined;
}
