// Small files of /proc and /sys that come and go, read again and again: a file a process, a file a control group. Kept open,
// reading one costs half.

import { closeSync, openSync, readSync } from 'node:fs';

/** Files kept open by each who asks for it; what is beyond is opened each time. Some systems allow a process 1,024. */
export const KEPT_MAX = 256;

/** What a file may have; what has as much is not told, since it may be cut off. */
export const KEPT_BYTES_MAX = 32_768;

/** Files that are kept open, as many as there may be. */
export interface Kept {
  /** As a folder's. */
  read(name: string): string | undefined;
  /** Lets go of those that are not wanted any more. */
  keepOnly(wanted: (name: string) => boolean): void;
  close(): void;
}

export class KeptFiles implements Kept {
  readonly #folder: string;
  readonly #descriptors = new Map<string, number>();
  readonly #bytes = Buffer.alloc(KEPT_BYTES_MAX);
  #room = KEPT_MAX;

  constructor(folder: string) {
    this.#folder = folder;
  }

  /** How many are open. */
  get size(): number {
    return this.#descriptors.size;
  }

  /** What a file says now; undefined where there is none, or it has become another's: then it is opened at the next read. */
  read(name: string): string | undefined {
    const kept = this.#descriptors.get(name);
    try {
      const descriptor = kept ?? openSync(`${this.#folder}/${name}`, 'r');
      if (kept === undefined && this.#descriptors.size < this.#room) this.#descriptors.set(name, descriptor);
      try {
        const length = readSync(descriptor, this.#bytes, 0, KEPT_BYTES_MAX, 0);
        return length < KEPT_BYTES_MAX ? this.#bytes.toString('utf8', 0, length).trim() : undefined;
      } finally {
        if (kept === undefined && !this.#descriptors.has(name)) closeSync(descriptor);
      }
    } catch {
      this.#drop(name);
      return undefined;
    }
  }

  /** Lets go of those that are not wanted any more. */
  keepOnly(wanted: (name: string) => boolean): void {
    for (const name of this.#descriptors.keys()) if (!wanted(name)) this.#drop(name);
  }

  /** What is read from now on is not kept. */
  close(): void {
    this.#room = 0;
    this.keepOnly(() => false);
  }

  #drop(name: string): void {
    const descriptor = this.#descriptors.get(name);
    if (descriptor === undefined) return;
    this.#descriptors.delete(name);
    closeSync(descriptor);
  }
}
