// The parts of the table of blocks: a level and some time each. Letting go of what is old drops them whole.

import { type BlockPlace, placeNumber } from '../store.ts';
import type { Ask } from './link.ts';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

/** The time of a part, for each level: a whole number of its blocks'. Part of the schema, as its tables are. */
const SPAN_MS = [HOUR_MS, 6 * HOUR_MS, 5 * DAY_MS, 30 * DAY_MS, 360 * DAY_MS] as const;

/** Parts at most: of a usual past there are some sixty. */
const PARTITIONS_MAX = 1_000;

interface Partition {
  readonly level: number;
  readonly start_ms: number;
  readonly end_ms: number;
}

const NAME = /^blocks_(\d)_(\d+)$/;
const MINUTE_MS = 60_000;

export class Partitions {
  /** By name. */
  readonly #known: ReadonlyMap<string, Partition>;

  private constructor(known: ReadonlyMap<string, Partition>) {
    this.#known = known;
  }

  static async read(ask: Ask): Promise<Partitions> {
    const rows = await ask(
      `SELECT relname FROM pg_inherits JOIN pg_class ON pg_class.oid = inhrelid WHERE inhparent = 'blocks'::regclass`,
    );
    const known = new Map<string, Partition>();
    for (const { relname } of rows) {
      const [name = '', level = '', minutes = ''] = NAME.exec(String(relname)) ?? [];
      if (name !== '') known.set(name, partitionAt(Number(level), Number(minutes) * MINUTE_MS));
    }
    return new Partitions(known);
  }

  /** Whether some place lies in one. */
  has(place: BlockPlace): boolean {
    return this.#known.has(nameOf(partitionOf(place)));
  }

  /** Makes those that some places need, in the transaction that is open, as far as there may be more. Returns what there is then. */
  async make(ask: Ask, places: readonly BlockPlace[]): Promise<Partitions> {
    const wanted = new Map<string, Partition>();
    for (const place of places) {
      const partition = partitionOf(place);
      if (!this.#known.has(nameOf(partition))) wanted.set(nameOf(partition), partition);
    }
    if (wanted.size === 0) return this;
    const known = new Map(this.#known);
    for (const [name, partition] of wanted) {
      if (known.size >= PARTITIONS_MAX) break;
      known.set(name, partition);
      const [from, to] = boundsOf(partition);
      // Not at once as a part: that would wait for everyone who reads, as a dump does.
      await ask(`CREATE TABLE ${name} (LIKE blocks INCLUDING ALL)`);
      await ask(`ALTER TABLE blocks ATTACH PARTITION ${name} FOR VALUES FROM (${from}) TO (${to})`);
      const moved = 'DELETE FROM strays WHERE place >= $1 AND place < $2 RETURNING place, bytes';
      await ask(`WITH moved AS (${moved}) INSERT INTO blocks SELECT * FROM moved`, [from, to]);
    }
    return new Partitions(known);
  }

  /** Names of those that hold nothing but what is older than the floors. */
  below(floors: ReadonlyMap<number, number>): string[] {
    return [...this.#known].flatMap(([name, { level, end_ms }]) => (end_ms <= (floors.get(level) ?? 0) ? [name] : []));
  }

  without(name: string): Partitions {
    const known = new Map(this.#known);
    known.delete(name);
    return new Partitions(known);
  }
}

function partitionOf({ level, start_ms }: BlockPlace): Partition {
  const span_ms = spanOf(level);
  return partitionAt(level, Math.floor(start_ms / span_ms) * span_ms);
}

function partitionAt(level: number, start_ms: number): Partition {
  return { level, start_ms, end_ms: start_ms + spanOf(level) };
}

function spanOf(level: number): number {
  const span_ms = SPAN_MS[level];
  if (span_ms === undefined) throw new RangeError(`there is no level ${level}`);
  return span_ms;
}

function nameOf({ level, start_ms }: Partition): string {
  return `blocks_${level}_${start_ms / MINUTE_MS}`;
}

function boundsOf({ level, start_ms, end_ms }: Partition): readonly [from: number, to: number] {
  return [placeNumber({ level, track: 0, start_ms }), placeNumber({ level, track: 0, start_ms: end_ms })];
}
