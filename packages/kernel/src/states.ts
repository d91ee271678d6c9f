// What is remembered of the sources of shared subscriptions: in memory, and in a folder where one is given. A file for each
// source, written whole under another name and then renamed, so that it is the old or the new one after a kill at any byte.

import { createHash } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { reasonOf, statesDamaged, statesUnusable, stateUnwritable } from './errors.ts';
import { takeLock } from './lock.ts';
import { type Log, LogLimiter } from './log.ts';

/** Files that are read from a folder, at most. */
const FILES_MAX = 50_000;

/** Bytes of a file, at most: a state and what stands before it. */
const FILE_BYTES_MAX = 2 * 1_048_576;

/** How our files are named. */
const FILE_NAME = /^[0-9a-f]{64}\.state$/;

/** What is remembered of the sources of one subscription. */
export class States {
  /** By source. */
  readonly all: Map<string, Uint8Array>;
  readonly #keep: (source: string, state: Uint8Array | undefined) => Promise<void>;

  /** @param keep writes a state down; default: nobody does */
  constructor(all = new Map<string, Uint8Array>(), keep: States['put'] = () => DONE) {
    this.all = all;
    this.#keep = keep;
  }

  /** Remembers a state, or with undefined nothing any more. Resolves when it would outlive the process, where that can be. */
  put(source: string, state: Uint8Array | undefined): Promise<void> {
    if (state !== undefined) this.all.set(source, state);
    else if (!this.all.delete(source)) return DONE;
    return this.#keep(source, state);
  }
}

/** The states in a folder. */
export interface StatesFolder {
  /** Those of one subscription. */
  of(subscription: string): States;
  /** Resolves when all that was put is written. */
  close(): Promise<void>;
}

/**
 * Opens a folder of states; reads what is there. Undefined when it cannot be used, which the log tells: then nothing outlives
 * the process.
 */
export function openStates(folder: string, log: Log): StatesFolder | undefined {
  let release: () => void;
  const found = new Map<string, Map<string, Uint8Array>>();
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    const lock = takeLock(folder);
    if (typeof lock === 'string') throw new Error(`process ${lock} uses it`);
    release = lock;
    readInto(found, folder, log);
  } catch (error) {
    const { code, message } = statesUnusable(folder, reasonOf(error));
    log.warn({ code }, message);
    return undefined;
  }
  const writer = new Writer(folder, log);
  return {
    of: (subscription) =>
      new States(found.get(subscription), (source, state) => writer.write(subscription, source, state)),
    close: async () => {
      await writer.idle();
      release();
    },
  };
}

/** Reads all files; what is none of ours or damaged is left out, and a damaged one removed. */
function readInto(found: Map<string, Map<string, Uint8Array>>, folder: string, log: Log): void {
  let damaged = 0;
  let read = 0;
  for (const name of readdirSync(folder)) {
    const path = join(folder, name);
    if (name.endsWith('.new')) rmSync(path, { force: true }); // Of a write that a kill has ended.
    if (!FILE_NAME.test(name) || read === FILES_MAX) continue;
    read++;
    const file = parse(readFileSync(path));
    if (file === undefined || fileOf(file.subscription, file.source) !== name) {
      damaged++;
      rmSync(path, { force: true });
      continue;
    }
    const states = found.get(file.subscription) ?? new Map<string, Uint8Array>();
    found.set(file.subscription, states.set(file.source, file.state));
  }
  if (damaged === 0) return;
  const { code, message } = statesDamaged(folder, damaged);
  log.warn({ code, damaged }, message);
}

/** Writes one file after the other; of one that waits, the newest. At most one wait a source. */
class Writer {
  readonly #folder: string;
  readonly #log: Log;
  readonly #limiter = new LogLimiter();
  readonly #waiting = new Map<string, Buffer | undefined>();
  #writing: Promise<void> | undefined;

  constructor(folder: string, log: Log) {
    this.#folder = folder;
    this.#log = log;
  }

  async write(subscription: string, source: string, state: Uint8Array | undefined): Promise<void> {
    const content = state && compose({ subscription, source, state });
    this.#waiting.set(fileOf(subscription, source), content);
    await this.idle();
  }

  /** Resolves when nothing waits any more. */
  async idle(): Promise<void> {
    while (this.#waiting.size > 0 || this.#writing !== undefined) {
      this.#writing ??= this.#writeAll().finally(() => {
        this.#writing = undefined;
      });
      await this.#writing;
    }
  }

  async #writeAll(): Promise<void> {
    for (const [name, content] of this.#waiting) {
      this.#waiting.delete(name);
      const path = join(this.#folder, name);
      try {
        if (content === undefined) await rm(path, { force: true });
        else {
          await writeFile(`${path}.new`, content, { mode: 0o600 });
          await rename(`${path}.new`, path);
        }
      } catch (error) {
        const { code, message } = stateUnwritable(reasonOf(error));
        const held_back = this.#limiter.pass(code);
        if (held_back !== undefined) this.#log.warn({ code, held_back }, message);
      }
    }
  }
}

interface StateFile {
  readonly subscription: string;
  readonly source: string;
  readonly state: Uint8Array;
}

function fileOf(subscription: string, source: string): string {
  return `${createHash('sha256')
    .update(JSON.stringify([subscription, source]))
    .digest('hex')}.state`;
}

/** A line of JSON, which says whose state it is and how to know that it is whole, and then the state. */
function compose({ subscription, source, state }: StateFile): Buffer {
  const head = { subscription, source, sha256: createHash('sha256').update(state).digest('hex') };
  return Buffer.concat([Buffer.from(`${JSON.stringify(head)}\n`), state]);
}

function parse(content: Buffer): StateFile | undefined {
  const end = content.indexOf('\n');
  if (end === -1 || content.length > FILE_BYTES_MAX) return undefined;
  try {
    const head: unknown = JSON.parse(content.subarray(0, end).toString());
    if (typeof head !== 'object' || head === null) return undefined;
    if (!('subscription' in head && 'source' in head && 'sha256' in head)) return undefined;
    const { subscription, source, sha256 } = head;
    if (typeof subscription !== 'string' || typeof source !== 'string') return undefined;
    const state = content.subarray(end + 1);
    return createHash('sha256').update(state).digest('hex') === sha256 ? { subscription, source, state } : undefined;
  } catch {
    return undefined;
  }
}

const DONE = Promise.resolve();
