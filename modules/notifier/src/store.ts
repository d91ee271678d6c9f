// The store: values by key, in memory and in a journal. A change of several keys is one line, so that it is there whole
// or not at all; a line is in the system's hands before anything is done about it, and survives this process whatever
// ends it. A line that was cut off or damaged fails its checksum and is left out.
//
//   9a0b1c2d {"d/4f…":{…},"f/db-01/x":null}      CRC-32 of what follows, then the change; null takes a key away
//
// What is out of date in the journal is never more than what is in force, or a stated size: then it is written anew, beside
// the old one, and takes its place in one step.

import {
  closeSync,
  fsyncSync,
  ftruncateSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import { takeLock } from '@ganglion/kernel';
import { journalUnwritable, stateUnusable } from './errors.ts';

/** The journal is not written anew before it has this size… */
const COMPACT_BYTES_MIN = 4 * 1024 * 1024;

/** …and so many times what it was after the last time. */
const COMPACT_FACTOR = 2;

/** Keys and values of one line when the journal is written anew. */
const KEYS_A_LINE = 100;

const NAME = 'journal.jsonl';

/** A change: values by key; undefined takes a key away. */
export type Change = Map<string, unknown>;

/** How bytes are written at the end of a file. */
export type Append = (file: number, bytes: Uint8Array) => number;

export interface StoreOptions {
  /** Made when it is not there. One process uses it at a time. */
  readonly folder: string;
  /** Called when the journal cannot be written; not again before it could. */
  readonly onFault?: (error: Error) => void;
  /** Default: the system's. For tests of what a disk may do. */
  readonly append?: Append;
  /** Default: see above. For tests. */
  readonly compact_bytes_min?: number;
}

export class Store {
  /** Lines that were no whole change when it was opened: the last one, cut off by a kill, or damage. */
  readonly torn_lines: number;
  readonly #values: Map<string, unknown>;
  readonly #path: string;
  readonly #unlock: () => void;
  readonly #append: Append;
  readonly #onFault: (error: Error) => void;
  readonly #compact_bytes_min: number;
  #file: number | undefined;
  #size_bytes = 0;
  #compact_at_bytes = 0;
  #faulty = false;

  /** @throws CodedError `NOTIFIER_STATE_UNUSABLE` */
  constructor({ folder, onFault = () => {}, append = writeSync, compact_bytes_min = COMPACT_BYTES_MIN }: StoreOptions) {
    this.#path = join(folder, NAME);
    this.#append = append;
    this.#onFault = onFault;
    this.#compact_bytes_min = compact_bytes_min;
    let unlock = () => {};
    try {
      mkdirSync(folder, { recursive: true, mode: 0o700 });
      const lock = takeLock(folder);
      if (typeof lock === 'string') throw new Error(`process ${lock} uses it`);
      unlock = lock;
      const read = readJournal(folder);
      this.#values = read.values;
      this.torn_lines = read.torn_lines;
      this.#unlock = unlock;
      this.#compact();
    } catch (error) {
      unlock();
      throw stateUnusable(folder, error);
    }
  }

  /** Values whose key begins so, by what follows, in the order in which they were first there. */
  *entries(front: string): Generator<[key: string, value: unknown]> {
    for (const [key, value] of this.#values) if (key.startsWith(front)) yield [key.slice(front.length), value];
  }

  /** Bytes of the journal. */
  get size_bytes(): number {
    return this.#size_bytes;
  }

  /**
   * Makes a change. Never throws: when the disk does not take it, it is in force in memory, `onFault` is told, and the
   * journal is written whole as soon as that works.
   */
  commit(change: Change): void {
    if (change.size === 0) return;
    for (const [key, value] of change) {
      if (value === undefined) this.#values.delete(key);
      else this.#values.set(key, value);
    }
    try {
      if (this.#faulty || this.#size_bytes >= this.#compact_at_bytes) this.#compact();
      else this.#write(lineOf(change));
    } catch (error) {
      if (!this.#faulty) this.#onFault(journalUnwritable(this.#path, error));
      this.#faulty = true;
    }
  }

  /** Lets go of the folder. Safe to call twice. */
  close(): void {
    if (this.#file === undefined) return;
    closeSync(this.#file);
    this.#file = undefined;
    this.#unlock();
  }

  #write(line: Buffer): void {
    if (this.#file === undefined) return;
    const before_bytes = this.#size_bytes;
    try {
      this.#size_bytes += writeWhole(this.#append, this.#file, line);
    } catch (error) {
      // Half a line would spoil the next one as well.
      ftruncateSync(this.#file, before_bytes);
      throw error;
    }
  }

  /** Writes what is in force into a new journal, which then takes the place of the old one. */
  #compact(): void {
    const path = `${this.#path}.new`;
    const file = openSync(path, 'w', 0o600);
    let size_bytes = 0;
    try {
      let part: Change = new Map();
      const flush = () => {
        if (part.size > 0) size_bytes += writeWhole(this.#append, file, lineOf(part));
        part = new Map();
      };
      for (const [key, value] of this.#values) {
        part.set(key, value);
        if (part.size >= KEYS_A_LINE) flush();
      }
      flush();
      // A power cut must find the new one whole, or the old one.
      fsyncSync(file);
      renameSync(path, this.#path);
    } catch (error) {
      closeSync(file);
      rmSync(path, { force: true });
      throw error;
    }
    if (this.#file !== undefined) closeSync(this.#file);
    this.#file = file;
    this.#size_bytes = size_bytes;
    this.#compact_at_bytes = Math.max(this.#compact_bytes_min, size_bytes * COMPACT_FACTOR);
    this.#faulty = false;
  }
}

/** What a journal says, and how many of its lines say nothing. Takes no lock: for whoever only looks. */
export function readJournal(folder: string): { readonly values: Map<string, unknown>; readonly torn_lines: number } {
  const values = new Map<string, unknown>();
  let torn_lines = 0;
  for (const line of textOf(join(folder, NAME)).split('\n')) {
    if (line === '') continue;
    const change = changeIn(line);
    if (change === undefined) torn_lines++;
    for (const [key, value] of Object.entries(change ?? {})) {
      if (value === null) values.delete(key);
      else values.set(key, value);
    }
  }
  return { values, torn_lines };
}

function textOf(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return '';
    throw error;
  }
}

function lineOf(change: Change): Buffer {
  const text = JSON.stringify(Object.fromEntries([...change].map(([key, value]) => [key, value ?? null])));
  return Buffer.from(`${checksum(text)} ${text}\n`);
}

function changeIn(line: string): Readonly<Record<string, unknown>> | undefined {
  const text = line.slice(9);
  if (line.slice(0, 9) !== `${checksum(text)} `) return undefined;
  return JSON.parse(text);
}

function checksum(text: string): string {
  return crc32(text).toString(16).padStart(8, '0');
}

function writeWhole(append: Append, file: number, bytes: Buffer): number {
  for (let written = 0; written < bytes.length; ) {
    const taken = append(file, bytes.subarray(written));
    if (taken === 0) throw new Error('the disk takes no more');
    written += taken;
  }
  return bytes.length;
}
