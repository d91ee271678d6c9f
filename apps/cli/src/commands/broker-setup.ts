// `ganglion broker-setup`: a user for each role on the broker, with what it needs and no more.

import type { Arguments } from '../arguments.ts';
import { loadModules } from '../modules.ts';
import { settingsFor } from '../settings/index.ts';
import type { Command } from './command.ts';

export const brokerSetup: Command = {
  name: 'broker-setup',
  words: '',
  words_min: 0,
  words_max: 0,
  summary: 'make a user for each role on the broker',
  about: [
    'Prints a shell script of rabbitmqctl lines to read and to run; with --apply it runs rabbitmqctl itself.',
    'A tracker may publish the measure and the pulse of its own machine and nothing else; name each machine.',
    'Passwords are made and shown once, or read from --password-file: a line each, USER PASSWORD.',
    'A user that is there already keeps its password, unless the file names one. --broker says where users',
    'will connect: host, port and virtual host; its user and password are not needed.',
  ],
  switches: ['apply'],
  options: ['tracker', 'node', 'password-file', 'with', 'config'],
  flags: ['apply', 'tracker', 'password_file', 'node', 'with', 'broker', 'exchange', 'config'],
  examples: [
    ['ganglion broker-setup --tracker db-01 --tracker db-02', 'read what would be done'],
    ['sudo ganglion broker-setup --tracker db-01 --apply', "do it, on the broker's machine"],
  ],
  run,
};

async function run(args: Arguments): Promise<void> {
  const { own } = await settingsFor(args, []);
  // What knows the broker is loaded only now: other commands do without.
  const { applySetup, planSetup, scriptOf } = await import('../setup.ts');
  const plan = planSetup(own, {
    modules: await loadModules(args.options.with),
    machines: args.options.tracker,
    password_file: args.options['password-file'].at(-1),
    node: args.options.node.at(-1),
  });
  if (args.switches.has('apply')) await applySetup(plan, (line) => process.stdout.write(`${line}\n`));
  else process.stdout.write(scriptOf(plan));
}
