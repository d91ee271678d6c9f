// The past in a database of PostgreSQL. One recorder uses it, and holds a lock there for as long as it is connected. It writes on one
// connection and reads on another, so that a question does not keep what comes waiting.

import { createHash, randomBytes } from 'node:crypto';
import { CodedError } from '@ganglion/kernel';
import { backupElsewhere, historyDatabaseInUse, historyDatabaseTaken } from '../errors.ts';
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
import { type Address, addressOf } from './address.ts';
import { type Ask, Link, type Row, stateOf } from './link.ts';
import { Partitions } from './partitions.ts';
import { migrate, SCHEMA } from './schema.ts';

/** The lock of a database's past: "GaHi", and one number more as PostgreSQL wants it. */
const LOCK = [0x47_61_48_69, 1] as const;

/** What one that was just killed may take until its lock is free. */
const LOCK_MS = 3_000;

/** What may wait for others to let go of a part; then it is let go of later. */
const DROP_MS = 200;

/** After so long without an answer from us, the server takes this connection for lost, and its lock is free. */
const SERVER_KEEP_ALIVE = { idle_s: 10, interval_s: 5, count: 3 };

export interface PostgresOptions {
  /** `postgres://user:password@host:port/name`. */
  readonly database: string;
  /** Where it is not part of it. */
  readonly password?: string | undefined;
}

/**
 * Opens the past in a database; makes its tables when they are not there.
 *
 * @throws CodedError `HISTORY_DATABASE_INVALID`, `HISTORY_DATABASE_UNREACHABLE`, `HISTORY_DATABASE_REFUSED`,
 * `HISTORY_DATABASE_IN_USE`, `HISTORY_DATABASE_UNUSABLE`, `HISTORY_DATABASE_FAILED`, `HISTORY_NEWER`
 */
export async function openPostgres({ database, password }: PostgresOptions): Promise<Store> {
  const store = new PostgresStore(addressOf(database, password));
  try {
    await store.open();
    return store;
  } catch (error) {
    await store.close();
    throw error;
  }
}

class PostgresStore implements Store {
  engine = 'PostgreSQL';
  damaged = 0;
  readonly renewed = 0;
  readonly #address: Address;
  /** What we are called in the database, on every connection of ours. */
  readonly #holder = randomBytes(8).toString('hex');
  readonly #writer: Link;
  readonly #reader: Link;
  /** As they are in the database; read anew with each connection, and after what has failed. */
  #partitions: Partitions | undefined;
  #floors: ReadonlyMap<number, number> = new Map();
  #events = 0;
  #was_open = false;

  constructor(address: Address) {
    this.#address = address;
    this.#writer = new Link({
      address,
      name: this.#nameOf('writes'),
      onConnected: async (ask) => {
        await begin(ask);
        await this.#takeOver(ask);
      },
    });
    this.#reader = new Link({ address, name: this.#nameOf('reads'), onConnected: begin });
  }

  async open(): Promise<void> {
    const [version] = await this.#writer.ask('SHOW server_version');
    this.engine = `PostgreSQL ${String(version?.['server_version']).split(' ')[0]}`;
    const [events] = await this.#writer.ask('SELECT count(*) AS n FROM events');
    this.#events = Number(events?.['n']);
    this.#was_open = true;
  }

  async tracks(): Promise<Track[]> {
    const rows = await this.#rows('SELECT number, family, source FROM tracks');
    return rows.map((row) => ({
      number: Number(row['number']),
      family: String(row['family']),
      source: String(row['source']),
    }));
  }

  async figures(): Promise<Figure[]> {
    const rows = await this.#rows('SELECT number, path FROM figures');
    return rows.map((row) => ({ number: Number(row['number']), path: String(row['path']) }));
  }

  async journal(): Promise<{ number: number; bytes: Uint8Array }[]> {
    const rows = await this.#rows('SELECT number, bytes FROM journal ORDER BY number');
    return rows.map((row) => ({ number: Number(row['number']), bytes: bytesIn(row) }));
  }

  async due(): Promise<Due[]> {
    const rows = await this.#rows('SELECT place, due_ms FROM due');
    return rows.map((row) => ({ ...placeOf(Number(row['place'])), due_ms: Number(row['due_ms']) }));
  }

  async floors(): Promise<Map<number, number>> {
    return floorsIn(await this.#rows('SELECT level, from_ms FROM floors'));
  }

  async block(place: BlockPlace): Promise<Uint8Array | undefined> {
    const stray = 'SELECT bytes FROM strays WHERE place = $1';
    const kept = `SELECT bytes FROM blocks WHERE place = $1 UNION ALL ${stray}`;
    const [row] = await this.#rows(this.#isLetGo(place) ? stray : kept, placeNumber(place));
    return row === undefined ? undefined : bytesIn(row);
  }

  async oldest(level: number): Promise<number | undefined> {
    const part = (table: string, from: string) =>
      `(SELECT place FROM ${table} WHERE place >= ${from} AND place < $2 ORDER BY place LIMIT 1)`;
    const [row] = await this.#rows(
      `SELECT min(place) AS place FROM (${part('blocks', '$3')} UNION ALL ${part('strays', '$1')}) AS firsts`,
      placeNumber({ level, track: 0, start_ms: 0 }),
      placeNumber({ level: level + 1, track: 0, start_ms: 0 }),
      this.#floorPlace(level),
    );
    return typeof row?.['place'] !== 'string' ? undefined : placeOf(Number(row['place'])).start_ms;
  }

  async events({ from_ms, to_ms, families, source, limit }: EventQuery) {
    const where = `time_ms >= $1 AND time_ms < $2 AND family = ANY($3::text[])${source === undefined ? '' : ' AND source = $4'}`;
    const values = [from_ms, to_ms, families, ...(source === undefined ? [] : [clean(source)])];
    const newest = `SELECT * FROM events WHERE ${where} ORDER BY time_ms DESC, number DESC LIMIT $${values.length + 1}`;
    const rows = await this.#rows(newest, ...values, limit);
    const [all] = await this.#rows(`SELECT count(*) AS n FROM events WHERE ${where}`, ...values);
    return { events: rows.map(eventIn).reverse(), left_out: Math.max(0, Number(all?.['n'] ?? 0) - rows.length) };
  }

  async lastEvent(family: string, source: string, until_ms: number): Promise<PastEvent | undefined> {
    const sql =
      'SELECT * FROM events WHERE source = $1 AND family = $2 AND time_ms <= $3 ORDER BY time_ms DESC, number DESC LIMIT 1';
    const [row] = await this.#rows(sql, clean(source), clean(family), until_ms);
    return row === undefined ? undefined : eventIn(row);
  }

  async oldestEvent(): Promise<number | undefined> {
    const [row] = await this.#rows('SELECT time_ms FROM events ORDER BY time_ms LIMIT 1');
    return row === undefined ? undefined : Number(row['time_ms']);
  }

  async commit(change: Change): Promise<void> {
    let partitions: Partitions | undefined;
    let events = 0;
    try {
      await this.#writer.transaction(async (ask) => {
        this.#partitions ??= await Partitions.read(ask);
        partitions = await this.#partitions.make(ask, this.#kept(change.blocks ?? []));
        await this.#change(ask, change, partitions);
        events = await addEvents(ask, change.events ?? []);
      });
    } catch (error) {
      // Nobody knows what is there now.
      this.#partitions = undefined;
      throw error;
    }
    this.#partitions = partitions;
    this.#events += events;
    if (change.floors !== undefined && change.floors.length > 0) {
      this.#floors = new Map([
        ...this.#floors,
        ...change.floors.map(({ level, from_ms }) => [level, from_ms] as const),
      ]);
      await this.#dropOld();
    }
    if (this.#events > EVENTS_MAX) await this.#boundEvents();
  }

  async #change(ask: Ask, change: Change, partitions: Partitions): Promise<void> {
    const { tracks, figures, journal, journal_from, remove, done, due, floors } = change;
    const blocks = [...byPlace(change.blocks ?? [])];
    const put = (table: string, rows: readonly (readonly [place: number, bytes: Uint8Array])[]) =>
      rows.length === 0
        ? undefined
        : ask(
            `INSERT INTO ${table} SELECT * FROM unnest($1::bigint[], $2::bytea[])
             ON CONFLICT (place) DO UPDATE SET bytes = excluded.bytes`,
            [rows.map(([place]) => place), rows.map(([, bytes]) => bufferOf(bytes))],
          );
    if (tracks !== undefined && tracks.length > 0) {
      const rows = [...new Map(tracks.map((track) => [track.number, track])).values()];
      await ask(
        `INSERT INTO tracks SELECT * FROM unnest($1::integer[], $2::text[], $3::text[])
         ON CONFLICT (number) DO UPDATE SET family = excluded.family, source = excluded.source`,
        [
          rows.map(({ number }) => number),
          rows.map(({ family }) => clean(family)),
          rows.map(({ source }) => clean(source)),
        ],
      );
    }
    if (figures !== undefined && figures.length > 0) {
      const rows = [...new Map(figures.map((figure) => [figure.number, figure])).values()];
      await ask(
        `INSERT INTO figures SELECT * FROM unnest($1::integer[], $2::text[])
         ON CONFLICT (number) DO UPDATE SET path = excluded.path`,
        [rows.map(({ number }) => number), rows.map(({ path }) => clean(path))],
      );
    }
    if (journal !== undefined) {
      await ask('INSERT INTO journal VALUES ($1, $2) ON CONFLICT (number) DO UPDATE SET bytes = excluded.bytes', [
        journal.number,
        bufferOf(journal.bytes),
      ]);
    }
    if (journal_from !== undefined) await ask('DELETE FROM journal WHERE number < $1', [journal_from]);
    const isPartOf = (place: number) => !this.#isLetGo(placeOf(place)) && partitions.has(placeOf(place));
    await put(
      'blocks',
      blocks.filter(([place]) => isPartOf(place)),
    );
    await put(
      'strays',
      blocks.filter(([place]) => !isPartOf(place)),
    );
    if (remove !== undefined && remove.length > 0) {
      const places = [remove.map(placeNumber)];
      await ask('DELETE FROM blocks WHERE place = ANY($1::bigint[])', places);
      await ask('DELETE FROM strays WHERE place = ANY($1::bigint[])', places);
    }
    if (done !== undefined && done.length > 0) {
      await ask('DELETE FROM due WHERE place = ANY($1::bigint[])', [done.map(placeNumber)]);
    }
    if (due !== undefined && due.length > 0) {
      await ask('INSERT INTO due SELECT * FROM unnest($1::bigint[], $2::bigint[]) ON CONFLICT DO NOTHING', [
        due.map(placeNumber),
        due.map(({ due_ms }) => Math.round(due_ms)),
      ]);
    }
    for (const { level, from_ms } of floors ?? []) {
      await ask('INSERT INTO floors VALUES ($1, $2) ON CONFLICT (level) DO UPDATE SET from_ms = excluded.from_ms', [
        level,
        from_ms,
      ]);
      // What is in a part goes with it, and is not read any more until then.
      const [from, to] = [0, from_ms].map((start_ms) => placeNumber({ level, track: 0, start_ms }));
      await ask('DELETE FROM strays WHERE place >= $1 AND place < $2', [from, to]);
    }
  }

  async usedBytes(): Promise<number> {
    const [row] = await this.#rows(
      `SELECT sum(pg_total_relation_size(oid)) AS bytes FROM pg_class WHERE relkind = 'r' AND relnamespace = '${SCHEMA}'::regnamespace`,
    );
    return Number(row?.['bytes'] ?? 0);
  }

  async backup(): Promise<void> {
    throw backupElsewhere(this.#address.shown);
  }

  async close(): Promise<void> {
    await Promise.all([this.#writer.close(), this.#reader.close()]);
  }

  /** On a new connection that writes: has the database for us alone, and knows what is in it. */
  async #takeOver(ask: Ask): Promise<void> {
    // Of one that was lost the server may not know yet, and still be at the last that it was asked.
    await ask(
      'SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = $1 AND pid <> pg_backend_pid()',
      [this.#nameOf('writes')],
    );
    await takeLock(ask, this.#address.shown);
    await migrate(ask, this.#address.shown);
    if (this.#was_open) {
      const [about] = await ask('SELECT holder FROM about');
      // Its numbers are others than ours by now.
      if (about?.['holder'] !== this.#holder) throw historyDatabaseTaken(this.#address.shown);
    } else await ask('UPDATE about SET holder = $1', [this.#holder]);
    this.#partitions = await Partitions.read(ask);
    this.#floors = floorsIn(await ask('SELECT level, from_ms FROM floors'));
  }

  #nameOf(what: 'reads' | 'writes'): string {
    return `ganglion recorder ${this.#holder} ${what}`;
  }

  #isLetGo({ level, start_ms }: BlockPlace): boolean {
    return start_ms < (this.#floors.get(level) ?? 0);
  }

  #kept<P extends BlockPlace>(places: readonly P[]): P[] {
    return places.filter((place) => !this.#isLetGo(place));
  }

  #floorPlace(level: number): number {
    return placeNumber({ level, track: 0, start_ms: this.#floors.get(level) ?? 0 });
  }

  /** Drops the parts that are below the floors. What somebody holds on to, as a dump does, goes another time. */
  async #dropOld(): Promise<void> {
    for (const name of this.#partitions?.below(this.#floors) ?? []) {
      try {
        await this.#writer.transaction(async (ask) => {
          await ask(`SET LOCAL lock_timeout = ${DROP_MS}`);
          await ask(`DROP TABLE ${name}`);
        });
        this.#partitions = this.#partitions?.without(name);
      } catch {
        // The change itself is made.
        return;
      }
    }
  }

  async #boundEvents(): Promise<void> {
    const oldest = 'SELECT number FROM events ORDER BY time_ms LIMIT $1';
    try {
      await this.#writer.transaction(async (ask) => {
        const many = Math.max(EVENTS_STEP, this.#events - EVENTS_MAX);
        await ask(`DELETE FROM events WHERE number IN (${oldest})`, [many]);
        const [row] = await ask('SELECT count(*) AS n FROM events');
        this.#events = Number(row?.['n']);
      });
    } catch {
      // They go with the next.
    }
  }

  /** Reads something; what is damaged is counted and left out. */
  async #rows(sql: string, ...values: readonly unknown[]): Promise<readonly Row[]> {
    try {
      return await this.#reader.ask(sql, values);
    } catch (error) {
      const state = error instanceof CodedError ? stateOf(error.cause) : undefined;
      if (state === undefined || !DAMAGED.test(state)) throw error;
      this.damaged++;
      return [];
    }
  }
}

/** PostgreSQL's "data corrupted" and "index corrupted". */
const DAMAGED = /^XX00[12]$/;

/** What holds for each connection of ours. */
async function begin(ask: Ask): Promise<void> {
  const { idle_s, interval_s, count } = SERVER_KEEP_ALIVE;
  await ask(`SET search_path = ${SCHEMA}`);
  await ask(`SET tcp_keepalives_idle = ${idle_s}`);
  await ask(`SET tcp_keepalives_interval = ${interval_s}`);
  await ask(`SET tcp_keepalives_count = ${count}`);
  // What is committed is on disk before we say so, whatever is usual in this database.
  await ask("SELECT set_config('synchronous_commit', 'on', false) WHERE current_setting('synchronous_commit') = 'off'");
}

/** @throws CodedError `HISTORY_DATABASE_IN_USE` */
async function takeLock(ask: Ask, shown: string): Promise<void> {
  await ask(`SET lock_timeout = ${LOCK_MS}`);
  try {
    await ask('SELECT pg_advisory_lock($1::integer, $2::integer)', LOCK);
  } catch (error) {
    if (stateOf(error) !== LOCK_NOT_AVAILABLE) throw error;
    const [holder] = await ask(
      `SELECT application_name, client_addr FROM pg_locks JOIN pg_stat_activity USING (pid)
       WHERE locktype = 'advisory' AND granted AND classid::bigint = $1 AND objid::bigint = $2
       AND pg_locks.database = (SELECT oid FROM pg_database WHERE datname = current_database())`,
      LOCK,
    );
    throw historyDatabaseInUse(shown, `${holder?.['application_name']} at ${holder?.['client_addr'] ?? 'its socket'}`);
  }
  await ask('SET lock_timeout = 0');
}

const LOCK_NOT_AVAILABLE = '55P03';

/** Adds events; returns how many of them are new. */
async function addEvents(ask: Ask, events: readonly PastEvent[]): Promise<number> {
  if (events.length === 0) return 0;
  const columns = (['time_ms', 'family', 'source', 'ref', 'mark', 'body'] as const).map((name) =>
    events.map((event) => (name === 'time_ms' ? Math.round(event.time_ms) : clean(event[name]))),
  );
  const added = await ask(
    `INSERT INTO events (time_ms, family, source, ref, mark, body, digest)
     SELECT * FROM unnest($1::bigint[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::bytea[])
     ON CONFLICT DO NOTHING RETURNING 1`,
    [...columns, events.map(digestOf)],
  );
  return added.length;
}

/** What tells an event from all others: an index takes no texts of any length. */
function digestOf({ family, source, ref, mark }: PastEvent): Buffer {
  return createHash('sha256')
    .update(JSON.stringify([family, source, ref, mark]))
    .digest();
}

/** PostgreSQL takes any character but one. */
function clean(text: string): string {
  return text.includes('\0') ? text.replaceAll('\0', '\uFFFD') : text;
}

function byPlace(blocks: readonly (BlockPlace & { readonly bytes: Uint8Array })[]): Map<number, Uint8Array> {
  return new Map(blocks.map((block) => [placeNumber(block), block.bytes]));
}

function bufferOf(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

function bytesIn(row: Row): Uint8Array {
  const { bytes } = row;
  return bytes instanceof Uint8Array ? bytes : new Uint8Array(0);
}

function floorsIn(rows: readonly Row[]): Map<number, number> {
  return new Map(rows.map((row) => [Number(row['level']), Number(row['from_ms'])]));
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
