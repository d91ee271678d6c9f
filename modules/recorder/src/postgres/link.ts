// One connection to PostgreSQL, made when it is first needed and made anew after it was lost.

import { CodedError } from '@ganglion/kernel';
import { Client } from 'pg';
import { historyDatabaseFailed, historyDatabaseRefused, historyDatabaseUnreachable } from '../errors.ts';
import type { Address } from './address.ts';

/** What a connection, an answer and an ordered end may take. */
const CONNECT_MS = 5_000;
const ANSWER_MS = 30_000;
const END_MS = 1_000;

/** The kernel's look after a connection on which nothing is said. */
const KEEP_ALIVE_MS = 10_000;

export type Row = Readonly<Record<string, unknown>>;

/** Asks something on an open connection. Rejects with what PostgreSQL says. */
export type Ask = (sql: string, values?: readonly unknown[]) => Promise<readonly Row[]>;

export interface LinkOptions {
  readonly address: Address;
  /** What the server calls it: `ganglion recorder 3f2a91c0 reads`. */
  readonly name: string;
  /** Called on each new connection before anything else. When it rejects, there is none. */
  readonly onConnected: (ask: Ask) => Promise<void>;
}

export class Link {
  readonly #options: LinkOptions;
  /** The last one that was made, as long as it is not lost. */
  #client: Client | undefined;
  /** The same, when it can be used. */
  #connected: Promise<Client> | undefined;
  /** The last transaction. */
  #last: Promise<unknown> = Promise.resolve();
  #closed = false;

  constructor(options: LinkOptions) {
    this.#options = options;
  }

  /**
   * Asks one thing. What is asked goes there at once and is answered in turn; so it is not to be asked beside a transaction, which it would
   * be part of.
   *
   * @throws CodedError `HISTORY_DATABASE_UNREACHABLE`, `HISTORY_DATABASE_REFUSED`, `HISTORY_DATABASE_FAILED`, and what
   * `onConnected` throws
   */
  ask(sql: string, values?: readonly unknown[]): Promise<readonly Row[]> {
    return this.#on((ask) => ask(sql, values));
  }

  /**
   * All or nothing of what is asked, one transaction after the other. Rejects as {@link Link.ask} does: then nothing was done, unless
   * the connection was lost in the very end, when nobody can know; so only what may be done twice is to be asked.
   */
  transaction(work: (ask: Ask) => Promise<void>): Promise<void> {
    const work_in_turn = () =>
      this.#on(async (ask) => {
        await ask('BEGIN');
        try {
          await work(ask);
          await ask('COMMIT');
        } catch (error) {
          // On a connection that is gone it is over by itself.
          await ask('ROLLBACK').catch(() => {});
          throw error;
        }
      });
    const done = this.#last.then(work_in_turn);
    this.#last = done.catch(() => {});
    return done;
  }

  /** Ends the connection. Safe to call twice. */
  async close(): Promise<void> {
    this.#closed = true;
    const client = await this.#connected?.catch(() => undefined);
    this.#connected = undefined;
    if (client === undefined) return;
    const late = setTimeout(() => client.connection.stream.destroy(), END_MS);
    await client.end().catch(() => {});
    clearTimeout(late);
  }

  async #on<T>(work: (ask: Ask) => Promise<T>): Promise<T> {
    try {
      if (this.#closed) throw new Error('it was closed');
      this.#connected ??= this.#connect();
      return await work(this.#asker(await this.#connected));
    } catch (error) {
      throw this.#told(error);
    }
  }

  async #connect(): Promise<Client> {
    const { address, name, onConnected } = this.#options;
    const { host, port, user, password, database, tls } = address;
    const client = new Client({
      ...{ host, port, database, application_name: name },
      ...(user !== undefined && { user }),
      ...(password !== undefined && { password }),
      ssl: tls === 'off' ? false : { rejectUnauthorized: tls === 'checked' },
      connectionTimeoutMillis: CONNECT_MS,
      query_timeout: ANSWER_MS,
      keepAlive: true,
      keepAliveInitialDelayMillis: KEEP_ALIVE_MS,
      pipeline: true,
    });
    const lose = () => this.#lose(client);
    client.on('error', lose);
    client.on('end', lose);
    this.#client = client;
    try {
      await client.connect();
      await onConnected(this.#asker(client));
      return client;
    } catch (error) {
      this.#drop(client);
      throw error;
    }
  }

  #asker(client: Client): Ask {
    return async (sql, values) => {
      try {
        return (await client.query(sql, values)).rows;
      } catch (error) {
        // What is no answer of the server leaves the connection in the middle of something.
        if (stateOf(error) === undefined) this.#drop(client);
        throw error;
      }
    };
  }

  #drop(client: Client): void {
    this.#lose(client);
    client.connection.stream.destroy();
  }

  #lose(client: Client): void {
    if (this.#client !== client) return;
    this.#client = undefined;
    this.#connected = undefined;
  }

  #told(error: unknown): CodedError {
    if (error instanceof CodedError) return error;
    const { shown } = this.#options.address;
    const state = stateOf(error);
    if (state === undefined ? !isNoWay(error) : AWAY.test(state)) return historyDatabaseUnreachable(shown, error);
    if (state === undefined || REFUSED.test(state)) return historyDatabaseRefused(shown, error);
    return historyDatabaseFailed(shown, error);
  }
}

/** Connection exceptions, too many connections, and a server that stops, has crashed or is starting. */
const AWAY = /^(08...|53300|57P0[123])$/;

/** Wrong user or password, no such database, no right to do it. */
const REFUSED = /^(28...|3D000|42501)$/;

/** Whether it went wrong on the way so that it will again: a certificate that is not trusted, no TLS there, no password given. */
function isNoWay(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  const code = 'code' in error ? String(error.code) : '';
  return /CERT|SELF_SIGNED|^UNABLE_TO_|^ERR_TLS/.test(code) || /^SASL|does not support SSL/.test(error.message);
}

/** The SQLSTATE of what PostgreSQL itself has said; undefined for what went wrong on the way. */
export function stateOf(error: unknown): string | undefined {
  if (!(error instanceof Error) || !('code' in error) || !('severity' in error)) return undefined;
  return typeof error.code === 'string' ? error.code : undefined;
}
