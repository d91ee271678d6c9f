// What a machine's state means: how bad it is, and whether it still speaks.

import type { Band, Gone, Machine } from '../../../server/wire.ts';

/** A machine that is silent for more than so many of its usual intervals is dead, whether or not anybody told so. */
export const DEAD_INTERVALS = 4;

/** One that is an interval late may be dead. */
export const STALE_INTERVALS = 2;

/** But nothing shorter than this is a silence. */
export const SILENT_MS_MIN = 2_000;

/** The interval of a machine that has spoken only once. */
const INTERVAL_UNKNOWN_MS = 5_000;

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

/** Whether a machine still speaks: `stale` is one to three of its intervals late. */
export type Life = 'live' | 'stale' | 'dead';

/**
 * Whether a machine still speaks, by what was told of it and by its silence.
 *
 * @param now_ms the server's clock
 * @param heard_since_ms since when the server could have heard it
 */
export function lifeOf(machine: Machine, now_ms: number, heard_since_ms: number): Life {
  if (machine.gone !== undefined) return 'dead';
  const usual_ms = machine.interval_ms ?? INTERVAL_UNKNOWN_MS;
  const silent_ms = now_ms - Math.max(machine.received_ms, heard_since_ms);
  if (silent_ms <= Math.max(SILENT_MS_MIN, STALE_INTERVALS * usual_ms)) return 'live';
  return silent_ms <= Math.max(SILENT_MS_MIN, DEAD_INTERVALS * usual_ms) ? 'stale' : 'dead';
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
