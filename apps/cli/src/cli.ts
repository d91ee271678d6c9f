// From the words that were typed to the command that they name.

import { readArguments } from './arguments.ts';
import { brokerSetup } from './commands/broker-setup.ts';
import type { Command } from './commands/command.ts';
import { config } from './commands/config.ts';
import { doctor } from './commands/doctor.ts';
import { callOf, commandHelp, generalHelp } from './commands/help.ts';
import { link } from './commands/link.ts';
import { run } from './commands/run.ts';
import { simulate } from './commands/simulate.ts';
import { tap } from './commands/tap.ts';
import { up } from './commands/up.ts';
import { user } from './commands/user.ts';
import { argumentsWrong, commandUnknown, flagUnknown } from './errors.ts';
import { didYouMean } from './suggest.ts';
import { version } from './version.ts';

const COMMANDS: readonly Command[] = [up, run, tap, doctor, brokerSetup, user, link, simulate, config];

/**
 * Runs the command that the words name. Resolves when it has done its work, or when what it started runs until a signal.
 *
 * @throws CodedError for everything that can be expected to go wrong
 */
export async function runCommand(words: readonly string[]): Promise<void> {
  const args = readArguments(words);
  if (args.switches.has('version')) return say(`${version()}\n`);
  if (args.command === undefined) return say(generalHelp(COMMANDS));
  if (args.command === 'help') {
    return say(args.words[0] === undefined ? generalHelp(COMMANDS) : commandHelp(find(args.words[0])));
  }
  const command = find(args.command);
  if (args.switches.has('help')) return say(commandHelp(command));
  checkWords(command, args.words);
  for (const name of args.switches) if (!command.switches.includes(name)) throw notTaken(command, name);
  for (const [name, values] of Object.entries(args.options)) {
    if (values.length > 0 && !command.options.some((option) => option === name)) throw notTaken(command, name);
  }
  await command.run(args);
}

function find(name: string): Command {
  const command = COMMANDS.find((each) => each.name === name);
  if (command !== undefined) return command;
  throw commandUnknown(name, didYouMean(name, [...COMMANDS.map((each) => each.name), 'help']));
}

function checkWords(command: Command, words: readonly string[]): void {
  const { name, words_min, words_max } = command;
  const usage = callOf(command);
  if (words.length < words_min) throw argumentsWrong(name, `${command.words} is missing`, usage);
  const extra = words[words_max];
  if (extra !== undefined) throw argumentsWrong(name, `"${extra}" is one word too many`, usage);
}

function notTaken(command: Command, flag: string): Error {
  return flagUnknown(`--${flag}`, `"ganglion ${command.name}" does not take it`, command.name);
}

function say(text: string): void {
  process.stdout.write(text);
}
