// What happened in the time that the bar shows, as marks on it and as lines for who reads.

import type { Happening } from '../../../wire/frames.ts';
import { texts } from '../texts.ts';

/** How a mark is drawn, the most important last, so that it lies on top. */
export const MARK_KINDS = ['birth', 'death', 'outage', 'info', 'warning', 'critical'] as const;
export type MarkKind = (typeof MARK_KINDS)[number];

/** The mark of what happened; undefined for what is in the list alone. */
export function markOf(happening: Happening): MarkKind | undefined {
  switch (happening.kind) {
    case 'birth':
    case 'death':
      return happening.is_instance === true ? undefined : happening.kind;
    case 'outage':
      return 'outage';
    case 'raised':
      return happening.shadow === true ? undefined : happening.severity;
    default:
      return undefined;
  }
}

/** What happened, in one sentence. */
export function sayHappening(happening: Happening): string {
  const { happened } = texts.time;
  switch (happening.kind) {
    case 'birth':
      return happened.birth(happening.of);
    case 'death':
      return happened.death(happening.of, happening.cause);
    case 'outage':
      return happened.outage(happening.machines, happening.of);
    case 'cleared':
      return happened.cleared(happening.of, happening.sentence);
    default:
      return happened.alert(happening.of, happening.sentence);
  }
}

/** Those that are about machines and were not said before. */
export function worthTelling(events: readonly Happening[], system: boolean): Happening[] {
  return events.filter((event) =>
    system
      ? 'is_instance' in event && event.is_instance === true
      : event.kind !== 'changed' && !('is_instance' in event),
  );
}

/** The marks of a bar of `width` pixels: for each kind an SVG path of strokes, as many of them as pixels at most. */
export function marksOf(
  events: readonly Happening[],
  { from_ms, to_ms }: { readonly from_ms: number; readonly to_ms: number },
  width: number,
): ReadonlyMap<MarkKind, string> {
  const places = new Map<MarkKind, Set<number>>();
  for (const event of events) {
    const kind = markOf(event);
    if (kind === undefined || event.time_ms < from_ms || event.time_ms > to_ms) continue;
    const known = places.get(kind) ?? new Set();
    places.set(kind, known.add(Math.round(((event.time_ms - from_ms) / (to_ms - from_ms)) * width)));
  }
  return new Map(
    MARK_KINDS.map((kind) => [kind, [...(places.get(kind) ?? [])].map((x) => `M${x + 0.5} 0V1`).join('')]),
  );
}
