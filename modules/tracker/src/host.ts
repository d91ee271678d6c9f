// What probes may read from: the machine's /proc where there is one, and Node's own view of the machine.

import { existsSync } from 'node:fs';
import os from 'node:os';
import { join } from 'node:path';
import { rootInvalid } from './errors.ts';
import { ProcFile } from './proc-file.ts';
import { Scanner } from './scanner.ts';

/** Where Linux has it. */
export const DEFAULT_ROOT = '/proc';

/** What a probe is given to read from. */
export interface Host {
  /** Linux's /proc; undefined on other systems. */
  readonly proc: Proc | undefined;
  /** Node's view, for where there is no /proc. It tells less and costs more. */
  readonly os: Os;
}

/** The files of /proc. */
export interface Proc {
  /**
   * What a file says in this sample; undefined when this kernel has no such file. Several probes may ask for the same:
   * it is read and parsed once a sample.
   *
   * @param name relative to /proc: `stat`, `net/dev`
   * @param parse makes figures of the file; what it throws passes through
   * @throws CodedError `PROC_UNREADABLE`, `PROC_TOO_LARGE`
   */
  read<Parsed>(name: string, parse: Parse<Parsed>): Parsed | undefined;
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
 * @param root the folder that is, or stands for, its /proc; without a file `stat` there it is not Linux's
 * @throws CodedError `ROOT_INVALID`, a configuration error, when a root other than the default has no `stat`
 */
export function openHost(root: string = DEFAULT_ROOT, node_os: Os = os): OpenHost {
  if (existsSync(join(root, 'stat'))) {
    const proc = new ProcFolder(root);
    return { proc, os: node_os, nextSample: () => proc.nextSample(), close: () => proc.close() };
  }
  if (root !== DEFAULT_ROOT) throw rootInvalid(root);
  return { proc: undefined, os: node_os, nextSample() {}, close() {} };
}

/** The files that probes have asked for. Probes ask for a fixed set, so the map does not grow. */
class ProcFolder implements Proc {
  readonly #root: string;
  readonly #files = new Map<string, Entry>();
  #sample = 0;

  constructor(root: string) {
    this.#root = root;
  }

  read<Parsed>(name: string, parse: Parse<Parsed>): Parsed | undefined {
    let entry = this.#files.get(name);
    if (entry === undefined) {
      entry = {
        file: new ProcFile(join(this.#root, name)),
        sample: -1,
        found: false,
        parse: undefined,
        parsed: undefined,
      };
      this.#files.set(name, entry);
    }
    if (entry.sample !== this.#sample) {
      entry.found = entry.file.read();
      entry.sample = this.#sample;
      entry.parse = undefined;
    }
    if (!entry.found) return undefined;
    if (entry.parse !== parse) {
      entry.parsed = parse(new Scanner(entry.file.bytes, entry.file.length));
      entry.parse = parse;
    }
    // It was made by this very function.
    return entry.parsed as Parsed;
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
  /** What `parsed` was made with; undefined when nothing has been yet. */
  parse: unknown;
  parsed: unknown;
}
