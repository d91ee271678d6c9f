// What keeps the past, by the settings: a folder or a database. One that is out of reach is waited for, as the bus waits for its broker.

import { CodedError, type Log, LogLimiter, readSecret, reasonOf } from '@ganglion/kernel';
import { type Config, historyFolder } from './settings.ts';
import { openSqlite } from './sqlite/store.ts';
import type { Store } from './store.ts';

/** Between two tries to reach a database. */
const AGAIN_MS = 1_000;

/** What else keeps it from being opened is said so often at most. */
const FAULTS_EVERY_MS = 60_000;

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

/**
 * Something that is opened now, or as soon as what it needs is back. That it has to wait is said once; what else is in its way, each
 * minute at most.
 */
export class Opening<T> {
  #opened: T | undefined;
  #fault: CodedError | undefined;
  /** When it is there. */
  #later: Promise<T> = new Promise(() => {});

  /** Resolves when it is open, or waits. Rejects with what is not worth to wait for. */
  static async of<T>(
    open: () => Promise<T>,
    options: { readonly log: Log; readonly stopping: AbortSignal },
  ): Promise<Opening<T>> {
    const opening = new Opening<T>();
    try {
      opening.#opened = await open();
    } catch (error) {
      if (!isOutOfReach(error)) throw error;
      opening.#fault = error;
      options.log.warn({ code: error.code }, error.message);
      opening.#later = opening.#tryAgain(open, options);
    }
    return opening;
  }

  /** Does something with it, as soon as it is there. */
  async with<R>(work: (opened: T) => Promise<R>): Promise<R> {
    return work(this.#opened ?? (await this.#later));
  }

  /** What is open. Throws why it is not. */
  get now(): T {
    if (this.#opened === undefined) throw this.#fault;
    return this.#opened;
  }

  /** Never settles when it is stopped before. */
  async #tryAgain(
    open: () => Promise<T>,
    { log, stopping }: { readonly log: Log; readonly stopping: AbortSignal },
  ): Promise<T> {
    const limiter = new LogLimiter(FAULTS_EVERY_MS);
    for (;;) {
      await new Promise((resolve) => setTimeout(resolve, AGAIN_MS).unref());
      if (stopping.aborted) return new Promise(() => {});
      try {
        this.#opened = await open();
        return this.#opened;
      } catch (error) {
        if (isOutOfReach(error)) continue;
        if (error instanceof CodedError) this.#fault = error;
        if (limiter.pass('fault') === undefined) continue;
        log.error({ code: error instanceof CodedError ? error.code : undefined }, reasonOf(error));
      }
    }
  }
}
