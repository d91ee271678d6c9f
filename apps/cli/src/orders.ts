// Orders about alerts, made of what was typed.

import { hostname, userInfo } from 'node:os';
import { checkPattern, oneLine, reasonOf } from '@ganglion/kernel';
import { clockIn, DAYS, Hours, SEVERITIES, type Silence } from '@ganglion/topics';
import { Value } from 'typebox/value';
import type { Arguments, Option } from './arguments.ts';
import { argumentsWrong, flagValueInvalid } from './errors.ts';
import { readMoment, readSpan } from './moments.ts';

/** Characters of who and why, as the topic has them. */
const BY_CHARACTERS_MAX = 100;
const WHY_CHARACTERS_MAX = 500;

/** Rules and resources of a silence, as the topic has them. */
const NAMES_MAX = 20;

const SPANS = 'give a time such as 30min, 2h, 1d12h or 2w';
const MOMENTS = 'give a time of day, 22:00, or a moment, "2026-12-24 18:00"';
const SILENCE_USAGE = "ganglion silence 'site1.#' --for 2h --why 'new disks'";

/** Who gives an order, and why. */
export interface Said {
  readonly by: string;
  readonly why?: string;
}

/**
 * Who gives an order: `--by`, or the login name and the host.
 *
 * @throws CodedError `FLAG_VALUE_INVALID`
 */
export function readSaid({ options }: Arguments): Said {
  const by = oneLine(options.by.at(-1) ?? `${loginName()}@${hostname()}`, BY_CHARACTERS_MAX);
  if (by === '') throw flagValueInvalid('--by', 'it is empty', 'give a name');
  const why = options.why.at(-1);
  if (why === undefined || why.trim() === '') return { by };
  if (why.length > WHY_CHARACTERS_MAX) {
    throw flagValueInvalid('--why', `it has more than ${WHY_CHARACTERS_MAX} characters`, 'say it shorter');
  }
  return { by, why: oneLine(why, WHY_CHARACTERS_MAX) };
}

/**
 * The silence that was typed.
 *
 * @param labels the values of `--label`
 * @throws CodedError `ARGUMENTS_WRONG`, `FLAG_VALUE_INVALID`
 */
export function readSilence(args: Arguments, labels: readonly string[], id: string, now_ms: number): Silence {
  const { words, options } = args;
  const [machines] = words;
  if (machines === undefined)
    throw argumentsWrong('silence', "a pattern of machines is missing; '#' is all", SILENCE_USAGE);
  try {
    checkPattern(machines);
  } catch (error) {
    throw argumentsWrong('silence', reasonOf(error), SILENCE_USAGE);
  }
  const from_ms = moment('from', options, now_ms) ?? now_ms;
  const calendar = readCalendar(options);
  const severity_max = oneOf('severity-max', options, SEVERITIES);
  return {
    id,
    machines,
    ...(labels.length > 0 && { labels: Object.fromEntries(labels.map(readLabel)) }),
    ...(options.rule.length > 0 && { rules: names('rule', options) }),
    ...(options.resource.length > 0 && { resources: names('resource', options) }),
    ...(severity_max !== undefined && { severity_max }),
    from_ms,
    until_ms: readUntil(options, from_ms, now_ms),
    ...(calendar !== undefined && { calendar }),
    ...readSaid(args),
    time_ms: now_ms,
  };
}

type Options = Arguments['options'];

function readUntil(options: Options, from_ms: number, now_ms: number): number {
  const span = options.for.at(-1);
  const until_ms = moment('until', options, Math.max(from_ms, now_ms));
  if ((span === undefined) === (until_ms === undefined)) {
    throw argumentsWrong('silence', 'it takes either --for or --until: no silence is for ever', SILENCE_USAGE);
  }
  if (until_ms !== undefined) {
    if (until_ms > from_ms && until_ms > now_ms) return until_ms;
    throw flagValueInvalid('--until', 'it is over before it begins', 'give a later moment');
  }
  const span_ms = readSpan(span ?? '');
  if (span_ms === undefined)
    throw flagValueInvalid('--for', `"${oneLine(span ?? '', 40)}" is no length of time`, SPANS);
  return from_ms + span_ms;
}

function moment(name: 'from' | 'until', options: Options, now_ms: number): number | undefined {
  const text = options[name].at(-1);
  if (text === undefined) return undefined;
  const moment_ms = readMoment(text, now_ms);
  if (moment_ms === undefined) throw flagValueInvalid(`--${name}`, `"${oneLine(text, 40)}" is no moment`, MOMENTS);
  return moment_ms;
}

function readCalendar(options: Options): Silence['calendar'] {
  const days = options.days.flatMap((text) => text.split(',')).map((day) => day.trim().toLowerCase());
  const hours = options.hours.at(-1);
  const zone = options['time-zone'].at(-1);
  if (days.length === 0 && hours === undefined) {
    if (zone === undefined) return undefined;
    throw flagValueInvalid('--time-zone', 'it says where --days and --hours are', 'give one of them too');
  }
  if (hours !== undefined && !Value.Check(Hours(''), hours)) {
    const why = `"${oneLine(hours, 40)}" is no times of day`;
    throw flagValueInvalid('--hours', why, 'give two of them, as 22:00-06:00');
  }
  const time_zone = zone ?? Intl.DateTimeFormat().resolvedOptions().timeZone;
  try {
    clockIn(time_zone);
  } catch {
    throw flagValueInvalid('--time-zone', `there is no "${oneLine(time_zone, 40)}"`, 'give one as Europe/Berlin');
  }
  return {
    ...(days.length > 0 && { days: days.map(readDay) }),
    ...(hours !== undefined && { hours }),
    time_zone,
  };
}

function readDay(text: string) {
  const day = DAYS.find((each) => each === text);
  if (day !== undefined) return day;
  throw flagValueInvalid('--days', `"${oneLine(text, 40)}" is no day`, `give some of ${DAYS.join(',')}`);
}

function readLabel(text: string): [name: string, value: string] {
  const at = text.indexOf('=');
  if (at > 0) return [text.slice(0, at), text.slice(at + 1)];
  throw flagValueInvalid('--label', `"${oneLine(text, 40)}" is no label`, 'give one as site=berlin');
}

function names(name: 'rule' | 'resource', options: Options): string[] {
  const given = [...options[name]];
  if (given.length <= NAMES_MAX) return given;
  throw flagValueInvalid(`--${name}`, `there are more than ${NAMES_MAX}`, 'order several silences');
}

function oneOf<Word extends string>(name: Option, options: Options, words: readonly Word[]): Word | undefined {
  const text = options[name].at(-1);
  if (text === undefined) return undefined;
  const word = words.find((each) => each === text);
  if (word !== undefined) return word;
  throw flagValueInvalid(`--${name}`, `"${oneLine(text, 40)}" is none of its words`, `give ${words.join(', ')}`);
}

/** The name of who is logged in; some containers have none. */
function loginName(): string {
  const { USER = '' } = process.env;
  if (USER !== '') return USER;
  try {
    return userInfo().username;
  } catch {
    return 'someone';
  }
}
