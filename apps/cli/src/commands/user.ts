// `ganglion user`: who may log in to the page.

import { oneLine } from '@ganglion/kernel';
import type { Users } from '@ganglion/web/access';
import { accessDirOf } from '../access-dir.ts';
import type { Arguments } from '../arguments.ts';
import { argumentsWrong, flagValueInvalid } from '../errors.ts';
import { readPassword } from '../password.ts';
import type { Command } from './command.ts';

export const user: Command = {
  name: 'user',
  words: '<add|list|remove> [name]',
  words_min: 1,
  words_max: 2,
  summary: 'say who may log in to the page',
  about: [
    'Whoever reaches the page from another machine has to log in. Users stand in users.json in the folder',
    'that the setting web.access_dir names, for its owner alone, with their passwords hashed by scrypt.',
    'The password is asked for, or read as one line from standard input when that is no terminal.',
    'Adding a name that is there gives it another password and role; sessions from before then end.',
    'A web server that runs takes a change over within a second.',
  ],
  switches: [],
  options: ['role', 'config'],
  flags: ['role', 'config'],
  examples: [
    ['ganglion user add ada', 'ask for a password and let ada see everything'],
    ['ganglion user add ada --role admin', 'and, where that is asked for, change things'],
    ['ganglion user list', 'who there is'],
    ['ganglion user remove ada', 'and out at once'],
  ],
  run,
};

const USAGE = 'ganglion user add NAME, ganglion user list, or ganglion user remove NAME';

async function run(args: Arguments): Promise<void> {
  const { Users } = await import('@ganglion/web/access');
  const [action = '', name] = args.words;
  if ((action === 'list') !== (name === undefined) || !['add', 'list', 'remove'].includes(action)) {
    throw argumentsWrong('user', `"${args.words.join(' ')}" is not what it takes`, USAGE);
  }
  const users = new Users(await accessDirOf(args));
  if (name === undefined) process.stdout.write(listOf(users));
  else if (action === 'add') await add(users, name, args);
  else remove(users, name);
}

async function add(users: Users, name: string, args: Arguments): Promise<void> {
  const { ROLES } = await import('@ganglion/web/access');
  const asked = args.options.role.at(-1) ?? 'viewer';
  const role = ROLES.find((each) => each === asked);
  if (role === undefined) {
    throw flagValueInvalid('--role', `"${oneLine(asked, 40)}" is no role`, `give ${ROLES.join(' or ')}`);
  }
  users.checkName(name);
  const known = users.list().some((other) => other.name === name);
  const password = await readPassword(`${known ? 'New password' : 'Password'} for ${name}: `, process);
  await users.put(name, role, password);
  process.stdout.write(`${name} ${known ? 'has another password' : 'may log in'}, as ${role}.\n`);
}

function remove(users: Users, name: string): void {
  users.remove(name);
  process.stdout.write(`${name} may not log in any more.\n`);
}

function listOf(users: Users): string {
  const list = users.list();
  if (list.length === 0) return 'Nobody may log in yet.\n';
  const width = Math.max(...list.map(({ name }) => name.length));
  return list.map(({ name, role }) => `${name.padEnd(width)}  ${role}\n`).join('');
}
