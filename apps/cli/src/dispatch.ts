// From the words that were typed to the command that they name.

import { readArguments } from './arguments.ts';
import type { Command } from './commands/command.ts';
import { callOf, commandHelp, generalHelp } from './commands/help.ts';
import { argumentsWrong, commandUnknown, flagUnknown } from './errors.ts';
import { didYouMean } from './suggest.ts';
import { version } from './version.ts';

/**
 * Runs the command, one of those given, that the words name. Resolves when it has done its work, or when what it started runs until a signal.
 *
 * @throws CodedError for everything that can be expected to go wrong
 */
export async function dispatch(commands: readonly Command[], words: readonly string[]): Promise<void> {
  const args = readArguments(words);
  if (args.switches.has('version')) return say(`${version()}\n`);
  if (args.command === undefined) return say(generalHelp(commands));
  if (args.command === 'help') {
    return say(args.words[0] === undefined ? generalHelp(commands) : commandHelp(find(commands, args.words[0])));
  }
  const command = find(commands, args.command);
  if (args.switches.has('help')) return say(commandHelp(command));
  checkWords(command, args.words);
  for (const name of args.switches) if (!command.switches.includes(name)) throw notTaken(command, name);
  for (const [name, values] of Object.entries(args.options)) {
    if (values.length > 0 && !command.options.some((option) => option === name)) throw notTaken(command, name);
  }
  await command.run(args);
}

function find(commands: readonly Command[], name: string): Command {
  const command = commands.find((each) => each.name === name);
  if (command !== undefined) return command;
  throw commandUnknown(name, didYouMean(name, [...commands.map((each) => each.name), 'help']));
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
