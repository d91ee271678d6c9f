// Blocks straight from the pages of a damaged file, where what leads to them is gone. Their own checksum tells whether one is whole.
// https://www.sqlite.org/fileformat2.html

import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { Block } from '../block.ts';

const PAGE_BYTES_AT = 16;
const RESERVED_AT = 20;

/** The kind of page that holds rows of a table. */
const LEAF = 0x0d;
const CELLS_AT = 3;
const POINTERS_AT = 8;

/** Of a row; what claims more is damaged. */
const ROW_BYTES_MAX = 16 * 1_048_576;

export interface FoundBlock {
  /** The row's key. */
  readonly place: number;
  readonly bytes: Uint8Array;
}

/** Every whole block in a file, in whatever order; old ones that were replaced may be among them. */
export function* blocksOnPages(path: string): Generator<FoundBlock> {
  const file = openSync(path, 'r');
  try {
    const head = Buffer.alloc(100);
    readSync(file, head, 0, head.length, 0);
    const told = head.readUInt16BE(PAGE_BYTES_AT);
    // 65,536 does not fit, and is told as 1.
    const page_bytes = told === 1 ? 65_536 : told;
    if (page_bytes < 512) return;
    const pages = Math.floor(fstatSync(file).size / page_bytes);
    const read = (number: number): Buffer | undefined => {
      if (number < 1 || number > pages) return undefined;
      const page = Buffer.alloc(page_bytes);
      readSync(file, page, 0, page_bytes, (number - 1) * page_bytes);
      return page;
    };
    const usable = page_bytes - (head[RESERVED_AT] as number);
    // The first page has the head in front, and no block.
    for (let number = 2; number <= pages; number++) {
      const page = read(number);
      if (page === undefined || page[0] !== LEAF) continue;
      const cells = page.readUInt16BE(CELLS_AT);
      for (let i = 0; i < cells && POINTERS_AT + 2 * i + 2 <= page_bytes; i++) {
        const found = blockIn(page, page.readUInt16BE(POINTERS_AT + 2 * i), usable, read);
        if (found !== undefined) yield found;
      }
    }
  } finally {
    closeSync(file);
  }
}

function blockIn(
  page: Buffer,
  at: number,
  usable: number,
  read: (number: number) => Buffer | undefined,
): FoundBlock | undefined {
  const cursor = { at };
  const length = varint(page, cursor);
  const place = varint(page, cursor);
  if (length < 3 || length > ROW_BYTES_MAX) return undefined;
  const row = Buffer.alloc(length);
  let filled = localBytes(length, usable);
  page.copy(row, 0, cursor.at, cursor.at + filled);
  if (filled < length) {
    const pointer_at = cursor.at + filled;
    if (pointer_at + 4 > page.length) return undefined;
    for (let next = page.readUInt32BE(pointer_at); filled < length; ) {
      const more = read(next);
      if (more === undefined) return undefined;
      const taken = Math.min(length - filled, usable - 4);
      more.copy(row, filled, 4, 4 + taken);
      filled += taken;
      next = more.readUInt32BE(0);
    }
  }
  // The key, which stands as nothing in the row, and the bytes.
  const record = { at: 0 };
  const head_bytes = varint(row, record);
  const key_kind = varint(row, record);
  const kind = varint(row, record);
  if (key_kind !== 0 || kind < 12 || kind % 2 !== 0 || head_bytes !== record.at) return undefined;
  const bytes = row.subarray(head_bytes, head_bytes + (kind - 12) / 2);
  return Block.open(bytes) === undefined ? undefined : { place, bytes };
}

/** How much of a row stands in its page; the rest is on others. */
function localBytes(length: number, usable: number): number {
  const most = usable - 35;
  if (length <= most) return length;
  const least = Math.floor(((usable - 12) * 32) / 255) - 23;
  const wanted = least + ((length - least) % (usable - 4));
  return wanted <= most ? wanted : least;
}

/** A number in bytes of seven bits, the highest first; a ninth has all eight. */
function varint(bytes: Buffer, cursor: { at: number }): number {
  let value = 0;
  for (let i = 0; i < 8; i++) {
    const byte = bytes[cursor.at++] ?? 0;
    value = value * 128 + (byte & 127);
    if (byte < 128) return value;
  }
  return value * 256 + (bytes[cursor.at++] ?? 0);
}
