// The programs under test, as a person runs them: started, listened to, ended in every way there is.

import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

/** What a program may take to say that it runs; one that plays hundreds of machines has some work before it. */
const START_MS = 120_000;

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

  constructor(
    command: string,
    words: readonly string[],
    onLine: (line: LogLine) => void,
    onOutput?: (bytes: number) => void,
  ) {
    const output = onOutput === undefined ? 'ignore' : 'pipe';
    this.#child = spawn(command, words, { cwd: tmpdir(), stdio: ['ignore', output, 'pipe'] });
    this.#child.stdout?.on('data', ({ length }: Buffer) => onOutput?.(length));
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
    return resident_megabytes(this.pid);
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

/** Runs `ganglion tap '#'`; `onOutput` is told how many bytes it shows. */
export function runTap({ broker, exchange }: Place, onOutput: (bytes: number) => void): Program {
  const words = [GANGLION, 'tap', '#', '--json', '--broker', broker, '--exchange', exchange];
  return new Program(process.execPath, words, () => {}, onOutput);
}

/** Runs a command of `ganglion` that ends by itself, with `typed` as what somebody types; resolves to what it prints. */
export function runCommand(
  words: readonly string[],
  typed = '',
  environment: NodeJS.ProcessEnv = process.env,
): Promise<string> {
  return new Promise((resolve, reject) => {
    const options = { cwd: tmpdir(), env: environment };
    const child = execFile(process.execPath, [GANGLION, ...words], options, (error, printed, complained) => {
      if (error === null) resolve(printed);
      else reject(new Error(`ganglion ${words.join(' ')}: ${complained}`));
    });
    child.stdin?.end(typed);
  });
}

/** Memory of a process, its own and shared, in MB; nought when it has just ended. */
export function resident_megabytes(pid: number): number {
  try {
    const kilobytes = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
    return (Number(kilobytes ?? 0) * 1024) / 1e6;
  } catch {
    return 0;
  }
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
