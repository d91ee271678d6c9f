// The last minutes of one figure of every machine: its peak in each second, a byte each. All machines in one array, so that
// ten thousand of them cost no objects.

import { NO_PEAK, PEAKS_SECONDS } from '../../../wire/frames.ts';

/** Seconds that are remembered. */
export const HISTORY_SECONDS = PEAKS_SECONDS;

const NOTHING = NO_PEAK;
const HUNDREDTHS_A_STEP = 40;

/** Rings of seconds, one for each place. */
export class Peaks {
  #peaks: Uint8Array;

  /** @param places how many machines there is room for */
  constructor(places: number) {
    this.#peaks = new Uint8Array(places * HISTORY_SECONDS).fill(NOTHING);
  }

  /** Bytes that `places` take. */
  static bytesOf(places: number): number {
    return places * HISTORY_SECONDS;
  }

  /** Makes room for more. */
  grow(places: number): void {
    const peaks = new Uint8Array(places * HISTORY_SECONDS).fill(NOTHING);
    peaks.set(this.#peaks);
    this.#peaks = peaks;
  }

  /** Forgets what was at a place. */
  clear(place: number): void {
    this.#peaks.fill(NOTHING, place * HISTORY_SECONDS, (place + 1) * HISTORY_SECONDS);
  }

  /** The seconds after `from` up to `to` begin: nothing is known of them yet. */
  advance(place: number, from: number, to: number): void {
    const first = place * HISTORY_SECONDS;
    for (let second = Math.max(from + 1, to - HISTORY_SECONDS + 1); second <= to; second++) {
      this.#peaks[first + (second % HISTORY_SECONDS)] = NOTHING;
    }
  }

  /** @param hundredths of a percent, 0 to 10,000 */
  add(place: number, second: number, hundredths: number): void {
    this.raise(place, second, Math.round(Math.min(10_000, hundredths) / HUNDREDTHS_A_STEP));
  }

  /** @param value a peak as it is remembered, in steps of 0.4 percent */
  raise(place: number, second: number, value: number): void {
    const at = place * HISTORY_SECONDS + (second % HISTORY_SECONDS);
    const peak = this.#peaks[at] as number;
    this.#peaks[at] = peak === NOTHING ? value : Math.max(peak, value);
  }

  /**
   * The curve as SVG paths, in a box of `HISTORY_SECONDS` by 100 with the present at the right: the line, and the area
   * between it and nought.
   *
   * @param newest the last second that something was added in
   * @param now what is the present, in seconds
   * @param gap_seconds_max a longer time without a value breaks the curve
   */
  curve(place: number, newest: number, now: number, gap_seconds_max: number): { line: string; area: string } {
    const first = place * HISTORY_SECONDS;
    let line = '';
    let area = '';
    let x_before = 0;
    let before = Number.NEGATIVE_INFINITY;
    for (let second = Math.max(0, now - HISTORY_SECONDS + 1); second <= now; second++) {
      if (second > newest || second <= newest - HISTORY_SECONDS) continue;
      const peak = this.#peaks[first + (second % HISTORY_SECONDS)] as number;
      if (peak === NOTHING) continue;
      const x = HISTORY_SECONDS - (now - second);
      const y = 100 - (peak * HUNDREDTHS_A_STEP) / 100;
      const point = `L${x} ${y}`;
      if (second - before > gap_seconds_max) {
        if (area !== '') area += `L${x_before} 100Z`;
        // A value that stands alone is a stroke of one second, so that it can be seen.
        line += `M${x - 1} ${y}`;
        area += `M${x - 1} 100L${x - 1} ${y}`;
      }
      line += point;
      area += point;
      x_before = x;
      before = second;
    }
    return { line, area: area === '' ? '' : `${area}L${x_before} 100Z` };
  }
}
