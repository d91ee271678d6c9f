// Messages a second, from counts that come with each pulse. Smoothed, so that a figure can be read; a rate that nobody
// told of for a while is not known any more.

/** Weighs a pulse of one second a third: a step is shown within about three seconds. */
const SMOOTH_MS = 3_000;

/** Nothing was told for so many intervals: the rate is not known. */
const INTERVALS_MAX = 3;

export class Rate {
  #per_second = 0;
  #interval_ms = 0;
  #told_ms = Number.NEGATIVE_INFINITY;

  /** @param interval_ms the time in which the messages were counted, above 0 */
  tell(messages: number, interval_ms: number, now_ms: number): void {
    const told = (messages * 1000) / Math.max(1, interval_ms);
    const known = this.at(now_ms) !== undefined;
    this.#per_second = known ? this.#per_second + (told - this.#per_second) * share(interval_ms) : told;
    this.#interval_ms = interval_ms;
    this.#told_ms = now_ms;
  }

  /** Messages a second; undefined when nothing is known. */
  at(now_ms: number): number | undefined {
    return now_ms - this.#told_ms > Math.max(1000, this.#interval_ms) * INTERVALS_MAX ? undefined : this.#per_second;
  }
}

function share(interval_ms: number): number {
  return Math.min(1, interval_ms / SMOOTH_MS);
}

/** A rate as a short text: `0`, `0.2`, `12`, `1,200`. */
export function rateText(per_second: number): string {
  if (per_second < 0.05) return '0';
  if (per_second < 9.95) return String(Number(per_second.toFixed(1)));
  const digits = per_second < 1000 ? 0 : 2;
  return digits === 0 ? Math.round(per_second).toLocaleString() : Number(per_second.toPrecision(3)).toLocaleString();
}
