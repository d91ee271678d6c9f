// The tables, and the way from each version to the next. A version that was ever out in the world is never changed here: what
// changes is a further step.

import { historyDatabaseUnusable, historyNewer } from '../errors.ts';
import type { Ask } from './link.ts';

/** All that is ours stands in it. */
export const SCHEMA = 'ganglion_history';

/**
 * Each step leads from the version that is its place to the next. A block's place is one number, in the order of level, time and
 * track: parts of its range are a level at some time. Blocks that are in no part are strays: what comes for a time that was let go
 * already. Bytes are compressed before they come here.
 */
const STEPS: readonly string[] = [
  `CREATE TABLE tracks (number integer PRIMARY KEY, family text NOT NULL, source text NOT NULL);
   CREATE TABLE figures (number integer PRIMARY KEY, path text NOT NULL);
   CREATE TABLE journal (number bigint PRIMARY KEY, bytes bytea NOT NULL);
   CREATE TABLE blocks (place bigint PRIMARY KEY, bytes bytea NOT NULL) PARTITION BY RANGE (place);
   CREATE TABLE strays (place bigint PRIMARY KEY, bytes bytea NOT NULL);
   CREATE TABLE due (place bigint PRIMARY KEY, due_ms bigint NOT NULL);
   CREATE TABLE floors (level integer PRIMARY KEY, from_ms bigint NOT NULL);
   CREATE TABLE events (
     number bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, time_ms bigint NOT NULL, family text NOT NULL, source text NOT NULL,
     ref text NOT NULL, mark text NOT NULL, body text NOT NULL, digest bytea NOT NULL UNIQUE
   );
   CREATE INDEX events_by_time ON events (time_ms);
   CREATE INDEX events_by_source ON events (source, family, time_ms);
   ALTER TABLE journal ALTER COLUMN bytes SET STORAGE EXTERNAL;
   ALTER TABLE blocks ALTER COLUMN bytes SET STORAGE EXTERNAL;
   ALTER TABLE strays ALTER COLUMN bytes SET STORAGE EXTERNAL;`,
];

export const SCHEMA_VERSION = STEPS.length;

/**
 * Brings a database to this version, or makes the tables. Whoever calls it has the lock.
 *
 * @throws CodedError `HISTORY_NEWER`, `HISTORY_DATABASE_UNUSABLE`; what PostgreSQL says
 */
export async function migrate(ask: Ask, shown: string): Promise<void> {
  const version = await versionIn(ask, shown);
  if (version > SCHEMA_VERSION) throw historyNewer(shown, version, SCHEMA_VERSION);
  if (version === SCHEMA_VERSION) return;
  await ask('BEGIN');
  try {
    if (version === 0) {
      await ask(`CREATE SCHEMA ${SCHEMA}`);
      // Who writes last: see `#takeOver` of the store.
      await ask('CREATE TABLE about (version integer NOT NULL, holder text NOT NULL)');
      await ask("INSERT INTO about VALUES (0, '')");
    }
    for (const step of STEPS.slice(version)) await ask(step);
    await ask('UPDATE about SET version = $1', [SCHEMA_VERSION]);
    await ask('COMMIT');
  } catch (error) {
    await ask('ROLLBACK').catch(() => {});
    throw error;
  }
}

/** 0: there is nothing of ours. */
async function versionIn(ask: Ask, shown: string): Promise<number> {
  const [there] = await ask('SELECT 1 AS it FROM pg_namespace WHERE nspname = $1', [SCHEMA]);
  if (there === undefined) return 0;
  const [table] = await ask('SELECT to_regclass($1) IS NOT NULL AS it', [`${SCHEMA}.about`]);
  const version =
    table?.['it'] === true ? Number((await ask('SELECT version FROM about'))[0]?.['version']) : Number.NaN;
  if (!Number.isInteger(version)) throw historyDatabaseUnusable(shown, `its schema ${SCHEMA} is another program's`);
  return version;
}
