// `ganglion history`: what the past will take on disk, and a copy of it.

import { resolve } from 'node:path';
import type { PlanOptions } from '@ganglion/recorder/history';
import { type Arguments, takeFlag } from '../arguments.ts';
import { argumentsWrong, flagValueInvalid } from '../errors.ts';
import { loadModule } from '../modules.ts';
import { settingsFor } from '../settings/index.ts';
import type { Command } from './command.ts';

export const history: Command = {
  name: 'history',
  words: '<plan|backup> [file]',
  words_min: 1,
  words_max: 2,
  summary: 'say what the past takes on disk, or copy it',
  about: [
    'The recorder keeps every sample for two hours, and what they come to for up to two years: see docs/history.md.',
    '"plan" says what that takes for so many machines, by what was measured.',
    '"backup" copies all that is kept into one file, also while it is written to; put it in the folder of a recorder',
    'as history.db to go on from there.',
  ],
  switches: ['json'],
  options: ['config', 'figures'],
  flags: ['of_machines', 'figures', 'history', 'json', 'config'],
  examples: [
    ['ganglion history plan --machines 200', 'the disk that 200 machines take'],
    ['ganglion history backup /backups/ganglion.db', 'a copy, while it runs'],
  ],
  run,
};

const USAGE = 'ganglion history plan --machines N, or ganglion history backup FILE';

/** Figures of a machine when nothing is said: what a tracker tells of a usual one. */
const FIGURES_DEFAULT = 60;

async function run(args: Arguments): Promise<void> {
  const [action = '', file] = args.words;
  if (action === 'plan' && file === undefined) return plan(args);
  if (action !== 'backup' || file === undefined) {
    throw argumentsWrong('history', `"${args.words.join(' ')}" is not what it takes`, USAGE);
  }
  const settings = await settingsFor(args, [await loadModule('recorder')]);
  const { backupHistory } = await import('@ganglion/recorder/history');
  await backupHistory(settings.given('recorder'), resolve(file));
  process.stdout.write(`The past is copied to ${file}.\n`);
}

async function plan(args: Arguments): Promise<void> {
  const { values, rest } = takeFlag(args, 'machines');
  const machines = wholeNumber('--machines', values.at(-1) ?? '1');
  const figures = wholeNumber('--figures', rest.options.figures.at(-1) ?? String(FIGURES_DEFAULT));
  const settings = await settingsFor(rest, [await loadModule('recorder'), await loadModule('tracker')]);
  const { keepIn, planOf } = await import('@ganglion/recorder/history');
  const interval_ms = intervalIn(settings.given('tracker'));
  const asked: PlanOptions = { machines, figures, interval_ms, keep_ms: keepIn(settings.given('recorder')) };
  const planned = planOf(asked);
  if (args.switches.has('json')) {
    process.stdout.write(`${JSON.stringify({ ...asked, ...planned })}\n`);
    return;
  }
  const rows = planned.levels.map(({ width_ms, keep_ms, bytes }) => [
    width_ms === 0 ? 'samples' : `cells of ${spanOf(width_ms)}`,
    `for ${spanOf(keep_ms)}`,
    sizeOf(bytes),
  ]);
  const widths = [0, 1, 2].map((column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  const lines = rows.map(
    ([what = '', keep = '', size = '']) =>
      `  ${what.padEnd(widths[0] ?? 0)}  ${keep.padEnd(widths[1] ?? 0)}  ${size.padStart(widths[2] ?? 0)}\n`,
  );
  const fleet = `${machines.toLocaleString('en')} ${machines === 1 ? 'machine' : 'machines'} with ${figures} figures`;
  process.stdout.write(
    `${fleet}, a sample each ${spanOf(interval_ms)}, take ${sizeOf(planned.bytes)}:\n${lines.join('')}` +
      '--history-max-bytes holds it below a limit: of what is finest, the oldest goes first.\n',
  );
}

function intervalIn(given: unknown): number {
  const interval_ms =
    typeof given === 'object' && given !== null && 'interval_ms' in given ? given.interval_ms : undefined;
  return typeof interval_ms === 'number' && interval_ms > 0 ? interval_ms : 1_000;
}

function wholeNumber(flag: string, text: string): number {
  const number = Number(text);
  if (Number.isInteger(number) && number >= 1 && number <= 1_000_000) return number;
  throw flagValueInvalid(flag, `"${text}" is no whole number from 1 to 1000000`, `write ${flag} 200`);
}

const UNITS: readonly (readonly [ms: number, name: string])[] = [
  [86_400_000, 'day'],
  [3_600_000, 'hour'],
  [60_000, 'minute'],
  [1_000, 'second'],
];

/** A time in the largest unit that it is a whole number of. */
function spanOf(duration_ms: number): string {
  const [unit_ms, name] = UNITS.find(([ms]) => duration_ms % ms === 0) ?? [1, 'millisecond'];
  const count = duration_ms / unit_ms;
  return `${count} ${name}${count === 1 ? '' : 's'}`;
}

function sizeOf(bytes: number): string {
  const [unit, name] = bytes >= 1e9 ? [1e9, 'GB'] : [1e6, 'MB'];
  return `${(bytes / unit).toFixed(bytes / unit < 10 ? 1 : 0)} ${name}`;
}
