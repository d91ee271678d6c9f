// All that a detector knows of a series: some figures, the tables of its tails, the profiles of day and week, and when it was
// last surprised how much. 4 KB in one piece hold it, since thousands of series are known at once, and it can be carried
// elsewhere as bytes.

import { TAIL_FLOATS, type TailDesk } from './tail.ts';

/** Bytes of a snapshot, at most. */
export const STATE_BYTES_MAX = 4_096;

export const TAILS = 7;
export const DAY_SLICES = 96;
export const WEEK_SLICES = 168;
export const HABIT_SLICES = 24;

/** Levels of surprise, of half a nat each, that are remembered. */
export const LEVELS = 40;

/** The layout that a snapshot was written with. */
const LAYOUT = 2;

/** What is known as single figures. Values are told relative to `origin`. */
const FIGURES = [
  'rows',
  'origin',
  'last',
  /** Levels of several memories. */
  'jump',
  'near',
  'base',
  'drift_now',
  'drift_before',
  /** How much the series moves from row to row. */
  'motion_now',
  'motion_before',
  /** The middle of the values, the usual distance from it, and two levels of what is pressed between them. */
  'middle',
  'distance',
  'level_now',
  'level_before',
  /** The forecast's weights, the usual size of what they weigh, and of its errors. */
  'weight_last',
  'weight_jump',
  'weight_near',
  'weight_season',
  'power',
  'error',
  /** What the season does not explain, quick and slow; and how well each profile did. */
  'unexplained',
  'unexplained_slow',
  'day_error',
  'week_error',
  'compared',
  /** How well the better profile did; and the rows of that, as far as they count. */
  'season_error',
  'seasons',
  'highest',
  'lowest',
  /** The largest surprise lately, fading. */
  'heard',
  /** What was told last, in nats, and at which row. */
  'told',
  'told_row',
] as const;

/** See above. */
export type Figures = Record<(typeof FIGURES)[number], number>;

/** Of each profile: the slice in the making, and the sum and count of what came in it. */
const SLICE_NUMBERS = 3;

/** Where in the numbers each profile's slice is. */
export const DAY_SLICE_AT = FIGURES.length;
export const WEEK_SLICE_AT = DAY_SLICE_AT + SLICE_NUMBERS;
export const HABIT_SLICE_AT = WEEK_SLICE_AT + SLICE_NUMBERS;
const NUMBERS = HABIT_SLICE_AT + SLICE_NUMBERS;

/** Where in the floats each profile's means are, after the tails; and the row at which a surprise was last above each level. */
export const DAY_MEANS_AT = TAILS * TAIL_FLOATS;
export const WEEK_MEANS_AT = DAY_MEANS_AT + DAY_SLICES;
export const HABIT_MEANS_AT = WEEK_MEANS_AT + WEEK_SLICES;
export const SURPRISED_AT = HABIT_MEANS_AT + HABIT_SLICES;
const FLOATS = SURPRISED_AT + LEVELS;

/** Where each profile's visits are. */
export const DAY_VISITS_AT = 0;
export const WEEK_VISITS_AT = DAY_VISITS_AT + DAY_SLICES;
export const HABIT_VISITS_AT = WEEK_VISITS_AT + WEEK_SLICES;
const VISITS = HABIT_VISITS_AT + HABIT_SLICES;

const FLOATS_AT = NUMBERS * Float64Array.BYTES_PER_ELEMENT;
const VISITS_AT = FLOATS_AT + FLOATS * Float32Array.BYTES_PER_ELEMENT;
const BYTES = VISITS_AT + VISITS;

/** What is known of one series. Of zeros alone, nothing is. */
export class State {
  readonly numbers: Float64Array;
  readonly floats: Float32Array;
  readonly visits: Uint8Array;

  constructor() {
    const buffer = new ArrayBuffer(BYTES);
    this.numbers = new Float64Array(buffer, 0, NUMBERS);
    this.floats = new Float32Array(buffer, FLOATS_AT, FLOATS);
    this.visits = new Uint8Array(buffer, VISITS_AT, VISITS);
  }

  /** A copy of at most 4,096 bytes, the same on every machine that stores the low byte first, as all that Node runs on do. */
  toBytes(): Uint8Array {
    const bytes = new Uint8Array(1 + BYTES);
    bytes[0] = LAYOUT;
    bytes.set(new Uint8Array(this.numbers.buffer), 1);
    return bytes;
  }

  /** Throws a RangeError when the bytes are no snapshot. */
  static from(bytes: Uint8Array): State {
    if (bytes[0] !== LAYOUT || bytes.length !== 1 + BYTES) {
      throw new RangeError(`a snapshot has ${1 + BYTES} bytes and layout ${LAYOUT}`);
    }
    const state = new State();
    new Uint8Array(state.numbers.buffer).set(bytes.subarray(1));
    return state;
  }
}

/** The state that is being worked on: a detector's parts are made once and look here, whichever series it is. */
export interface Desk extends TailDesk {
  numbers: Float64Array;
  visits: Uint8Array;
}

/** The single figures of what lies on a desk, by name. */
export function figuresOn(desk: Desk): Figures {
  const figures = {};
  for (const [index, name] of FIGURES.entries()) {
    Object.defineProperty(figures, name, {
      get: () => desk.numbers[index],
      set: (value: number) => {
        desk.numbers[index] = value;
      },
    });
  }
  return figures as Figures;
}
