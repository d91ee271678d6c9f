// `ganglion link`: links that show a part of the fleet to whoever has them, for a while.

import { oneLine } from '@ganglion/kernel';
import type { Link, Links } from '@ganglion/web/access';
import { accessSettingsOf, addressOf } from '../access-dir.ts';
import type { Arguments } from '../arguments.ts';
import { argumentsWrong, flagValueInvalid } from '../errors.ts';
import type { Command } from './command.ts';

const DAYS = 30;

export const link: Command = {
  name: 'link',
  words: '[list|revoke] [id]',
  words_min: 0,
  words_max: 2,
  summary: 'make a link that shows some machines without a login',
  about: [
    'Whoever has the link sees the machines whose name matches the pattern, and nothing of the others.',
    'A pattern is made of words and dots: * is any one word, # is none or more. Quote it for the shell.',
    'A script sends what follows /link/ in a header instead: "Authorization: Bearer …".',
    'The address is the first of web.origins, if there is one. Revoking closes what is open within a second.',
  ],
  switches: [],
  options: ['scope', 'days', 'config'],
  flags: ['scope', 'days', 'host', 'port', 'config'],
  examples: [
    ["ganglion link --scope 'site1.#' --days 30", 'print a link to the machines under site1'],
    ['ganglion link list', 'those there are, with how long they hold'],
    ['ganglion link revoke ID', 'and closed at once'],
  ],
  run,
};

const USAGE = "ganglion link --scope 'site1.#', ganglion link list, or ganglion link revoke ID";

async function run(args: Arguments): Promise<void> {
  const { Links } = await import('@ganglion/web/access');
  const [action, id] = args.words;
  const is_known = action === 'revoke' ? id !== undefined : id === undefined && (action ?? 'list') === 'list';
  if (!is_known) throw argumentsWrong('link', `"${args.words.join(' ')}" is not what it takes`, USAGE);
  if (action === undefined) return make(args);
  const links = new Links((await accessSettingsOf(args)).access_dir);
  if (id === undefined) {
    process.stdout.write(listOf(links));
  } else {
    links.revoke(id);
    process.stdout.write(`Link ${id} shows nothing any more.\n`);
  }
}

async function make(args: Arguments): Promise<void> {
  const { Key, LINK_DAYS_MAX, Links } = await import('@ganglion/web/access');
  const scope = args.options.scope.at(-1);
  if (scope === undefined) throw argumentsWrong('link', 'it needs --scope PATTERN', USAGE);
  const days = readDays(args.options.days.at(-1), LINK_DAYS_MAX);
  const settings = await accessSettingsOf(args);
  const token = new Links(settings.access_dir).make(new Key(settings.access_dir), scope, days, Date.now());
  process.stdout.write(`${addressOf(settings)}/link/${token}\n`);
}

function readDays(text: string | undefined, max: number): number {
  if (text === undefined) return DAYS;
  const days = Number(text);
  if (/^\d+$/.test(text) && days > 0 && days <= max) return days;
  throw flagValueInvalid(
    '--days',
    `"${oneLine(text, 40)}" is no number of days`,
    `give a whole number from 1 to ${max}`,
  );
}

function listOf(links: Links): string {
  const list = links.list();
  if (list.length === 0) return 'There are no links.\n';
  const width = Math.max(...list.map(({ scope }) => scope.length));
  const lineOf = ({ id, scope, ends_ms }: Link) => {
    const until = new Date(ends_ms).toISOString().slice(0, 16).replace('T', ' ');
    return `${id}  ${scope.padEnd(width)}  ${ends_ms > Date.now() ? 'until' : 'ended'} ${until} UTC\n`;
  };
  return list.map(lineOf).join('');
}
