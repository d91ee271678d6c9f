// `ganglion tap`: what passes on the bus, one line a message; what was refused; or who is here, one line a change.

import { type Bus, instanceName, type Log, LogLimiter, oneLine, runModule, stopOnSignal } from '@ganglion/kernel';
import type { Arguments } from '../arguments.ts';
import { type OpenBus, openBus } from '../bus.ts';
import { brokerMissing, flagValueInvalid } from '../errors.ts';
import { loadModules } from '../modules.ts';
import { settingsFor } from '../settings/index.ts';
import { jsonState, StateColumns } from '../state-lines.ts';
import { Columns, jsonLine, type Passing, readPassing } from '../tap-lines.ts';
import { statesModule } from '../tap-states.ts';
import { columnsOf, styleFor } from '../terminal.ts';
import { version } from '../version.ts';
import { within } from '../within.ts';
import type { Command } from './command.ts';

/** Messages that wait to be shown, at most; past that the oldest are let go. */
const LIMIT_MESSAGES = 10_000;

/** Messages written that the terminal has not taken yet, at most. */
const IN_FLIGHT_MAX = 100;

/** What the last lines may take to be read after a signal. */
const WRITE_MS = 500;

export const tap: Command = {
  name: 'tap',
  words: "['pattern']",
  words_min: 0,
  words_max: 1,
  summary: 'show what passes, one line a message',
  about: [
    'A pattern is made of words and dots: * is any one word, # is none or more. Quote it for the shell.',
    "The topic is the last word: '#.measure' is every measure, 'db-01.#' is all about db-01.",
    'With --json a line is {"topic", "source", "time", "body"}; a body that is not JSON is given as a text.',
    'A tap never holds up anyone: what comes faster than it can be shown is dropped, and stderr says so.',
    'With --dead it shows what kept subscriptions refused, when and why, and ends; the word is one of them,',
    'as analyzer.measure; without a word it is every one of our modules. What it shows stays where it is.',
    'With --states it shows every machine and instance as LIVE, STALE (one to three of its intervals late) or',
    "DEAD, with cause and since when, and then each change; the word is a pattern of their names: 'site1.#'.",
  ],
  switches: ['json', 'dead', 'states'],
  options: ['count', 'config'],
  flags: ['json', 'dead', 'states', 'count', 'broker', 'exchange', 'config'],
  examples: [
    ['ganglion tap --broker amqp://localhost', 'everything'],
    ["ganglion tap '#.analysis'", 'every analysis'],
    ["ganglion tap 'db-01.*' --json --count 10", 'ten messages about db-01, for a program'],
    ['ganglion tap --dead', 'what no analyzer could handle'],
    ['ganglion tap --states', 'who is here, who is late and who is gone'],
  ],
  run,
};

async function run(args: Arguments): Promise<void> {
  if (args.switches.has('states') && args.switches.has('dead')) {
    throw flagValueInvalid('--states', 'it does not go with --dead', 'ask for one of them');
  }
  const count_max = readCount(args.options.count.at(-1));
  const { own } = await settingsFor(args, []);
  if (own.broker === undefined) throw brokerMissing('nothing to tap', '');
  const name = instanceName('tap');
  const open_bus = await openBus(own, { name, log: plainLog, wait_at_start: false });
  if (args.switches.has('states')) {
    await showStates(open_bus, name, args.words[0] ?? '#', args.switches.has('json'), count_max);
    return;
  }
  const { bus, opened } = open_bus;
  const lineOf = args.switches.has('json') ? jsonLine : columnsFor(process.stdout);
  if (args.switches.has('dead')) {
    await showDead(bus, args.words[0] === undefined ? await keptByOurs() : [args.words[0]], lineOf, count_max);
    return;
  }
  const drops = new Drops();
  let shown = 0;
  let stopping = false;

  const subscription = bus.subscribe(
    {
      name: 'tap',
      pattern: args.words[0] ?? '#',
      delivery: 'live',
      limit_messages: LIMIT_MESSAGES,
      in_flight_max: IN_FLIGHT_MAX,
      onDrop: () => drops.add(),
    },
    async (envelope) => {
      if (shown === count_max) return;
      const is_last = ++shown === count_max;
      await write(lineOf(readPassing(envelope, Date.now())));
      if (is_last) stop().then(() => process.exit(0));
    },
  );

  const stop = async () => {
    stopping = true;
    await subscription.cancel();
    await bus.close();
    drops.tell();
  };
  stopOnSignal(async () => {
    await stop();
    await within(write(''), WRITE_MS);
  });
  await opened.catch((error) => {
    // Closing the bus before it was ever opened also rejects.
    if (!stopping) throw error;
  });
}

/** Shows how it stands with everyone, and each change. */
async function showStates(
  { bus, opened }: OpenBus,
  name: string,
  pattern: string,
  json: boolean,
  count_max: number,
): Promise<void> {
  const columns = new StateColumns(styleFor(process.stdout), () => columnsOf(process.stdout));
  let shown = 0;
  let stopping = false;
  const module = statesModule({
    pattern,
    say: (text) => void process.stderr.write(`ganglion: ${text}\n`),
    show: async (states, now_ms) => {
      const lines = states
        .slice(0, count_max - shown)
        .map((state) => (json ? jsonState(state, now_ms) : columns.line(state, now_ms)));
      shown += lines.length;
      await write(lines.join(''));
      if (shown >= count_max && !stopping) stop().then(() => process.exit(0));
    },
  });
  const running = await runModule(module, { bus, log: plainLog, instance: name, version: version() });
  const stop = async () => {
    stopping = true;
    await running.stop();
    await bus.close();
  };
  stopOnSignal(async () => {
    await stop();
    await within(write(''), WRITE_MS);
  });
  await opened.catch((error) => {
    if (!stopping) throw error;
  });
}

/** Shows what some kept subscriptions refused, and ends. */
async function showDead(
  bus: Bus,
  subscriptions: readonly string[],
  lineOf: (passing: Passing) => string,
  count_max: number,
): Promise<void> {
  let shown = 0;
  for (const by of subscriptions) {
    for (const { envelope, why, time_ms } of await bus.dead(by)) {
      if (shown++ < count_max)
        await write(lineOf({ ...readPassing(envelope, Date.now()), refused: { by, why, time_ms } }));
    }
  }
  await bus.close();
  if (shown === 0) process.stderr.write(`ganglion: nothing was refused by ${subscriptions.join(', ')}\n`);
}

/** The kept subscriptions of our own modules, `analyzer.measure`. */
async function keptByOurs(): Promise<string[]> {
  const modules = await loadModules([]);
  return modules.flatMap(({ name, listens }) =>
    Object.entries(listens).flatMap(([key, { delivery }]) => (delivery !== 'live' ? `${name}.${key}` : [])),
  );
}

/** The value of `--count`; endless when it is not given. */
function readCount(text: string | undefined): number {
  if (text === undefined) return Number.POSITIVE_INFINITY;
  const count = Number(text);
  if (/^\d+$/.test(text) && count > 0) return count;
  throw flagValueInvalid(
    '--count',
    `"${oneLine(text, 40)}" is no number of messages`,
    'give a whole number, at least 1',
  );
}

function columnsFor(stdout: NodeJS.WriteStream): (passing: Passing) => string {
  const columns = new Columns(styleFor(stdout), () => columnsOf(stdout));
  return (passing) => columns.line(passing);
}

/** Resolves when stdout has taken the text and all before it, or when nobody reads it any more. */
function write(text: string): Promise<void> {
  return new Promise((resolve) => {
    process.stdout.write(text, () => resolve());
  });
}

/** Counts what was dropped, and tells it at most once a second. */
class Drops {
  readonly #limiter = new LogLimiter();
  #untold = 0;

  add(): void {
    this.#untold++;
    if (this.#limiter.pass('drop') !== undefined) this.tell();
  }

  tell(): void {
    if (this.#untold === 0) return;
    process.stderr.write(`ganglion: ${this.#untold} messages dropped: they come faster than they can be shown\n`);
    this.#untold = 0;
  }
}

/** What the bus has to say, between the lines that pass; that all is well interests only who sits before it. */
const plainLog: Log = {
  debug() {},
  info: (_fields, text) => void (process.stderr.isTTY && process.stderr.write(`ganglion: ${text}\n`)),
  warn: (_fields, text) => void process.stderr.write(`ganglion: ${text}\n`),
  error: (_fields, text) => void process.stderr.write(`ganglion: ${text}\n`),
};
