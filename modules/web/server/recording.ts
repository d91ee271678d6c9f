// What was measured, remembered for a while: a row for each sample, a column for each figure, in typed arrays that grow as
// they fill. All recordings of a kind share one budget.

import { PAST_MS } from '../wire/frames.ts';

/** Rows of one recording at most, whatever the machine's interval. */
export const ROWS_MAX = 16_384;

const ROWS_MIN = 16;
const COLUMNS_MIN = 8;
const TIME_BYTES = 8;

/** Of a budget, what is for those that come later: a recording that has begun grows no further into it. */
const KEPT_FREE = 1 / 8;

/** Bytes that many recordings share. */
export class Budget {
  readonly bytes_max: number;
  used_bytes = 0;
  readonly #makeRoom: () => boolean;

  /** @param makeRoom lets something go; returns false when there is nothing to let go */
  constructor(bytes_max: number, makeRoom: () => boolean = () => false) {
    this.bytes_max = bytes_max;
    this.#makeRoom = makeRoom;
  }

  /** Takes so many more, or none and returns false. `begins`: it is the first of a recording. */
  take(bytes: number, begins: boolean): boolean {
    const limit_bytes = begins ? this.bytes_max : this.bytes_max * (1 - KEPT_FREE);
    while (this.used_bytes + bytes > limit_bytes) if (!this.#makeRoom()) return false;
    this.used_bytes += bytes;
    return true;
  }

  release(bytes: number): void {
    this.used_bytes -= bytes;
  }
}

type Cells = Uint16Array | Float32Array;

export interface CellKind {
  readonly Kind: Uint16ArrayConstructor | Float32ArrayConstructor;
  /** What stands where a sample has no such figure. */
  readonly empty: number;
  readonly columns_max: number;
}

/** The last {@link PAST_MS} of one machine, as far as the budget goes. */
export class Recording {
  /** The columns' names. */
  readonly names: string[] = [];
  readonly #kind: CellKind;
  readonly #budget: Budget;
  #times_ms = new Float64Array(0);
  /** Column after column, each with as many cells as there is room for rows. */
  #cells: Cells;
  #columns_room = 0;
  #first = 0;
  #rows = 0;

  constructor(kind: CellKind, budget: Budget) {
    this.#kind = kind;
    this.#budget = budget;
    this.#cells = new kind.Kind(0);
  }

  get rows(): number {
    return this.#rows;
  }

  /** When the newest row was measured; undefined when there is none. */
  get last_ms(): number | undefined {
    return this.#rows === 0 ? undefined : this.#times_ms[this.#at(this.#rows - 1)];
  }

  /** Adds a column; returns its number, or undefined when there is no room for one more. */
  addColumn(name: string): number | undefined {
    const { length } = this.names;
    if (length === this.#kind.columns_max) return undefined;
    if (length === this.#columns_room) {
      const room = Math.min(this.#kind.columns_max, Math.max(COLUMNS_MIN, length * 2));
      if (!this.#resize(this.#times_ms.length, room)) return undefined;
    }
    this.names.push(name);
    return length;
  }

  /**
   * Begins a row of a time, empty. Rows of that time or later are let go: the machine's clock was set back. Returns false
   * when for want of memory a row that is not old yet was let go, or none could be begun.
   */
  begin(time_ms: number): boolean {
    while (this.#rows > 0 && (this.last_ms ?? 0) >= time_ms) this.#rows--;
    while (this.#rows > 0 && (this.#times_ms[this.#first] ?? 0) < time_ms - PAST_MS) this.#dropOldest();
    let whole = true;
    if (this.#rows === this.#times_ms.length) {
      const room = Math.min(ROWS_MAX, Math.max(ROWS_MIN, this.#rows * 2));
      whole = room > this.#rows && this.#resize(room, this.#columns_room);
      if (!whole) {
        if (this.#rows === 0) return false;
        this.#dropOldest();
      }
    }
    const at = this.#at(this.#rows++);
    const room = this.#times_ms.length;
    this.#times_ms[at] = time_ms;
    for (let column = 0; column < this.#columns_room; column++) this.#cells[column * room + at] = this.#kind.empty;
    return whole;
  }

  /** Sets a figure of the newest row. */
  set(column: number, value: number): void {
    if (this.#rows > 0) this.#cells[column * this.#times_ms.length + this.#at(this.#rows - 1)] = value;
  }

  /** When the rows were measured, oldest first. */
  times(): Float64Array {
    return Float64Array.from({ length: this.#rows }, (_, row) => this.#times_ms[this.#at(row)] as number);
  }

  /** A column, oldest first, each cell read by `read`; NaN when there is none of that name any more. */
  column(name: string, read: (cell: number) => number): Float32Array {
    const column = this.names.indexOf(name);
    if (column === -1) return new Float32Array(this.#rows).fill(Number.NaN);
    const front = column * this.#times_ms.length;
    return Float32Array.from({ length: this.#rows }, (_, row) => read(this.#cells[front + this.#at(row)] as number));
  }

  /** Lets everything go. */
  release(): void {
    this.#budget.release(this.#bytes(this.#times_ms.length, this.#columns_room));
    this.#times_ms = new Float64Array(0);
    this.#cells = new this.#kind.Kind(0);
    this.#columns_room = 0;
    this.#first = 0;
    this.#rows = 0;
    this.names.length = 0;
  }

  #dropOldest(): void {
    this.#first = this.#at(1);
    this.#rows--;
  }

  #at(row: number): number {
    const room = this.#times_ms.length;
    const at = this.#first + row;
    return at < room ? at : at - room;
  }

  #bytes(rows: number, columns: number): number {
    return rows * (TIME_BYTES + columns * this.#kind.Kind.BYTES_PER_ELEMENT);
  }

  #resize(rows_room: number, columns_room: number): boolean {
    const { Kind, empty } = this.#kind;
    const old_room = this.#times_ms.length;
    const more = this.#bytes(rows_room, columns_room) - this.#bytes(old_room, this.#columns_room);
    if (!this.#budget.take(more, old_room === 0)) return false;
    const times_ms = new Float64Array(rows_room);
    times_ms.set(this.times());
    const cells = new Kind(rows_room * columns_room);
    for (let column = 0; column < columns_room; column++) {
      const front = column * rows_room;
      if (column >= this.names.length) cells.fill(empty, front, front + rows_room);
      else
        for (let row = 0; row < this.#rows; row++)
          cells[front + row] = this.#cells[column * old_room + this.#at(row)] as number;
    }
    this.#times_ms = times_ms;
    this.#cells = cells;
    this.#columns_room = columns_room;
    this.#first = 0;
    return true;
  }
}
