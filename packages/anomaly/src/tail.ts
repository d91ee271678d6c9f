// How rare a figure is among those of its kind so far: a table of magnitudes, in bins of equal ratio, one for each sign.

/** Bins of each sign. The lowest also holds zero and all that is below the table. */
const BINS = 32;

/** Where the first magnitude goes, so that there is more room below it than above. */
const FIRST_BIN = 19;

/** Bins the table moves by when most magnitudes fall below it, and keeps free above a new largest one. */
const SHIFT_DOWN = 8;
const SHIFT_SPARE = 3;

/** So many more magnitudes below the table than in it, and it moves down if no more than a few are above its lowest bins. */
const BELOW_MAX = 64;
const LOW_BINS = 4;
const OUTLIERS_MAX = 3;

/** What a figure larger than any before it gains at most for how much larger it is, nats. */
const BEYOND_NATS_MAX = 4;

/** What it gains when it is e times as large. */
const BEYOND_NATS = 2;

/** Larger figures of this share, and one is usual. */
const USUAL_SHARE = 1 / Math.E;

/** What a table needs of a state, in 32-bit floats. */
export const TAIL_FLOATS = 2 * BINS + 5;

const COUNT = 2 * BINS;
const ANCHOR = COUNT + 1;
const BELOW = COUNT + 2;
const TOP = COUNT + 3;

/** What a table is told. */
export interface TailOptions {
  readonly bins_per_doubling: number;
  /** It forgets so that it never holds more. */
  readonly memory_rows: number;
  /** Whether figures above and below zero are of two kinds. */
  readonly signed: boolean;
  /** How much a figure of the other kind counts, of 1. */
  readonly other_side: number;
}

/** Where a table's figures stand. */
export interface TailDesk {
  floats: Float32Array;
}

/** The table keeps no figures of its own: all of them stand on the desk from `at` on. */
export class Tail {
  readonly #desk: TailDesk;
  readonly #at: number;
  readonly #per_doubling: number;
  readonly #memory_rows: number;
  readonly #signed: boolean;
  readonly #other_side: number;

  constructor(desk: TailDesk, at: number, options: TailOptions) {
    this.#desk = desk;
    this.#at = at;
    this.#per_doubling = options.bins_per_doubling;
    this.#memory_rows = options.memory_rows;
    this.#signed = options.signed;
    this.#other_side = options.signed ? options.other_side : 0;
  }

  /**
   * Judges a finite figure by those before it and takes it in.
   *
   * @returns nats, at least 0: the logarithm of one in how many is as far from zero
   */
  next(figure: number): number {
    const state = this.#desk.floats;
    const magnitude = figure < 0 ? -figure : figure;
    const side = this.#signed && figure < 0 ? 1 : 0;
    const first = this.#at + side * BINS;
    let nats = 0;
    let bin = 0;
    let part = 0;
    if (magnitude > 0) {
      const place = this.#place(Math.log2(magnitude) * this.#per_doubling);
      if (place > 0) {
        bin = Math.floor(place);
        part = place - bin;
        nats = this.#judge(side, bin, part, place);
      }
    }
    state[first + bin] = read(state, first + bin) + 1 - part;
    if (part > 0) state[first + bin + 1] = read(state, first + bin + 1) + part;
    const count = read(state, this.#at + COUNT) + 1;
    state[this.#at + COUNT] = count;
    if (count > this.#memory_rows * 1.02) this.#forget(this.#memory_rows / count);
    return Math.max(nats, 0);
  }

  #judge(side: number, bin: number, part: number, place: number): number {
    const state = this.#desk.floats;
    const count = read(state, this.#at + COUNT) + 1;
    // What is less than a nat is nobody's surprise and need not be known.
    const enough = count * USUAL_SHARE;
    let above = this.#above(side, bin, part, enough);
    if (this.#other_side > 0 && above < enough) {
      above += this.#other_side * this.#above(1 - side, bin, part, enough / this.#other_side);
    }
    let nats = above < enough ? Math.log(count / (above + 1)) : 0;
    const top_at = this.#at + TOP + side;
    // Stored one too high, so that a state of zeros has seen nothing.
    const top = read(state, top_at) - 1;
    if (place > top) {
      if (top >= 0) {
        const beyond = ((place - top) / this.#per_doubling) * Math.LN2 * BEYOND_NATS;
        nats += Math.min(beyond, BEYOND_NATS_MAX);
      }
      state[top_at] = place + 1;
    }
    return nats;
  }

  /** How many figures of a side were larger; counted until they are enough. */
  #above(side: number, bin: number, part: number, enough: number): number {
    const state = this.#desk.floats;
    const first = this.#at + side * BINS;
    let above = 0;
    for (let each = first + BINS - 1; each > first + bin + 1 && above < enough; each--) above += read(state, each);
    // Each figure was dealt out between the two bins beside it: its mass is spread over both, evenly.
    const rest = 1 - part;
    return (
      above + read(state, first + bin + 1) * (1 - 0.5 * part * part) + read(state, first + bin) * 0.5 * rest * rest
    );
  }

  /** Where on the table a magnitude is, from its logarithm; the table moves when it has to. */
  #place(logarithm: number): number {
    const state = this.#desk.floats;
    const anchor_at = this.#at + ANCHOR;
    if (read(state, this.#at + BELOW) === 0) {
      state[anchor_at] = logarithm - FIRST_BIN;
      state[this.#at + BELOW] = 1;
    }
    let place = logarithm - read(state, anchor_at);
    if (place >= BINS - 1) {
      const by = Math.ceil(place - BINS + 1) + SHIFT_SPARE;
      this.#move(by);
      place -= by;
      // Float32 may have rounded the anchor.
      return Math.min(place, BINS - 1.001);
    }
    // Counted from 1, since 0 says that there is no table yet.
    const below = read(state, this.#at + BELOW) + (place > 0 ? -1 : 1);
    state[this.#at + BELOW] = Math.max(below, 1);
    if (below > BELOW_MAX) {
      state[this.#at + BELOW] = 1;
      if (this.#isAlmostEmpty()) {
        this.#move(-SHIFT_DOWN);
        place += SHIFT_DOWN;
      }
    }
    return place;
  }

  /** Whether the table holds a few outliers alone: the first magnitude, which set its place, was one. */
  #isAlmostEmpty(): boolean {
    let mass = 0;
    for (let side = 0; side < 2; side++) {
      for (let bin = LOW_BINS; bin < BINS; bin++) mass += read(this.#desk.floats, this.#at + side * BINS + bin);
    }
    return mass <= OUTLIERS_MAX;
  }

  /** Moves the table up by so many bins, or down. What falls off an end stays in the last bin there. */
  #move(by: number): void {
    const state = this.#desk.floats;
    for (let side = 0; side < 2; side++) {
      const first = this.#at + side * BINS;
      const top_at = this.#at + TOP + side;
      if (by > 0) {
        for (let from = 1; from < BINS; from++) this.#carry(first, from, Math.max(from - by, 0));
      } else {
        for (let from = BINS - 2; from > 0; from--) {
          this.#carry(first, from, Math.min(from - by, BINS - 1));
        }
      }
      if (read(state, top_at) > 0) {
        const top = read(state, top_at) - by;
        state[top_at] = top < 0 ? 0 : Math.min(top, BINS);
      }
    }
    state[this.#at + ANCHOR] = read(state, this.#at + ANCHOR) + by;
  }

  #carry(first: number, from: number, to: number): void {
    const state = this.#desk.floats;
    const mass = read(state, first + from);
    if (mass === 0 || from === to) return;
    state[first + from] = 0;
    state[first + to] = read(state, first + to) + mass;
  }

  #forget(keep: number): void {
    const state = this.#desk.floats;
    for (let each = this.#at; each <= this.#at + COUNT; each++) state[each] = read(state, each) * keep;
    for (let side = 0; side < 2; side++) {
      // The largest is forgotten with the mass around it.
      const top = read(state, this.#at + TOP + side) - 1;
      if (top < 0) continue;
      const bin = this.#at + side * BINS + Math.floor(top);
      const around = read(state, bin) + (Math.floor(top) < BINS - 1 ? read(state, bin + 1) : 0);
      if (around < 0.25) state[this.#at + TOP + side] = Math.max(0, top + 1 - 0.25);
    }
  }
}

function read(state: Float32Array, at: number): number {
  return state[at] ?? 0;
}
