// `ganglion alerts`: what is on now, worst first.

import { compilePattern, oneLine } from '@ganglion/kernel';
import { SEVERITIES } from '@ganglion/topics';
import type { Arguments } from '../arguments.ts';
import { writeMoment, writeSpan } from '../moments.ts';
import { type OnMachine, operate } from '../operator.ts';
import { columnsOf, cut, type Style, styleFor } from '../terminal.ts';
import type { Command } from './command.ts';

export const alerts: Command = {
  name: 'alerts',
  words: "['pattern']",
  words_min: 0,
  words_max: 1,
  summary: 'show what is on now, worst first',
  about: [
    'A line for each alert: how severe, its id, the machine, what was found, and since when. What somebody has seen,',
    'what is silenced and what rules on trial have found comes last among its like, and says so.',
    "A pattern shows only some machines: 'site1.#'. With --json a line is the alert as the bus has it, and its machine.",
    'Who keeps the alerts says them again for whoever comes, so the page and the notifier hear them, too, and are not told',
    'anything new by it. Exit code 0, also when nothing is on; 1 when nobody answers within five seconds.',
  ],
  switches: ['json'],
  options: ['config'],
  flags: ['json', 'broker', 'exchange', 'config'],
  examples: [
    ['ganglion alerts --broker amqp://localhost', 'everything'],
    ["ganglion alerts 'site1.#'", 'what is on under site1'],
    ['ganglion alerts --json', 'for a program to read'],
    ['ganglion acknowledge 3f9a1c22d0', 'say that you have seen one of them'],
  ],
  run,
};

async function run(args: Arguments): Promise<void> {
  const fits = compilePattern(args.words[0] ?? '#');
  const on = await operate(args, 'no alerts shown', async (operator) => {
    await operator.allSaid();
    return operator.alerts.filter(({ machine }) => fits(machine));
  });
  const worst_first = [...on].sort(byWeight);
  if (args.switches.has('json')) {
    process.stdout.write(
      worst_first.map(({ machine, alert }) => `${JSON.stringify({ machine, ...alert })}\n`).join(''),
    );
  } else if (on.length === 0) process.stdout.write('All is well: nothing is on.\n');
  else process.stdout.write(tableOf(worst_first, styleFor(process.stdout), columnsOf(process.stdout), Date.now()));
}

/** The most severe first; of those, what nobody looks after; of those, the oldest. */
function byWeight(a: OnMachine, b: OnMachine): number {
  const weight = ({ alert }: OnMachine) => SEVERITIES.indexOf(alert.severity);
  const isLookedAfter = ({ alert: { acknowledged, silenced } }: OnMachine) =>
    Number(acknowledged !== undefined || silenced !== undefined);
  const isOnTrial = ({ alert }: OnMachine) => Number(alert.shadow === true);
  return (
    isOnTrial(a) - isOnTrial(b) ||
    weight(b) - weight(a) ||
    isLookedAfter(a) - isLookedAfter(b) ||
    a.alert.since_ms - b.alert.since_ms
  );
}

/** The widest that the column of names grows. */
const MACHINE_COLUMNS_MAX = 40;

/** What is on, for a person: the columns are as wide as they need. */
export function tableOf(on: readonly OnMachine[], style: Style, columns: number, now_ms: number): string {
  const nameOf = ({ machine }: OnMachine) => oneLine(machine, MACHINE_COLUMNS_MAX);
  const width = Math.max(...on.map((each) => nameOf(each).length));
  const id_width = Math.max(...on.map(({ alert }) => alert.id.length));
  return on
    .map((each) => {
      const { severity, id, since_ms } = each.alert;
      const left = columns - 8 - 2 - id_width - 2 - width - 2;
      const since = `${writeSpan(now_ms - since_ms)}, since ${writeMoment(since_ms, now_ms)}`;
      const text = cut(oneLine(`${each.alert.sentence} (${since}${wordsOf(each, now_ms)})`), Math.max(left, 20));
      const paint = severity === 'critical' ? style.bold : severity === 'warning' ? style.accent : style.dim;
      const word = paint(severity.toUpperCase().padEnd(8));
      return `${word}  ${style.dim(id.padEnd(id_width))}  ${style.bold(nameOf(each).padEnd(width))}  ${text}\n`;
    })
    .join('');
}

/** What people have said about it. */
function wordsOf({ alert: { acknowledged, silenced, shadow, incident_sentence } }: OnMachine, now_ms: number): string {
  const because = (why: string | undefined) => (why === undefined ? '' : `: ${why}`);
  const until = silenced?.until_ms === undefined ? '' : ` until ${writeMoment(silenced.until_ms, now_ms)}`;
  return [
    ...(acknowledged === undefined ? [] : [`; ${acknowledged.by} has seen it${because(acknowledged.why)}`]),
    ...(silenced === undefined ? [] : [`; silenced by ${silenced.by}${until}${because(silenced.why)}`]),
    ...(shadow === true ? ['; a rule on trial'] : []),
    ...(incident_sentence === undefined ? [] : [`; of: ${incident_sentence}`]),
  ].join('');
}
