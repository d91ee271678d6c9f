// The programs under test, as a person runs them: started, listened to, ended in every way there is.

import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

/** What a program may take to say that it runs. */
const START_MS = 60_000;

/** What it may take to end when it is asked. */
const STOP_MS = 15_000;

const GANGLION = fileURLToPath(new URL('../../apps/cli/bin/ganglion.js', import.meta.url));

/** Everything that runs, so that a scenario that fails leaves nothing. */
const running = new Set<Program>();

/** One line of a program's log. */
export interface LogLine {
  readonly level: string;
  readonly msg: string;
  readonly [field: string]: unknown;
}

export class Program {
  readonly log: LogLine[] = [];
  readonly ended: Promise<void>;
  readonly #child: ChildProcess;

  constructor(command: string, words: readonly string[], onLine: (line: LogLine) => void) {
    this.#child = spawn(command, words, { cwd: tmpdir(), stdio: ['ignore', 'ignore', 'pipe'] });
    running.add(this);
    this.ended = new Promise((resolve) => {
      this.#child.on('exit', () => {
        running.delete(this);
        resolve();
      });
    });
    if (this.#child.stderr === null) return;
    createInterface(this.#child.stderr).on('line', (text) => {
      const line = readLine(text);
      // The newest are enough to say what went wrong.
      if (this.log.push(line) > 1_000) this.log.splice(0, 500);
      onLine(line);
    });
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  /** Whether it has not ended, however. */
  get runs(): boolean {
    return this.#child.exitCode === null && this.#child.signalCode === null;
  }

  /** Memory of its own and shared, in MB. */
  get resident_megabytes(): number {
    const kilobytes = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${this.pid}/status`, 'utf8'))?.[1];
    return (Number(kilobytes) * 1024) / 1e6;
  }

  signal(signal: NodeJS.Signals): void {
    this.#child.kill(signal);
  }

  /** Sends a signal and waits for the end, which is made if it does not come. */
  async stop(signal: NodeJS.Signals = 'SIGTERM'): Promise<void> {
    this.signal(signal);
    const late = setTimeout(() => this.signal('SIGKILL'), STOP_MS);
    await this.ended;
    clearTimeout(late);
  }
}

/** Runs `ganglion run …`; resolves when it says that it runs. */
export function runModule(place: Place, module: string, ...flags: readonly string[]): Promise<Program> {
  return runModuleBehind([], place, module, ...flags);
}

/** The same, started by another program, such as `ip netns exec NAME`. */
export async function runModuleBehind(
  before: readonly string[],
  { broker, exchange }: Place,
  module: string,
  ...flags: readonly string[]
): Promise<Program> {
  const words = [...before, process.execPath, GANGLION, 'run', module, '--broker', broker, '--exchange', exchange];
  return started([...words, ...flags], (line) => line.msg.startsWith('runs as '));
}

/** Runs a program of this folder; resolves when it logs `ready`. */
export function runOwn(name: string, ...words: readonly string[]): Promise<Program> {
  const file = fileURLToPath(new URL(`./${name}.js`, import.meta.url));
  return started([process.execPath, file, ...words], (line) => line.msg === 'ready');
}

/** A folder that is gone after this run. */
export function temporaryFolder(): string {
  return mkdtempSync(join(tmpdir(), 'chaos-'));
}

/** The port that a web server logs. */
export function portOf(program: Program): number {
  return Number(program.log.find(({ port }) => port !== undefined)?.['port']);
}

/** Ends everything that still runs. */
export async function endPrograms(): Promise<void> {
  await Promise.all(Array.from(running, (program) => program.stop()));
}

/** A broker and an exchange on it. */
export interface Place {
  readonly broker: string;
  readonly exchange: string;
}

function started([command = '', ...words]: readonly string[], isReady: (line: LogLine) => boolean): Promise<Program> {
  return new Promise((resolve, reject) => {
    const program = new Program(command, words, (line) => {
      if (!isReady(line)) return;
      clearTimeout(timer);
      resolve(program);
    });
    const fail = (why: string) => reject(new Error(`${words.join(' ')}: ${why}\n${JSON.stringify(program.log)}`));
    const timer = setTimeout(() => fail(`not ready after ${START_MS} ms`), START_MS);
    program.ended.then(() => fail('it ended'));
  });
}

function readLine(text: string): LogLine {
  try {
    return JSON.parse(text) as LogLine;
  } catch {
    return { level: 'none', msg: text };
  }
}
