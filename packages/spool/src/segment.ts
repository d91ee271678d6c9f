// A segment: one file of records, one after the other. It only grows, and goes as a whole when all in it is done with.

import { closeSync, constants, ftruncateSync, openSync, readFileSync, rmSync, type writeSync } from 'node:fs';
import { DONE, readRecord, type Stored } from './record.ts';

/** How bytes are written into a file: `writeSync` of node:fs. */
export type Write = (
  file: number,
  bytes: Uint8Array,
  offset: number,
  length: number,
  position: number,
) => ReturnType<typeof writeSync>;

export class Segment {
  /** Its place among the others: a later one has a higher number. */
  readonly serial: number;
  /** Bytes of whole records. */
  size_bytes = 0;
  /** Records that are not done with. */
  records = 0;
  /** When its last record was stored, epoch milliseconds. */
  newest_ms = Number.NEGATIVE_INFINITY;
  removed = false;

  readonly #path: string;
  readonly #write: Write;
  #file: number | undefined;

  constructor(path: string, serial: number, write: Write) {
    this.#path = path;
    this.serial = serial;
    this.#write = write;
  }

  /** Finds out what is in it; returns the bytes after its last whole record. */
  scan(): number {
    const bytes = this.read();
    for (let record = readRecord(bytes, 0); record !== undefined; record = readRecord(bytes, record.end)) {
      this.size_bytes = record.end;
      this.newest_ms = Math.max(this.newest_ms, record.time_ms);
      if (!record.done) this.records++;
    }
    return bytes.length - this.size_bytes;
  }

  /** All its bytes. */
  read(): Buffer {
    return readFileSync(this.#path);
  }

  /** Its records that are not done with. */
  *waiting(): Generator<Stored> {
    const bytes = this.read();
    for (let record = readRecord(bytes, 0); record !== undefined; record = readRecord(bytes, record.end)) {
      if (!record.done) yield record;
    }
  }

  /** Adds a record. Throws what the system says; the file then ends where it did before. */
  append(record: Buffer, time_ms: number): void {
    try {
      this.#writeAll(record, this.size_bytes);
    } catch (error) {
      this.cutTail();
      throw error;
    }
    this.size_bytes += record.length;
    this.records++;
    this.newest_ms = Math.max(this.newest_ms, time_ms);
  }

  /** Notes that the record at `offset` is done with. Where that cannot be written, it comes again after a restart. */
  mark(offset: number): void {
    this.records--;
    try {
      this.#writeAll(DONE, offset);
    } catch {
      // At least once is what is promised.
    }
  }

  /** Makes the file end after its last whole record, as far as the system lets us: a new record is written there. */
  cutTail(): void {
    try {
      ftruncateSync(this.#open(), this.size_bytes);
    } catch {
      // What stands there fails its checksum, and the next record covers it.
    }
  }

  close(): void {
    if (this.#file === undefined) return;
    closeSync(this.#file);
    this.#file = undefined;
  }

  /** Removes the file. What cannot be removed comes again after a restart. */
  remove(): void {
    this.removed = true;
    this.records = 0;
    this.close();
    try {
      rmSync(this.#path, { force: true });
    } catch {
      // As above.
    }
  }

  #writeAll(bytes: Uint8Array, position: number): void {
    const file = this.#open();
    for (let written = 0; written < bytes.length; ) {
      const taken = this.#write(file, bytes, written, bytes.length - written, position + written);
      if (taken === 0) throw new Error('the disk takes no more');
      written += taken;
    }
  }

  #open(): number {
    this.#file ??= openSync(this.#path, constants.O_RDWR | constants.O_CREAT, 0o600);
    return this.#file;
  }
}
