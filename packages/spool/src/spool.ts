// A spool: messages that wait in the files of one folder, oldest first, within a bound in bytes and one in age.
//
// Everything is written and read at once, not in the background: a message that `append` has taken is in the system's
// hands, and survives this process whatever ends it. A power cut may take the last seconds, which the disk did not have
// yet; what is left of them fails its checksum and is left out.

import { mkdirSync, readdirSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { type Envelope, reasonOf, takeLock } from '@ganglion/kernel';
import { spoolInUse, spoolUnusable } from './errors.ts';
import { readRecord, type Stored, writeRecord } from './record.ts';
import { Segment, type Write } from './segment.ts';

/** A segment is closed when it has reached this or its share of the bound, whichever is less. */
const SEGMENT_BYTES_MAX = 1024 * 1024;

/** What a full spool lets go at a time: the oldest of at least so many parts. */
const PARTS = 16;

/** The least that a spool may be bounded to: a body of the largest kind fits. */
const LIMIT_BYTES_MIN = 4 * 1024 * 1024;

/** Why a spool let a message go: it was full, or the message was older than the bound. */
export type SpoolDropReason = 'spool_full' | 'too_old';

export interface SpoolOptions {
  /** Made when it is not there. One process uses it at a time. */
  readonly folder: string;
  /** Bytes of all files, at most; at least 4 MiB. Past that the oldest go, up to a sixteenth of it at a time. */
  readonly limit_bytes: number;
  /** How long a message may wait; older ones go unread. */
  readonly limit_age_ms: number;
  /** Default: the system's. For tests of what a disk may do. */
  readonly write?: Write;
  /** Default: the system's clock, epoch milliseconds. */
  readonly now?: () => number;
}

/** A message that was handed out. */
export interface Spooled {
  readonly envelope: Envelope;
}

interface HandedOut extends Spooled {
  readonly segment: Segment;
  readonly offset: number;
}

/** Messages in files. Nothing here throws once it is open. */
export interface Spool {
  /** Messages that wait, those handed out and not confirmed among them. */
  readonly size: number;
  readonly size_bytes: number;
  /** Why the last `append` was refused; undefined when it was not. */
  readonly fault: string | undefined;
  /** Bytes that were no whole record when it was opened: the last one, cut off by a kill, or damage. */
  readonly torn_bytes: number;
  /** Called for each message that had to go. */
  onDrop: (key: string, reason: SpoolDropReason) => void;
  /** Adds a message at the end; false when the disk does not take it. */
  append(envelope: Envelope): boolean;
  /** Hands out the oldest message that was not handed out yet. It stays until it is confirmed. */
  next(): Spooled | undefined;
  /** Lets go of a message that was handed out. */
  confirm(spooled: Spooled): void;
  /** Hands out again, in order, what was handed out and not confirmed. */
  rewind(): void;
  /** Lets go of the folder; what waits stays in it. Safe to call twice. */
  close(): void;
}

/**
 * Opens the spool in a folder, with all that is in it.
 *
 * @throws CodedError `SPOOL_IN_USE`, `SPOOL_UNUSABLE`
 */
export function openSpool(options: SpoolOptions): Spool {
  const { folder, limit_bytes } = options;
  if (!(limit_bytes >= LIMIT_BYTES_MIN)) {
    throw spoolUnusable(folder, new RangeError(`${limit_bytes} bytes are less than ${LIMIT_BYTES_MIN}`));
  }
  let unlock: (() => void) | undefined;
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    const lock = takeLock(folder);
    if (typeof lock === 'string') throw spoolInUse(folder, lock);
    unlock = lock;
    return new FolderSpool(options, unlock);
  } catch (error) {
    unlock?.();
    throw error instanceof Error && 'code' in error && error.code === 'SPOOL_IN_USE'
      ? error
      : spoolUnusable(folder, error);
  }
}

class FolderSpool implements Spool {
  onDrop: Spool['onDrop'] = () => {};
  fault: string | undefined;
  torn_bytes = 0;

  readonly #folder: string;
  readonly #limit_bytes: number;
  readonly #limit_age_ms: number;
  readonly #segment_bytes: number;
  readonly #write: Write;
  readonly #now: () => number;
  readonly #unlock: () => void;
  /** Oldest first; the last one grows. */
  readonly #segments: Segment[] = [];
  #reading: Reading = START;
  /** The number of the newest segment there has been. */
  #serial = 0;
  #closed = false;

  constructor(
    { folder, limit_bytes, limit_age_ms, write = writeSync, now = Date.now }: SpoolOptions,
    unlock: () => void,
  ) {
    this.#folder = folder;
    this.#limit_bytes = limit_bytes;
    this.#limit_age_ms = limit_age_ms;
    this.#segment_bytes = Math.min(SEGMENT_BYTES_MAX, Math.floor(limit_bytes / PARTS));
    this.#write = write;
    this.#now = now;
    this.#unlock = unlock;
    this.#load();
  }

  get size(): number {
    return this.#segments.reduce((sum, { records }) => sum + records, 0);
  }

  get size_bytes(): number {
    return this.#segments.reduce((sum, { size_bytes }) => sum + size_bytes, 0);
  }

  append(envelope: Envelope): boolean {
    if (this.#closed) return false;
    const now_ms = this.#now();
    const record = writeRecord(envelope, now_ms);
    if (record === undefined || record.length > this.#limit_bytes) {
      this.fault = `a message of ${envelope.payload.byteLength} bytes is larger than a spool takes`;
      return false;
    }
    this.#expire(now_ms);
    for (let [oldest] = this.#segments; oldest !== undefined; [oldest] = this.#segments) {
      if (this.size_bytes + record.length <= this.#limit_bytes) break;
      this.#drop(oldest, 'spool_full');
    }
    try {
      this.#growing(record.length).append(record, now_ms);
    } catch (error) {
      this.fault = reasonOf(error);
      return false;
    }
    this.fault = undefined;
    return true;
  }

  next(): Spooled | undefined {
    if (this.#closed) return undefined;
    const too_old_ms = this.#now() - this.#limit_age_ms;
    for (;;) {
      const segment = this.#segments.find(({ serial }) => serial >= this.#reading.serial);
      if (segment === undefined) return undefined;
      if (segment.serial !== this.#reading.serial) this.#reading = { ...START, serial: segment.serial };
      const { offset } = this.#reading;
      if (offset >= segment.size_bytes) {
        if (segment === this.#segments.at(-1)) return undefined;
        this.#reading = { ...START, serial: segment.serial + 1 };
        continue;
      }
      const record = this.#read(segment, offset);
      if (record === undefined) {
        // The file was changed by someone else, or the disk has failed.
        this.#remove(segment);
        continue;
      }
      this.#reading = { ...this.#reading, offset: record.end };
      if (record.done) continue;
      const handed_out: HandedOut = { envelope: record.envelope, segment, offset };
      if (record.time_ms >= too_old_ms) return handed_out;
      this.onDrop(record.envelope.key, 'too_old');
      this.confirm(handed_out);
    }
  }

  confirm(spooled: Spooled): void {
    const { segment, offset } = spooled as HandedOut;
    if (this.#closed || segment.removed) return;
    segment.mark(offset);
    if (segment.records === 0) this.#remove(segment);
  }

  rewind(): void {
    this.#reading = START;
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    for (const segment of this.#segments) segment.close();
    this.#unlock();
  }

  #load(): void {
    const names = readdirSync(this.#folder).filter((name) => /^\d{10}\.spool$/.test(name));
    for (const name of names.sort()) {
      const serial = Number.parseInt(name, 10);
      this.#serial = serial;
      const segment = new Segment(join(this.#folder, name), serial, this.#write);
      const torn_bytes = segment.scan();
      this.torn_bytes += torn_bytes;
      // A record that a kill cut off was never taken over; the next one stands in its place.
      if (torn_bytes > 0) segment.cutTail();
      if (segment.records > 0) this.#segments.push(segment);
      else segment.remove();
    }
    for (const segment of this.#segments.slice(0, -1)) segment.close();
  }

  /** The segment that a record of that length goes to. */
  #growing(length: number): Segment {
    const last = this.#segments.at(-1);
    // A message larger than a segment has one of its own.
    const fits = last !== undefined && (last.size_bytes === 0 || last.size_bytes + length <= this.#segment_bytes);
    if (fits) return last;
    last?.close();
    const serial = ++this.#serial;
    const segment = new Segment(join(this.#folder, `${String(serial).padStart(10, '0')}.spool`), serial, this.#write);
    this.#segments.push(segment);
    return segment;
  }

  #read(segment: Segment, offset: number): Stored | undefined {
    try {
      // It may have grown since it was read.
      if (this.#reading.bytes.length < segment.size_bytes) {
        this.#reading = { ...this.#reading, bytes: segment.read().subarray(0, segment.size_bytes) };
      }
      return readRecord(this.#reading.bytes, offset);
    } catch {
      return undefined;
    }
  }

  /** Lets go of segments in which all is too old. */
  #expire(now_ms: number): void {
    for (let [oldest] = this.#segments; oldest !== undefined; [oldest] = this.#segments) {
      if (oldest.newest_ms >= now_ms - this.#limit_age_ms) return;
      this.#drop(oldest, 'too_old');
    }
  }

  #drop(segment: Segment, reason: SpoolDropReason): void {
    try {
      for (const { envelope } of segment.waiting()) this.onDrop(envelope.key, reason);
    } catch {
      // Who cannot read it cannot count it either.
    }
    this.#remove(segment);
  }

  #remove(segment: Segment): void {
    this.#segments.splice(this.#segments.indexOf(segment), 1);
    segment.remove();
  }
}

/** What is handed out next: in which segment, where in it, and what of it was read. */
interface Reading {
  readonly serial: number;
  readonly offset: number;
  readonly bytes: Buffer;
}

/** Before the oldest segment. */
const START: Reading = { serial: 0, offset: 0, bytes: Buffer.alloc(0) };
