// `ganglion help`: what there is, and each command in its own words.

import { styleFor } from '../terminal.ts';
import { type Command, FLAGS } from './command.ts';

/** What there is. */
export function generalHelp(commands: readonly Command[]): string {
  const { bold, dim } = styleFor(process.stdout);
  const flags = [FLAGS.broker, FLAGS.port, FLAGS.interval, FLAGS.machine, FLAGS.config, FLAGS.log_level];
  return text([
    `${bold('ganglion')} shows what every machine is doing, the moment it happens.`,
    '',
    ...table([
      ...commands.map((command) => [callOf(command), command.summary] as const),
      ['ganglion help <command>', 'say more about one of these'],
      ['ganglion --version', 'say which version this is'],
    ]),
    '',
    bold('Flags that are needed most'),
    ...table(flags),
    '',
    dim('Every setting can stand in a file, in the environment or in a flag: "ganglion help config" says how.'),
  ]);
}

/** One command. */
export function commandHelp(command: Command): string {
  const { bold } = styleFor(process.stdout);
  return text([
    `${bold(callOf(command))}: ${command.summary}`,
    '',
    ...command.about.map((line) => `  ${line}`),
    '',
    bold('Examples'),
    ...table(command.examples),
    '',
    bold('Flags'),
    ...table(command.flags.map((name) => FLAGS[name])),
  ]);
}

/** How a command is called: `ganglion run <module>`. */
export function callOf({ name, words }: Command): string {
  return `ganglion ${name} ${words}`.trim();
}

/** Two columns, the first as wide as it needs. */
function table(rows: readonly (readonly [left: string, right: string])[]): string[] {
  const { dim } = styleFor(process.stdout);
  const width = Math.max(...rows.map(([left]) => left.length));
  return rows.map(([left, right]) => `  ${left.padEnd(width)}  ${dim(right)}`);
}

function text(lines: readonly string[]): string {
  return `${lines.join('\n')}\n`;
}
