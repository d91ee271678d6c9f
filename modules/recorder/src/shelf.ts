// The past as it stands: what is in the store, what has no block yet, and what its blocks of cells do not know of yet. Whoever
// asks gets all of it; and what is due is made here.

import {
  Block,
  BlockWriter,
  CELLS,
  type Columns,
  figureOf,
  NONE_TAKEN,
  SAMPLES,
  statOf,
  type Taken,
  TIME,
} from './block.ts';
import { joinTables, mergeCells, NO_ROWS, rollCells, rollSamples, type Table, withoutRepeats } from './cells.ts';
import { blockStart, levelAt, SAMPLE_LEVEL, TOP_LEVEL } from './levels.ts';
import { type Minute, type Minutes, tablesOf } from './minutes.ts';
import { type BlockPlace, type Change, type Due, placeNumber, placeOf, type Store, type StoredBlock } from './store.ts';
import { joinTaken, takenOf, withoutTaken } from './taken.ts';

/** After the time of a block is over, what belongs to it may take so long to get its own blocks; for each level. */
const SETTLE_MS = [0, 75_000, 150_000, 300_000, 600_000];

/** So that blocks of all machines are not made in the same second. */
const SPREAD_MS = 60_000;

/** What a job found to be in its way is looked at again after this. */
const AGAIN_MS = 15_000;

/** What is wanted of a table. What is absent means all. */
export interface Wanted {
  readonly figures?: ReadonlySet<number> | undefined;
  /** Of cells. With fewer than all, {@link COUNT} is among them, and what is made of it has no others either. */
  readonly stats?: ReadonlySet<number> | undefined;
}

const ALL: Wanted = {};

export interface ShelfOptions {
  readonly store: Store;
  readonly minutes: Minutes;
  /** Called for each block that is damaged. */
  readonly onDamage: (place: BlockPlace) => void;
}

export class Shelf {
  readonly #store: Store;
  readonly #minutes: Minutes;
  readonly #onDamage: (place: BlockPlace) => void;
  readonly #writer = new BlockWriter();
  /** Blocks of cells that do not say yet what they should, by place, and when they are made. */
  readonly #due = new Map<number, number>();
  /** By level: what is older is gone. */
  readonly #floors: number[] = LEVELS_NONE.slice();

  private constructor({ store, minutes, onDamage }: ShelfOptions) {
    this.#store = store;
    this.#minutes = minutes;
    this.#onDamage = onDamage;
  }

  static async open(options: ShelfOptions): Promise<Shelf> {
    const shelf = new Shelf(options);
    for (const due of await options.store.due()) shelf.#due.set(placeNumber(due), due.due_ms);
    for (const [level, from_ms] of await options.store.floors()) shelf.#floors[level] = from_ms;
    return shelf;
  }

  /** How many blocks are due. */
  get due(): number {
    return this.#due.size;
  }

  floor(level: number): number {
    return this.#floors[level] ?? 0;
  }

  /** A level holds nothing older any more. */
  raise(level: number, from_ms: number): void {
    this.#floors[level] = from_ms;
  }

  /** Something of a track at some time has come: the blocks of cells there do not know of it. Returns what is to be stored. */
  touch(track: number, time_ms: number, now_ms: number): Due[] {
    const dues: Due[] = [];
    for (let level = SAMPLE_LEVEL + 1; level <= TOP_LEVEL; level++) {
      const place = { level, track, start_ms: blockStart(level, time_ms) };
      const number = placeNumber(place);
      let due_ms = this.#due.get(number);
      if (due_ms === undefined) {
        const over_ms = Math.max(now_ms, place.start_ms + levelAt(level).span_ms);
        due_ms = over_ms + (SETTLE_MS[level] as number) + ((track * 7_919) % SPREAD_MS);
        this.#due.set(number, due_ms);
      }
      dues.push({ ...place, due_ms });
    }
    return dues;
  }

  /** The samples of a block, each once, in the order of their time. */
  async samples(track: number, start_ms: number, wanted: Wanted = ALL): Promise<Table> {
    const open = this.#minutes.table(track, start_ms);
    const stored = await this.#stored({ level: SAMPLE_LEVEL, track, start_ms }, open.rows === 0 ? wanted : ALL);
    if (open.rows === 0) return stored;
    // All figures together tell whether one came twice.
    return only(withoutRepeats(joinTables([stored, open])), wanted);
  }

  /** The cells of a block. */
  async cells(place: BlockPlace, wanted: Wanted = ALL): Promise<Table> {
    const number = placeNumber(place);
    if (!this.#due.has(number)) return this.#stored(place, wanted);
    const made = await this.#made(place, wanted);
    if (!this.#isConsumed(place)) return made;
    // If it was made meanwhile, all is in it already.
    if (!this.#due.has(number)) return this.#stored(place, wanted);
    return mergeCells(await this.#stored(place, wanted), made, levelAt(place.level).width_ms);
  }

  /** The rows of a level whose block begins at some time: samples or cells. */
  rows(place: BlockPlace, wanted: Wanted = ALL): Promise<Table> {
    return place.level === SAMPLE_LEVEL ? this.samples(place.track, place.start_ms, wanted) : this.cells(place, wanted);
  }

  /** When the oldest begins that there is; undefined when there is nothing. */
  async oldest(): Promise<number | undefined> {
    let oldest_ms = this.#minutes.oldest();
    for (let level = SAMPLE_LEVEL; level <= TOP_LEVEL; level++) {
      const start_ms = await this.#store.oldest(level);
      if (start_ms !== undefined && (oldest_ms === undefined || start_ms < oldest_ms)) oldest_ms = start_ms;
    }
    return oldest_ms;
  }

  async #block(place: BlockPlace): Promise<Block | undefined> {
    const bytes = await this.#store.block(place);
    if (bytes === undefined) return undefined;
    const block = Block.open(bytes);
    if (block?.has(TIME) === true) return block;
    this.#onDamage(place);
    return undefined;
  }

  async #stored(place: BlockPlace, { figures, stats }: Wanted = ALL): Promise<Table> {
    const block = await this.#block(place);
    if (block === undefined) return NO_ROWS;
    const columns: Columns = new Map();
    for (const number of block.numbers()) {
      const figure = figureOf(number);
      if (figure !== 0 && figures?.has(figure) === false) continue;
      if (figure !== 0 && block.kind === CELLS && stats?.has(statOf(number)) === false) continue;
      columns.set(number, block.column(number) as Float64Array);
    }
    return { rows: block.rows, columns };
  }

  /** The cells of a block as they follow from what is finer; of what is consumed, without what is in it already. */
  async #made(place: BlockPlace, wanted: Wanted): Promise<Table> {
    const { level, track, start_ms } = place;
    const { span_ms, width_ms } = levelAt(level);
    if (level === SAMPLE_LEVEL + 1) return rollSamples(await this.#fresh(place, wanted), width_ms);
    const finer = levelAt(level - 1);
    const parts: Table[] = [];
    for (let at_ms = start_ms; at_ms < start_ms + span_ms; at_ms += finer.span_ms) {
      const part = await this.cells({ level: level - 1, track, start_ms: at_ms }, wanted);
      if (part.rows > 0) parts.push(part);
    }
    return rollCells(joinTables(parts), width_ms);
  }

  /** The samples of which a block of the finest cells is made: all of them, or those that came when the others were gone. */
  async #fresh(place: BlockPlace, wanted: Wanted): Promise<Table> {
    const { level, track, start_ms } = place;
    const is_consumed = this.#isConsumed(place);
    const parts: Table[] = [];
    for (let at_ms = start_ms; at_ms < start_ms + levelAt(level).span_ms; at_ms += levelAt(level - 1).span_ms) {
      // All figures together tell whether one came twice.
      const part = await this.samples(track, at_ms, is_consumed ? ALL : wanted);
      if (part.rows > 0) parts.push(part);
    }
    const samples = joinTables(parts);
    if (!is_consumed || samples.rows === 0) return samples;
    return only(withoutTaken(samples, await this.#takenAt(track, start_ms)), wanted);
  }

  /** What the blocks of cells remember of samples in some time: the finest, and those that such were added to when they came late. */
  async #takenAt(track: number, time_ms: number): Promise<Taken[]> {
    const all: Taken[] = [];
    for (let level = SAMPLE_LEVEL + 1; level <= TOP_LEVEL; level++) {
      const place = { level, track, start_ms: blockStart(level, time_ms) };
      if (level > SAMPLE_LEVEL + 1 && !this.#isConsumed(place)) break;
      all.push(await this.#taken(place));
    }
    return all;
  }

  async #taken(place: BlockPlace): Promise<Taken> {
    return (await this.#block(place))?.taken() ?? NONE_TAKEN;
  }

  /**
   * Whether what a block was made of is gone, in part or all: then what comes late is added to it, and is not kept
   * besides.
   */
  #isConsumed({ level, start_ms }: BlockPlace): boolean {
    return start_ms < this.floor(level - 1);
  }

  /** Makes the blocks of minutes that are closed. */
  async close(minutes: readonly Minute[], now_ms: number): Promise<Pick<Change, 'blocks' | 'due'>> {
    const blocks: StoredBlock[] = [];
    const due: Due[] = [];
    for (const minute of minutes) {
      const place = { level: SAMPLE_LEVEL, track: minute.track, start_ms: minute.start_ms };
      const stored = await this.#stored(place);
      const { rows, columns } = withoutRepeats(joinTables([stored, ...tablesOf(minute)]));
      blocks.push({ ...place, bytes: this.#writer.write(SAMPLES, rows, columns) });
      due.push(...this.touch(minute.track, minute.start_ms, now_ms));
    }
    return { blocks, due };
  }

  /** The first blocks that are to be made now. */
  *jobs(now_ms: number): Generator<BlockPlace> {
    for (const [number, due_ms] of this.#due) if (due_ms <= now_ms) yield placeOf(number);
  }

  /** Makes a block of cells; undefined when something is in the way, and it is put off. */
  async make(place: BlockPlace, now_ms: number): Promise<Change | undefined> {
    if (!this.#isReady(place)) {
      this.#due.set(placeNumber(place), now_ms + AGAIN_MS);
      return undefined;
    }
    const is_consumed = this.#isConsumed(place);
    const { level, track, start_ms } = place;
    const { span_ms, width_ms } = levelAt(level);
    let table: Table;
    let taken = is_consumed ? await this.#taken(place) : NONE_TAKEN;
    if (level === SAMPLE_LEVEL + 1) {
      const fresh = await this.#fresh(place, ALL);
      table = rollSamples(fresh, width_ms);
      taken = joinTaken(taken, takenOf(fresh));
    } else table = await this.#made(place, ALL);
    const remove: BlockPlace[] = [];
    if (is_consumed) {
      table = mergeCells(await this.#stored(place), table, width_ms);
      for (let at_ms = start_ms; at_ms < start_ms + span_ms; at_ms += levelAt(level - 1).span_ms) {
        const finer = { level: level - 1, track, start_ms: at_ms };
        if (finer.level > SAMPLE_LEVEL) taken = joinTaken(taken, await this.#taken(finer));
        remove.push(finer);
      }
    }
    if (table.rows === 0) return { done: [place], remove };
    return {
      blocks: [{ ...place, bytes: this.#writer.write(CELLS, table.rows, table.columns, taken) }],
      done: [place],
      remove,
    };
  }

  /** What was made is stored. */
  made(places: readonly BlockPlace[]): void {
    for (const place of places) this.#due.delete(placeNumber(place));
  }

  /** When the first block begins that is not made yet, of a level; undefined when there is none. */
  firstDue(level: number): number | undefined {
    let first: number | undefined;
    for (const number of this.#due.keys()) {
      const place = placeOf(number);
      if (place.level === level && (first === undefined || place.start_ms < first)) first = place.start_ms;
    }
    return first;
  }

  /** All that is finer has its own blocks. */
  #isReady({ level, track, start_ms }: BlockPlace): boolean {
    const finer = levelAt(level - 1).span_ms;
    for (let at_ms = start_ms; at_ms < start_ms + levelAt(level).span_ms; at_ms += finer) {
      const is_under_way =
        level === SAMPLE_LEVEL + 1
          ? this.#minutes.has(track, at_ms)
          : this.#due.has(placeNumber({ level: level - 1, track, start_ms: at_ms }));
      if (is_under_way) return false;
    }
    return true;
  }
}

const LEVELS_NONE = new Array<number>(TOP_LEVEL + 1).fill(0);

function only(table: Table, { figures }: Wanted): Table {
  if (figures === undefined) return table;
  const columns: Columns = new Map();
  for (const [number, values] of table.columns) {
    if (number === TIME || figures.has(figureOf(number))) columns.set(number, values);
  }
  return { rows: table.rows, columns };
}
