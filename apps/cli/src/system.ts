// Modules on one bus in one process, from the first start to the ordered stop.

import {
  type Bus,
  CodedError,
  type Log,
  type Module,
  type RunningModule,
  runModule,
  stopOnSignal,
} from '@ganglion/kernel';
import type { OpenBus } from './bus.ts';
import { moduleFailed } from './errors.ts';
import { keepHealthFile } from './health.ts';
import { listenersFirst } from './listeners-first.ts';
import { holdBack, type RootLog } from './log.ts';
import type { Settings } from './settings/layers.ts';
import { located } from './settings/located.ts';
import { version } from './version.ts';
import { within } from './within.ts';

/** What the last messages of a process may take to leave; less than the kernel allows each module. */
const FLUSH_MS = 1500;

/** What the bus may take to close. */
const CLOSE_MS = 3000;

/** What is logged waits for the outcome of the start, but no longer than this. */
const HOLD_BACK_MS = 3000;

export interface SystemOptions extends OpenBus {
  readonly modules: readonly Module[];
  readonly settings: Settings;
  readonly log: RootLog;
  /** The name of the running copy, where there is only one module. */
  readonly instance?: string;
  /** Whether the log tells addresses too, or leaves that to `onStarted`. */
  readonly logs_urls: boolean;
  /** Called when all have started, with the addresses that can be opened in a browser: what modules log as `url`. */
  readonly onStarted: (running: readonly RunningModule[], urls: readonly string[]) => unknown;
}

/**
 * Starts modules, listeners before publishers, and keeps them until a signal ends the process: publishers then stop
 * before listeners, what was published leaves, the bus is closed. Never resolves.
 *
 * @throws CodedError what kept a module from starting, after those that run already were stopped; or why the broker
 * will never serve us
 */
export async function runSystem(options: SystemOptions): Promise<never> {
  const { modules, settings, opened, waiting, onStarted } = options;
  const { log, release, hold } = holdBack(options.log);
  const bus = boundedFlush(options.bus);
  const running: RunningModule[] = [];
  const urls: string[] = [];
  let endHealthFile = () => {};
  let stopping: Promise<void> | undefined;

  const stopInOrder = async () => {
    for (const started of running.toReversed()) await started.stop();
    endHealthFile();
    const lost = waiting();
    // What each module would say about its part of it is said here for all.
    if (lost > 0) options.log.warn({ lost }, `${lost} messages were not sent: the broker is away`);
    hold();
    await within(bus.close(), CLOSE_MS);
  };
  const stop = () => {
    stopping ??= stopInOrder();
    return stopping;
  };
  stopOnSignal(() => {
    log.info({}, 'stopping in order; a second signal ends it at once');
    release();
    return stop();
  });
  setTimeout(release, HOLD_BACK_MS).unref();

  // While the broker is away, nobody knows when a module will be heard, and nothing waits for that.
  const away = whenAway(bus);
  const startInOrder = async () => {
    for (const module of listenersFirst(modules)) {
      if (stopping !== undefined) return;
      const started = await start(module, { ...options, bus, log }, (url) => urls.push(url));
      running.push(started);
      await Promise.race([started.ready, away]);
    }
    await Promise.race([whenOpened(opened), away]);
    release();
    onStarted(running, urls);
  };

  const { health_file } = settings.own;
  if (health_file !== undefined) endHealthFile = keepHealthFile(health_file, bus, log);
  const started = startInOrder().catch(async (error) => {
    await stop();
    throw error;
  });
  const refused = opened.catch((error) => {
    // Closing a bus that was never opened also rejects.
    if (stopping === undefined) throw error;
  });
  await Promise.all([started, refused]);
  return new Promise(() => {});
}

async function start(module: Module, options: SystemOptions, onUrl: (url: string) => void): Promise<RunningModule> {
  const { settings, bus, instance } = options;
  const log = tellUrls(options.log.child({ module: module.name }), options.logs_urls, onUrl);
  const named = instance === undefined ? {} : { instance };
  try {
    return await runModule(module, { bus, log, config: settings.given(module.name), version: version(), ...named });
  } catch (error) {
    throw error instanceof CodedError ? located(error, settings) : moduleFailed(module.name, error);
  }
}

/** Passes a log on, and tells of the `url` fields in it. */
function tellUrls(log: Log, logs_urls: boolean, onUrl: (url: string) => void): Log {
  return {
    debug: (fields, text) => log.debug(fields, text),
    info: (fields, text) => {
      const url = 'url' in fields && typeof fields.url === 'string' ? fields.url : undefined;
      if (url !== undefined) onUrl(url);
      if (url === undefined || logs_urls) log.info(fields, text);
    },
    warn: (fields, text) => log.warn(fields, text),
    error: (fields, text) => log.error(fields, text),
  };
}

/** Resolves when the bus is in use for the first time; never when that cannot be. */
function whenOpened(opened: Promise<void>): Promise<void> {
  return new Promise((resolve) => {
    opened.then(resolve, () => {});
  });
}

/** Resolves when the bus says, for the first time, that it does not carry messages. */
function whenAway(bus: Bus): Promise<void> {
  return new Promise((resolve) => {
    const endWatch = bus.onStatus(({ connected }) => {
      if (connected) return;
      endWatch();
      // A bus that gives up says first that it is away: let that be heard before.
      setImmediate(resolve);
    });
  });
}

/** The same bus, but for several modules that stop one after another the wait for the last messages is one. */
function boundedFlush(bus: Bus): Bus {
  let gave_up = false;
  return {
    ...bus,
    get status() {
      return bus.status;
    },
    flush: async () => {
      if (!gave_up) gave_up = !(await within(bus.flush(), FLUSH_MS));
    },
  };
}
