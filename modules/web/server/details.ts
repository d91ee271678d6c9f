// The past of machines that somebody looks at, or looked at a little while ago: every number of their measures.

import { PAST_MS } from '../wire/frames.ts';
import { eachLeaf } from '../wire/leaves.ts';
import type { Past } from './headlines.ts';
import { Budget, type CellKind, Recording } from './recording.ts';

/** Numbers of one machine's measures that are remembered; what more there are is counted. */
export const PATHS_MAX = 1_024;

const KIND: CellKind = { Kind: Float32Array, empty: Number.NaN, columns_max: PATHS_MAX };

interface Kept {
  readonly recording: Recording;
  readonly columns: Map<string, number>;
  /** When the last who looked at it has gone, by a clock that nobody sets; undefined while somebody looks. */
  left_ms: number | undefined;
}

export class Details {
  readonly #budget: Budget;
  /** Those that nobody looks at come in the order in which they were left. */
  readonly #kept = new Map<string, Kept>();
  readonly #onLost: () => void;

  constructor(bytes_max: number, onLost: () => void) {
    this.#budget = new Budget(bytes_max, () => this.#forgetLeft(() => true));
    this.#onLost = onLost;
  }

  get used_bytes(): number {
    return this.#budget.used_bytes;
  }

  /** Somebody looks at a machine. */
  watch(machine: string): void {
    const kept = this.#kept.get(machine);
    if (kept !== undefined) kept.left_ms = undefined;
    else
      this.#kept.set(machine, { recording: new Recording(KIND, this.#budget), columns: new Map(), left_ms: undefined });
  }

  /** Nobody looks any more: what there is is kept for {@link PAST_MS}, or until another needs the room. */
  leave(machine: string, now_ms: number): void {
    const kept = this.#kept.get(machine);
    if (kept === undefined) return;
    kept.left_ms = now_ms;
    this.#kept.delete(machine);
    if (kept.recording.rows > 0) this.#kept.set(machine, kept);
  }

  /** Remembers a measure of a machine that somebody looks at. */
  add(machine: string, time_ms: number, body: object): void {
    const kept = this.#kept.get(machine);
    if (kept === undefined || this.#budget.bytes_max === 0) return;
    const { recording, columns } = kept;
    let whole = recording.begin(time_ms);
    eachLeaf(body, (path, value) => {
      const column = columns.get(path) ?? recording.addColumn(path);
      if (column === undefined) {
        whole = false;
        return;
      }
      columns.set(path, column);
      recording.set(column, value);
    });
    if (!whole) this.#onLost();
  }

  of(machine: string): Past | undefined {
    const recording = this.#kept.get(machine)?.recording;
    if (recording === undefined || recording.rows === 0) return undefined;
    const columns = recording.names.map((path) => ({ path, read: () => recording.column(path, (cell) => cell) }));
    return { times: () => recording.times(), columns };
  }

  /** Forgets what was left so long ago that all of it is old. */
  tidy(now_ms: number): void {
    while (this.#forgetLeft((left_ms) => now_ms - left_ms > PAST_MS)) {
      // One after the other.
    }
  }

  #forgetLeft(may: (left_ms: number) => boolean): boolean {
    for (const [machine, { recording, left_ms }] of this.#kept) {
      if (left_ms === undefined) continue;
      if (!may(left_ms)) return false;
      recording.release();
      this.#kept.delete(machine);
      return true;
    }
    return false;
  }
}
