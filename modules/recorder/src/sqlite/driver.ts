// SQLite by whichever of three doors is open: the one that Node has, from 22.13 on; better-sqlite3, where its owner has installed
// it; and SQLite as WebAssembly, which needs nothing but Node and is always there. All three read the same file, and are asked in the same
// words.

import { rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { historyUnavailable } from '../errors.ts';

/** A value in a row. */
export type Value = number | string | Uint8Array | null;

export type Row = Readonly<Record<string, Value | bigint>>;

export interface Statement {
  run(...values: readonly Value[]): void;
  all(...values: readonly Value[]): Row[];
  get(...values: readonly Value[]): Row | undefined;
}

/** One open file. */
export interface Database {
  exec(sql: string): void;
  prepare(sql: string): Statement;
  close(): void;
}

export interface Driver {
  /** `node:sqlite`, `better-sqlite3`, `node-sqlite3-wasm`. */
  readonly name: string;
  /** Opens a file; makes it when it is not there. Throws what SQLite says. */
  open(path: string): Database;
}

export const DRIVERS = ['node:sqlite', 'better-sqlite3', 'node-sqlite3-wasm'] as const;

export type DriverName = (typeof DRIVERS)[number];

/**
 * The first of some drivers that is there.
 *
 * @throws CodedError `HISTORY_UNAVAILABLE`
 */
export function findDriver(names: readonly DriverName[] = DRIVERS): Driver {
  const missing: string[] = [];
  for (const name of names) {
    try {
      return MAKERS[name](createRequire(import.meta.url));
    } catch (error) {
      missing.push(`${name}: ${error instanceof Error ? (error.message.split('\n')[0] ?? '') : error}`);
    }
  }
  throw historyUnavailable(missing.join(', '));
}

/** Of node:sqlite and better-sqlite3 what we use, which is the same in both. */
interface NativeDatabase {
  exec(sql: string): void;
  prepare(sql: string): {
    run(...values: readonly Value[]): unknown;
    all(...values: readonly Value[]): unknown[];
    get(...values: readonly Value[]): unknown;
  };
  close(): void;
}

type Require = (name: string) => unknown;

const MAKERS: Readonly<Record<DriverName, (require: Require) => Driver>> = {
  'node:sqlite': (require) => {
    const { DatabaseSync } = quietly(() => require('node:sqlite')) as {
      DatabaseSync: new (path: string) => NativeDatabase;
    };
    return { name: 'node:sqlite', open: (path) => native(new DatabaseSync(path)) };
  },
  'better-sqlite3': (require) => {
    const Opened = require('better-sqlite3') as new (path: string) => NativeDatabase;
    // Whether its binary is there and fits is only known when it is used.
    new Opened(':memory:').close();
    return { name: 'better-sqlite3', open: (path) => native(new Opened(path)) };
  },
  'node-sqlite3-wasm': (require) => {
    const { Database } = require('node-sqlite3-wasm') as { Database: new (path: string) => WasmDatabase };
    return {
      name: 'node-sqlite3-wasm',
      open: (path) => {
        // It locks by a folder, which stays when its process is killed. Who opens holds a lock of our own.
        rmSync(`${path}.lock`, { recursive: true, force: true });
        return wasm(new Database(path));
      },
    };
  },
};

/** Does something without the warning that it is new: which Node has it is known. */
function quietly<T>(work: () => T): T {
  const { emitWarning } = process;
  process.emitWarning = () => {};
  try {
    return work();
  } finally {
    process.emitWarning = emitWarning;
  }
}

function native(database: NativeDatabase): Database {
  return {
    exec: (sql) => database.exec(sql),
    prepare: (sql) => {
      const statement = database.prepare(sql);
      return {
        run: (...values) => void statement.run(...values),
        all: (...values) => statement.all(...values) as Row[],
        get: (...values) => statement.get(...values) as Row | undefined,
      };
    },
    close: () => database.close(),
  };
}

interface WasmStatement {
  run(values: readonly Value[]): unknown;
  all(values: readonly Value[]): unknown[];
  get(values: readonly Value[]): unknown;
  finalize(): void;
}

interface WasmDatabase {
  exec(sql: string): void;
  prepare(sql: string): WasmStatement;
  close(): void;
}

function wasm(database: WasmDatabase): Database {
  const statements: WasmStatement[] = [];
  let closed = false;
  return {
    exec: (sql) => database.exec(sql),
    prepare: (sql) => {
      const statement = database.prepare(sql);
      statements.push(statement);
      return {
        run: (...values) => void statement.run(values),
        all: (...values) => statement.all(values) as Row[],
        // All of it: a statement that was not read to its end would keep the transaction open.
        get: (...values) => statement.all(values)[0] as Row | undefined,
      };
    },
    close: () => {
      if (closed) return;
      closed = true;
      // Its memory is not the garbage collector's.
      for (const statement of statements) {
        try {
          statement.finalize();
        } catch {
          // It says once more what was wrong with it.
        }
      }
      database.close();
    },
  };
}
