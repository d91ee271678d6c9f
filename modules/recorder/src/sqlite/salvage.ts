// A damaged file is left as it is, under another name, and what can be read of it goes into a new one: writing on would make it
// worse, and what is whole in it is worth having.

import { TOP_LEVEL } from '../levels.ts';
import { FIGURES_MAX } from '../names.ts';
import { placeOf, TRACKS_MAX } from '../store.ts';
import type { Database, Row, Statement, Value } from './driver.ts';
import { blocksOnPages } from './leaves.ts';

/** Tables by the column that orders them; what cannot be done without comes first. */
const TABLES: readonly (readonly [table: string, key: string])[] = [
  ['tracks', 'number'],
  ['figures', 'number'],
  ['floors', 'level'],
  ['journal', 'number'],
  ['due', 'place'],
  ['events', 'number'],
  ['blocks', 'place'],
];

/** Rows that are copied at once. */
const STEP = 200;

/** How far it is looked for the next row that can be read. */
const GAP_MAX = 2 ** 52;

/** Whether SQLite says that a file is damaged. */
export function isDamage(error: unknown): boolean {
  return error instanceof Error && /malformed|corrupt|not a database/i.test(error.message);
}

/** Copies what can be read. In `to`, a transaction is open. */
export function salvage(from: Database, to: Database): void {
  for (const [table, key] of TABLES) {
    let insert: Statement | undefined;
    for (const row of rowsOf(from, table, key)) {
      const columns = Object.keys(row);
      const places = columns.map(() => '?').join(', ');
      insert ??= to.prepare(`INSERT OR IGNORE INTO ${table} (${columns.join(', ')}) VALUES (${places})`);
      insert.run(...(Object.values(row) as Value[]));
    }
  }
}

/** Adds blocks that nothing leads to any more, as far as they are kept. In `to`, a transaction is open. */
export function salvageBlocks(path: string, to: Database): void {
  const floors = new Map(
    to
      .prepare('SELECT level, from_ms FROM floors')
      .all()
      .map((row) => [Number(row['level']), Number(row['from_ms'])]),
  );
  const insert = to.prepare('INSERT OR IGNORE INTO blocks VALUES (?, ?)');
  for (const { place, bytes } of blocksOnPages(path)) {
    const { level, start_ms } = placeOf(place);
    if (level <= TOP_LEVEL && start_ms >= (floors.get(level) ?? 0)) insert.run(place, bytes);
  }
}

/** Numbers that are in use, though nobody may know of what any more, are not given to others. In `to`, a transaction is open. */
export function reserveNumbers(to: Database): void {
  const last = (sql: string) => Number(to.prepare(sql).get()?.['n'] ?? 0);
  const track = last(`SELECT max(place % ${TRACKS_MAX + 1}) AS n FROM blocks`);
  if (track > last('SELECT max(number) AS n FROM tracks')) {
    to.prepare('INSERT OR IGNORE INTO tracks VALUES (?, ?, ?)').run(track, 'lost', '');
  }
  const figure = last('SELECT max(number) AS n FROM figures');
  to.prepare('INSERT OR IGNORE INTO figures VALUES (?, ?)').run(figure + FIGURES_MAX, '');
}

/** The rows of a table in the order of its key, as far as they can be read. */
function* rowsOf(from: Database, table: string, key: string): Generator<Row> {
  let at = -1;
  let step = STEP;
  for (;;) {
    let rows: Row[];
    try {
      rows = from.prepare(`SELECT * FROM ${table} WHERE ${key} > ? ORDER BY ${key} LIMIT ?`).all(at, step);
    } catch {
      if (step > 1) {
        // One by one, up to the one that is damaged.
        step = 1;
        continue;
      }
      const next = nextAfter(from, table, key, at);
      if (next === undefined) return;
      at = next;
      continue;
    }
    yield* rows;
    const last = rows.at(-1);
    if (last === undefined) return;
    at = Number(last[key]);
    step = Math.min(STEP, step * 2);
  }
}

/** A key from which on something can be read again; undefined when there is none. */
function nextAfter(from: Database, table: string, key: string, at: number): number | undefined {
  const isReadable = (gap: number) => {
    try {
      return (
        from.prepare(`SELECT ${key} FROM ${table} WHERE ${key} > ? ORDER BY ${key} LIMIT 1`).get(at + gap) !== undefined
      );
    } catch {
      return false;
    }
  };
  let gap = 1;
  while (!isReadable(gap)) {
    gap *= 2;
    if (gap > GAP_MAX) return undefined;
  }
  // Not further than needed, as far as halving finds out.
  for (let less = gap / 2, more = gap; more - less > Math.max(1, more / 1_024); ) {
    const middle = Math.floor((less + more) / 2);
    if (isReadable(middle)) more = gap = middle;
    else less = middle;
  }
  return at + gap;
}
