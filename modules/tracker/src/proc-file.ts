// One file of /proc, kept open. Reading it again costs two system calls; opening it each time costs five.

import { closeSync, openSync, readSync } from 'node:fs';
import { CodedError } from '@ganglion/kernel';
import { procTooLarge, procUnreadable } from './errors.ts';

/** What a file may have. /proc/stat of the largest machines (4,096 cores, 10,000 interrupts) stays below. */
export const PROC_FILE_BYTES_MAX = 1_048_576;

const FIRST_BYTES = 4_096;

/** What is shorter is whole. The files with longer lines, such as /proc/stat, come in one piece. */
const WHOLE_BYTES = 2_048;

export class ProcFile {
  /** What the last read found: the first `length` of these. Written over by the next. */
  bytes: Buffer = Buffer.alloc(FIRST_BYTES);
  length = 0;
  readonly #path: string;
  readonly #whole_bytes: number;
  #descriptor: number | undefined;

  /** @param whole_bytes what is shorter is known to be whole */
  constructor(path: string, whole_bytes = WHOLE_BYTES) {
    this.#path = path;
    this.#whole_bytes = whole_bytes;
  }

  /**
   * Reads the whole file as it is now; false when there is none. A file that fails is opened again once, so that one that
   * was gone and came back is read on.
   *
   * @throws CodedError `PROC_UNREADABLE`, `PROC_TOO_LARGE`
   */
  read(): boolean {
    if (this.#descriptor !== undefined) {
      try {
        this.#readWhole(this.#descriptor);
        return true;
      } catch (error) {
        this.close();
        if (error instanceof CodedError) throw error;
      }
    }
    try {
      this.#descriptor = openSync(this.#path, 'r');
      this.#readWhole(this.#descriptor);
      return true;
    } catch (error) {
      this.close();
      if (error instanceof CodedError) throw error;
      if (isAbsent(error)) return false;
      throw procUnreadable(this.#path, error);
    }
  }

  /** Lets go of the descriptor. Safe to call twice; a later read opens the file again. */
  close(): void {
    if (this.#descriptor === undefined) return;
    const descriptor = this.#descriptor;
    this.#descriptor = undefined;
    closeSync(descriptor);
  }

  /**
   * Reads to the end. The kernel may give a long file in several pieces, whole lines of at most a page; so a read that is
   * short says nothing, unless so short that a line of half a page would have fitted in.
   */
  #readWhole(descriptor: number): void {
    this.length = 0;
    for (;;) {
      if (this.length === this.bytes.length) this.#grow();
      const read_bytes = readSync(descriptor, this.bytes, this.length, this.bytes.length - this.length, this.length);
      this.length += read_bytes;
      if (read_bytes === 0 || this.length < this.#whole_bytes) return;
    }
  }

  #grow(): void {
    const { length } = this.bytes;
    if (length >= PROC_FILE_BYTES_MAX) throw procTooLarge(this.#path, PROC_FILE_BYTES_MAX);
    const larger = Buffer.alloc(length * 2);
    larger.set(this.bytes);
    this.bytes = larger;
  }
}

/** There is no such file, or the kernel was told at its start to leave out what it would tell. */
function isAbsent(error: unknown): boolean {
  return error instanceof Error && 'code' in error && (error.code === 'ENOENT' || error.code === 'ENOTSUP');
}
