// `ganglion notify`: the notifier's channels, tried one by one, and what they could not tell.

import { oneLine } from '@ganglion/kernel';
import type { Dead, Listed } from '@ganglion/notifier/try';
import type { Arguments } from '../arguments.ts';
import { argumentsWrong, channelNotTold, channelUnknown } from '../errors.ts';
import { loadModule } from '../modules.ts';
import { settingsFor } from '../settings/index.ts';
import { located } from '../settings/located.ts';
import { didYouMean } from '../suggest.ts';
import { columnsOf, cut } from '../terminal.ts';
import type { Command } from './command.ts';

export const notify: Command = {
  name: 'notify',
  words: '',
  words_min: 0,
  words_max: 0,
  summary: 'try the ways in which people are told of alerts',
  about: [
    'Channels stand in the settings, under [notifier.channels.NAME]; "ganglion run notifier" tells alerts by them.',
    '--test sends a test through one of them, once: exit code 0 when it was taken, else 1 and why in one line.',
    '--list shows them and how many messages wait for each; --dead the messages that could not be told, and why.',
  ],
  switches: ['list', 'dead', 'json'],
  options: ['test', 'config'],
  flags: ['test', 'list', 'dead', 'json', 'config'],
  examples: [
    ['ganglion notify --list', 'which channels there are, and whether their settings are right'],
    ['ganglion notify --test ops', 'try the channel ops'],
    ['ganglion notify --dead --json', 'what could not be told, for a program to read'],
  ],
  run,
};

const USAGE = 'ganglion notify --test CHANNEL, ganglion notify --list, or ganglion notify --dead';

async function run(args: Arguments): Promise<void> {
  const name = args.options.test.at(-1);
  const asked = [name !== undefined, args.switches.has('list'), args.switches.has('dead')].filter(Boolean).length;
  if (asked !== 1) throw argumentsWrong('notify', 'it takes one of --test, --list and --dead', USAGE);
  const settings = await settingsFor(args, [await loadModule('notifier')]);
  const given = settings.given('notifier');
  const { listChannels, listDead, tryChannel } = await import('@ganglion/notifier/try');
  const json = args.switches.has('json');
  try {
    if (name !== undefined) await test(name, listChannels(given), () => tryChannel(given, name));
    else if (args.switches.has('list')) say(json, listChannels(given), listed);
    else say(json, listDead(given), deadOnes);
  } catch (error) {
    throw located(error, settings);
  }
}

async function test(
  name: string,
  channels: readonly Listed[],
  tryIt: () => Promise<string | undefined>,
): Promise<void> {
  const names = channels.map((channel) => channel.name);
  if (!names.includes(name)) throw channelUnknown(name, names, didYouMean(name, names));
  const why = await tryIt();
  if (why !== undefined) throw channelNotTold(name, why);
  process.stdout.write(`${name} has taken a test.\n`);
}

function say<T>(json: boolean, items: readonly T[], table: (items: readonly T[]) => string): void {
  process.stdout.write(json ? items.map((item) => `${JSON.stringify(item)}\n`).join('') : table(items));
}

function listed(channels: readonly Listed[]): string {
  if (channels.length === 0) return 'There is no channel yet: see docs/notifications.md.\n';
  const width = Math.max(...channels.map(({ name }) => name.length));
  const type_width = Math.max(...channels.map(({ type }) => type.length));
  return channels
    .map(({ name, type, waiting, dead }) => {
      const state = [...(waiting > 0 ? [`${waiting} waiting`] : []), ...(dead > 0 ? [`${dead} given up`] : [])];
      return `${name.padEnd(width)}  ${type.padEnd(type_width)}  ${state.join(', ') || 'nothing waits'}\n`;
    })
    .join('');
}

function deadOnes(letters: readonly Dead[]): string {
  if (letters.length === 0) return 'Everything could be told.\n';
  const columns = columnsOf(process.stdout);
  return letters
    .map(({ channel, title, why, time_ms }) => {
      const line = `${new Date(time_ms).toISOString()}  ${channel}  ${oneLine(title)}: ${oneLine(why)}`;
      return `${process.stdout.isTTY ? cut(line, columns) : line}\n`;
    })
    .join('');
}
