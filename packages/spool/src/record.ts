// One record of a segment: a message, when it was stored, and whether it is done with.
//
//   offset  bytes
//        0      1  state: 0 while it is kept, anything else when it is done with; the only byte that is ever written again
//        1      4  length of the content
//        5      4  CRC-32 of all that follows
//        9      8  when it was stored, epoch milliseconds, a double
//       17      2  length of the head, which the content begins with
//       19      …  the head: JSON in UTF-8, the key and the properties
//        …      …  the body, to the end of the content
//
// Numbers are big-endian. A record that was cut off, at whatever byte, fails its length or its checksum.

import { crc32 } from 'node:zlib';
import type { Envelope, EnvelopeProperties } from '@ganglion/kernel';

const STATE_AT = 0;
const LENGTH_AT = 1;
const CRC_AT = 5;
const TIME_AT = 9;
const CONTENT_AT = 17;

/** Bytes of content that a length may tell. More is damage. */
const CONTENT_BYTES_MAX = 16 * 1024 * 1024;

/** Bytes that the head may have: its length has two. */
const HEAD_BYTES_MAX = 65_535;

/** What `mark` writes over the first byte of a record. */
export const DONE = Uint8Array.of(1);

/** A record as it stands in a segment. */
export interface Stored {
  readonly envelope: Envelope;
  /** When it was stored, epoch milliseconds. */
  readonly time_ms: number;
  readonly done: boolean;
  /** Where the next record begins. */
  readonly end: number;
}

/** Writes a record; undefined for a message that none can hold, which is larger than any bus carries. */
export function writeRecord({ key, payload, properties }: Envelope, time_ms: number): Buffer | undefined {
  const head = Buffer.from(JSON.stringify({ key, properties }));
  const length = 2 + head.length + payload.byteLength;
  if (head.length > HEAD_BYTES_MAX || length > CONTENT_BYTES_MAX) return undefined;
  const record = Buffer.alloc(CONTENT_AT + length);
  record.writeUInt32BE(length, LENGTH_AT);
  record.writeDoubleBE(time_ms, TIME_AT);
  record.writeUInt16BE(head.length, CONTENT_AT);
  head.copy(record, CONTENT_AT + 2);
  record.set(payload, CONTENT_AT + 2 + head.length);
  record.writeUInt32BE(crc32(record.subarray(TIME_AT)), CRC_AT);
  return record;
}

/** Reads the record that begins at `offset`; undefined when there is none, or none that is whole. */
export function readRecord(bytes: Buffer, offset: number): Stored | undefined {
  if (bytes.length - offset < CONTENT_AT + 2) return undefined;
  const length = bytes.readUInt32BE(offset + LENGTH_AT);
  const end = offset + CONTENT_AT + length;
  if (length > CONTENT_BYTES_MAX || end > bytes.length) return undefined;
  if (bytes.readUInt32BE(offset + CRC_AT) !== crc32(bytes.subarray(offset + TIME_AT, end))) return undefined;
  const head_at = offset + CONTENT_AT + 2;
  const body_at = head_at + bytes.readUInt16BE(offset + CONTENT_AT);
  if (body_at > end) return undefined;
  const head = readHead(bytes.toString('utf8', head_at, body_at));
  if (head === undefined) return undefined;
  return {
    // A copy, so that what is handed out does not keep the whole segment in memory.
    envelope: { ...head, payload: Uint8Array.prototype.slice.call(bytes, body_at, end) },
    time_ms: bytes.readDoubleBE(offset + TIME_AT),
    done: bytes[offset + STATE_AT] !== 0,
    end,
  };
}

/** A checksum says that the bytes are those that were written, and not by whom. */
function readHead(text: string): Pick<Envelope, 'key' | 'properties'> | undefined {
  try {
    const head: unknown = JSON.parse(text);
    if (typeof head !== 'object' || head === null || !('key' in head) || typeof head.key !== 'string') return undefined;
    const given: unknown = 'properties' in head ? head.properties : undefined;
    const texts = Object.entries(given ?? {}).filter(([, value]) => typeof value === 'string');
    const properties: EnvelopeProperties = Object.fromEntries(texts);
    return { key: head.key, properties };
  } catch {
    return undefined;
  }
}
