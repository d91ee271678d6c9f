// A series as lines, `timestamp,value`: taken apart as they come, and told with a score.

/** Characters of a row, at most; a longer one is passed by. */
const LINE_MAX = 4_096;

/** A time without an offset is UTC: `2014-02-14 14:30:00`, `2014-02-14T14:30:00.5Z`, `2014-02-14 14:30+01:00`. */
const DATE = /^(\d{4}-\d\d-\d\d)[ T](\d\d:\d\d(?::\d\d(?:\.\d+)?)?) ?(Z|[+-]\d\d:?\d\d)?$/;

/** A number as CSV files have it; nothing that JavaScript alone takes for one. */
const NUMBER = /^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$/;

/** From here on a number is milliseconds since 1970, before it seconds: 1e11 s is the year 5138, 1e11 ms is 1973. */
const EPOCH_MS_FROM = 1e11;

/** One row that can be read. */
export interface SeriesRow {
  /** As they stood in the line. */
  readonly timestamp: string;
  readonly value: string;
  readonly time_ms: number;
  readonly number: number;
}

/** Reads a row; a text says why it is none. */
export function readRow(line: string): SeriesRow | string {
  const [timestamp = '', value] = line.split(',', 2).map((cell) => cell.trim());
  if (value === undefined) return 'there is no comma';
  const time_ms = readTime(timestamp);
  if (!Number.isFinite(time_ms)) return `"${timestamp}" is no time`;
  const number = NUMBER.test(value) ? Number(value) : Number.NaN;
  if (!Number.isFinite(number)) return `"${value}" is no number`;
  return { timestamp, value, time_ms, number };
}

/** Milliseconds since 1970; NaN when it is no time. */
export function readTime(text: string): number {
  const [, day, time, offset = 'Z'] = DATE.exec(text) ?? [];
  if (day !== undefined) return Date.parse(`${day}T${time}${offset}`);
  if (!NUMBER.test(text)) return Number.NaN;
  const number = Number(text);
  return Math.abs(number) < EPOCH_MS_FROM ? number * 1_000 : number;
}

/** Whether the first line names the two columns. */
export function isHeader(line: string): boolean {
  return /^\uFEFF?timestamp\s*,\s*value\s*(,|$)/i.test(line);
}

/** Cuts what comes in pieces into lines, without their ends. What is held is bounded; a line that is too long is cut. */
export class Lines {
  readonly #max: number;
  #rest = '';

  /** @param max characters of a line; of a longer one comes one more than that, or all of it */
  constructor(max = LINE_MAX) {
    this.#max = max;
  }

  /** The lines that are whole now. */
  add(text: string): string[] {
    const lines = (this.#rest + text).split('\n');
    this.#rest = (lines.pop() ?? '').slice(0, this.#max + 1);
    return lines.map(withoutReturn);
  }

  /** What was left without an end of line. */
  end(): string[] {
    const rest = this.#rest;
    this.#rest = '';
    return rest === '' ? [] : [withoutReturn(rest)];
  }
}

/** Whether a line is too long to be one of a series. */
export function isTooLong(line: string): boolean {
  return line.length > LINE_MAX;
}

function withoutReturn(line: string): string {
  return line.endsWith('\r') ? line.slice(0, -1) : line;
}
