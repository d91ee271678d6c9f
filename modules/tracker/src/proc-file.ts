// One file of /proc, kept open. Reading it again costs two system calls; opening it each time costs five.

import { closeSync, openSync, readSync } from 'node:fs';
import { CodedError } from '@ganglion/kernel';
import { procTooLarge, procUnreadable } from './errors.ts';

/** What a file may have. /proc/stat of the largest machines (4,096 cores, 10,000 interrupts) stays below. */
export const PROC_FILE_BYTES_MAX = 1_048_576;

const FIRST_BYTES = 4_096;

export class ProcFile {
  readonly #path: string;
  #descriptor: number | undefined;
  #buffer: Buffer = Buffer.allocUnsafeSlow(FIRST_BYTES);

  constructor(path: string) {
    this.#path = path;
  }

  /**
   * The whole text as it is now; undefined when there is no such file. A file that fails is opened again once, so that
   * one that was gone and came back is read on.
   *
   * @throws CodedError `PROC_UNREADABLE`, `PROC_TOO_LARGE`
   */
  read(): string | undefined {
    if (this.#descriptor !== undefined) {
      try {
        return this.#readWhole(this.#descriptor);
      } catch (error) {
        this.close();
        if (error instanceof CodedError) throw error;
      }
    }
    try {
      this.#descriptor = openSync(this.#path, 'r');
      return this.#readWhole(this.#descriptor);
    } catch (error) {
      this.close();
      if (error instanceof CodedError) throw error;
      if (isNotFound(error)) return undefined;
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

  /** Reads to the end: the kernel may give a long file in several pieces, so a short read says nothing. */
  #readWhole(descriptor: number): string {
    let length = 0;
    for (;;) {
      if (length === this.#buffer.length) this.#grow();
      const read_bytes = readSync(descriptor, this.#buffer, length, this.#buffer.length - length, length);
      // These files are ASCII, and one byte a character is the cheapest text there is.
      if (read_bytes === 0) return this.#buffer.toString('latin1', 0, length);
      length += read_bytes;
    }
  }

  #grow(): void {
    const { length } = this.#buffer;
    if (length >= PROC_FILE_BYTES_MAX) throw procTooLarge(this.#path, PROC_FILE_BYTES_MAX);
    const larger = Buffer.allocUnsafeSlow(length * 2);
    this.#buffer.copy(larger);
    this.#buffer = larger;
  }
}

function isNotFound(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ENOENT';
}
