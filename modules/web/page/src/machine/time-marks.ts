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

/** The room that one mark needs, in pixels; a wide chart has few all the same. */
const ROOM = 76;
export const MARKS_MAX = 8;

/** @param width pixels between the two moments */
export function timeMarks(from_ms: number, to_ms: number, width: number): number[] {
  const span_ms = to_ms - from_ms;
  const count_max = Math.min(MARKS_MAX, Math.max(1, Math.floor(width / ROOM)));
  const step_ms = STEPS_MS.find((step) => span_ms / step <= count_max) ?? span_ms;
  // A mark at the very edge would be cut.
  const edge_ms = (span_ms * ROOM) / 4 / Math.max(ROOM, width);
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
