// A stretch of a machine's past as it was recorded: the means of its cells in a table, and how far each reached.

import type { RangeFrame } from '../../../wire/frames.ts';
import { Table } from './table.ts';

/** Points of a stretch: more than a screen has. */
export const POINTS_MAX = 3_000;

export class Recalled {
  /** The width of a cell; 0 where they are samples. */
  readonly width_ms: number;
  readonly from_ms: number;
  readonly to_ms: number;
  /** What is drawn as a line. What comes live may be added behind it. */
  readonly table = new Table();
  /** How far the cells reached; with nothing in them where there are samples. */
  readonly least = new Table();
  readonly most = new Table();
  /** Figures that did not fit. */
  readonly left_out: number;

  /** @param shift_ms what is added to its times, as to draw yesterday behind today */
  constructor(frame: RangeFrame, { from_ms, to_ms }: { from_ms: number; to_ms: number }, shift_ms = 0) {
    const { width_ms, times_ms, paths, means, least, most, left_out } = frame;
    this.width_ms = width_ms;
    this.from_ms = from_ms + shift_ms;
    this.to_ms = to_ms + shift_ms;
    this.left_out = left_out;
    // A cell is drawn in its middle, but never later than what was asked for.
    const drawn_ms = times_ms.map((time_ms) => Math.min(time_ms + width_ms / 2, to_ms) + shift_ms);
    this.table.merge(drawn_ms, paths, means);
    if (width_ms === 0) return;
    this.least.merge(drawn_ms, paths, least);
    this.most.merge(drawn_ms, paths, most);
  }

  /** Adds what has come live since, from another table. */
  goOn(live: Table): void {
    const newest_ms = Math.max(this.to_ms, this.table.newest_ms ?? 0);
    for (let row = live.rowFrom(newest_ms + 1); row < live.end; row++) {
      this.table.add(
        live.times_ms[row] as number,
        [...live.columns].map(([path, { values }]) => [path, values[row] as number] as const),
      );
    }
  }
}
