// The tracker under verification: the command as a person runs it, on a broker of its own, and what it says.

import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { startRabbitmq } from '@ganglion/testkit';
import { startGanglion } from '../bench/processes.ts';

/** The command as it is built. This file runs as `.build/verify/main.js`. */
const GANGLION = fileURLToPath(new URL('../../apps/cli/bin/ganglion.js', import.meta.url));

const EXCHANGE = 'verify';
const MACHINE = 'verified';

/** How long a measure is waited for that should come each second. */
const MEASURE_MS = 10_000;

/** Measures that are remembered. */
const REMEMBERED_MAX = 120;

/** One measure. */
export interface Measured {
  /** Epoch milliseconds. */
  readonly time_ms: number;
  readonly sequence: number;
  readonly body: unknown;
}

export interface Tracker {
  /** The last measures, oldest first. */
  readonly measures: readonly Measured[];
  /** Resolves to the next measure. Rejects when none comes. */
  next(): Promise<Measured>;
  stop(): Promise<void>;
}

/** Starts a broker, a tracker and a tap; resolves when the first measure has come. */
export async function startTracker(): Promise<Tracker> {
  const broker = await startRabbitmq();
  const flags = ['--broker', broker.url, '--exchange', EXCHANGE];
  const program = await startGanglion('tracker', ...flags, '--machine', MACHINE, '--interval', '1s');
  const tap = spawn(process.execPath, [GANGLION, 'tap', '--json', `${MACHINE}.measure`, ...flags], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const measures: Measured[] = [];
  const waiting = new Set<(measured: Measured) => void>();
  createInterface(tap.stdout).on('line', (line) => {
    const measured = parseMeasure(line);
    if (measured === undefined) return;
    measures.push(measured);
    if (measures.length > REMEMBERED_MAX) measures.shift();
    for (const resolve of waiting) resolve(measured);
    waiting.clear();
  });
  const next = () =>
    new Promise<Measured>((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error(`no measure for ${MEASURE_MS} ms`)), MEASURE_MS);
      waiting.add((measured) => {
        clearTimeout(timer);
        resolve(measured);
      });
    });
  await next();
  return {
    measures,
    next,
    stop: async () => {
      tap.kill('SIGTERM');
      await program.stop();
      await broker.stop();
    },
  };
}

/** Undefined when it is none: the tap also tells of itself. */
function parseMeasure(line: string): Measured | undefined {
  const message: unknown = JSON.parse(line);
  const body = valueAt(message, ['body']);
  const sequence = valueAt(body, ['sequence']);
  const time = valueAt(message, ['time']);
  if (typeof sequence !== 'number' || typeof time !== 'string') return undefined;
  return { time_ms: Date.parse(time), sequence, body };
}

/** What stands at a place in something that came from outside; undefined where there is nothing. */
export function valueAt(value: unknown, path: readonly (string | number)[]): unknown {
  let found = value;
  for (const step of path) {
    if (typeof found !== 'object' || found === null) return undefined;
    found = Reflect.get(found, step);
  }
  return found;
}

/** The same of a number; NaN where there is none. */
export function numberAt(value: unknown, path: readonly (string | number)[]): number {
  const found = valueAt(value, path);
  return typeof found === 'number' ? found : Number.NaN;
}
