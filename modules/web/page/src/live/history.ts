// The last minutes of one figure: its peak in each second. A fixed number of bytes, whatever arrives.

/** Seconds that are remembered. */
export const HISTORY_SECONDS = 180;

const NOTHING = 255;
const STEPS_PER_PERCENT = 2.5;

/** A ring of seconds. */
export class History {
  readonly #peaks = new Uint8Array(HISTORY_SECONDS).fill(NOTHING);
  #second = 0;

  /** @param time_ms epoch milliseconds @param percentage 0 to 100 */
  add(time_ms: number, percentage: number): void {
    const second = Math.floor(time_ms / 1000);
    if (second > this.#second) {
      const skipped = Math.min(second - this.#second, HISTORY_SECONDS);
      for (let i = 0; i < skipped; i++) this.#peaks[(second - i) % HISTORY_SECONDS] = NOTHING;
      this.#second = second;
    } else if (second <= this.#second - HISTORY_SECONDS) {
      return;
    }
    const at = second % HISTORY_SECONDS;
    const value = Math.round(Math.min(100, Math.max(0, percentage)) * STEPS_PER_PERCENT);
    const peak = this.#peaks[at] as number;
    this.#peaks[at] = peak === NOTHING ? value : Math.max(peak, value);
  }

  /**
   * The curve as SVG paths, in a box of `HISTORY_SECONDS` by 100 with the present at the right: the line, and the area
   * between it and nought.
   *
   * @param now_ms what is the present
   * @param gap_seconds_max a longer time without a value breaks the curve
   */
  curve(now_ms: number, gap_seconds_max: number): { line: string; area: string } {
    const now = Math.floor(now_ms / 1000);
    let line = '';
    let area = '';
    let x_before = 0;
    let before = Number.NEGATIVE_INFINITY;
    for (let second = Math.max(0, now - HISTORY_SECONDS + 1); second <= now; second++) {
      if (second > this.#second || second <= this.#second - HISTORY_SECONDS) continue;
      const peak = this.#peaks[second % HISTORY_SECONDS] as number;
      if (peak === NOTHING) continue;
      const x = HISTORY_SECONDS - (now - second);
      const y = 100 - peak / STEPS_PER_PERCENT;
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
