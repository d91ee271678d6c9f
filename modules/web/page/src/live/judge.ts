// What a machine's state means: how bad it is, and where it stands.

import type { Life } from '@ganglion/topics/life';
import type { Band, Gone, Machine } from '../../../server/wire.ts';

const RANK: { readonly [band in Band]: number } = { LOW: 1, MEDIUM: 2, HIGH: 3 };

/** 0 for no band, then rising with what it costs to overlook it. */
export function rankOf(band: Band | undefined): number {
  return band === undefined ? 0 : RANK[band];
}

/** The resource in the worst band; of several the one that has been in it longest. */
export function worstOf({ resources }: Machine): { resource: string; band: Band; since_ms: number } | undefined {
  let worst: { resource: string; band: Band; since_ms: number } | undefined;
  for (const [resource, { band, since_ms }] of Object.entries(resources)) {
    if (band === undefined) continue;
    const worse = rankOf(band) - rankOf(worst?.band);
    if (worst === undefined || worse > 0 || (worse === 0 && since_ms < worst.since_ms)) {
      worst = { resource, band, since_ms };
    }
  }
  return worst;
}

/** Where a machine stands: its worst band while it lives; `stopped` is a death that somebody wanted. */
export type Standing = Band | 'stale' | 'dead' | 'stopped';

/** Undefined for a machine that lives and was never judged. */
export function standingOf(machine: Machine, life: Life, worst: Band | undefined): Standing | undefined {
  if (life === 'live') return worst;
  if (life === 'stale') return 'stale';
  return machine.gone?.cause === 'stopped' ? 'stopped' : 'dead';
}

/** Why and since when a machine is dead, as far as that is known. */
export function deathOf({ gone, received_ms }: Machine): Gone {
  return gone ?? { cause: 'silent', died_ms: received_ms };
}

/** What the machine's own time stamps say about its clock or its way here, when it is worth saying. */
export type Delay = { readonly kind: 'ahead' | 'late'; readonly by_ms: number };

/** Less than this is the ordinary difference of two clocks that are kept. */
const AHEAD_MS_MIN = 500;

/** Less than this is a slow line. */
const LATE_MS_MIN = 5_000;

/** `ahead`: its clock is ahead of the server's; `late`: it is behind, or its messages take that long. */
export function delayOf({ time_ms, received_ms }: Machine): Delay | undefined {
  const late_ms = received_ms - time_ms;
  if (late_ms <= -AHEAD_MS_MIN) return { kind: 'ahead', by_ms: -late_ms };
  return late_ms >= LATE_MS_MIN ? { kind: 'late', by_ms: late_ms } : undefined;
}
