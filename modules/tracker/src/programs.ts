// Other programs, for the little that no file tells: nvidia-smi, which goes on and tells a line a second, and smartctl, which is
// run once an hour. Nothing is started to find out whether there is one.
//
// What it costs: a process each, bounded in time, in what it may print and in how often it is started anew. One that cannot be
// killed, since it hangs in a driver, is not started a second time beside itself; and a few of those are enough for all.

import { type ChildProcess, spawn } from 'node:child_process';
import { accessSync, constants, statSync } from 'node:fs';
import { join } from 'node:path';

/** Where programs are looked for, in this order. Not where the environment says: the tracker may be root. */
export const PROGRAM_FOLDERS: readonly string[] = [
  '/usr/local/sbin',
  '/usr/local/bin',
  '/usr/sbin',
  '/usr/bin',
  '/sbin',
  '/bin',
  '/run/current-system/sw/bin',
];

/** What programs may take. */
export interface ProgramLimits {
  /** What a run may last before it is killed. */
  readonly run_ms_max: number;
  /** What a run may print. With more it is killed, and nothing is told of it. */
  readonly output_bytes_max: number;
  /** What a line of a followed one may have. A longer one is passed over. */
  readonly line_bytes_max: number;
  /** How long a followed one may say nothing before it is killed, and started anew. */
  readonly silence_ms_max: number;
  /** The pause before a followed one that ended is started anew, the first time and at most: it doubles in between. */
  readonly pause_ms_min: number;
  readonly pause_ms_max: number;
  /** Runs at one time, with those that were killed and have not ended. What is beyond is not started. */
  readonly runs_max: number;
}

export const PROGRAM_LIMITS: ProgramLimits = {
  run_ms_max: 20_000,
  output_bytes_max: 1_048_576,
  line_bytes_max: 4_096,
  silence_ms_max: 30_000,
  pause_ms_min: 1_000,
  pause_ms_max: 300_000,
  runs_max: 4,
};

/** The machine's programs, as probes may use them. */
export interface Programs {
  /** Whether this process is root, to whom disks answer. */
  readonly as_root: boolean;
  /** Whether there is such a program. */
  has(name: string): boolean;
  /**
   * Runs a program to its end. Never throws.
   *
   * @returns what it printed, whatever its exit status; undefined when there is no such program, when it took too long or
   *   printed too much, or when as many run already as may
   */
  run(name: string, args: readonly string[]): Promise<string | undefined>;
  /**
   * Starts a program that goes on, and starts it anew when it ends or falls silent, after a pause that doubles. One that held
   * out for the longest pause begins again with the shortest. Never throws.
   *
   * @param onLine called with each line, without its end
   */
  follow(name: string, args: readonly string[], onLine: (line: string) => void): Followed;
}

/** A program that goes on. */
export interface Followed {
  /** Kills it. No line comes afterwards. Safe to call twice. */
  close(): void;
}

/** Programs as the host holds them. */
export interface OpenPrograms extends Programs {
  /** Kills all that run; none is started afterwards. */
  close(): void;
}

export function openPrograms(
  folders: readonly string[] = PROGRAM_FOLDERS,
  limits: ProgramLimits = PROGRAM_LIMITS,
): OpenPrograms {
  const running = new Set<ChildProcess>();
  const followed = new Set<Followed>();
  let closed = false;
  const pathOf = (name: string) => folders.map((folder) => join(folder, name)).find(isProgram);
  return {
    as_root: process.getuid?.() === 0,
    has: (name) => pathOf(name) !== undefined,
    run: (name, args) => {
      const path = closed || running.size >= limits.runs_max ? undefined : pathOf(name);
      return path === undefined ? Promise.resolve(undefined) : run(path, args, limits, running);
    },
    follow: (name, args, onLine) => {
      if (closed) return { close() {} };
      const following = new Following(() => pathOf(name), args, onLine, limits);
      followed.add(following);
      return {
        close: () => {
          followed.delete(following);
          following.close();
        },
      };
    },
    close: () => {
      closed = true;
      for (const each of followed) each.close();
      followed.clear();
      for (const child of running) kill(child);
    },
  };
}

function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false;
  }
}

/**
 * In English, with nothing of ours in its environment. What it says is read, what it complains of is not. Undefined when the
 * system has no room for it, or it says so by the event `error`.
 */
function start(path: string, args: readonly string[]): ChildProcess | undefined {
  try {
    return spawn(path, args, {
      cwd: '/',
      env: { LC_ALL: 'C', PATH: PROGRAM_FOLDERS.join(':') },
      stdio: ['ignore', 'pipe', 'ignore'],
    });
  } catch {
    return undefined;
  }
}

/** Its own children may hold the other end of what it prints to: nothing more is read of it. */
function kill(child: ChildProcess): void {
  child.kill('SIGKILL');
  child.stdout?.destroy();
}

/** @param running gets the process for as long as there is one */
function run(
  path: string,
  args: readonly string[],
  { run_ms_max, output_bytes_max }: ProgramLimits,
  running: Set<ChildProcess>,
): Promise<string | undefined> {
  return new Promise((resolve) => {
    const child = start(path, args);
    if (child === undefined) {
      resolve(undefined);
      return;
    }
    running.add(child);
    const pieces: Buffer[] = [];
    let length = 0;
    const giveUp = () => {
      clearTimeout(timer);
      kill(child);
      // Not when it ends: it may hang where no signal comes through.
      resolve(undefined);
    };
    const timer = setTimeout(giveUp, run_ms_max);
    child.stdout?.on('data', (piece: Buffer) => {
      length += piece.length;
      if (length > output_bytes_max) giveUp();
      else pieces.push(piece);
    });
    child.on('error', () => {
      // It could not be started, and has no end.
      if (child.pid === undefined) running.delete(child);
      giveUp();
    });
    child.on('exit', () => running.delete(child));
    child.on('close', (_code, signal) => {
      clearTimeout(timer);
      resolve(signal === null ? Buffer.concat(pieces).toString('utf8') : undefined);
    });
  });
}

/** One program that goes on. */
class Following implements Followed {
  readonly #path: () => string | undefined;
  readonly #args: readonly string[];
  readonly #onLine: (line: string) => void;
  readonly #limits: ProgramLimits;
  #child: ChildProcess | undefined;
  #pause_ms: number;
  /** Until it is started anew. */
  #timer: NodeJS.Timeout | undefined;
  #closed = false;

  constructor(
    path: () => string | undefined,
    args: readonly string[],
    onLine: (line: string) => void,
    limits: ProgramLimits,
  ) {
    this.#path = path;
    this.#args = args;
    this.#onLine = onLine;
    this.#limits = limits;
    this.#pause_ms = limits.pause_ms_min;
    this.#start();
  }

  close(): void {
    this.#closed = true;
    clearTimeout(this.#timer);
    if (this.#child !== undefined) kill(this.#child);
  }

  #start(): void {
    const path = this.#path();
    const child = path === undefined ? undefined : start(path, this.#args);
    if (child === undefined) {
      this.#startLater();
      return;
    }
    const { silence_ms_max, line_bytes_max, pause_ms_min, pause_ms_max } = this.#limits;
    this.#child = child;
    const began_ms = performance.now();
    const lines = new Lines(line_bytes_max, (line) => {
      // A line before it, in one piece with it, may have closed this.
      if (!this.#closed) this.#onLine(line);
    });
    const silence = setTimeout(() => kill(child), silence_ms_max);
    child.stdout?.on('data', (piece: Buffer) => {
      // Its last words may come after its end.
      if (this.#child === child) silence.refresh();
      lines.take(piece);
    });
    const end = () => {
      clearTimeout(silence);
      this.#child = undefined;
      if (performance.now() - began_ms >= pause_ms_max) this.#pause_ms = pause_ms_min;
      this.#startLater();
    };
    child.on('error', () => {
      // It could not be started, and has no end.
      if (child.pid === undefined) end();
    });
    // One that hangs where no signal comes through has not ended: it is not started a second time.
    child.on('exit', end);
  }

  #startLater(): void {
    if (this.#closed) return;
    this.#timer = setTimeout(() => this.#start(), this.#pause_ms);
    this.#pause_ms = Math.min(this.#pause_ms * 2, this.#limits.pause_ms_max);
  }
}

const NEWLINE = 0x0a;

/** Makes lines of pieces. */
class Lines {
  readonly #bytes_max: number;
  readonly #onLine: (line: string) => void;
  /** The beginning of a line whose end has not come. */
  #begun: Buffer = Buffer.alloc(0);
  /** Whether that line is too long: what comes of it is not kept. */
  #too_long = false;

  constructor(bytes_max: number, onLine: (line: string) => void) {
    this.#bytes_max = bytes_max;
    this.#onLine = onLine;
  }

  take(piece: Buffer): void {
    let from = 0;
    for (let end = piece.indexOf(NEWLINE); end !== -1; end = piece.indexOf(NEWLINE, from)) {
      this.#add(piece.subarray(from, end));
      if (!this.#too_long) this.#onLine(this.#begun.toString('utf8'));
      this.#begun = Buffer.alloc(0);
      this.#too_long = false;
      from = end + 1;
    }
    this.#add(piece.subarray(from));
  }

  #add(part: Buffer): void {
    if (this.#too_long || this.#begun.length + part.length > this.#bytes_max) {
      this.#too_long = true;
      this.#begun = Buffer.alloc(0);
    } else if (part.length > 0) {
      // A copy: the piece is far larger than what is kept of it.
      this.#begun = Buffer.concat([this.#begun, part]);
    }
  }
}
