// `ganglion run`: one module, over RabbitMQ.

import { setFlagsFromString } from 'node:v8';
import { instanceName } from '@ganglion/kernel';
import type { Arguments } from '../arguments.ts';
import { openBus } from '../bus.ts';
import { brokerMissing } from '../errors.ts';
import { openLog } from '../log.ts';
import { loadModule } from '../modules.ts';
import { settingsFor } from '../settings/index.ts';
import type { Settings } from '../settings/layers.ts';
import { openMeasureSpool } from '../spool.ts';
import { runSystem } from '../system.ts';
import type { Command } from './command.ts';

export const run: Command = {
  name: 'run',
  words: '<module>',
  words_min: 1,
  words_max: 1,
  summary: 'run one module over RabbitMQ',
  about: [
    'The module is tracker, analyzer, presence, web or simulator, or a file of your own, in TypeScript or JavaScript.',
    'The broker may be away, now or later: the module says so once, waits, and goes on.',
    'What a tracker measures meanwhile waits too, in a folder, also while the tracker does not run.',
  ],
  switches: [],
  options: ['config'],
  flags: [
    'broker',
    'broker_ca',
    'broker_cert',
    'broker_key',
    'exchange',
    'machine',
    'label',
    'interval',
    'port',
    'host',
    'spool',
    'insecure',
    'tls_cert',
    'tls_key',
    'config',
    'log_level',
  ],
  examples: [
    ['ganglion run tracker --broker amqp://localhost', 'measure this machine'],
    ['ganglion run tracker --machine db-01 --interval 500ms', 'under another name, twice a second'],
    ['ganglion run ./mood.ts --mood.limit 90', 'a module of your own, with a setting of its own'],
  ],
  run: runOne,
};

/**
 * Sets V8 up for one small module. Its young objects fit a megabyte: one thread clears them up for less than it costs to
 * wake several. And a tracker works for two milliseconds of a second: optimizing that in the background would take a
 * third more, for minutes, and 5 MB to keep (bench/README.md).
 */
function tuneRuntime(module: string): void {
  setFlagsFromString('--no-parallel-scavenge');
  if (module !== 'tracker') return;
  setFlagsFromString('--no-opt');
  setFlagsFromString('--no-maglev');
}

/**
 * The machine that a tracker was told to speak for. Its instance bears that name instead of the host's, so that one rule
 * of the broker can hold it to both; see roles.ts.
 */
function machineOf({ entries }: Settings): string | undefined {
  const machine = entries.find(({ setting }) => setting.key === 'tracker.machine')?.value;
  return typeof machine === 'string' ? machine : undefined;
}

async function runOne(args: Arguments): Promise<void> {
  const name = args.words[0] ?? '';
  tuneRuntime(name);
  const module = await loadModule(name);
  const settings = await settingsFor(args, [module]);
  if (settings.own.broker === undefined) {
    throw brokerMissing(`module ${module.name} not started`, ', or run all modules in one process with "ganglion up"');
  }
  const log = await openLog(settings.own.log_level);
  const instance = instanceName(module.name, machineOf(settings));
  const spool = await openMeasureSpool({ modules: [module], settings, log, by_default: true });
  const open_bus = await openBus(settings.own, { name: instance, log, spool });
  await runSystem({
    ...open_bus,
    modules: [module],
    settings,
    log,
    instance,
    logs_urls: true,
    // Said when it is heard; while the broker is away, the bus has said that.
    onStarted: ([running]) =>
      running?.ready.then(() => log.info({ module: module.name, instance }, `runs as ${instance}`)),
  });
}
