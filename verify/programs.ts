// Programs that verification starts: loads that run until they are stopped, tools that run to their end. None is left
// behind, however it ends.

import { type ChildProcess, spawn, spawnSync } from 'node:child_process';

/** What a load may take to end when it is asked. */
const STOP_MS = 3_000;

/** The tools tell in one language. */
export const ENVIRONMENT = { ...process.env, LC_ALL: 'C', S_TIME_FORMAT: 'ISO' };

/** What is undone at the end, last first. */
const undone: (() => void)[] = [];
const running = new Set<ChildProcess>();

/** Remembers what is to be undone when this process ends, however it does. */
export function atEnd(undo: () => void): void {
  if (undone.length === 0) {
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => process.exit(1));
    process.on('exit', () => {
      for (const child of running) endGroup(child, 'SIGKILL');
      for (const each of undone.toReversed()) {
        try {
          each();
        } catch (error) {
          console.error(`left behind: ${error}`);
        }
      }
    });
  }
  undone.push(undo);
}

/** A load that runs. */
export interface Load {
  readonly pid: number;
  readonly ended: boolean;
  /** All that it wrote, at most the last 10,000 characters. */
  text(): string;
  stop(): Promise<void>;
}

/** Starts a load, in a group of processes of its own. */
export function startLoad(words: readonly string[], folder?: string): Load {
  const [command = '', ...options] = words;
  const child = spawn(command, options, {
    ...(folder === undefined ? {} : { cwd: folder }),
    env: ENVIRONMENT,
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let text = '';
  const hear = (data: Buffer) => {
    text = (text + data.toString()).slice(-10_000);
  };
  child.stdout.on('data', hear);
  child.stderr.on('data', hear);
  running.add(child);
  const ended = new Promise<void>((resolve) => {
    child.on('error', (error) => {
      text += error.message;
      resolve();
    });
    child.on('close', () => resolve());
  });
  void ended.then(() => running.delete(child));
  return {
    pid: child.pid ?? 0,
    get ended() {
      return !running.has(child);
    },
    text: () => text,
    stop: async () => {
      endGroup(child, 'SIGTERM');
      const timer = setTimeout(() => endGroup(child, 'SIGKILL'), STOP_MS);
      await ended;
      clearTimeout(timer);
    },
  };
}

function endGroup(child: ChildProcess, signal: NodeJS.Signals): void {
  if (child.pid === undefined) return;
  try {
    process.kill(-child.pid, signal);
  } catch {
    // It has ended.
  }
}

/** Runs a program to its end; resolves to what it wrote to its standard output, undefined where there is no such program. */
export function runTool(words: readonly string[]): Promise<string | undefined> {
  const [command = '', ...options] = words;
  return new Promise((resolve) => {
    const child = spawn(command, options, { env: ENVIRONMENT, detached: true, stdio: ['ignore', 'pipe', 'ignore'] });
    running.add(child);
    let text = '';
    child.stdout.on('data', (data: Buffer) => {
      text += data.toString();
    });
    child.on('error', () => resolve(undefined));
    child.on('close', () => {
      running.delete(child);
      resolve(text);
    });
  });
}

/** Runs a short program at once; undefined when it failed. */
export function runNow(...words: readonly string[]): string | undefined {
  const [command = '', ...options] = words;
  const { status, stdout } = spawnSync(command, options, { env: ENVIRONMENT, encoding: 'utf8' });
  return status === 0 ? stdout : undefined;
}
