// `ganglion silence`: of which alerts nobody is told for a while.

import { randomBytes } from 'node:crypto';
import { oneLine } from '@ganglion/kernel';
import { clockIn, isWithin, type Silence } from '@ganglion/topics';
import { type Arguments, takeFlag } from '../arguments.ts';
import { argumentsWrong, silenceUnknown } from '../errors.ts';
import { writeMoment, writeSpan } from '../moments.ts';
import { type Operator, operate } from '../operator.ts';
import { readSaid, readSilence } from '../orders.ts';
import { didYouMean } from '../suggest.ts';
import type { Command } from './command.ts';

export const silence: Command = {
  name: 'silence',
  words: "['pattern']",
  words_min: 0,
  words_max: 1,
  summary: 'tell nobody of some alerts for a while',
  about: [
    "The pattern says of which machines: \"db-01\" is one, 'site1.#' all under site1, '#' all. Quote it for the shell.",
    'While it is in force nobody is told, but alerts are still seen on the page and by "ganglion alerts". What is on when',
    'it ends is told then; the end of what was told before is told all the same.',
    'With --days or --hours it is in force only then, again and again, until --for or --until is over.',
    '--list shows the silences that there are, --end ID ends one.',
    'It ends when an analyzer has obeyed: exit code 0, else 1 after five seconds, and why in one line.',
  ],
  switches: ['list', 'json'],
  options: [
    'for',
    'from',
    'until',
    'why',
    'by',
    'rule',
    'resource',
    'severity-max',
    'days',
    'hours',
    'time-zone',
    'end',
    'config',
  ],
  flags: [
    'for',
    'until',
    'from',
    'why',
    'by',
    'of_label',
    'rule',
    'resource',
    'severity_max',
    'on_days',
    'hours',
    'time_zone',
    'silences',
    'json',
    'end',
    'broker',
    'exchange',
    'config',
  ],
  examples: [
    ["ganglion silence 'site1.#' --for 2h --why 'new switch'", 'all machines under site1, from now on'],
    ["ganglion silence db-01 --resource 'file_systems /var' --until 08:00", 'one thing on one machine, until tomorrow'],
    ["ganglion silence '#' --days sat,sun --hours 22:00-06:00 --for 52w", 'the nights of weekends, for a year'],
    ["ganglion silence '#' --label role=test --severity-max warning --for 1d", 'what matters little'],
    ['ganglion silence --list', 'the silences that there are'],
    ['ganglion silence --end 3f9a1c22', 'people are told again'],
  ],
  run,
};

const USAGE = "ganglion silence 'site1.#' --for 2h, ganglion silence --list, or ganglion silence --end ID";

async function run(args: Arguments): Promise<void> {
  const { values: labels, rest } = takeFlag(args, 'label');
  const end = args.options.end.at(-1);
  const asked = [args.words.length > 0, args.switches.has('list'), end !== undefined].filter(Boolean).length;
  if (asked !== 1) throw argumentsWrong('silence', 'it takes one of a pattern, --list and --end', USAGE);
  if (args.switches.has('list')) return operate(rest, 'no silences shown', (operator) => list(operator, rest));
  if (end !== undefined) return operate(rest, 'no silence ended', (operator) => endOne(operator, end, rest));
  const ordered = readSilence(rest, labels, randomBytes(4).toString('hex'), Date.now());
  return operate(rest, 'nothing silenced', (operator) => order(operator, ordered));
}

async function order(operator: Operator, ordered: Silence): Promise<void> {
  await operator.give({ order: 'silence', silence: ordered }, ordered.time_ms);
  const obeyed = await operator.until(() => operator.silences?.find(({ id }) => id === ordered.id));
  if (obeyed === undefined) throw operator.unkept();
  const now_ms = Date.now();
  const { id, until_ms } = ordered;
  process.stdout.write(
    `Nobody is told of ${whatOf(ordered)}${whenOf(ordered, now_ms)}, ${writeSpan(until_ms - now_ms)} from now.\n` +
      `To end it sooner: ganglion silence --end ${id}\n`,
  );
}

async function endOne(operator: Operator, id: string, args: Arguments): Promise<void> {
  await operator.allSaid();
  const ids = (operator.silences ?? []).map((each) => each.id);
  if (!ids.includes(id)) throw silenceUnknown(id, didYouMean(id, ids));
  await operator.give({ order: 'end_silence', id, ...readSaid(args) }, Date.now());
  const ended = await operator.until(() => operator.silences?.every((each) => each.id !== id) || undefined);
  if (ended === undefined) throw operator.unkept();
  process.stdout.write(`The silence ${id} is over.\n`);
}

async function list(operator: Operator, args: Arguments): Promise<void> {
  await operator.allSaid();
  const all = [...(operator.silences ?? [])].sort((a, b) => a.until_ms - b.until_ms);
  if (args.switches.has('json')) process.stdout.write(all.map((each) => `${JSON.stringify(each)}\n`).join(''));
  else process.stdout.write(all.length === 0 ? 'Nothing is silenced.\n' : all.map(lineOf).join(''));
}

function lineOf(each: Silence): string {
  const now_ms = Date.now();
  const why = each.why === undefined ? '' : `: ${oneLine(each.why)}`;
  const word = isInForce(each, now_ms) ? 'now ' : 'then';
  return `${oneLine(each.id)}  ${word}  ${whatOf(each)}${whenOf(each, now_ms)}; ${oneLine(each.by)}${why}\n`;
}

function isInForce({ from_ms, until_ms, calendar }: Silence, now_ms: number): boolean {
  if (now_ms < from_ms || now_ms >= until_ms) return false;
  return calendar === undefined || isWithin(calendar.hours, calendar.days, clockIn(calendar.time_zone)(now_ms));
}

/** `site1.#, cpu or memory, up to warning`. */
function whatOf({ machines, labels = {}, rules, resources, severity_max }: Silence): string {
  const said = [
    machines === '#' ? 'all machines' : machines,
    ...Object.entries(labels).map(([name, value]) => `${name}=${value}`),
    ...(rules === undefined ? [] : [`found by ${rules.join(' or ')}`]),
    ...(resources === undefined ? [] : [resources.join(' or ')]),
    ...(severity_max === undefined ? [] : [`up to ${severity_max}`]),
  ];
  return oneLine(said.join(', '));
}

/** ` from 22:00 until 2026-12-24 06:00, on sat, sun, 22:00-06:00 in Europe/Berlin`. */
function whenOf({ from_ms, until_ms, calendar }: Silence, now_ms: number): string {
  const from = from_ms > now_ms ? ` from ${writeMoment(from_ms, now_ms)}` : '';
  const until = ` until ${writeMoment(until_ms, now_ms)}`;
  if (calendar === undefined) return `${from}${until}`;
  const { days, hours, time_zone } = calendar;
  const times = [days?.join(' '), hours].filter((part) => part !== undefined).join(' ');
  return `${from}${until}, ${times} in ${oneLine(time_zone)}`;
}
