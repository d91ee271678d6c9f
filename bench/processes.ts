// Programs under measurement: started, waited for, looked at from outside, stopped.

import { type ChildProcess, spawn } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

/** What a program may take to say that it is ready, and to end when it is asked. */
const START_MS = 15_000;
const STOP_MS = 5_000;

/** The command as a person runs it: the built bundle. */
const GANGLION = fileURLToPath(new URL('../../apps/cli/bin/ganglion.js', import.meta.url));

/** A program that has said that it is ready. */
export interface Program {
  readonly pid: number;
  /** The port it listens on, if it said one. */
  readonly port: number | undefined;
  /** Asks it to end, and makes it end when it does not. */
  stop(): Promise<void>;
}

/** Starts `ganglion run …`; resolves when it says that it runs. */
export function startGanglion(...words: readonly string[]): Promise<Program> {
  return start([...nodeOptions(words), GANGLION, 'run', ...words]);
}

/** Starts `ganglion up …`, all in one process; resolves when it says that it runs. */
export function startSystem(...words: readonly string[]): Promise<Program> {
  return start([...nodeOptions(['up']), GANGLION, 'up', ...words]);
}

/** Starts one of the bare loops in `floor/`; resolves when it says that it is ready. */
export function startFloor(name: string, ...words: readonly string[]): Promise<Program> {
  return startOwn(`floor/${name}`, ...words);
}

/** Starts a program of the bench's own, such as `page/publisher`; resolves when it says that it is ready. */
export function startOwn(path: string, ...words: readonly string[]): Promise<Program> {
  const name = path.slice(path.lastIndexOf('/') + 1);
  return start([...nodeOptions([name]), fileURLToPath(new URL(`./${path}.js`, import.meta.url)), ...words]);
}

/** Starts any program that logs as ours do; resolves when it says that it runs. */
export async function startProgram(
  command: string,
  words: readonly string[],
  variables: Readonly<Record<string, string>> = {},
): Promise<Program> {
  const child = spawn(command, words, {
    cwd: tmpdir(),
    env: { ...environment(), ...variables },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  return {
    // Undefined only when it did not start, and then `ready` rejects.
    pid: child.pid ?? 0,
    port: await ready(child, words),
    stop: () => stop(child),
  };
}

/** CPU time that a process has used since its start, in milliseconds: of all its threads, exact to the nanosecond. */
export function cpuOf(pid: number): number {
  let cpu_ns = 0;
  for (const thread of readdirSync(`/proc/${pid}/task`)) {
    cpu_ns += Number(readFileSync(`/proc/${pid}/task/${thread}/schedstat`, 'utf8').split(' ', 1)[0]);
  }
  return cpu_ns / 1e6;
}

/** A process and those that it has started, and they. */
export function withChildren(pid: number): number[] {
  const parents = new Map<number, number[]>();
  for (const name of readdirSync('/proc').filter((each) => /^\d+$/.test(each))) {
    const parent = Number(/^\d+ \(.*\) \S (\d+) /s.exec(statOf(Number(name)))?.[1]);
    parents.set(parent, [...(parents.get(parent) ?? []), Number(name)]);
  }
  const all = [pid];
  for (const each of all) all.push(...(parents.get(each) ?? []));
  return all;
}

/**
 * CPU time that processes have used, in milliseconds, with that of what they had started and that has ended: of the latter
 * to the hundredth of a second.
 */
export function cpuOfAll(pids: readonly number[]): number {
  let cpu_ms = 0;
  for (const pid of pids) {
    const [, user, system] = /^\d+ \(.*\) \S (?:\S+ ){12}(\d+) (\d+) /s.exec(statOf(pid)) ?? [];
    try {
      cpu_ms += cpuOf(pid) + (Number(user ?? 0) + Number(system ?? 0)) * TICK_MS;
    } catch {
      // It has ended.
    }
  }
  return cpu_ms;
}

const TICK_MS = 10;

/** What the kernel says of a process; nothing once it has ended. */
function statOf(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/stat`, 'utf8');
  } catch {
    return '';
  }
}

/** Memory of a process now. */
export interface Memory {
  /** All its pages in memory, those shared with other processes included. */
  readonly resident_bytes: number;
  /** The pages that are its own. */
  readonly private_bytes: number;
  /** Those of its own that it has written: without those of its program's file, which another copy of it would share. */
  readonly written_bytes: number;
}

export function memoryOf(pid: number): Memory {
  const text = readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8');
  const bytes = (name: string) => Number(new RegExp(`^${name}: +(\\d+) kB$`, 'm').exec(text)?.[1]) * 1024;
  return {
    resident_bytes: bytes('Rss'),
    private_bytes: bytes('Private_Clean') + bytes('Private_Dirty'),
    written_bytes: bytes('Private_Dirty'),
  };
}

function start(words: readonly string[]): Promise<Program> {
  return startProgram(process.execPath, words);
}

/** Resolves when the program says `ready`, or in our own log that it runs; to the port that it told by then. */
function ready(child: ChildProcess, words: readonly string[]): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    let port: number | undefined;
    let said = '';
    const fail = (why: string) => {
      child.kill('SIGKILL');
      reject(new Error(`${words.join(' ')}: ${why}\n${said}`));
    };
    const timer = setTimeout(() => fail(`not ready after ${START_MS} ms`), START_MS);
    child.on('error', (error) => fail(error.message));
    child.on('exit', (code, signal) => fail(`ended with ${signal ?? code}`));
    const hear = (line: string) => {
      if (said.length < 10_000) said += `${line}\n`;
      port ??= portIn(line);
      if (line !== 'ready' && !line.includes('runs as ') && !line.includes('Ctrl-C stops them')) return;
      clearTimeout(timer);
      child.removeAllListeners('exit');
      resolve(port);
    };
    for (const stream of [child.stdout, child.stderr]) {
      if (stream !== null) createInterface(stream).on('line', hear);
    }
  });
}

function portIn(line: string): number | undefined {
  const found = /"port":(\d+)/.exec(line)?.[1];
  return found === undefined ? undefined : Number(found);
}

function stop(child: ChildProcess): Promise<void> {
  return new Promise((resolve) => {
    if (child.exitCode !== null || child.signalCode !== null) {
      resolve();
      return;
    }
    const timer = setTimeout(() => child.kill('SIGKILL'), STOP_MS);
    child.on('exit', () => {
      clearTimeout(timer);
      resolve();
    });
    child.kill('SIGTERM');
  });
}

/** The settings of whoever runs the bench are not what is measured. */
function environment(): NodeJS.ProcessEnv {
  const others = Object.entries(process.env).filter(([name]) => !name.startsWith('GANGLION_'));
  // A tracker has its spool, as everywhere, but not in a person's folders.
  return { ...Object.fromEntries(others), XDG_STATE_HOME: join(tmpdir(), 'ganglion-bench') };
}

/** `BENCH_PROFILE=DIR` leaves a CPU profile of every program there; its figures then mean nothing. */
function nodeOptions(words: readonly string[]): string[] {
  const folder = process.env['BENCH_PROFILE'];
  return folder === undefined ? [] : ['--cpu-prof', `--cpu-prof-dir=${folder}/${words[0]}`];
}
