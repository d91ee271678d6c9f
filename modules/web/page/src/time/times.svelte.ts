// The time that the page shows: now, or a stretch of the past and a moment in it. All of it stands in the address, so that a link
// shows what somebody saw.

import type { Router } from '../router.svelte.ts';

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
export const DAY_MS = 24 * HOUR_MS;

/** Stretches that the bar offers. */
export const SPANS_MS: readonly number[] = [
  15 * MINUTE_MS,
  HOUR_MS,
  6 * HOUR_MS,
  DAY_MS,
  7 * DAY_MS,
  30 * DAY_MS,
  365 * DAY_MS,
  730 * DAY_MS,
];

/** The shortest stretch of the past, and the longest. */
export const STRETCH_MS_MIN = 2_000;
const STRETCH_MS_MAX = 2 * 366 * DAY_MS;

/** How much faster than it was the past is played. */
export const SPEEDS = [1, 5, 10, 30, 60] as const;
export type Speed = (typeof SPEEDS)[number];

/** What a stretch is held against. */
export const COMPARISONS = { day: DAY_MS, week: 7 * DAY_MS } as const;
export type Comparison = keyof typeof COMPARISONS;

export interface Stretch {
  readonly from_ms: number;
  readonly to_ms: number;
}

/** Between two moments of what is played. */
const BEAT_MS = 500;

/** A moment that cannot be told ends the playing, after so many in a row. */
const MISSES_MAX = 3;

/** Shows a moment; resolves to whether it is shown. */
type Show = (at_ms: number) => Promise<boolean>;

export class Times {
  readonly #router: Router;
  readonly #show: Show;

  /** The stretch of the past that is shown; undefined while that is now. */
  readonly stretch: Stretch | undefined = $derived.by(() => {
    const [from_ms, to_ms] = [this.#number('from'), this.#number('to')];
    const length_ms = to_ms - from_ms;
    return length_ms > 0 && length_ms <= STRETCH_MS_MAX && from_ms >= 0 ? { from_ms, to_ms } : undefined;
  });

  /** The moment of it that is shown: its end, if none was chosen. */
  readonly at_ms: number | undefined = $derived.by(() => {
    if (this.stretch === undefined) return undefined;
    const at_ms = this.#number('at');
    return Number.isNaN(at_ms)
      ? this.stretch.to_ms
      : Math.min(this.stretch.to_ms, Math.max(this.stretch.from_ms, at_ms));
  });

  /** How much of the last time is shown while that is now. */
  readonly span_ms: number = $derived.by(() => {
    const span_ms = this.#number('minutes') * MINUTE_MS;
    return span_ms >= MINUTE_MS && span_ms <= STRETCH_MS_MAX ? span_ms : (SPANS_MS[0] as number);
  });

  /** What the curves are held against. */
  readonly against: Comparison | undefined = $derived.by(() => {
    const asked = this.#router.query.get('against');
    return asked === 'day' || asked === 'week' ? asked : undefined;
  });

  playing = $state(false);
  speed: Speed = $state(10);

  constructor(router: Router, show: Show) {
    this.#router = router;
    this.#show = show;
  }

  /** Shows a stretch of the past, and a moment in it. */
  goTo({ from_ms, to_ms }: Stretch, at_ms?: number): void {
    const middle_ms = (from_ms + to_ms) / 2;
    const half_ms = Math.min(STRETCH_MS_MAX, Math.max(STRETCH_MS_MIN, to_ms - from_ms)) / 2;
    const from = Math.max(0, Math.round(middle_ms - half_ms));
    this.#router.set({
      from: String(from),
      to: String(Math.round(middle_ms + half_ms)),
      at: at_ms === undefined ? undefined : String(Math.round(at_ms)),
    });
  }

  /** Shows another moment of the stretch. */
  point(at_ms: number): void {
    if (this.stretch !== undefined) this.#router.set({ at: String(Math.round(at_ms)) });
  }

  goLive(): void {
    this.playing = false;
    this.#router.set({ from: undefined, to: undefined, at: undefined });
  }

  /** Shows the last time of this length, or while the past is shown, so much of it around its moment; never what is to come. */
  span(span_ms: number, now_ms: number): void {
    const { at_ms } = this;
    if (at_ms === undefined) {
      this.#router.set({ minutes: span_ms === SPANS_MS[0] ? undefined : String(span_ms / MINUTE_MS) });
      return;
    }
    const to_ms = Math.min(now_ms, at_ms + span_ms / 2);
    this.goTo({ from_ms: to_ms - span_ms, to_ms }, at_ms);
  }

  /** Earlier by a part of the stretch, or later when that is negative; from now on, the last time becomes the stretch. */
  move(part: number, now_ms: number): void {
    const { from_ms, to_ms } = this.stretch ?? { from_ms: now_ms - this.span_ms, to_ms: now_ms };
    const by_ms = Math.max((to_ms - from_ms) * -part, from_ms > 0 ? -from_ms : 0);
    const later_ms = Math.min(by_ms, now_ms - to_ms);
    if (later_ms >= 0 && part < 0 && to_ms >= now_ms) this.goLive();
    else this.goTo({ from_ms: from_ms + later_ms, to_ms: to_ms + later_ms });
  }

  hold(against: Comparison | undefined): void {
    this.#router.set({ against });
  }

  /** Plays the stretch from its moment on, or from its beginning when that is its end. */
  async play(): Promise<void> {
    const { stretch } = this;
    if (stretch === undefined || this.playing) return;
    this.playing = true;
    let at_ms = this.at_ms === undefined || this.at_ms >= stretch.to_ms ? stretch.from_ms : this.at_ms;
    let misses = 0;
    /** Whether nobody has chosen another stretch meanwhile. */
    const goes_on = () =>
      this.playing && this.stretch?.from_ms === stretch.from_ms && this.stretch.to_ms === stretch.to_ms;
    while (goes_on() && misses < MISSES_MAX) {
      const began_ms = performance.now();
      misses = (await this.#show(at_ms)) ? 0 : misses + 1;
      if (!goes_on()) break;
      this.point(at_ms);
      if (at_ms >= stretch.to_ms) break;
      await new Promise((resolve) => setTimeout(resolve, BEAT_MS - (performance.now() - began_ms)));
      // Whoever has put it elsewhere meanwhile goes on from there.
      const asked_ms = this.at_ms ?? at_ms;
      const from_ms = Math.abs(asked_ms - at_ms) > 1 ? asked_ms : at_ms;
      at_ms = Math.min(stretch.to_ms, from_ms + BEAT_MS * this.speed);
    }
    this.playing = false;
  }

  pause(): void {
    this.playing = false;
  }

  #number(name: string): number {
    return Number.parseFloat(this.#router.query.get(name) ?? '');
  }
}
