// The tables, and the way from each version to the next. A version that was ever out in the world is never changed here: what
// changes is a further step.

import { historyNewer } from '../errors.ts';
import type { Database } from './driver.ts';

/** In the file's header: it is a past of ours. "GaHi". */
export const APPLICATION_ID = 0x47_61_48_69;

/** Each step leads from the version that is its place to the next. */
const STEPS: readonly string[] = [
  `CREATE TABLE tracks (number INTEGER PRIMARY KEY, family TEXT NOT NULL, source TEXT NOT NULL);
   CREATE TABLE figures (number INTEGER PRIMARY KEY, path TEXT NOT NULL);
   CREATE TABLE journal (number INTEGER PRIMARY KEY, bytes BLOB NOT NULL);
   CREATE TABLE blocks (place INTEGER PRIMARY KEY, bytes BLOB NOT NULL);
   CREATE TABLE due (place INTEGER PRIMARY KEY, due_ms INTEGER NOT NULL);
   CREATE TABLE floors (level INTEGER PRIMARY KEY, from_ms INTEGER NOT NULL);
   CREATE TABLE events (
     number INTEGER PRIMARY KEY, time_ms INTEGER NOT NULL, family TEXT NOT NULL, source TEXT NOT NULL,
     ref TEXT NOT NULL, mark TEXT NOT NULL, body TEXT NOT NULL
   );
   CREATE UNIQUE INDEX events_once ON events (source, family, ref, mark);
   CREATE INDEX events_by_time ON events (time_ms);
   CREATE INDEX events_by_source ON events (source, family, time_ms);`,
];

export const SCHEMA_VERSION = STEPS.length;

/**
 * Brings a file to this version, or makes its tables.
 *
 * @throws CodedError `HISTORY_NEWER`; Error when it is a database of somebody else
 */
export function migrate(database: Database, path: string): void {
  const version = pragma(database, 'user_version');
  if (pragma(database, 'application_id') !== APPLICATION_ID) {
    const tables = Number(database.prepare('SELECT count(*) AS n FROM sqlite_master').get()?.['n']);
    if (version !== 0 || tables !== 0) throw new Error('it is a database of another program');
  }
  if (version > SCHEMA_VERSION) throw historyNewer(path, version, SCHEMA_VERSION);
  if (version === SCHEMA_VERSION) return;
  database.exec('BEGIN IMMEDIATE');
  try {
    for (const step of STEPS.slice(version)) database.exec(step);
    database.exec(`PRAGMA application_id = ${APPLICATION_ID}`);
    database.exec(`PRAGMA user_version = ${SCHEMA_VERSION}`);
    database.exec('COMMIT');
  } catch (error) {
    database.exec('ROLLBACK');
    throw error;
  }
}

function pragma(database: Database, name: string): number {
  return Number(database.prepare(`PRAGMA ${name}`).get()?.[name] ?? 0);
}
