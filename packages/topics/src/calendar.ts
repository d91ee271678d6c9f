// Times of day: "08:00-18:00" on some days of the week, in a time zone of one's choice. Who silences an alert and who tells
// people of it mean the same by it.

import Type from 'typebox';

export const DAYS = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'] as const;

export type Day = (typeof DAYS)[number];

const MINUTES_A_DAY = 24 * 60;

/** From a time of day to another, which is not in it; over midnight when the second is the earlier one. */
export const Hours = (description: string) =>
  Type.String({
    pattern: '^([01]\\d|2[0-3]):[0-5]\\d-([01]\\d|2[0-3]|24):[0-5]\\d$',
    description,
    wanted: 'two times of day, as "08:00-18:00"',
  });

/** A moment as people say it. */
export interface Moment {
  readonly day: Day;
  /** Minutes since midnight. */
  readonly minute: number;
}

/**
 * Makes a function that tells the day and the minute of a moment, epoch milliseconds.
 *
 * @param time_zone as in the IANA's list; empty for the machine's own
 * @throws RangeError when there is no such time zone
 */
export function clockIn(time_zone: string): (time_ms: number) => Moment {
  const format = new Intl.DateTimeFormat('en-GB', {
    ...(time_zone === '' ? {} : { timeZone: time_zone }),
    weekday: 'short',
    hour: '2-digit',
    minute: '2-digit',
    hourCycle: 'h23',
  });
  return (time_ms) => {
    const parts = Object.fromEntries(format.formatToParts(time_ms).map(({ type, value }) => [type, value]));
    const day = DAYS.find((each) => each === parts['weekday']?.toLowerCase()) ?? 'mon';
    return { day, minute: Number(parts['hour']) * 60 + Number(parts['minute']) };
  };
}

/** Whether a moment is in some hours. Over midnight, the day is the one on which they begin. */
export function isWithin(
  hours: string | undefined,
  days: readonly Day[] | undefined,
  { day, minute }: Moment,
): boolean {
  const on = (which: Day) => days === undefined || days.includes(which);
  if (hours === undefined) return on(day);
  const { from, until } = minutesOf(hours);
  if (from < until) return minute >= from && minute < until && on(day);
  return (minute >= from && on(day)) || (minute < until && on(before(day)));
}

/** How long some hours still last, in milliseconds to the minute; 0 when the moment is not in them. */
export function remaining(hours: string | undefined, moment: Moment): number {
  if (hours === undefined || !isWithin(hours, undefined, moment)) return 0;
  const { until } = minutesOf(hours);
  return ((until - moment.minute + MINUTES_A_DAY) % MINUTES_A_DAY || MINUTES_A_DAY) * 60_000;
}

function minutesOf(hours: string): { readonly from: number; readonly until: number } {
  const [from = 0, until = 0] = hours.split('-').map((time) => {
    const [hour = 0, minute = 0] = time.split(':').map(Number);
    return hour * 60 + minute;
  });
  return { from, until };
}

function before(day: Day): Day {
  return DAYS[(DAYS.indexOf(day) + 6) % 7] ?? day;
}
