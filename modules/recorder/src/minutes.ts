// The minutes that are being filled: samples that are on disk in the journal, and have no block yet. Whatever its own time,
// a sample goes to the minute it belongs to; one that is long over is opened again for it.

import { Block, BlockWriter, type Columns, columnOf, LAST, SAMPLES, TIME, TRACK } from './block.ts';
import { joinTables, NO_ROWS, type Table } from './cells.ts';
import type { Layout } from './figures.ts';
import { blockStart, levelAt, SAMPLE_LEVEL } from './levels.ts';
import { placeNumber } from './store.ts';

/** A minute is closed so long after it was opened… */
const OPEN_MS = levelAt(SAMPLE_LEVEL).span_ms + 2_000;

/** …or so long after the next of its machine was opened. */
const GRACE_MS = 3_000;

/** Rows of one piece of memory. */
const PIECE_ROWS = 8;

/** So many pieces of a minute are packed: a fifth of the memory, until the minute is over. */
const PACK_PIECES = 2;

/** Pieces that are free and kept for who needs some next. */
const SPARE_BYTES_MAX = 2 * 1_048_576;

/**
 * Memory in pieces that are used again and again: each machine begins a minute every minute, and to give back its memory and ask
 * for other would leave the process's in shreds.
 */
export class Pieces {
  /** By length. */
  readonly #spare = new Map<number, Float64Array[]>();
  #spare_bytes = 0;

  take(length: number): Float64Array {
    const piece = this.#spare.get(length)?.pop();
    if (piece === undefined) return new Float64Array(length);
    this.#spare_bytes -= piece.byteLength;
    return piece;
  }

  giveBack(pieces: readonly Float64Array[]): void {
    for (const piece of pieces) {
      if (this.#spare_bytes + piece.byteLength > SPARE_BYTES_MAX) return;
      this.#spare_bytes += piece.byteLength;
      const spare = this.#spare.get(piece.length);
      if (spare === undefined) this.#spare.set(piece.length, [piece]);
      else spare.push(piece);
    }
  }
}

/** Samples with the same figures in the same order. */
export class Rows {
  readonly layout: Layout;
  rows = 0;
  readonly #pieces: Pieces;
  readonly #own: Float64Array[] = [];
  /** The first of the rows, where they are packed. */
  readonly #packed: Uint8Array[] = [];
  #packed_rows = 0;
  readonly #writer: BlockWriter | undefined;
  /** Values of a row: its time, whose it is, and the figures. */
  readonly #stride: number;

  /** @param writer packs what has come; without one, all stays as it is */
  constructor(layout: Layout, pieces: Pieces, writer?: BlockWriter) {
    this.layout = layout;
    this.#pieces = pieces;
    this.#writer = writer;
    this.#stride = layout.figures.length + 2;
  }

  /** @param track whose it is, where they are of many */
  add(time_ms: number, values: readonly number[], track = 0): void {
    const at = this.rows % PIECE_ROWS;
    if (at === 0) {
      if (this.#own.length === PACK_PIECES && this.#writer !== undefined) this.#pack(this.#writer);
      this.#own.push(this.#pieces.take(PIECE_ROWS * this.#stride));
    }
    const piece = this.#own[this.#own.length - 1] as Float64Array;
    const first = at * this.#stride;
    piece[first] = time_ms;
    piece[first + 1] = track;
    const width = this.layout.figures.length;
    for (let i = 0; i < width; i++) piece[first + 2 + i] = values[i] as number;
    this.rows++;
  }

  table(with_tracks = false): Table {
    const parts = this.#packed.map((bytes) => Block.open(bytes));
    const column = (number: number, offset: number) => {
      const values = new Float64Array(this.rows);
      let at = 0;
      for (const part of parts) {
        values.set(part?.column(number) ?? [], at);
        at += part?.rows ?? 0;
      }
      this.#fill(values, at, offset);
      return values;
    };
    const columns: Columns = new Map([[TIME, column(TIME, 0)]]);
    if (with_tracks) columns.set(TRACK, column(TRACK, 1));
    for (const [i, figure] of this.layout.figures.entries()) {
      const number = columnOf(figure, LAST);
      columns.set(number, column(number, 2 + i));
    }
    return { rows: this.rows, columns };
  }

  /** Gives its memory back; it has no rows any more. Tables that were made of it are their own. */
  release(): void {
    this.rows = 0;
    this.#packed.length = 0;
    this.#packed_rows = 0;
    this.#pieces.giveBack(this.#own.splice(0));
  }

  #pack(writer: BlockWriter): void {
    const rows = this.rows - this.#packed_rows;
    const column = (offset: number) => {
      const values = new Float64Array(rows);
      this.#fill(values, 0, offset);
      return values;
    };
    const columns: Columns = new Map([[TIME, column(0)]]);
    for (const [i, figure] of this.layout.figures.entries()) columns.set(columnOf(figure, LAST), column(2 + i));
    this.#packed.push(writer.write(SAMPLES, rows, columns));
    this.#packed_rows = this.rows;
    this.#pieces.giveBack(this.#own.splice(0));
  }

  /** Fills in the rows that are not packed, from a place on. */
  #fill(values: Float64Array, from: number, offset: number): void {
    const stride = this.#stride;
    for (let at = from; at < values.length; at++) {
      const row = at - from;
      const piece = this.#own[Math.floor(row / PIECE_ROWS)] as Float64Array;
      values[at] = piece[(row % PIECE_ROWS) * stride + offset] as number;
    }
  }
}

/** One minute of one track. */
export interface Minute {
  readonly track: number;
  readonly start_ms: number;
  readonly opened_ms: number;
  /** When a later one of the same track was opened; undefined as long as there is none. */
  followed_ms: number | undefined;
  readonly parts: Map<Layout, Rows>;
  /** The page of the journal where its first sample stands. */
  readonly journal_number: number;
}

export class Minutes {
  /** By place; those that are being closed are still there. */
  readonly #open = new Map<number, Minute>();
  readonly #closing = new Map<number, Minute>();
  /** The latest of each track. */
  readonly #latest = new Map<number, Minute>();
  readonly #pieces: Pieces;
  readonly #writer = new BlockWriter();

  constructor(pieces: Pieces) {
    this.#pieces = pieces;
  }

  get size(): number {
    return this.#open.size + this.#closing.size;
  }

  /**
   * Adds a sample to its minute. Returns whether the minute was opened for it.
   *
   * @param steady_ms now, by a clock that nobody sets
   */
  add(
    track: number,
    time_ms: number,
    sample: { readonly layout: Layout; readonly values: readonly number[] },
    steady_ms: number,
    journal_number: number,
  ): boolean {
    const start_ms = blockStart(SAMPLE_LEVEL, time_ms);
    const latest = this.#latest.get(track);
    let minute = latest?.start_ms === start_ms ? latest : this.#open.get(minutePlace(track, start_ms));
    const is_new = minute === undefined;
    if (minute === undefined) {
      minute = { track, start_ms, opened_ms: steady_ms, followed_ms: undefined, parts: new Map(), journal_number };
      this.#open.set(minutePlace(track, start_ms), minute);
      if (latest === undefined || start_ms > latest.start_ms) {
        if (latest !== undefined) latest.followed_ms ??= steady_ms;
        this.#latest.set(track, minute);
      } else minute.followed_ms = steady_ms;
    }
    let rows = minute.parts.get(sample.layout);
    if (rows === undefined) {
      rows = new Rows(sample.layout, this.#pieces, this.#writer);
      minute.parts.set(sample.layout, rows);
    }
    rows.add(time_ms, sample.values);
    return is_new;
  }

  /** Whether samples of a track in some time have no block yet. */
  has(track: number, start_ms: number): boolean {
    const place = minutePlace(track, start_ms);
    return this.#open.has(place) || this.#closing.has(place);
  }

  /** The samples of a minute that have no block yet, in the order of their time. */
  table(track: number, start_ms: number): Table {
    const place = minutePlace(track, start_ms);
    const minutes = [this.#closing.get(place), this.#open.get(place)];
    const tables = minutes.flatMap((minute) => (minute === undefined ? [] : tablesOf(minute)));
    return tables.length === 0 ? NO_ROWS : joinTables(tables);
  }

  /** When the first of them begins; undefined when there is none. */
  oldest(): number | undefined {
    let oldest_ms: number | undefined;
    for (const minutes of [this.#open, this.#closing]) {
      for (const { start_ms } of minutes.values()) {
        if (oldest_ms === undefined || start_ms < oldest_ms) oldest_ms = start_ms;
      }
    }
    return oldest_ms;
  }

  /** Minutes that are to be closed now, `limit` at most; they are asked for until {@link Minutes.closed} is told of them. */
  close(steady_ms: number, limit: number): Minute[] {
    for (const [place, minute] of this.#open) {
      if (this.#closing.size >= limit) break;
      const { opened_ms, followed_ms } = minute;
      const is_over = followed_ms !== undefined && steady_ms - followed_ms >= GRACE_MS;
      if (!is_over && steady_ms - opened_ms < OPEN_MS) continue;
      // Samples that come while it is closed open it anew.
      if (this.#closing.has(place)) continue;
      this.#open.delete(place);
      this.#closing.set(place, minute);
      if (this.#latest.get(minute.track) === minute) this.#latest.delete(minute.track);
    }
    return [...this.#closing.values()];
  }

  /** These have a block now. */
  closed(minutes: readonly Minute[]): void {
    for (const { track, start_ms, parts } of minutes) {
      this.#closing.delete(minutePlace(track, start_ms));
      for (const rows of parts.values()) rows.release();
    }
  }

  /** The first page of the journal that is still needed, once `except` have a block; undefined when none is. */
  journalFrom(except: ReadonlySet<Minute>): number | undefined {
    let first: number | undefined;
    for (const minutes of [this.#open, this.#closing]) {
      for (const minute of minutes.values()) {
        if (!except.has(minute) && (first === undefined || minute.journal_number < first))
          first = minute.journal_number;
      }
    }
    return first;
  }
}

/** The samples of a minute. */
export function tablesOf(minute: Minute): Table[] {
  return [...minute.parts.values()].map((rows) => rows.table());
}

function minutePlace(track: number, start_ms: number): number {
  return placeNumber({ level: SAMPLE_LEVEL, track, start_ms });
}
