// The last minutes of a small fleet, so that whoever opens the page sees curves at once.

import { packPeaks } from '../wire/columns.ts';
import { NO_PEAK, PEAKS_MACHINES_MAX, PEAKS_SECONDS } from '../wire/frames.ts';
import type { Fleet } from './fleet.ts';
import type { Headlines } from './headlines.ts';

/** Resources that are told; the page draws no more of them. */
const RESOURCES_MAX = 16;

/** Many who come at once are told the same. */
const HOLDS_MS = 1_000;

const STEPS_A_PERCENT = 2.5;

export class LastMinutes {
  readonly #fleet: Fleet;
  readonly #headlines: Headlines;
  #written_ms = Number.NEGATIVE_INFINITY;
  #frame: Uint8Array | undefined;

  constructor(fleet: Fleet, headlines: Headlines) {
    this.#fleet = fleet;
    this.#headlines = headlines;
  }

  /** A `peaks` frame; undefined of a large fleet, and of one that nothing is remembered of. */
  get frame(): Uint8Array | undefined {
    if (this.#fleet.size > PEAKS_MACHINES_MAX) return undefined;
    const now_ms = performance.now();
    if (now_ms - this.#written_ms > HOLDS_MS) {
      this.#written_ms = now_ms;
      this.#frame = this.#write();
    }
    return this.#frame;
  }

  #write(): Uint8Array | undefined {
    const entries = this.#fleet.since(0, PEAKS_MACHINES_MAX);
    const columns = new Map<string, Uint8Array>();
    const seconds = entries.map(({ state }) => Math.floor(state.received_ms / 1000));
    entries.forEach(({ state }, row) => {
      // When it was measured, by the server's clock, as the page counts.
      const late_ms = state.received_ms - state.time_ms;
      this.#headlines.eachSince(
        state.machine,
        state.time_ms - PEAKS_SECONDS * 1000,
        (time_ms, resource, percentage) => {
          let column = columns.get(resource);
          if (column === undefined) {
            if (columns.size === RESOURCES_MAX) return;
            column = new Uint8Array(entries.length * PEAKS_SECONDS).fill(NO_PEAK);
            columns.set(resource, column);
          }
          const ago = (seconds[row] as number) - Math.floor((time_ms + late_ms) / 1000);
          if (ago < 0 || ago >= PEAKS_SECONDS) return;
          const at = (row + 1) * PEAKS_SECONDS - 1 - ago;
          const peak = Math.round(Math.min(100, Math.max(0, percentage)) * STEPS_A_PERCENT);
          const before = column[at] as number;
          column[at] = before === NO_PEAK ? peak : Math.max(before, peak);
        },
      );
    });
    if (columns.size === 0) return undefined;
    return packPeaks({
      type: 'peaks',
      sent_ms: Date.now(),
      ids: Uint32Array.from(entries, ({ id }) => id),
      seconds: Uint32Array.from(seconds),
      resources: [...columns.keys()],
      peaks: [...columns.values()],
    });
  }
}
