// A block: the past of one machine over some time, in columns. Each stands by itself, so that whoever wants two figures of
// sixty reads two. A checksum at the end tells a whole block from a damaged one.
//
//   version  kind  rows  columns  ( number  bytes  ( absent-bits? values )* )*  CRC-32
//
// What a block of cells remembers of its samples stands in columns that begin with how many values they have.

import { crc32 } from 'node:zlib';
import { BitReader, BitWriter } from './bits.ts';
import { ColumnCodec } from './column.ts';

const VERSION = 1;

/** What a block's rows are. */
export const SAMPLES = 0;
export const CELLS = 1;

const CHECKSUM_BYTES = 4;

/** Rows and columns of a block, at most: what claims more is damaged. */
const ROWS_MAX = 1_000_000;
const COLUMNS_MAX = 100_000;

/** Columns that are no figure's. Figures are numbered from 1, and each has eight numbers from here on. */
export const TIME = 0;
/** When the last sample of a cell was taken. */
export const LAST_TIME = 1;
/** Whose sample it is, where a block holds those of many. */
export const TRACK = 2;
/** Of {@link Taken}. They have rows of their own. */
const TAKEN_TIME = 3;
const TAKEN_DIGEST = 4;
const STATS = 8;

/** What is told of a figure: of a sample its value, of a cell all. */
export const LAST = 0;
export const MIN = 1;
export const MAX = 2;
export const SUM = 3;
export const COUNT = 4;
/** When the last one was, in cells whose last sample does not have the figure. Not there when there is no such cell. */
export const LAST_AT = 5;

/** The number of a figure's column. */
export function columnOf(figure: number, stat: number): number {
  return figure * STATS + stat;
}

/** Which figure a column is of; 0 when it is none. */
export function figureOf(column: number): number {
  return Math.floor(column / STATS);
}

export function statOf(column: number): number {
  return column % STATS;
}

/** Columns by their number, each with a value for every row; NaN is none. */
export type Columns = Map<number, Float64Array>;

/** Samples of which cells were made, in the order of their time: when each was taken, and a digest of its figures. */
export interface Taken {
  readonly times: Float64Array;
  readonly digests: Float64Array;
}

export const NONE_TAKEN: Taken = { times: new Float64Array(0), digests: new Float64Array(0) };

/** Samples that a block remembers, at most: of more, those taken last. */
export const TAKEN_MAX = 20_000;

/** Writes blocks. One serves for all: it uses the same memory each time. */
export class BlockWriter {
  readonly #codec = new ColumnCodec();
  readonly #block = new BitWriter(65_536);
  readonly #column = new BitWriter();
  #present = new Float64Array(256);

  /** Writes a block. The first `rows` of each column count; the columns' order does not. */
  write(kind: number, rows: number, columns: Columns, taken: Taken = NONE_TAKEN): Uint8Array {
    const block = this.#block;
    block.reset();
    block.varint(VERSION);
    block.varint(kind);
    block.varint(rows);
    const owns = taken.times.length > 0 ? [TAKEN_TIME, TAKEN_DIGEST] : [];
    block.varint(columns.size + owns.length);
    let before = 0;
    for (const number of [...columns.keys(), ...owns].sort((a, b) => a - b)) {
      if (number === TAKEN_TIME) this.#writeOwn(taken.times);
      else if (number === TAKEN_DIGEST) this.#writeOwn(taken.digests);
      else this.#writeColumn(columns.get(number) as Float64Array, rows);
      const column = this.#column.view();
      block.varint(number - before);
      block.varint(column.length);
      block.copy(column);
      before = number;
    }
    const body = block.view();
    const bytes = new Uint8Array(body.length + CHECKSUM_BYTES);
    bytes.set(body);
    new DataView(bytes.buffer).setUint32(body.length, crc32(body));
    return bytes;
  }

  /** A column with rows of its own. */
  #writeOwn(values: Float64Array): void {
    this.#column.reset();
    this.#column.varint(values.length);
    this.#codec.write(this.#column, values, values.length);
  }

  #writeColumn(values: Float64Array, rows: number): void {
    const column = this.#column;
    column.reset();
    let absent = 0;
    for (let row = 0; row < rows; row++) if (Number.isNaN(values[row] as number)) absent++;
    column.varint(absent);
    if (absent === 0) {
      if (rows > 0) this.#codec.write(column, values, rows);
      return;
    }
    if (absent === rows) return;
    if (this.#present.length < rows) this.#present = new Float64Array(rows * 2);
    let present = 0;
    for (let row = 0; row < rows; row++) {
      const value = values[row] as number;
      column.write(Number.isNaN(value) ? 0 : 1, 1);
      if (!Number.isNaN(value)) this.#present[present++] = value;
    }
    column.align();
    this.#codec.write(column, this.#present, present);
  }
}

/** A block as it was stored. Columns are read when they are asked for. */
export class Block {
  readonly kind: number;
  readonly rows: number;
  readonly #bytes: Uint8Array;
  /** Where each column begins. */
  readonly #places = new Map<number, number>();

  private constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
    const reader = new BitReader(bytes);
    const version = reader.varint();
    this.kind = reader.varint();
    this.rows = reader.varint();
    const columns = reader.varint();
    if (version !== VERSION || this.rows > ROWS_MAX || columns > COLUMNS_MAX) throw new Error('not a block');
    let number = 0;
    for (let i = 0; i < columns; i++) {
      number += reader.varint();
      const length = reader.varint();
      const place = reader.position_bytes;
      if (place + length > bytes.length) throw new Error('not a block');
      this.#places.set(number, place);
      reader.seek(place + length);
    }
  }

  /** Opens a block; undefined when it is damaged. */
  static open(bytes: Uint8Array): Block | undefined {
    const length = bytes.length - CHECKSUM_BYTES;
    if (length <= 0) return undefined;
    const checksum = new DataView(bytes.buffer, bytes.byteOffset + length).getUint32(0);
    if (crc32(bytes.subarray(0, length)) !== checksum) return undefined;
    try {
      return new Block(bytes);
    } catch {
      return undefined;
    }
  }

  /** The numbers of its columns, rising. */
  *numbers(): Generator<number> {
    for (const number of this.#places.keys()) if (number !== TAKEN_TIME && number !== TAKEN_DIGEST) yield number;
  }

  /** What it remembers of the samples that its cells are made of. */
  taken(): Taken {
    const times = this.#own(TAKEN_TIME);
    const digests = this.#own(TAKEN_DIGEST);
    return times.length === digests.length ? { times, digests } : NONE_TAKEN;
  }

  #own(number: number): Float64Array {
    const place = this.#places.get(number);
    const reader = new BitReader(this.#bytes, place);
    const rows = place === undefined ? 0 : reader.varint();
    const values = new Float64Array(Math.min(rows, TAKEN_MAX));
    if (values.length > 0) codec.read(reader, values, values.length);
    return values;
  }

  has(number: number): boolean {
    return this.#places.has(number);
  }

  /** A column's values, one a row; NaN is none. Undefined when there is no such column. */
  column(number: number): Float64Array | undefined {
    const place = this.#places.get(number);
    if (place === undefined) return undefined;
    const { rows } = this;
    const reader = new BitReader(this.#bytes, place);
    const absent = reader.varint();
    const values = new Float64Array(rows);
    if (absent === 0) {
      if (rows > 0) codec.read(reader, values, rows);
      return values;
    }
    values.fill(Number.NaN);
    if (absent >= rows) return values;
    const is_there = new Uint8Array(rows);
    let present = 0;
    for (let row = 0; row < rows; row++) present += is_there[row] = reader.read(1);
    reader.align();
    const packed = new Float64Array(present);
    codec.read(reader, packed, present);
    for (let row = 0, at = 0; row < rows; row++) if (is_there[row] === 1) values[row] = packed[at++] as number;
    return values;
  }
}

/** Reading keeps nothing between two columns. */
const codec = new ColumnCodec();
