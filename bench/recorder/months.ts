// Six months of a fleet, made by the recorder's own code with a clock that is turned: some machines are recorded sample by sample, so
// that their roll-ups are true and what is too old is let go as it is. The others have measured the same, and get copies of
// their blocks.

import { levelAt } from '../../modules/recorder/src/levels.ts';
import { Names } from '../../modules/recorder/src/names.ts';
import { Recording } from '../../modules/recorder/src/recording.ts';
import { type Driver, findDriver } from '../../modules/recorder/src/sqlite/driver.ts';
import { openSqlite } from '../../modules/recorder/src/sqlite/store.ts';
import { placeOf, type StoredBlock } from '../../modules/recorder/src/store.ts';
import type { Fleet } from './machines.ts';

const SECOND_MS = 1_000;
const MINUTE_MS = 60 * SECOND_MS;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;

/** How far apart samples are, so that each level has all of its cells: since when before the end, and from there on. */
const APART: readonly (readonly [before_ms: number, apart_ms: number])[] = [
  [Number.POSITIVE_INFINITY, 15 * MINUTE_MS],
  [60 * DAY_MS + HOUR_MS, MINUTE_MS],
  [3 * DAY_MS + HOUR_MS, 10 * SECOND_MS],
  [2 * HOUR_MS + 10 * MINUTE_MS, SECOND_MS],
];

/** Samples between two batches. */
const BATCH = 400;

/** Blocks of one commit. */
const COMMIT = 400;

export interface MonthsOptions {
  readonly folder: string;
  readonly fleet: Fleet;
  /** Machines that are recorded sample by sample. */
  readonly recorded: number;
  /** Machines with all of their figures, those included. */
  readonly machines: number;
  /** When it ends, epoch milliseconds, and how long it was. */
  readonly until_ms: number;
  readonly span_ms: number;
  /** Moments for which all machines of the fleet have an analysis. */
  readonly moments_ms: readonly number[];
  readonly say: (text: string) => void;
}

/** Makes a past in a folder. */
export async function makeMonths(options: MonthsOptions): Promise<void> {
  await record(options);
  await copy(options);
}

async function record({ folder, fleet, recorded, until_ms, span_ms, say }: MonthsOptions): Promise<void> {
  let now_ms = until_ms - span_ms;
  const recording = await Recording.open({
    store: openSqlite({ folder, driver: hasty() }),
    now: () => now_ms,
    steady: () => now_ms,
  });
  let taken = 0;
  let told_ms = performance.now();
  while (now_ms < until_ms) {
    const [, apart_ms] = APART.findLast(([before_ms]) => until_ms - now_ms <= before_ms) ?? [0, SECOND_MS];
    for (let machine = 0; machine < recorded; machine++) {
      const name = fleet.names[machine] ?? '';
      // Each has its own time in between.
      const time_ms = now_ms + ((machine * 7_919) % apart_ms);
      const body = fleet.measureOf(machine);
      void recording.take('measure', name, time_ms, body);
      void recording.takeFigures('analysis', name, time_ms, judged(body));
      taken += 2;
    }
    now_ms += apart_ms;
    if (taken % BATCH < 2 * recorded || apart_ms > SECOND_MS) await recording.flush();
    if (performance.now() - told_ms > 20_000) {
      told_ms = performance.now();
      say(`past: ${((until_ms - now_ms) / DAY_MS).toFixed(0)} days are left of ${(span_ms / DAY_MS).toFixed(0)}`);
    }
  }
  // What is due by then is made; the clock stands.
  for (let due = -1; due !== recording.shelf.due || recording.open_minutes > 4 * recorded; ) {
    due = recording.shelf.due;
    now_ms += SECOND_MS;
    await recording.flush();
  }
  await recording.store.close();
}

/** Gives the other machines the blocks of those that were recorded. */
async function copy(options: MonthsOptions): Promise<void> {
  const { folder, fleet, recorded, machines, moments_ms, say } = options;
  const database = hasty().open(`${folder}/history.db`);
  database.exec('PRAGMA locking_mode = EXCLUSIVE');
  const places = database
    .prepare('SELECT place FROM blocks ORDER BY place')
    .all()
    .map(({ place }) => placeOf(Number(place)));
  database.close();
  say(`past: ${places.length} blocks of ${recorded} machines are copied for ${machines}`);

  const store = openSqlite({ folder, driver: hasty() });
  const names = await Names.of(store);
  /** By the number of what was recorded: those of the others. */
  const copies = new Map<number, number[]>();
  const since = new Map<number, number>();
  for (const family of ['measure', 'analysis']) {
    for (let machine = recorded; machine < fleet.names.length; machine++) {
      if (family === 'measure' && machine >= machines) break;
      const source = names.track(family, fleet.names[machine % recorded] ?? '') ?? 0;
      const track = names.trackOf(family, fleet.names[machine] ?? '') ?? 0;
      copies.set(source, [...(copies.get(source) ?? []), track]);
      since.set(track, machine);
    }
  }
  let blocks: StoredBlock[] = [];
  const commit = async () => {
    await store.commit({ ...names.unstored, blocks });
    names.stored(names.unstored);
    blocks = [];
  };
  for (const place of places) {
    const bytes = await store.block(place);
    if (bytes === undefined) continue;
    const { span_ms } = levelAt(place.level);
    const is_wanted = moments_ms.some((at_ms) => Math.abs(at_ms - place.start_ms) <= 2 * span_ms);
    for (const track of copies.get(place.track) ?? []) {
      // Of those beyond, only what is asked for.
      if ((since.get(track) ?? 0) >= machines && !is_wanted) continue;
      blocks.push({ ...place, track, bytes });
    }
    if (blocks.length >= COMMIT) await commit();
  }
  await commit();
  await store.close();
}

function* judged(body: object): Generator<readonly [path: string, value: number]> {
  for (const [field, value] of Object.entries(body)) {
    if (typeof value !== 'number' || !field.endsWith('_percentage')) continue;
    yield [field, value];
    yield [field.replace(/percentage$/, 'result'), value < 25 ? 1 : value < 75 ? 2 : 3];
  }
}

/** SQLite that does not wait for the disk: what it makes is thrown away. */
function hasty(): Driver {
  const driver = findDriver();
  return {
    name: driver.name,
    open: (path) => {
      const database = driver.open(path);
      const exec = (sql: string) => database.exec(sql.replace('synchronous = FULL', 'synchronous = OFF'));
      return { ...database, exec };
    },
  };
}
