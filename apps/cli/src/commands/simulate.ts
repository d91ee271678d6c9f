// `ganglion simulate`: a fleet that is not there, to look at, to try a module on, or to measure with.

import { instanceName } from '@ganglion/kernel';
import type { Arguments } from '../arguments.ts';
import { openBus } from '../bus.ts';
import { openLog } from '../log.ts';
import { loadModule, loadSimulation } from '../modules.ts';
import { settingsFor } from '../settings/index.ts';
import { runSystem } from '../system.ts';
import type { Command } from './command.ts';
import { runWithPage } from './up.ts';

export const simulate: Command = {
  name: 'simulate',
  words: '',
  words_min: 0,
  words_max: 0,
  summary: 'show a fleet that is not there',
  about: [
    'Machines with quiet hours, busy ones, bursts and faults. The same seed gives the same fleet each time.',
    'Without a broker it runs everything else too, but tells nobody, in one process, and shows the page.',
    'With --broker it only publishes the measures: an analyzer, presence and a page that run there show them.',
  ],
  switches: [],
  options: ['config'],
  flags: ['machines', 'interval', 'seed', 'broker', 'exchange', 'port', 'host', 'config', 'log_level'],
  examples: [
    ['ganglion simulate', '200 machines, at http://localhost:8888'],
    ['ganglion simulate --machines 1000 --simulator.faults-per-day 20', 'more of them, in more trouble'],
    ['ganglion simulate --machines 1000 --broker amqp://localhost', 'over RabbitMQ'],
  ],
  run,
};

async function run(args: Arguments): Promise<void> {
  const simulator = await loadModule('simulator');
  const simulation = await loadSimulation();
  const settings = await settingsFor(args, simulation);
  if (settings.own.broker === undefined) return runWithPage(args, simulation, false);
  const log = await openLog(settings.own.log_level);
  const instance = instanceName(simulator.name);
  const open_bus = await openBus(settings.own, { name: instance, log });
  await runSystem({
    ...open_bus,
    modules: [simulator],
    settings,
    log,
    instance,
    logs_urls: true,
    onStarted: ([running]) => running?.ready.then(() => log.info({ instance }, `runs as ${instance}`)),
  });
}
