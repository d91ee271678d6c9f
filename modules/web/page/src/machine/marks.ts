// What is drawn besides the curves of a chart: a limit as a line across, and moments as lines upright.

import type { AlertRow, Severity } from '../../../wire/frames.ts';
import { fieldsOf } from '../../../wire/leaves.ts';

/** Each with its word; or with none, where the words stand elsewhere. */
export interface Marks {
  readonly limit?: { readonly value: number; readonly word: string };
  readonly moments: readonly Moment[];
}

interface Moment {
  readonly time_ms: number;
  readonly word: string;
  /** How bad it is from then on; undefined where it ends. */
  readonly severity?: Severity;
}

export const NO_MARKS: Marks = { moments: [] };

/** What is marked in a chart of these figures: when alerts about them began and ended. */
export function marksOf(alerts: readonly AlertRow[], paths: readonly string[]): Marks {
  if (alerts.length === 0) return NO_MARKS;
  const figures = new Set(paths.map((path) => fieldsOf(path).join('.')));
  const moments = alerts
    .filter(({ figure }) => figure !== undefined && figures.has(figure))
    .flatMap(({ since_ms, until_ms, severity }) => [
      { time_ms: since_ms, word: '', severity },
      ...(until_ms === undefined ? [] : [{ time_ms: until_ms, word: '' }]),
    ]);
  return { moments };
}
