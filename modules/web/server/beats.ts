// What instances did, folded until it goes out: of each the sum since the last time.

import type { Pulse } from '@ganglion/kernel';
import type { Beat } from '../wire/frames.ts';

type Counts = Readonly<Record<string, number>>;
type CountsByReason = Readonly<Record<string, Counts>>;

export function beatOf(instance: string, { interval_ms, in: read, out, dropped, failed, counts }: Pulse): Beat {
  return { instance, interval_ms, in: read, out, dropped, failed, counts };
}

/** Adds a beat to what is there of its instance. */
export function fold(beats: Map<string, Beat>, beat: Beat): void {
  const before = beats.get(beat.instance);
  beats.set(beat.instance, before === undefined ? beat : sum(before, beat));
}

function sum(one: Beat, other: Beat): Beat {
  return {
    instance: one.instance,
    interval_ms: one.interval_ms + other.interval_ms,
    in: sumCounts(one.in, other.in),
    out: sumCounts(one.out, other.out),
    dropped: sumByReason(one.dropped, other.dropped),
    failed: sumByReason(one.failed, other.failed),
    counts: sumCounts(one.counts, other.counts),
  };
}

function sumCounts(one: Counts, other: Counts): Counts {
  const counts = new Map(Object.entries(one));
  for (const [name, n] of Object.entries(other)) counts.set(name, (counts.get(name) ?? 0) + n);
  return Object.fromEntries(counts);
}

function sumByReason(one: CountsByReason, other: CountsByReason): CountsByReason {
  const counts = new Map(Object.entries(one));
  for (const [family, reasons] of Object.entries(other)) {
    counts.set(family, sumCounts(counts.get(family) ?? {}, reasons));
  }
  return Object.fromEntries(counts);
}
