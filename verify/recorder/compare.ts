// Compares what is read back with what was sent, at every level: by questions over the bus as the page asks them, and in a copy of the
// file, where a cell tells all that it has.

import { unpackNumbers } from '@ganglion/topics';
import type { Asker } from '../../bench/recorder/asker.ts';
import { COUNT, columnOf, LAST, MAX, MIN, SUM, TIME } from '../../modules/recorder/src/block.ts';
import { blockStart, LEVELS, levelAt, SAMPLE_LEVEL, TOP_LEVEL } from '../../modules/recorder/src/levels.ts';
import type { Recording } from '../../modules/recorder/src/recording.ts';
import { cellsOf, curveOf, isSameSum } from './expected.ts';
import { numberOf, PATHS, type Path, type Sent } from './signal.ts';

/** Points of one answer, at most; and the time of which samples are asked for at once. */
const POINTS_MAX = 4_000;
const SAMPLES_MS = 600_000;

/** Examples of what differs that are told. */
const TOLD_MAX = 20;

/** What was compared of one level. */
export interface Level {
  readonly name: string;
  /** Samples or cells. */
  rows: number;
  /** Numbers of those: each sample's value, or each thing that a cell promises. */
  numbers: number;
  differ: number;
}

export interface Signal {
  readonly seed: number;
  /** Of each machine, in the order of its time. */
  readonly sent: ReadonlyMap<string, readonly Sent[]>;
}

/** One level of one machine: by when a cell begins, its numbers of each figure. */
type Rows = ReadonlyMap<number, readonly number[]>;

export class Comparison {
  readonly levels: readonly Level[] = LEVELS.map(({ name }) => ({ name, rows: 0, numbers: 0, differ: 0 }));
  /** The first of what differs, for people. */
  readonly examples: string[] = [];
  readonly #signal: Signal;

  constructor(signal: Signal) {
    this.#signal = signal;
  }

  get differ(): number {
    return this.levels.reduce((sum, { differ }) => sum + differ, 0);
  }

  /** Asks over the bus, which tells of a cell the minimum, the maximum and the mean. */
  async ask({ ask }: Asker): Promise<void> {
    for (const [machine, sent] of this.#signal.sent) {
      for (let level = SAMPLE_LEVEL; level <= TOP_LEVEL; level++) {
        const { width_ms } = levelAt(level);
        const apart_ms = width_ms === 0 ? 1_000 : width_ms;
        const first_ms = sent[0]?.time_ms ?? 0;
        const { levels } = await ask({ what: 'extent' });
        const since_ms = levels[level]?.from_ms ?? 0;
        // What is let go while it is asked for is left to the other comparison.
        const kept_ms = since_ms > first_ms ? since_ms + levelAt(Math.min(level + 1, TOP_LEVEL)).span_ms : first_ms;
        const from_ms = Math.floor(kept_ms / apart_ms) * apart_ms;
        // Always two cells at least: so many as may be told are those of this level, and of no finer one.
        const until_ms = Math.ceil((sent.at(-1)?.time_ms ?? 0) / apart_ms + 2) * apart_ms;
        const found = new Map<Path, Map<number, number[]>>(PATHS.map((path) => [path, new Map()]));
        for (let at_ms = from_ms, to_ms = 0; at_ms < until_ms; at_ms = to_ms) {
          to_ms = Math.min(until_ms, at_ms + (width_ms === 0 ? SAMPLES_MS : (POINTS_MAX - 2) * width_ms));
          if (until_ms - to_ms < 2 * apart_ms) to_ms = until_ms;
          const points_max = width_ms === 0 ? POINTS_MAX : (to_ms - at_ms) / width_ms;
          const answer = await ask({ what: 'range', machine, from_ms: at_ms, to_ms, points_max, figures: [...PATHS] });
          const times = unpackNumbers(answer.times_ms);
          if (times.length > 0 && answer.width_ms !== width_ms) {
            this.#differs(level, `${machine}: cells of ${answer.width_ms} ms instead of ${width_ms}`);
          }
          for (const { path, mean, minimum, maximum } of answer.figures) {
            const rows = found.get(path as Path);
            const columns = (width_ms === 0 ? [mean] : [minimum ?? '', maximum ?? '', mean]).map(unpackNumbers);
            for (const [i, time_ms] of times.entries()) {
              if (Number.isNaN(columns[0]?.[i])) continue;
              if (rows?.has(time_ms) === true) this.#differs(level, `${machine} ${path} ${time_ms} is there twice`);
              rows?.set(
                time_ms,
                columns.map((column) => column[i] as number),
              );
            }
          }
        }
        this.#compare(
          level,
          machine,
          from_ms,
          (path) => found.get(path) ?? new Map(),
          (cell) => [cell.min, cell.max, cell.sum / cell.count],
        );
      }
    }
  }

  /** Reads what a recorder has, with all that a cell tells. */
  async read({ names, shelf }: Recording): Promise<void> {
    for (const [machine, sent] of this.#signal.sent) {
      const track = names.track('measure', machine) ?? 0;
      for (let level = SAMPLE_LEVEL; level <= TOP_LEVEL; level++) {
        const floor_ms = shelf.floor(level);
        const from_ms = Math.max(floor_ms, blockStart(level, sent[0]?.time_ms ?? 0));
        const until_ms = sent.at(-1)?.time_ms ?? 0;
        const stats = level === SAMPLE_LEVEL ? [LAST] : [MIN, MAX, SUM, LAST, COUNT];
        const found = new Map<Path, Map<number, number[]>>(PATHS.map((path) => [path, new Map()]));
        for (let start_ms = blockStart(level, from_ms); start_ms <= until_ms; start_ms += levelAt(level).span_ms) {
          const { rows, columns } = await shelf.rows({ level, track, start_ms });
          for (const path of PATHS) {
            const figure = names.figure(path) ?? 0;
            for (let row = 0; row < rows; row++) {
              const values = stats.map((stat) => columns.get(columnOf(figure, stat))?.[row] ?? Number.NaN);
              const is_there = level === SAMPLE_LEVEL ? !Number.isNaN(values[0]) : (values[4] as number) > 0;
              if (!is_there) continue;
              const time_ms = columns.get(TIME)?.[row] as number;
              if (found.get(path)?.has(time_ms) === true) {
                this.#differs(level, `${machine} ${path} ${time_ms} is there twice`);
              }
              found.get(path)?.set(time_ms, values);
            }
          }
        }
        this.#compare(
          level,
          machine,
          floor_ms,
          (path) => found.get(path) ?? new Map(),
          (cell) => [cell.min, cell.max, cell.sum, cell.last, cell.count],
        );
      }
    }
  }

  #compare(
    level: number,
    machine: string,
    from_ms: number,
    foundOf: (path: Path) => Rows,
    wantedOf: (cell: ReturnType<typeof cellsOf>[number]) => number[],
  ): void {
    const { seed, sent } = this.#signal;
    const counted = this.levels[level] as Level;
    const samples = (sent.get(machine) ?? []).filter(({ time_ms }) => time_ms >= from_ms);
    for (const path of PATHS) {
      const curve = curveOf(seed, samples, path);
      const wanted: Rows = new Map(
        level === SAMPLE_LEVEL
          ? curve.map(({ time_ms, value }) => [time_ms, [numberOf(value)]])
          : cellsOf(curve, levelAt(level).width_ms).map((cell) => [cell.start_ms, wantedOf(cell)]),
      );
      const found = foundOf(path);
      counted.rows += path === PATHS[0] ? wanted.size : 0;
      for (const [time_ms, numbers] of wanted) {
        counted.numbers += numbers.length;
        const read = found.get(time_ms) ?? [];
        // The third of a cell is its sum, or the mean that is made of it.
        const isSame = (number: number, i: number) =>
          i === 2 ? isSameSum(path, read[i] ?? Number.NaN, number) : Object.is(read[i], number);
        if (!numbers.every(isSame))
          this.#differs(level, `${machine} ${path} ${time_ms}: ${read} instead of ${numbers}`);
      }
      for (const time_ms of found.keys()) {
        if (time_ms >= from_ms && !wanted.has(time_ms)) {
          this.#differs(level, `${machine} ${path} ${time_ms}: ${found.get(time_ms)} instead of nothing`);
        }
      }
    }
  }

  #differs(level: number, example: string): void {
    (this.levels[level] as Level).differ++;
    if (this.examples.length < TOLD_MAX) this.examples.push(`${levelAt(level).name}: ${example}`);
  }
}
