// `ganglion up`: everything in one process.

import { instanceName, type Module, type RunningModule } from '@ganglion/kernel';
import type { Arguments } from '../arguments.ts';
import { openBus } from '../bus.ts';
import { openLog } from '../log.ts';
import { loadModules, wantedOf } from '../modules.ts';
import { withoutLostPast } from '../past.ts';
import { settingsFor } from '../settings/index.ts';
import { openMeasureSpool } from '../spool.ts';
import { runSystem } from '../system.ts';
import { styleFor } from '../terminal.ts';
import type { Command } from './command.ts';

export const up: Command = {
  name: 'up',
  words: '',
  words_min: 0,
  words_max: 0,
  summary: 'run all modules in one process and show the page',
  about: [
    'Without a broker the modules speak in memory, on this machine alone.',
    'With --broker they speak over RabbitMQ, where modules from anywhere can join.',
    'The past is kept in a folder of yours, and shown on the page; --history none keeps none.',
  ],
  switches: [],
  options: ['with', 'config'],
  flags: [
    'with',
    'broker',
    'exchange',
    'port',
    'host',
    'metrics_port',
    'insecure',
    'tls_cert',
    'tls_key',
    'interval',
    'machine',
    'history',
    'history_max_bytes',
    'config',
    'log_level',
  ],
  examples: [
    ['ganglion up', 'this machine, at http://localhost:8888'],
    ['ganglion up --port 9000 --interval 500ms', 'another port, two samples a second'],
    ['ganglion up --host 0.0.0.0', 'for other machines too, once "ganglion user add" has made a login'],
    ['ganglion up --with ./mood.ts', 'and a module of your own'],
    ['ganglion up --broker amqp://localhost', 'over RabbitMQ'],
  ],
  run,
};

async function run(args: Arguments): Promise<void> {
  await runWithPage(args, await loadModules(args.options.with));
}

/**
 * Runs modules in one process, one of them the page's, until a signal.
 *
 * @param remembers whether what they remember is there the next time
 */
export async function runWithPage(args: Arguments, loaded: readonly Module[], remembers = true): Promise<void> {
  const settings = await settingsFor(args, loaded);
  const log = await openLog(settings.own.log_level);
  const modules = await withoutLostPast(wantedOf(loaded, settings), settings, log);
  const { broker } = settings.own;
  const spool =
    broker === undefined ? undefined : await openMeasureSpool({ modules, settings, log, by_default: false });
  const open_bus = await openBus(settings.own, { name: instanceName('ganglion'), log, spool, remembers });
  const over = broker === undefined ? 'in memory, on this machine alone' : 'over RabbitMQ';
  await runSystem({
    ...open_bus,
    modules,
    settings,
    log,
    // At a terminal they stand below, where they are seen.
    logs_urls: !process.stderr.isTTY,
    onStarted: (running, urls) => process.stdout.write(welcome(running, urls, over)),
  });
}

/** What a person needs to know: where to look, what runs, how to stop. */
function welcome(running: readonly RunningModule[], urls: readonly string[], over: string): string {
  const { bold, dim, accent } = styleFor(process.stdout);
  const width = Math.max(...running.map(({ module }) => module.name.length));
  const lines = [
    '',
    ...urls.map((url) => `  ${bold(accent(url))}`),
    '',
    // In the order in which a message passes them.
    ...running.toReversed().map(({ module }) => `  ${module.name.padEnd(width)}  ${dim(wiringOf(module))}`),
    '',
    `  They speak ${over}. Ctrl-C stops them.`,
    '',
  ];
  return `${lines.join('\n')}\n`;
}

function wiringOf({ listens, publishes, asks, answers }: Module): string {
  const heard = Object.values(listens).map(({ topic }) => topic.family);
  const said = Object.values(publishes).map(({ family }) => family);
  const answered = Object.values(answers).map(({ family }) => family);
  const asked = Object.values(asks).map(({ family }) => family);
  const parts = [
    heard.length > 0 ? `listens to ${heard.join(', ')}` : '',
    said.length > 0 ? `publishes ${said.join(', ')}` : '',
    answered.length > 0 ? `answers ${answered.join(', ')}` : '',
    asked.length > 0 ? `asks ${asked.join(', ')}` : '',
  ];
  return parts.filter((part) => part !== '').join(', ');
}
