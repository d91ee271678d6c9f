// What probes may read from: the machine's /proc and /sys where there are any, and Node's own view of the machine.

import { existsSync, readdirSync, readFileSync, statSync, watch } from 'node:fs';
import { readFile, statfs } from 'node:fs/promises';
import os from 'node:os';
import { dirname, join } from 'node:path';
import { rootInvalid } from './errors.ts';
import { type Kept, KeptFiles } from './kept-files.ts';
import { ProcFile } from './proc-file.ts';
import { openPrograms, type Programs } from './programs.ts';
import { Scanner } from './scanner.ts';
import { openSystemBus, SYSTEM_BUS_SOCKET, type SystemBus } from './system-bus.ts';

/** Where Linux has it. */
export const DEFAULT_ROOT = '/proc';

/** What a probe is given to read from. */
export interface Host {
  /** Linux's /proc; undefined on other systems. */
  readonly proc: Proc | undefined;
  /** Linux's /sys, the folder beside /proc; undefined on other systems, and in some containers. */
  readonly sys: Folder | undefined;
  /**
   * All the machine's files, the folder that its /proc is in: `run/reboot-required`. Undefined on other systems. Where only
   * /proc and /sys are mounted into a container, they are all there is.
   */
  readonly files: Folder | undefined;
  /** Programs to start. Undefined on other systems, and where what is measured is not what they would run on. */
  readonly programs?: Programs | undefined;
  /** The machine's services, to be asked. Undefined on other systems. */
  readonly system_bus?: SystemBus | undefined;
  /** Node's view, for where there is no /proc. It tells less and costs more. */
  readonly os: Os;
  /** How full a file system is, by a folder in it. May take for ever, where it is on another machine. */
  statfs(path: string): Promise<FileSystemSize>;
  /** Milliseconds of a clock that never goes back and stands still while the machine sleeps, as what it counts does. */
  now(): number;
}

/** The files of /proc. */
export interface Proc {
  /**
   * What a file says in this sample; undefined when this kernel has no such file. Several probes may ask for the same:
   * it is read and parsed once a sample. One that is not there is looked for again at every 60th sample.
   *
   * @param name relative to /proc: `stat`, `net/dev`
   * @param parse makes figures of the file; what it throws passes through
   * @throws CodedError `PROC_UNREADABLE`, `PROC_TOO_LARGE`
   */
  read<Parsed>(name: string, parse: Parse<Parsed>): Parsed | undefined;
  /**
   * The text of a file that is read seldom, and not kept open; undefined when this kernel has no such file.
   *
   * @throws CodedError `PROC_UNREADABLE`, `PROC_TOO_LARGE`
   */
  text(name: string): string | undefined;
  /** The same folder, for what comes and goes: a folder a process. */
  readonly folder: Folder;
}

/** What a file system says of itself, in its own blocks; see statfs(2). */
export interface FileSystemSize {
  /** Bytes that a block has. */
  readonly bsize: number;
  readonly blocks: number;
  readonly bfree: number;
  /** Blocks that are free for everyone: some are kept for root. */
  readonly bavail: number;
  /** Inodes; nought where there is no limit. */
  readonly files: number;
  readonly ffree: number;
}

/** Small files, a figure or a few lines each. They are opened each time: for what is read seldom. */
export interface Folder {
  /** What a file says, without spaces around it; undefined where there is none or the driver does not tell it. */
  read(name: string): string | undefined;
  /** The same of a file whose driver may take its time: nobody is held up. */
  ask(name: string): Promise<string | undefined>;
  /** Whether there is such a file or folder. */
  has(name: string): boolean;
  /** What is in a folder, in any order; nothing where there is none. */
  list(name: string): readonly string[];
  /** Of a file or folder: its size, and when it was last written, epoch milliseconds. Undefined where there is none. */
  about(name: string): { readonly size_bytes: number; readonly written_ms: number } | undefined;
  /**
   * Calls `changed` when a file, or a file in a folder, becomes another: the kernel says so (inotify), nobody looks. Never,
   * where it does not: there is no such file, the file system does not know, or there are too many who watch.
   *
   * @param changed is told the name in the folder; empty where it is not known
   * @returns the function that ends it
   */
  watch(name: string, changed: (file: string) => void): () => void;
  /** The same folder, for files that are read often: some are kept open. To be closed by who opened it. */
  keep(): Kept;
}

/** Makes figures of a file, which it may read only while it runs. */
export type Parse<Parsed> = (file: Scanner) => Parsed;

/** The part of `node:os` that probes use; a test passes its own. */
export type Os = Pick<typeof os, 'availableParallelism' | 'cpus' | 'freemem' | 'loadavg' | 'platform' | 'totalmem'>;

/** A host as the sampler holds it. */
export interface OpenHost extends Host {
  /** Begins a sample: what was read for the last one is old now. */
  nextSample(): void;
  /** Lets go of every file. */
  close(): void;
}

/**
 * Opens the machine to measure.
 *
 * @param root the folder that is, or stands for, its /proc, with its /sys beside it; without a file `stat` there it is not
 *   Linux's
 * @throws CodedError `ROOT_INVALID`, a configuration error, when a root other than the default has no `stat`
 */
export function openHost(root: string = DEFAULT_ROOT, node_os: Os = os): OpenHost {
  const any = { os: node_os, statfs: (path: string) => statfs(path), now: () => performance.now() };
  if (existsSync(join(root, 'stat'))) {
    const proc = new ProcFolder(root);
    // In a container a program would tell of the container, if there is one at all.
    const programs = root === DEFAULT_ROOT ? openPrograms() : undefined;
    return {
      ...any,
      proc,
      sys: openSys(root),
      files: openFolder(dirname(root)),
      programs,
      system_bus: openSystemBus(join(dirname(root), SYSTEM_BUS_SOCKET)),
      nextSample: () => proc.nextSample(),
      close: () => {
        proc.close();
        programs?.close();
      },
    };
  }
  if (root !== DEFAULT_ROOT) throw rootInvalid(root);
  return { ...any, proc: undefined, sys: undefined, files: undefined, nextSample() {}, close() {} };
}

/** The /sys beside a /proc. */
export function openSys(root: string): Folder | undefined {
  const sys = openFolder(join(dirname(root), 'sys'));
  return sys.has('class') ? sys : undefined;
}

/** A folder to read small files in. */
export function openFolder(folder: string): Folder {
  // Drivers answer with every kind of error when they do not know.
  const unlessFailed = <Answer>(ask: () => Answer) => {
    try {
      return ask();
    } catch {
      return undefined;
    }
  };
  return {
    // As UTF-8 the runtime reads a file in one piece of its own, at half the cost.
    read: (name) => unlessFailed(() => readFileSync(`${folder}/${name}`, 'utf8').trim()),
    ask: async (name) => {
      try {
        return (await readFile(`${folder}/${name}`, 'utf8')).trim();
      } catch {
        return undefined;
      }
    },
    has: (name) => existsSync(`${folder}/${name}`),
    list: (name) => unlessFailed(() => readdirSync(`${folder}/${name}`)) ?? [],
    about: (name) =>
      unlessFailed(() => {
        const { size, mtimeMs } = statSync(`${folder}/${name}`);
        return { size_bytes: size, written_ms: Math.round(mtimeMs) };
      }),
    watch: (name, changed) => watchFile(`${folder}/${name}`, changed),
    keep: () => new KeptFiles(folder),
  };
}

function watchFile(path: string, changed: (file: string) => void): () => void {
  try {
    const watcher = watch(path, { persistent: false }, (_, file) => changed(file ?? ''));
    // It has gone.
    watcher.on('error', () => watcher.close());
    return () => watcher.close();
  } catch {
    return () => {};
  }
}

/** Samples until a file that was not there is looked for again: an error costs as much as reading ten files. */
const SAMPLES_ABSENT = 60;

/** The files that probes have asked for. Probes ask for a fixed set, so the map does not grow. */
class ProcFolder implements Proc {
  readonly folder: Folder;
  readonly #root: string;
  readonly #net: string;
  readonly #files = new Map<string, Entry>();
  #sample = 0;

  constructor(root: string) {
    this.#root = root;
    this.folder = openFolder(root);
    const of_first = join(root, '1/net');
    // A container has a network of its own. That of the machine is its first process's.
    this.#net = root !== DEFAULT_ROOT && existsSync(of_first) ? of_first : join(root, 'net');
  }

  #pathOf(name: string): string {
    return name.startsWith('net/') ? join(this.#net, name.slice(4)) : join(this.#root, name);
  }

  read<Parsed>(name: string, parse: Parse<Parsed>): Parsed | undefined {
    let entry = this.#files.get(name);
    if (entry === undefined) {
      entry = {
        file: new ProcFile(this.#pathOf(name)),
        sample: -1,
        found: false,
        absent_until: 0,
        parse: undefined,
        parsed: undefined,
      };
      this.#files.set(name, entry);
    }
    if (entry.sample !== this.#sample) {
      if (this.#sample < entry.absent_until) return undefined;
      entry.found = entry.file.read();
      entry.sample = this.#sample;
      entry.parse = undefined;
      if (!entry.found) entry.absent_until = this.#sample + SAMPLES_ABSENT;
    }
    if (!entry.found) return undefined;
    if (entry.parse !== parse) {
      entry.parsed = parse(new Scanner(entry.file.bytes, entry.file.length));
      entry.parse = parse;
    }
    // It was made by this very function.
    return entry.parsed as Parsed;
  }

  text(name: string): string | undefined {
    // Its lines may be of any length.
    const file = new ProcFile(this.#pathOf(name), 0);
    try {
      return file.read() ? file.bytes.toString('utf8', 0, file.length) : undefined;
    } finally {
      file.close();
    }
  }

  nextSample(): void {
    this.#sample++;
  }

  close(): void {
    for (const { file } of this.#files.values()) file.close();
  }
}

interface Entry {
  readonly file: ProcFile;
  /** The sample in which it was read. */
  sample: number;
  /** Whether it was there. */
  found: boolean;
  /** The sample at which it is looked for again. */
  absent_until: number;
  /** What `parsed` was made with; undefined when nothing has been yet. */
  parse: unknown;
  parsed: unknown;
}
