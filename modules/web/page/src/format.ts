// Figures and times as people say them, in the reader's locale.

import { texts } from './texts.ts';

/** What stands between the whole and its tenths: a point, a comma. */
const decimal_sign = (1.5).toLocaleString().charAt(1);
const time_of_day = new Intl.DateTimeFormat(undefined, { hour: '2-digit', minute: '2-digit', second: '2-digit' });
const day_of_week = new Intl.DateTimeFormat(undefined, {
  weekday: 'short',
  day: 'numeric',
  month: 'short',
  hour: '2-digit',
  minute: '2-digit',
});
const minute_of_day = new Intl.DateTimeFormat(undefined, { hour: '2-digit', minute: '2-digit' });
const day_and_time = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium', timeStyle: 'medium' });

/** A figure cut in two, so that the part that matters less can be drawn quieter: `12` and `.5`. */
export interface Figure {
  readonly whole: string;
  readonly rest: string;
}

/** @param percentage 0 to 100; shown to one decimal */
export function figureOf(percentage: number): Figure {
  const tenths = Math.round(percentage * 10);
  return { whole: String(Math.floor(tenths / 10)), rest: `${decimal_sign}${tenths % 10}` };
}

/** A length of time: milliseconds below two seconds, then whole seconds, minutes, hours, days. */
export function durationOf(ms: number): string {
  const of_at_least_nought = Math.max(0, ms);
  if (of_at_least_nought < 2_000) return texts.milliseconds(Math.round(of_at_least_nought));
  return spanOf(of_at_least_nought);
}

/** A length of time in whole seconds, minutes, hours or days. */
export function spanOf(ms: number): string {
  const seconds = Math.max(0, Math.floor(ms / 1000));
  if (seconds < 120) return texts.seconds(seconds);
  const minutes = Math.floor(seconds / 60);
  if (minutes < 120) return texts.minutes(minutes);
  const hours = Math.floor(minutes / 60);
  return hours < 48 ? texts.hours(hours) : texts.days(Math.floor(hours / 24));
}

/** `14:03:12`, as the reader writes it. */
export function timeOf(epoch_ms: number): string {
  return time_of_day.format(epoch_ms);
}

/** `14:03`. */
export function minuteOf(epoch_ms: number): string {
  return minute_of_day.format(epoch_ms);
}

/** `Thu, 26 Nov, 08:00`. */
export function dayTimeOf(epoch_ms: number): string {
  return day_of_week.format(epoch_ms);
}

/** Date and time in full, for who wants to know exactly. */
export function exactTimeOf(epoch_ms: number): string {
  return day_and_time.format(epoch_ms);
}

/** `for 12 min` up to an hour, then `since 14:03:12`. */
export function lastingOf(since_ms: number, now_ms: number, at_least = false): string {
  const ms = now_ms - since_ms;
  if (ms < 3_600_000) return at_least ? texts.forAtLeast(spanOf(ms)) : texts.for(spanOf(ms));
  const since = now_ms - since_ms < 86_400_000 ? timeOf(since_ms) : exactTimeOf(since_ms);
  return at_least ? texts.sinceAtLeast(since) : texts.since(since);
}
