// How a state of a machine or an instance is written: for a person in columns, for a program as JSON.

import { oneLine } from '@ganglion/kernel';
import type { State } from './states.ts';
import { clock } from './tap-lines.ts';
import { cut, type Style } from './terminal.ts';

/** The widest that the column of names grows. */
const SOURCE_COLUMNS_MAX = 40;

/** Characters of a detail that somebody else wrote. */
const DETAIL_CHARACTERS_MAX = 200;

const WORDS = { stopped: 'stopped', connection_lost: 'connection lost', silent: 'silent' } as const;

/** One line for a program. Times are ISO 8601; `since` of one that lives is null where nobody has told of its birth. */
export function jsonState(state: State, now_ms: number): string {
  const { kind, source, life, since_ms, last_seen_ms, cause, instance } = state;
  return `${JSON.stringify({
    time: iso(now_ms),
    state: life.toUpperCase(),
    kind,
    source,
    ...(kind === 'machine' && { instance }),
    since: since_ms === undefined ? null : iso(since_ms),
    ...(cause !== undefined && { cause }),
    last_seen: iso(last_seen_ms),
  })}\n`;
}

/** Writes lines for a person: the columns keep their place and grow with the names. */
export class StateColumns {
  readonly #style: Style;
  readonly #columns: () => number;
  #source_width = 12;

  /** @param columns the width of the terminal now, which may change; endless in a pipe */
  constructor(style: Style, columns: () => number) {
    this.#style = style;
    this.#columns = columns;
  }

  line(state: State, now_ms: number): string {
    const { bold, dim, accent } = this.#style;
    const paint = { dead: bold, stale: accent, live: (text: string) => text }[state.life];
    const time = clock(iso(now_ms));
    const source = oneLine(state.source, SOURCE_COLUMNS_MAX);
    this.#source_width = Math.max(this.#source_width, source.length);
    const left = this.#columns() - time.length - 5 - this.#source_width - 8 - 8;
    const detail = cut(oneLine(detailOf(state, now_ms), DETAIL_CHARACTERS_MAX), Math.max(left, 20));
    const word = state.life.toUpperCase().padEnd(5);
    return `${dim(time)}  ${paint(word)}  ${bold(source.padEnd(this.#source_width))}  ${dim(state.kind.padEnd(8))}  ${detail}\n`;
  }
}

/** `connection lost at 03:12:44, last seen 03:12:43`, `last seen 03:12:40`, `since 2026-11-02 08:00; Linux 6.1, 8 cores`. */
function detailOf({ life, cause, since_ms, last_seen_ms, about, kind }: State, now_ms: number): string {
  const last = `last seen ${moment(last_seen_ms, now_ms)}`;
  if (life === 'stale') return last;
  if (life === 'dead') return `${WORDS[cause ?? 'silent']} at ${moment(since_ms ?? last_seen_ms, now_ms)}, ${last}`;
  const since = since_ms === undefined ? [] : [`since ${moment(since_ms, now_ms)}`];
  const { system, cores, role, version } = about;
  const told = kind === 'machine' ? [system, typeof cores === 'number' && `${cores} cores`] : [role, version];
  return [...since, ...told.filter((each) => typeof each === 'string' && each !== '')].join(', ');
}

/** The time of day where the reader is, to the second; with the date when it was on another day. */
function moment(at_ms: number, now_ms: number): string {
  const at = new Date(iso(at_ms));
  const time = clock(iso(at_ms)).slice(0, 8);
  if (at.toDateString() === new Date(now_ms).toDateString()) return time;
  const two = (value: number) => String(value).padStart(2, '0');
  return `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())} ${time}`;
}

/** A time that somebody else wrote may be no date at all. */
function iso(at_ms: number): string {
  const at = new Date(at_ms);
  return (Number.isNaN(at.getTime()) ? new Date(0) : at).toISOString();
}
