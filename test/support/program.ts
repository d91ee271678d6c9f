// Starts programs, follows what they print, and sees to it that they end with their test.

import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { onTestFinished } from 'vitest';
import { Collected } from './collected.ts';

export const ROOT = fileURLToPath(new URL('../..', import.meta.url));

/** Debian's Python, which sees Debian's python3-pika. */
const PYTHON = '/usr/bin/python3';

/** Lines of a failed program that are shown. */
const SHOWN_LINES = 40;

/** How a program ended. */
export interface Ended {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

/** A running program. */
export class Program {
  /** Each line of its output. */
  readonly lines = new Collected<string>();
  /** Each line of its error output. */
  readonly errors = new Collected<string>();
  readonly ended: Promise<Ended>;
  readonly #child: ChildProcess;

  constructor(child: ChildProcess, name: string) {
    this.#child = child;
    if (child.stdout !== null) follow(child.stdout, this.lines);
    if (child.stderr !== null) follow(child.stderr, this.errors);
    this.ended = new Promise((resolve) => {
      child.on('close', (code, signal) => {
        const why = new Error(`${name} ended (${code ?? signal})\n${this.said()}`);
        this.lines.end(why);
        this.errors.end(why);
        resolve({ code, signal });
      });
    });
  }

  get pid(): number {
    if (this.#child.pid === undefined) throw new Error('the program did not start');
    return this.#child.pid;
  }

  /** The last lines it printed, for a person. */
  said(): string {
    return [...this.lines.items.slice(-SHOWN_LINES), ...this.errors.items.slice(-SHOWN_LINES)].join('\n');
  }

  signal(signal: NodeJS.Signals): void {
    this.#child.kill(signal);
  }

  /** Sends a signal and waits for the end. */
  stop(signal: NodeJS.Signals = 'SIGTERM'): Promise<Ended> {
    this.signal(signal);
    return this.ended;
  }
}

/** Starts a program for the time of the test that calls this. */
export function start(command: string, options: readonly string[], environment: NodeJS.ProcessEnv = {}): Program {
  // Nothing is left in a person's folders, and nothing found there.
  const state = mkdtempSync(join(tmpdir(), 'ganglion-state-'));
  onTestFinished(() => rmSync(state, { recursive: true, force: true }));
  const child = spawn(command, options, {
    cwd: ROOT,
    env: { ...withoutOurSettings(process.env), XDG_STATE_HOME: state, ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const name = [command, ...options].join(' ');
  const program = new Program(child, name);
  onTestFinished(async ({ task }) => {
    if (task.result?.state === 'fail') console.log(`--- ${name}\n${program.said()}`);
    await program.stop('SIGKILL');
  });
  return program;
}

/** Starts the command `ganglion`, as it was built. */
export function ganglion(...words: string[]): Program {
  return start(process.execPath, ['apps/cli/bin/ganglion.js', ...words]);
}

/** Starts a Python program of the repository. */
export function python(...words: string[]): Program {
  return start(PYTHON, words);
}

function follow(stream: NodeJS.ReadableStream, lines: Collected<string>): void {
  createInterface({ input: stream }).on('line', (line) => lines.push(line));
}

/** The surroundings without settings of ours, so that a person's own do not change the tests. */
function withoutOurSettings(environment: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const others = Object.entries(environment).filter(([name]) => !name.startsWith('GANGLION_'));
  return { ...Object.fromEntries(others), GANGLION_SPOOL: 'none' };
}
