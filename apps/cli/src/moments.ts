// Times as people type them: "2h", "22:00", "2026-12-24 18:00".

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;

const UNITS_MS: Readonly<Record<string, number>> = {
  ms: 1,
  s: 1_000,
  m: MINUTE_MS,
  min: MINUTE_MS,
  h: HOUR_MS,
  d: DAY_MS,
  w: 7 * DAY_MS,
};

/** A length of time, `90s`, `30min`, `2h`, `1d12h`, `2w`, in milliseconds; undefined when it is none. */
export function readSpan(text: string): number | undefined {
  if (!/^(\d+(\.\d+)?[a-z]+)+$/.test(text)) return undefined;
  let span_ms = 0;
  for (const [, amount, unit] of text.matchAll(/(\d+(?:\.\d+)?)([a-z]+)/g)) {
    const unit_ms = UNITS_MS[unit ?? ''];
    if (unit_ms === undefined) return undefined;
    span_ms += Number(amount) * unit_ms;
  }
  return span_ms > 0 && Number.isFinite(span_ms) ? Math.round(span_ms) : undefined;
}

/**
 * A moment, epoch milliseconds: `22:00` is the next time it is ten in the evening here, `2026-12-24` begins at midnight,
 * `2026-12-24 18:00` is that minute here, and with `Z` or `+01:00` after it elsewhere. Undefined when it is none.
 */
export function readMoment(text: string, now_ms: number): number | undefined {
  const [, day, time = '00:00', zone] =
    /^(?:(\d{4}-\d\d-\d\d)(?:[T ]|$))?(\d\d:\d\d(?::\d\d)?)?(Z|[+-]\d\d:\d\d)?$/.exec(text) ?? [];
  if (day !== undefined) {
    // A date that there is not, as the 30th of February, would be another one.
    const [year = 0, month = 0, date = 0] = day.split('-').map(Number);
    if (new Date(Date.UTC(year, month - 1, date)).toISOString().slice(0, 10) !== day) return undefined;
    return finite(Date.parse(`${day}T${time}${zone ?? ''}`));
  }
  if (!/^\d\d:\d\d$/.test(text)) return undefined;
  const [hour = 0, minute = 0] = text.split(':').map(Number);
  if (hour > 23 || minute > 59) return undefined;
  const at = new Date(now_ms);
  at.setHours(hour, minute, 0, 0);
  if (at.getTime() <= now_ms) at.setDate(at.getDate() + 1);
  return at.getTime();
}

/** A moment where the reader is, to the minute: `22:00`, with its day when that is another than now's. */
export function writeMoment(at_ms: number, now_ms: number): string {
  const at = new Date(at_ms);
  if (Number.isNaN(at.getTime())) return '?';
  const two = (value: number) => String(value).padStart(2, '0');
  const time = `${two(at.getHours())}:${two(at.getMinutes())}`;
  if (at.toDateString() === new Date(now_ms).toDateString()) return time;
  return `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())} ${time}`;
}

/** A length of time to two units: `2 h`, `1 d 12 h`, `45 s`. */
export function writeSpan(span_ms: number): string {
  let left_s = Math.max(0, Math.round(span_ms / 1_000));
  const parts: string[] = [];
  for (const [unit, unit_s] of [
    ['d', 86_400],
    ['h', 3_600],
    ['min', 60],
    ['s', 1],
  ] as const) {
    const amount = Math.floor(left_s / unit_s);
    left_s -= amount * unit_s;
    if (amount > 0) parts.push(`${amount} ${unit}`);
  }
  return parts.slice(0, 2).join(' ') || '0 s';
}

function finite(time_ms: number): number | undefined {
  return Number.isFinite(time_ms) ? time_ms : undefined;
}
