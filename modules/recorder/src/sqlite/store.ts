// The past in one file of SQLite. One process uses it, holds its lock for as long as it runs, and writes ahead: what is
// committed stands in the file beside it first, and goes over from there.

import {
  closeSync,
  copyFileSync,
  existsSync,
  fstatSync,
  ftruncateSync,
  mkdirSync,
  openSync,
  readSync,
  renameSync,
  rmSync,
  statSync,
} from 'node:fs';
import { constants, copyFile, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { CodedError, takeLock } from '@ganglion/kernel';
import { backupFailed, historyInUse, historyNewer, historyUnusable } from '../errors.ts';
import {
  type BlockPlace,
  type Change,
  type Due,
  EVENTS_MAX,
  EVENTS_STEP,
  type EventQuery,
  type Figure,
  type PastEvent,
  placeNumber,
  placeOf,
  type Store,
  type Track,
} from '../store.ts';
import { type Database, type Driver, findDriver, type Row, type Statement, type Value } from './driver.ts';
import { isDamage, reserveNumbers, salvage, salvageBlocks } from './salvage.ts';
import { APPLICATION_ID, migrate, SCHEMA_VERSION } from './schema.ts';

export const FILE = 'history.db';

/** What stands beside a file while it is used. */
const BESIDE = ['-wal', '-shm', '-journal', '.lock'];

/** Where SQLite keeps them in its head of a hundred bytes. */
const PAGE_BYTES_AT = 16;
const PAGES_AT = 28;
const USER_VERSION_AT = 60;
const APPLICATION_ID_AT = 68;

/** Pages of the file that are kept in memory. */
const CACHE_BYTES = 4 * 1024 * 1024;

/** Pages that wait beside the file until they go over: four thousand of them are 16 MB. */
const CHECKPOINT_PAGES = 4_000;

export interface SqliteOptions {
  /** Made when it is not there. */
  readonly folder: string;
  /** Default: the best that is there. */
  readonly driver?: Driver;
}

/**
 * Opens the past in a folder; makes one when there is none.
 *
 * @throws CodedError `HISTORY_UNAVAILABLE`, `HISTORY_IN_USE`, `HISTORY_UNUSABLE`, `HISTORY_NEWER`
 */
export function openSqlite({ folder, driver = findDriver() }: SqliteOptions): Store {
  let unlock = () => {};
  let database: Database | undefined;
  try {
    makeFolder(folder);
    const lock = takeLock(folder);
    if (typeof lock === 'string') throw historyInUse(folder, lock);
    unlock = lock;
    const path = join(folder, FILE);
    const is_ours = checkHeader(path, folder);
    let damaged = false;
    try {
      database = openFile(path, driver, folder);
      damaged = damageIn(database);
    } catch (error) {
      if (!is_ours || !isDamage(error)) throw error;
      damaged = true;
    }
    if (damaged) {
      database?.close();
      database = undefined;
      database = salvageFile(path, driver, folder);
    }
    if (database === undefined) throw new Error('it was not opened');
    return new SqliteStore(path, driver, database, unlock, damaged ? 1 : 0);
  } catch (error) {
    database?.close();
    unlock();
    throw error instanceof CodedError ? error : historyUnusable(folder, error);
  }
}

/** Makes a folder, and those above it. Node 20's own way never ends where the kernel takes none, as below /proc. */
function makeFolder(folder: string): void {
  if (existsSync(folder)) return;
  const above = dirname(folder);
  if (above !== folder) makeFolder(above);
  mkdirSync(folder, { mode: 0o700 });
}

function openFile(path: string, driver: Driver, folder: string): Database {
  const database = driver.open(path);
  try {
    // Held for good: no one else comes in between, and nothing has to be read twice.
    database.exec('PRAGMA locking_mode = EXCLUSIVE');
    migrate(database, folder);
    database.exec('PRAGMA journal_mode = WAL');
    database.exec('PRAGMA synchronous = FULL');
    database.exec(`PRAGMA cache_size = ${-CACHE_BYTES / 1024}`);
    database.exec(`PRAGMA wal_autocheckpoint = ${CHECKPOINT_PAGES}`);
    return database;
  } catch (error) {
    database.close();
    throw error;
  }
}

/** What is needed to go on writing, read once: whether it is damaged. Of the blocks, each is looked at when it is read. */
function damageIn(database: Database): boolean {
  try {
    for (const table of ['tracks', 'figures', 'journal', 'due', 'floors'])
      database.prepare(`SELECT * FROM ${table}`).all();
    database.prepare('SELECT count(*) FROM events').get();
    return false;
  } catch (error) {
    if (isDamage(error)) return true;
    throw error;
  }
}

/** Sets a damaged file aside, as it is, and puts what can be read of it into a new one. */
function salvageFile(path: string, driver: Driver, folder: string): Database {
  const made_path = `${path}.new`;
  // Even to open a file may change it.
  const copy_path = `${path}.copy`;
  const remove = () => {
    for (const each of [made_path, copy_path])
      for (const ending of ['', ...BESIDE]) rmSync(`${each}${ending}`, { recursive: true, force: true });
  };
  remove();
  try {
    for (const ending of ['', '-wal']) {
      if (!existsSync(`${path}${ending}`)) continue;
      copyFileSync(`${path}${ending}`, `${copy_path}${ending}`, constants.COPYFILE_FICLONE);
    }
    fillUp(copy_path);
    const made = openFile(made_path, driver, folder);
    try {
      made.exec('BEGIN IMMEDIATE');
      const damaged = driver.open(copy_path);
      try {
        damaged.exec('PRAGMA locking_mode = EXCLUSIVE');
        salvage(damaged, made);
      } finally {
        damaged.close();
      }
      salvageBlocks(copy_path, made);
      reserveNumbers(made);
      made.exec('COMMIT');
    } finally {
      made.close();
    }
    const aside = `${path}.damaged-${Date.now()}`;
    for (const ending of ['', '-wal']) {
      if (existsSync(`${path}${ending}`)) renameSync(`${path}${ending}`, `${aside}${ending}`);
    }
    renameSync(made_path, path);
  } finally {
    remove();
  }
  return openFile(path, driver, folder);
}

/** Of a file that was cut off SQLite reads nothing; of one as long as its head says, what is not nought. */
function fillUp(path: string): void {
  const head = Buffer.alloc(100);
  const file = openSync(path, 'r+');
  try {
    readSync(file, head, 0, head.length, 0);
    const page_bytes = head.readUInt16BE(PAGE_BYTES_AT);
    // 65,536 does not fit, and is told as 1.
    const size = head.readUInt32BE(PAGES_AT) * (page_bytes === 1 ? 65_536 : page_bytes);
    if (size > fstatSync(file).size) ftruncateSync(file, size);
  } finally {
    closeSync(file);
  }
}

/**
 * Looks at the head of a file before SQLite does, which takes a short file for an empty one; one of ours is never so short.
 *
 * @returns whether it is one of ours
 */
function checkHeader(path: string, folder: string): boolean {
  const size = statSync(path, { throwIfNoEntry: false })?.size ?? 0;
  if (size === 0) return false;
  const head = Buffer.alloc(100);
  const file = openSync(path, 'r');
  try {
    readSync(file, head, 0, head.length, 0);
  } finally {
    closeSync(file);
  }
  if (head.toString('latin1', 0, 16) !== 'SQLite format 3\0') throw new Error('history.db is no database of SQLite');
  const is_ours = head.readUInt32BE(APPLICATION_ID_AT) === APPLICATION_ID;
  const version = head.readUInt32BE(USER_VERSION_AT);
  if (is_ours && version > SCHEMA_VERSION) throw historyNewer(folder, version, SCHEMA_VERSION);
  return is_ours;
}

class SqliteStore implements Store {
  readonly engine: string;
  damaged: number;
  renewed: number;
  readonly #path: string;
  readonly #driver: Driver;
  #database: Database;
  readonly #unlock: () => void;
  readonly #statements = new Map<string, Statement>();
  #events: number;
  #closed = false;
  #copying: Promise<void> | undefined;

  constructor(path: string, driver: Driver, database: Database, unlock: () => void, damaged: number) {
    this.#path = path;
    this.#driver = driver;
    this.damaged = damaged;
    this.renewed = damaged;
    this.#database = database;
    this.#unlock = unlock;
    const version = String(this.#get('SELECT sqlite_version() AS version')?.['version']);
    this.engine = `SQLite ${version} (${driver.name})`;
    this.#events = this.#reads(() => Number(this.#get('SELECT count(*) AS n FROM events')?.['n'] ?? 0), 0);
  }

  async tracks(): Promise<Track[]> {
    return this.#rows('SELECT number, family, source FROM tracks', (row) => ({
      number: Number(row['number']),
      family: String(row['family']),
      source: String(row['source']),
    }));
  }

  async figures(): Promise<Figure[]> {
    return this.#rows('SELECT number, path FROM figures', (row) => ({
      number: Number(row['number']),
      path: String(row['path']),
    }));
  }

  async journal(): Promise<{ number: number; bytes: Uint8Array }[]> {
    return this.#rows('SELECT number, bytes FROM journal ORDER BY number', (row) => ({
      number: Number(row['number']),
      bytes: bytesIn(row),
    }));
  }

  async due(): Promise<Due[]> {
    return this.#rows('SELECT place, due_ms FROM due', (row) => ({
      ...placeOf(Number(row['place'])),
      due_ms: Number(row['due_ms']),
    }));
  }

  async floors(): Promise<Map<number, number>> {
    const rows = this.#rows('SELECT level, from_ms FROM floors', (row) => row);
    return new Map(rows.map((row) => [Number(row['level']), Number(row['from_ms'])]));
  }

  async block(place: BlockPlace): Promise<Uint8Array | undefined> {
    const read = () => this.#get('SELECT bytes FROM blocks WHERE place = ?', placeNumber(place));
    const row = this.#reads(read, undefined);
    return row === undefined ? undefined : bytesIn(row);
  }

  async oldest(level: number): Promise<number | undefined> {
    const sql = 'SELECT place FROM blocks WHERE place >= ? AND place < ? ORDER BY place LIMIT 1';
    const from = placeNumber({ level, track: 0, start_ms: 0 });
    const to = placeNumber({ level: level + 1, track: 0, start_ms: 0 });
    const row = this.#reads(() => this.#get(sql, from, to), undefined);
    return row === undefined ? undefined : placeOf(Number(row['place'])).start_ms;
  }

  async events({ from_ms, to_ms, families, source, limit }: EventQuery) {
    const where = [
      'time_ms >= ? AND time_ms < ?',
      `family IN (${families.map(() => '?').join(', ')})`,
      ...(source === undefined ? [] : ['source = ?']),
    ].join(' AND ');
    const values = [from_ms, to_ms, ...families, ...(source === undefined ? [] : [source])];
    const rows = this.#reads(
      () =>
        this.#all(`SELECT * FROM events WHERE ${where} ORDER BY time_ms DESC, number DESC LIMIT ?`, ...values, limit),
      [],
    );
    const all = this.#reads(
      () => Number(this.#get(`SELECT count(*) AS n FROM events WHERE ${where}`, ...values)?.['n']),
      0,
    );
    return { events: rows.map(eventIn).reverse(), left_out: Math.max(0, all - rows.length) };
  }

  async lastEvent(family: string, source: string, until_ms: number): Promise<PastEvent | undefined> {
    const sql =
      'SELECT * FROM events WHERE source = ? AND family = ? AND time_ms <= ? ORDER BY time_ms DESC, number DESC LIMIT 1';
    const row = this.#reads(() => this.#get(sql, source, family, until_ms), undefined);
    return row === undefined ? undefined : eventIn(row);
  }

  async oldestEvent(): Promise<number | undefined> {
    const row = this.#reads(() => this.#get('SELECT time_ms FROM events ORDER BY time_ms LIMIT 1'), undefined);
    return row === undefined ? undefined : Number(row['time_ms']);
  }

  async commit(change: Change): Promise<void> {
    try {
      this.#commit(change);
    } catch (error) {
      if (!isDamage(error)) throw error;
      this.#setAside();
      this.#commit(change);
    }
  }

  /** Goes on in a new file with what is whole. */
  #setAside(): void {
    this.damaged++;
    this.renewed++;
    this.#statements.clear();
    this.#database.close();
    this.#database = salvageFile(this.#path, this.#driver, dirname(this.#path));
  }

  #commit(change: Change): void {
    const { tracks, figures, journal, journal_from, blocks, remove, due, done, floors, events } = change;
    this.#transaction(() => {
      for (const { number, family, source } of tracks ?? [])
        this.#run('INSERT OR REPLACE INTO tracks VALUES (?, ?, ?)', number, family, source);
      for (const { number, path } of figures ?? [])
        this.#run('INSERT OR REPLACE INTO figures VALUES (?, ?)', number, path);
      if (journal !== undefined)
        this.#run('INSERT OR REPLACE INTO journal VALUES (?, ?)', journal.number, journal.bytes);
      if (journal_from !== undefined) this.#run('DELETE FROM journal WHERE number < ?', journal_from);
      for (const block of blocks ?? [])
        this.#run('INSERT OR REPLACE INTO blocks VALUES (?, ?)', placeNumber(block), block.bytes);
      for (const place of remove ?? []) this.#run('DELETE FROM blocks WHERE place = ?', placeNumber(place));
      for (const place of done ?? []) this.#run('DELETE FROM due WHERE place = ?', placeNumber(place));
      for (const place of due ?? [])
        this.#run('INSERT OR IGNORE INTO due VALUES (?, ?)', placeNumber(place), place.due_ms);
      for (const { level, from_ms } of floors ?? []) {
        this.#run('INSERT OR REPLACE INTO floors VALUES (?, ?)', level, from_ms);
        const [from, to] = [0, from_ms].map((start_ms) => placeNumber({ level, track: 0, start_ms }));
        this.#run('DELETE FROM blocks WHERE place >= ? AND place < ?', from ?? 0, to ?? 0);
      }
      for (const { time_ms, family, source, ref, mark, body } of events ?? [])
        this.#run(
          'INSERT OR IGNORE INTO events (time_ms, family, source, ref, mark, body) VALUES (?, ?, ?, ?, ?, ?)',
          ...[time_ms, family, source, ref, mark, body],
        );
    });
    if (events !== undefined && events.length > 0) this.#boundEvents(events.length);
  }

  async usedBytes(): Promise<number> {
    const pragma = (name: string) => Number(this.#get(`PRAGMA ${name}`)?.[name] ?? 0);
    return (pragma('page_count') - pragma('freelist_count')) * pragma('page_size');
  }

  async backup(path: string): Promise<void> {
    await this.#copying;
    this.#copying = this.#copy(path);
    try {
      await this.#copying;
    } finally {
      this.#copying = undefined;
    }
  }

  /**
   * What is committed goes over into the file, which then stays as it is until it is copied: what comes meanwhile stands
   * beside it.
   */
  async #copy(path: string): Promise<void> {
    const made = `${path}.part`;
    try {
      this.#database.exec('PRAGMA wal_autocheckpoint = 0');
      this.#all('PRAGMA wal_checkpoint(TRUNCATE)');
      await copyFile(this.#path, made, constants.COPYFILE_FICLONE);
      if (statSync(path, { throwIfNoEntry: false }) !== undefined) throw new Error('there is such a file');
      await rename(made, path);
    } catch (error) {
      await rm(made, { force: true });
      throw backupFailed(path, error);
    } finally {
      if (!this.#closed) this.#database.exec(`PRAGMA wal_autocheckpoint = ${CHECKPOINT_PAGES}`);
    }
  }

  async close(): Promise<void> {
    await this.#copying?.catch(() => {});
    if (this.#closed) return;
    this.#closed = true;
    this.#statements.clear();
    this.#database.close();
    this.#unlock();
  }

  #boundEvents(added: number): void {
    this.#events += added;
    if (this.#events <= EVENTS_MAX) return;
    this.#run(
      'DELETE FROM events WHERE number IN (SELECT number FROM events ORDER BY time_ms LIMIT ?)',
      Math.max(EVENTS_STEP, this.#events - EVENTS_MAX),
    );
    this.#events = Number(this.#get('SELECT count(*) AS n FROM events')?.['n'] ?? 0);
  }

  #transaction(work: () => void): void {
    this.#database.exec('BEGIN IMMEDIATE');
    try {
      work();
      this.#database.exec('COMMIT');
    } catch (error) {
      try {
        this.#database.exec('ROLLBACK');
      } catch {
        // SQLite has done so itself, as when the disk is full.
      }
      throw error;
    }
  }

  /** Reads something; what is damaged is counted and left out. */
  #reads<T>(read: () => T, otherwise: T): T {
    try {
      return read();
    } catch {
      this.damaged++;
      return otherwise;
    }
  }

  /** All rows of a table as far as they can be read. */
  #rows<T>(sql: string, make: (row: Row) => T): T[] {
    return this.#reads(() => this.#all(sql), []).map(make);
  }

  #run(sql: string, ...values: readonly Value[]): void {
    this.#prepared(sql).run(...values);
  }

  #get(sql: string, ...values: readonly Value[]): Row | undefined {
    return this.#prepared(sql).get(...values);
  }

  #all(sql: string, ...values: readonly Value[]): Row[] {
    return this.#prepared(sql).all(...values);
  }

  /** Statements are few: each is one of the texts above. */
  #prepared(sql: string): Statement {
    const known = this.#statements.get(sql);
    if (known !== undefined) return known;
    const statement = this.#database.prepare(sql);
    this.#statements.set(sql, statement);
    return statement;
  }
}

function bytesIn(row: Row): Uint8Array {
  const { bytes } = row;
  return bytes instanceof Uint8Array ? bytes : new Uint8Array(0);
}

function eventIn(row: Row): PastEvent {
  return {
    time_ms: Number(row['time_ms']),
    family: String(row['family']),
    source: String(row['source']),
    ref: String(row['ref']),
    mark: String(row['mark']),
    body: String(row['body']),
  };
}
