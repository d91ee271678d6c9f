// The marks of a time axis: round moments of the reader's clock, as many as fit.

const SECOND_MS = 1_000;
const MINUTE_MS = 60_000;

const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;

const STEPS_MS = [
  ...[1, 2, 5, 10, 15, 30].map((n) => n * SECOND_MS),
  ...[1, 2, 5, 10, 15, 30].map((n) => n * MINUTE_MS),
  ...[1, 2, 3, 6, 12].map((n) => n * HOUR_MS),
  ...[1, 2, 7, 14, 30, 91, 182, 365].map((n) => n * DAY_MS),
];

/** The room between two marks, in pixels; a wide chart has few all the same. */
const ROOM = 32;
export const MARKS_MAX = 8;

/** How wide marks are, in pixels: `14:05` and `14:05:30`, or `02:05 PM` and `02:05:30 PM`. */
export interface MarkWidths {
  readonly minutes: number;
  readonly seconds: number;
}

/** @param width pixels between the two moments */
export function timeMarks(from_ms: number, to_ms: number, width: number, widths: MarkWidths): number[] {
  const span_ms = to_ms - from_ms;
  const widthOf = (step_ms: number) => (step_ms % MINUTE_MS === 0 ? widths.minutes : widths.seconds);
  const most = (step_ms: number) => Math.min(MARKS_MAX, Math.max(1, Math.floor(width / (widthOf(step_ms) + ROOM))));
  const step_ms = STEPS_MS.find((step) => span_ms / step <= most(step)) ?? span_ms;
  // A mark at the very edge would be cut.
  const edge_ms = (span_ms * widthOf(step_ms)) / 2 / Math.max(widthOf(step_ms), width);
  const marks: number[] = [];
  // Round by the reader's clock, which is apart from the epoch's by whole minutes.
  const zone_ms = new Date(from_ms).getTimezoneOffset() * MINUTE_MS;
  const first = Math.ceil((from_ms + edge_ms - zone_ms) / step_ms) * step_ms + zone_ms;
  for (let mark = first; mark <= to_ms - edge_ms; mark += step_ms) marks.push(mark);
  return marks;
}

const to_minutes = new Intl.DateTimeFormat(undefined, { hour: '2-digit', minute: '2-digit' });
const to_seconds = new Intl.DateTimeFormat(undefined, { hour: '2-digit', minute: '2-digit', second: '2-digit' });

const to_days = new Intl.DateTimeFormat(undefined, { day: 'numeric', month: 'short' });
const to_months = new Intl.DateTimeFormat(undefined, { month: 'short', year: 'numeric' });

/** `14:05`, or `14:05:30` where the marks are closer than a minute; `26 Nov` where they are days apart, `Nov 2026` where months. */
export function markTime(time_ms: number, marks: readonly number[]): string {
  const apart_ms = marks.length < 2 ? 0 : (marks[1] as number) - (marks[0] as number);
  if (apart_ms >= 30 * DAY_MS) return to_months.format(time_ms);
  if (apart_ms >= 12 * HOUR_MS) return to_days.format(time_ms);
  const whole = marks.every((mark) => mark % MINUTE_MS === 0);
  return (whole ? to_minutes : to_seconds).format(time_ms);
}

/** @param widthOf measures a text as it is drawn, in pixels */
export function markWidths(widthOf: (text: string) => number): MarkWidths {
  const evening = new Date(2_000, 0, 1, 20, 0, 0);
  return { minutes: widthOf(to_minutes.format(evening)), seconds: widthOf(to_seconds.format(evening)) };
}
