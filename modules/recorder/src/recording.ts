// Recording: what comes is written to the journal in batches, and is the store's when that is done; then it gets its blocks, and
// those their cells. A sample is on disk before anybody is told so, and in its place whenever it comes.

import { CodedError, type Log, LogLimiter } from '@ganglion/kernel';
import { Block, BlockWriter, figureOf, SAMPLES, TIME, TRACK } from './block.ts';
import { historyDamaged, historyUnwritable } from './errors.ts';
import { FigureReader, type Layout } from './figures.ts';
import { LEVELS, levelAt, SAMPLE_LEVEL, TOP_LEVEL } from './levels.ts';
import { type Minute, Minutes, Pieces, Rows } from './minutes.ts';
import { Names } from './names.ts';
import { Shelf } from './shelf.ts';
import { type BlockPlace, type Change, type PastEvent, PLACE_MS_MAX, type Store } from './store.ts';

/** Samples of a batch, at most: then it is written before its second is over. */
const BATCH_SAMPLES = 4_000;

/** What is put in order after a batch may take so long, and so many minutes at least get their blocks. */
const ORDER_MS = 60;
const CLOSE_MIN = 40;

/** Between two rounds of putting in order. */
const ORDER_EVERY_MS = 900;

/** A sample that is so far ahead of our clock is not believed. */
const AHEAD_MS_MAX = 86_400_000;

/** After a failed write. */
const WRITE_AGAIN_MS = 1_000;

/** Between two looks at what is too old or too much. */
const TIDY_MS = 5_000;

/** Of the journal's pages. */
const BYTES_OF_LENGTH = 4;

export interface RecordingOptions {
  readonly store: Store;
  /** How long each level is kept, milliseconds. Default: as {@link LEVELS} say. */
  readonly keep_ms?: readonly number[];
  /** Bytes of the store at most, as far as old cells can make room; undefined: no limit. */
  readonly bytes_max?: number | undefined;
  readonly count?: (name: string, n?: number) => void;
  readonly log?: Log;
  /** The clock. Default: the system's. */
  readonly now?: () => number;
  /** A clock that nobody sets. Default: the system's. */
  readonly steady?: () => number;
  /** The folder where it is, or the database, for the log. */
  readonly folder?: string;
}

interface Batch {
  /** Its page in the journal. */
  readonly number: number;
  readonly rows: Map<Layout, Rows>;
  samples: number;
  readonly events: PastEvent[];
  readonly written: Promise<void>;
  readonly done: () => void;
}

export class Recording {
  readonly names: Names;
  readonly shelf: Shelf;
  readonly store: Store;
  readonly #pieces: Pieces;
  readonly #minutes: Minutes;
  readonly #reader: FigureReader;
  readonly #layouts = new Map<number, Layout>();
  readonly #writer = new BlockWriter();
  readonly #keep_ms: readonly number[];
  readonly #bytes_max: number;
  readonly #count: (name: string, n?: number) => void;
  readonly #log: Log | undefined;
  readonly #limiter = new LogLimiter(60_000);
  readonly #now: () => number;
  readonly #steady: () => number;
  readonly #folder: string;
  #batch: Batch;
  #work: Promise<void> | undefined;
  #tidied_ms = Number.NEGATIVE_INFINITY;
  #ordered_ms = Number.NEGATIVE_INFINITY;
  #is_faulty = false;
  /** {@link Store.renewed}, as far as it is known here. */
  #renewed = 0;
  #stopped = false;

  private constructor(
    options: RecordingOptions,
    { names, pieces, minutes, shelf }: { names: Names; pieces: Pieces; minutes: Minutes; shelf: Shelf },
    journal_number: number,
  ) {
    this.store = options.store;
    this.names = names;
    this.shelf = shelf;
    this.#pieces = pieces;
    this.#minutes = minutes;
    this.#reader = new FigureReader(names);
    this.#keep_ms = options.keep_ms ?? LEVELS.map(({ keep_ms }) => keep_ms);
    this.#bytes_max = options.bytes_max ?? Number.POSITIVE_INFINITY;
    this.#count = options.count ?? (() => {});
    this.#log = options.log;
    this.#now = options.now ?? Date.now;
    this.#steady = options.steady ?? (() => performance.now());
    this.#folder = options.folder ?? '';
    this.#batch = newBatch(journal_number);
  }

  /** Goes on where the last one ended, however that was: what stands in the journal gets its blocks. */
  static async open(options: RecordingOptions): Promise<Recording> {
    const { store, count = () => {} } = options;
    const names = await Names.of(store);
    const pieces = new Pieces();
    const minutes = new Minutes(pieces);
    const shelf = await Shelf.open({ store, minutes, onDamage: () => count('blocks_damaged') });
    const pages = await store.journal();
    const recording = new Recording(options, { names, pieces, minutes, shelf }, (pages.at(-1)?.number ?? 0) + 1);
    for (const { number, bytes } of pages) recording.#replay(number, bytes);
    recording.#lookForDamage();
    return recording;
  }

  /** Samples and events that are not written yet. */
  get waiting(): number {
    return this.#batch.samples + this.#batch.events.length;
  }

  /** Minutes that have no block yet. */
  get open_minutes(): number {
    return this.#minutes.size;
  }

  /**
   * Takes the figures of a body. Resolves when they are on disk; never rejects, but does not resolve either before the disk takes
   * them.
   */
  take(family: string, source: string, time_ms: number, body: object): Promise<void> {
    return this.#take(family, source, time_ms, (likely) => this.#reader.read(body, likely));
  }

  /** The same with figures that are told one by one. */
  takeFigures(
    family: string,
    source: string,
    time_ms: number,
    fields: Iterable<readonly [path: string, value: number]>,
  ): Promise<void> {
    return this.#take(family, source, time_ms, (likely) => this.#reader.take(fields, likely));
  }

  #take(family: string, source: string, time_ms: number, read: (likely: Layout | undefined) => Layout): Promise<void> {
    const now_ms = this.#now();
    if (!this.#isInReach(time_ms, now_ms)) return DONE;
    const track = this.names.trackOf(family, source);
    if (track === undefined) {
      this.#count('machines_left_out');
      return DONE;
    }
    const layout = read(this.#layouts.get(track));
    this.#layouts.set(track, layout);
    const { values, left_out } = this.#reader;
    if (left_out > 0) this.#count('figures_left_out', left_out);
    if (values.length === 0) return DONE;
    const batch = this.#batch;
    let rows = batch.rows.get(layout);
    if (rows === undefined) {
      rows = new Rows(layout, this.#pieces);
      batch.rows.set(layout, rows);
    }
    rows.add(time_ms, values, track);
    this.#add(track, time_ms, layout, values, batch.number, now_ms);
    if (++batch.samples === BATCH_SAMPLES) void this.flush();
    return batch.written;
  }

  /** Takes something that happened. As {@link Recording.take}. */
  takeEvent(event: PastEvent): Promise<void> {
    if (!this.#isInReach(event.time_ms, this.#now())) return DONE;
    this.#batch.events.push(event);
    return this.#batch.written;
  }

  /** Writes what has come so far, and each second puts in order what there is time for. To be called at least as often. */
  async flush(): Promise<void> {
    // One after the other: what is written keeps its order.
    while (this.#work !== undefined) {
      const { number } = this.#batch;
      await this.#work;
      if (this.#batch.number !== number) return;
    }
    this.#work = this.#flush();
    try {
      await this.#work;
    } finally {
      this.#work = undefined;
    }
  }

  /** Nothing is tried any more that does not work at once. What was not written is not told to be. */
  async close(): Promise<void> {
    this.#stopped = true;
    await this.flush();
    await this.store.close();
  }

  async #flush(): Promise<void> {
    if (this.waiting > 0) {
      const batch = this.#batch;
      this.#batch = newBatch(batch.number + 1);
      if (!(await this.#write(batch))) return;
      batch.done();
      for (const rows of batch.rows.values()) rows.release();
    }
    await this.#order();
  }

  /** Writes a batch, however long that takes; false when it is given up because of the stop. */
  async #write(batch: Batch): Promise<boolean> {
    const names = this.names.unstored;
    const bytes = this.#pageOf(batch);
    for (;;) {
      try {
        await this.store.commit({ ...names, journal: { number: batch.number, bytes }, events: batch.events });
        this.names.stored(names);
        this.#lookForDamage();
        if (this.#is_faulty) this.#log?.info({ folder: this.#folder }, 'the past is written again');
        this.#is_faulty = false;
        return true;
      } catch (error) {
        this.#fault(error);
        if (this.#stopped) return false;
        await new Promise((resolve) => setTimeout(resolve, WRITE_AGAIN_MS));
      }
    }
  }

  /** Says that a damaged file was set aside, and gives the new one what only we may know. */
  #lookForDamage(): void {
    const { renewed } = this.store;
    if (renewed === this.#renewed) return;
    this.#renewed = renewed;
    this.#count('parts_damaged');
    const told = historyDamaged(this.#folder);
    this.#log?.warn({ code: told.code, folder: this.#folder }, told.message);
    this.names.restore();
  }

  #fault(error: unknown): void {
    this.#count('write_faults');
    const told = error instanceof CodedError ? error : historyUnwritable(this.#folder, error);
    if (!this.#is_faulty || this.#limiter.pass('write') !== undefined) {
      this.#log?.error({ code: told.code, folder: this.#folder }, told.message);
    }
    this.#is_faulty = true;
  }

  /** A batch as a page of the journal: a block for each layout, its length before it. */
  #pageOf({ rows }: Batch): Uint8Array {
    const blocks = [...rows.values()].map((each) => {
      const table = each.table(true);
      return this.#writer.write(SAMPLES, table.rows, table.columns);
    });
    const page = new Uint8Array(blocks.reduce((sum, { length }) => sum + BYTES_OF_LENGTH + length, 0));
    const view = new DataView(page.buffer);
    let at = 0;
    for (const block of blocks) {
      view.setUint32(at, block.length);
      page.set(block, at + BYTES_OF_LENGTH);
      at += BYTES_OF_LENGTH + block.length;
    }
    return page;
  }

  #replay(number: number, page: Uint8Array): void {
    const view = new DataView(page.buffer, page.byteOffset, page.byteLength);
    const now_ms = this.#now();
    for (let at = 0; at + BYTES_OF_LENGTH <= page.length; ) {
      const length = view.getUint32(at);
      at += BYTES_OF_LENGTH;
      const block = at + length > page.length ? undefined : Block.open(page.subarray(at, at + length));
      at += length;
      const times = block?.column(TIME);
      const tracks = block?.column(TRACK);
      if (block === undefined || times === undefined || tracks === undefined) {
        this.#count('blocks_damaged');
        continue;
      }
      const numbers = [...block.numbers()].filter((each) => figureOf(each) > 0);
      const layout: Layout = { figures: numbers.map(figureOf) };
      const columns = numbers.map((each) => block.column(each) as Float64Array);
      for (let row = 0; row < block.rows; row++) {
        const values = columns.map((column) => column[row] as number);
        this.#add(tracks[row] as number, times[row] as number, layout, values, number, now_ms);
      }
    }
  }

  #add(
    track: number,
    time_ms: number,
    layout: Layout,
    values: readonly number[],
    number: number,
    now_ms: number,
  ): void {
    if (!this.#minutes.add(track, time_ms, { layout, values }, this.#steady(), number)) return;
    this.shelf.touch(track, time_ms, now_ms);
  }

  #isInReach(time_ms: number, now_ms: number): boolean {
    if (!(time_ms >= Math.max(0, now_ms - (this.#keep_ms[TOP_LEVEL] as number)))) {
      this.#count('too_old');
      return false;
    }
    if (!(time_ms <= Math.min(PLACE_MS_MAX - 1, now_ms + AHEAD_MS_MAX))) {
      this.#count('too_far_ahead');
      return false;
    }
    return true;
  }

  /** Gives minutes their blocks, makes cells that are due, lets go of what is old: as much as a moment allows. */
  async #order(): Promise<void> {
    const now_ms = this.#now();
    const steady_ms = this.#steady();
    if (steady_ms - this.#ordered_ms < ORDER_EVERY_MS && !this.#stopped) return;
    this.#ordered_ms = steady_ms;
    const began_ms = performance.now();
    try {
      const minutes = this.#minutes.close(steady_ms, Math.max(CLOSE_MIN, Math.ceil(this.#minutes.size / 30)));
      if (minutes.length > 0) await this.#closeMinutes(minutes, now_ms);
      await this.#makeCells(now_ms, began_ms + ORDER_MS);
      if (steady_ms - this.#tidied_ms >= TIDY_MS) {
        this.#tidied_ms = steady_ms;
        await this.#tidy(now_ms);
      }
    } catch (error) {
      // Nothing is lost: it is done again.
      this.#fault(error);
    }
  }

  async #closeMinutes(minutes: readonly Minute[], now_ms: number): Promise<void> {
    const change = await this.shelf.close(minutes, now_ms);
    const journal_from = this.#minutes.journalFrom(new Set(minutes)) ?? this.#batch.number;
    const names = this.names.unstored;
    await this.store.commit({ ...change, ...names, journal_from });
    this.names.stored(names);
    this.#minutes.closed(minutes);
  }

  async #makeCells(now_ms: number, until_ms: number): Promise<void> {
    const change = {
      blocks: [] as NonNullable<Change['blocks']>[number][],
      done: [] as BlockPlace[],
      remove: [] as BlockPlace[],
    };
    for (const place of this.shelf.jobs(now_ms)) {
      const made = await this.shelf.make(place, now_ms);
      change.blocks.push(...(made?.blocks ?? []));
      change.done.push(...(made?.done ?? []));
      change.remove.push(...(made?.remove ?? []));
      if (performance.now() > until_ms) break;
    }
    if (change.done.length === 0) return;
    await this.store.commit(change);
    this.shelf.made(change.done);
  }

  /** Lets go of what is older than it is kept, or more than there is room for: the finest first, and of it the oldest. */
  async #tidy(now_ms: number): Promise<void> {
    for (let level = SAMPLE_LEVEL; level <= TOP_LEVEL; level++) {
      await this.#raise(level, now_ms - (this.#keep_ms[level] as number));
    }
    if ((await this.store.usedBytes()) <= this.#bytes_max) return;
    for (let level = SAMPLE_LEVEL; level <= TOP_LEVEL; level++) {
      const oldest_ms = await this.store.oldest(level);
      if (oldest_ms === undefined) continue;
      if (!(await this.#raise(level, oldest_ms + stepOf(level)))) continue;
      this.#count('made_room');
      return;
    }
  }

  /** Moves what a level holds from when on, no further than what was made of it. Returns whether it has moved. */
  async #raise(level: number, to_ms: number): Promise<boolean> {
    const floor_ms = this.shelf.floor(level);
    const first_due_ms = level === TOP_LEVEL ? Number.POSITIVE_INFINITY : this.shelf.firstDue(level + 1);
    const step_ms = stepOf(level);
    let from_ms = Math.floor(Math.min(to_ms, first_due_ms ?? Number.POSITIVE_INFINITY) / step_ms) * step_ms;
    if (from_ms <= floor_ms) return false;
    const oldest_ms = await this.store.oldest(level);
    // A step at a time, so that it does not take long.
    if (oldest_ms !== undefined) from_ms = Math.min(from_ms, Math.floor(oldest_ms / step_ms) * step_ms + step_ms);
    if (from_ms <= floor_ms) return false;
    await this.store.commit({ floors: [{ level, from_ms }] });
    this.shelf.raise(level, from_ms);
    return true;
  }
}

/** What is let go at once: the time of a block that is made of it. */
function stepOf(level: number): number {
  return levelAt(Math.min(TOP_LEVEL, level + 1)).span_ms;
}

const DONE = Promise.resolve();

function newBatch(number: number): Batch {
  let done = () => {};
  const written = new Promise<void>((resolve) => {
    done = resolve;
  });
  return { number, rows: new Map(), samples: 0, events: [], written, done };
}
