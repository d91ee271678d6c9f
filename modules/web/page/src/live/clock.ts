// How far this browser's clock and the server's are apart, as far as it can be told from the frames that arrive.

/** A frame takes no time below nought and rarely more than this; what lies outside is the clocks' doing. */
export const LINE_DELAY_MAX_MS = 1_000;

/** The least delay is looked for among the frames of this long, so that a clock that is set is noticed. */
const WINDOW_MS = 60_000;

/** Compares the two clocks. */
export class Clock {
  #window_ends_ms = 0;
  #least_ms = Number.POSITIVE_INFINITY;
  #least_before_ms = Number.POSITIVE_INFINITY;

  /** Learns from a frame: when the server wrote it, by its clock, and when it arrived, by ours. */
  observe(sent_ms: number, arrived_ms: number): void {
    if (arrived_ms >= this.#window_ends_ms || arrived_ms < this.#window_ends_ms - 2 * WINDOW_MS) {
      this.#window_ends_ms = arrived_ms + WINDOW_MS;
      this.#least_before_ms = this.#least_ms;
      this.#least_ms = Number.POSITIVE_INFINITY;
    }
    this.#least_ms = Math.min(this.#least_ms, arrived_ms - sent_ms);
  }

  /**
   * Milliseconds that this browser's clock is ahead of the server's; negative when it is behind. 0 as long as the line's delay
   * explains what is seen.
   */
  get ahead_ms(): number {
    const least_ms = Math.min(this.#least_ms, this.#least_before_ms);
    return Number.isFinite(least_ms) && (least_ms < 0 || least_ms > LINE_DELAY_MAX_MS) ? least_ms : 0;
  }
}
