// The past of every machine: the headlines and bands of its analyses, whoever looks.

import { pathPart } from '../wire/leaves.ts';
import type { Layout } from './layout.ts';
import { Budget, type CellKind, Recording } from './recording.ts';
import type { State } from './state.ts';

/** A cell holds the hundredths of a percent in its lower bits, and the number of the band in the two above. */
const BAND_SHIFT = 14;
const HUNDREDTHS = (1 << BAND_SHIFT) - 1;
const NO_HUNDREDTHS = HUNDREDTHS;

/** Resources that are remembered of one machine; when it has had more, its past begins anew. */
const KIND: CellKind = { Kind: Uint16Array, empty: NO_HUNDREDTHS, columns_max: 128 };

interface Kept {
  readonly recording: Recording;
  layout: Layout | undefined;
  /** For each of the layout's names its column. */
  columns: readonly (number | undefined)[];
}

/** One column of a past. */
export interface PastColumn {
  readonly path: string;
  readonly read: () => Float32Array;
}

/** What is remembered of one machine. */
export interface Past {
  readonly times: () => Float64Array;
  readonly columns: readonly PastColumn[];
}

export class Headlines {
  readonly #budget: Budget;
  readonly #kept = new Map<string, Kept>();
  /** Called when something that is not old yet could not be kept. */
  readonly #onLost: () => void;

  constructor(bytes_max: number, onLost: () => void) {
    this.#budget = new Budget(bytes_max);
    this.#onLost = onLost;
  }

  get used_bytes(): number {
    return this.#budget.used_bytes;
  }

  /** Remembers what a machine has just said. */
  add({ machine, time_ms, layout, percentages, bands }: State): void {
    if (this.#budget.bytes_max === 0 || layout === undefined) return;
    let kept = this.#kept.get(machine);
    if (kept === undefined) {
      kept = { recording: new Recording(KIND, this.#budget), layout: undefined, columns: [] };
      this.#kept.set(machine, kept);
    }
    const { recording } = kept;
    if (kept.layout !== layout) {
      kept.columns = columnsFor(recording, layout);
      kept.layout = layout;
    }
    if (!recording.begin(time_ms)) this.#onLost();
    for (let i = 0; i < kept.columns.length; i++) {
      const column = kept.columns[i];
      const percentage = percentages[i] as number;
      const hundredths = Number.isNaN(percentage) ? NO_HUNDREDTHS : Math.round(percentage * 100);
      if (column !== undefined) recording.set(column, hundredths | ((bands[i] ?? 0) << BAND_SHIFT));
    }
  }

  of(machine: string): Past | undefined {
    const recording = this.#kept.get(machine)?.recording;
    if (recording === undefined || recording.rows === 0) return undefined;
    const columns = recording.names.flatMap((name) => [
      { path: `${pathPart(name)}_percentage`, read: () => recording.column(name, percentageIn) },
      { path: `${pathPart(name)}_result`, read: () => recording.column(name, bandIn) },
    ]);
    return { times: () => recording.times(), columns };
  }

  /** Calls `visit` for every percentage of a machine that was measured at `from_ms` or later, by the machine's clock. */
  eachSince(
    machine: string,
    from_ms: number,
    visit: (time_ms: number, resource: string, percentage: number) => void,
  ): void {
    const recording = this.#kept.get(machine)?.recording;
    if (recording === undefined) return;
    const times_ms = recording.times();
    const first = times_ms.findIndex((time_ms) => time_ms >= from_ms);
    if (first === -1) return;
    for (const name of recording.names) {
      const percentages = recording.column(name, percentageIn);
      for (let row = first; row < times_ms.length; row++) {
        const percentage = percentages[row] as number;
        if (!Number.isNaN(percentage)) visit(times_ms[row] as number, name, percentage);
      }
    }
  }

  forget(machine: string): void {
    this.#kept.get(machine)?.recording.release();
    this.#kept.delete(machine);
  }
}

function columnsFor(recording: Recording, { names }: Layout): (number | undefined)[] {
  const columnOf = (name: string) => {
    const column = recording.names.indexOf(name);
    return column === -1 ? recording.addColumn(name) : column;
  };
  const columns = names.map(columnOf);
  if (!columns.includes(undefined)) return columns;
  recording.release();
  return names.map(columnOf);
}

function percentageIn(cell: number): number {
  const hundredths = cell & HUNDREDTHS;
  return hundredths === NO_HUNDREDTHS ? Number.NaN : hundredths / 100;
}

function bandIn(cell: number): number {
  return cell >> BAND_SHIFT || Number.NaN;
}
