// `ganglion run`: one module, over RabbitMQ.

import { setFlagsFromString } from 'node:v8';
import { instanceName, type Module } from '@ganglion/kernel';
import type { Arguments } from '../arguments.ts';
import { openBus } from '../bus.ts';
import { brokerMissing, flagValueInvalid } from '../errors.ts';
import type { RootLog } from '../log.ts';
import { settingsFor } from '../settings/index.ts';
import type { Settings } from '../settings/layers.ts';
import type { OwnSettings } from '../settings/own.ts';
import { openMeasureSpool } from '../spool.ts';
import { runSystem } from '../system.ts';
import type { Command } from './command.ts';

/** What the agent has in another, smaller shape than the command; see agent.ts. */
export interface RunParts {
  /** @throws CodedError `MODULE_NOT_FOUND` and other reasons why there is no such module */
  readonly loadModule: (name: string) => Promise<Module>;
  readonly openLog: (level: OwnSettings['log_level']) => Promise<RootLog>;
}

/** The command `run`, of these parts. */
export function runWith(parts: RunParts): Command {
  return { ...RUN, run: (args) => runOne(args, parts) };
}

const RUN: Omit<Command, 'run'> = {
  name: 'run',
  words: '<module>',
  words_min: 1,
  words_max: 1,
  summary: 'run one module over RabbitMQ',
  about: [
    'The module is tracker, analyzer, presence, notifier, recorder, exporter, importer, web or simulator, or a file of your',
    'own, in TypeScript or JavaScript.',
    'The broker may be away, now or later: the module says so once, waits, and goes on.',
    'What a tracker measures meanwhile waits too, in a folder, also while the tracker does not run.',
    'With --once a tracker prints one sample and ends, without a broker: rates are over its interval, one second.',
    'With --json the sample is one line, {"topic", "source", "time", "body"}, as a tap writes it.',
  ],
  switches: ['once', 'json'],
  options: ['config'],
  flags: [
    'once',
    'json',
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
    'metrics_port',
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
    ['ganglion run tracker --once', 'one sample, to look at'],
    ['ganglion run ./mood.ts --mood.limit 90', 'a module of your own, with a setting of its own'],
  ],
};

/**
 * Sets V8 up for one small module. Its young objects fit a megabyte: one thread clears them up for less than it costs to
 * wake several. And a tracker works for two milliseconds of a second: optimizing that in the background would take a
 * third more, for minutes, and 5 MB to keep (bench/README.md). A recorder has much that lives for a second and no longer: to clear it up
 * sooner costs it some of its time, and saves a third of its memory.
 */
function tuneRuntime(module: string): void {
  setFlagsFromString('--no-parallel-scavenge');
  if (module === 'recorder') setFlagsFromString('--optimize-for-size');
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

async function runOne(args: Arguments, { loadModule, openLog }: RunParts): Promise<void> {
  const name = args.words[0] ?? '';
  const is_once = args.switches.has('once');
  if (is_once && name !== 'tracker') {
    throw flagValueInvalid('--once', 'only the tracker takes samples', 'write "ganglion run tracker --once"');
  }
  if (args.switches.has('json') && !is_once) {
    throw flagValueInvalid('--json', 'it goes with --once alone', 'add --once, or use "ganglion tap --json"');
  }
  tuneRuntime(name);
  const module = await loadModule(name);
  const settings = await settingsFor(args, [module]);
  if (is_once) {
    const { printSample } = await import('../once.ts');
    return printSample(module, settings, await openLog(settings.own.log_level), args.switches.has('json'));
  }
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
