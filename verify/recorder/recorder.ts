// The recorder under verification: the command as a person runs it, killed and started again.

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

/** The command as it is built. This file is part of `.build/verify/recorder/main.js`. */
const GANGLION = fileURLToPath(new URL('../../../apps/cli/bin/ganglion.js', import.meta.url));

/** Lines of its log that are kept, of those that complain. */
const COMPLAINTS_MAX = 50;

export class KilledRecorder {
  readonly complaints: string[] = [];
  readonly #words: readonly string[];
  #child: ChildProcess | undefined;

  /** @param words what comes after `ganglion run recorder` */
  constructor(...words: readonly string[]) {
    this.#words = words;
  }

  /** Starts it; with a broker that is away it waits for that by itself. */
  start(): void {
    const words = [GANGLION, 'run', 'recorder', ...this.#words];
    const child = spawn(process.execPath, words, { cwd: tmpdir(), stdio: ['ignore', 'ignore', 'pipe'] });
    this.#child = child;
    createInterface(child.stderr).on('line', (line) => {
      const complains = line.includes('"level":"error"') || line.includes('damaged') || !line.startsWith('{');
      if (complains && this.complaints.length < COMPLAINTS_MAX) this.complaints.push(line);
    });
  }

  /** Ends it, by default as a power cut does. Resolves when it is gone. */
  async end(signal: NodeJS.Signals = 'SIGKILL'): Promise<void> {
    const child = this.#child;
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const gone = once(child, 'exit');
    child.kill(signal);
    await gone;
  }
}

/** Runs a command of `ganglion` to its end; rejects with what it complains of. */
export async function runGanglion(...words: readonly string[]): Promise<void> {
  const child = spawn(process.execPath, [GANGLION, ...words], { cwd: tmpdir(), stdio: ['ignore', 'ignore', 'pipe'] });
  let said = '';
  child.stderr.on('data', (text: Buffer) => {
    said += text.toString();
  });
  const [code] = await once(child, 'close');
  if (code !== 0) throw new Error(`ganglion ${words.join(' ')}: ${said}`);
}
