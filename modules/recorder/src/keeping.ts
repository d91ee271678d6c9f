// What keeps the past, by the settings: a folder or a database. One that is out of reach is waited for, as the bus waits for its broker.

import { CodedError, readSecret } from '@ganglion/kernel';
import { type Config, historyFolder } from './settings.ts';
import { openSqlite } from './sqlite/store.ts';
import type { Store } from './store.ts';

/** Between two tries to reach a database. */
const AGAIN_MS = 1_000;

/** Where the past is, and how it is opened. */
export interface Keeping {
  /** For people: the folder, or the database without its user and password. */
  readonly place: string;
  /** Undefined where it is a database. */
  readonly folder: string | undefined;
  /** Opens it. Throws what `openSqlite` and `openPostgres` do. */
  open(): Promise<Store>;
}

/**
 * What keeps the past by some settings.
 *
 * @throws CodedError `HISTORY_DATABASE_INVALID`, `SECRET_UNREADABLE`
 */
export async function keepingOf(config: Pick<Config, 'folder' | 'database' | 'database_password'>): Promise<Keeping> {
  const { database, database_password } = config;
  if (database === '') {
    const folder = historyFolder(config.folder);
    return { place: folder, folder, open: async () => openSqlite({ folder }) };
  }
  // Who has no database needs nothing of what speaks to one.
  const { addressOf, openPostgres } = await import('./postgres/index.ts');
  const password =
    database_password === undefined ? undefined : readSecret('recorder.database_password', database_password);
  const { shown } = addressOf(database, password);
  return { place: shown, folder: undefined, open: () => openPostgres({ database, password }) };
}

/** Whether it is worth to wait for what has thrown this. */
export function isOutOfReach(error: unknown): error is CodedError {
  return error instanceof CodedError && error.code === 'HISTORY_DATABASE_UNREACHABLE';
}

/** Tries again and again until something works or it is stopped; then it never settles. */
export async function untilItWorks<T>(
  work: () => Promise<T>,
  { stopping, onFault }: { readonly stopping: AbortSignal; readonly onFault: (error: unknown) => void },
): Promise<T> {
  for (;;) {
    await new Promise((resolve) => setTimeout(resolve, AGAIN_MS).unref());
    if (stopping.aborted) return new Promise(() => {});
    try {
      return await work();
    } catch (error) {
      onFault(error);
    }
  }
}
