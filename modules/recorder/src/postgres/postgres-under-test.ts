// A past in a real PostgreSQL.

import type { PrivatePostgres } from '@ganglion/testkit';
import { Client } from 'pg';
import { onTestFinished } from 'vitest';
import type { StoreUnderTest } from '../store-conformance-under-test.ts';
import { addressOf } from './address.ts';
import { openPostgres } from './store.ts';

/** A connection of a test's own. */
async function connect(database: string): Promise<Client> {
  const { host, port, user = '', password = '', database: name } = addressOf(database);
  const client = new Client({
    ...{ host, port, user, password, database: name, application_name: 'a test' },
    ...{ connectionTimeoutMillis: 10_000, query_timeout: 30_000, keepAlive: false, keepAliveInitialDelayMillis: 0 },
  });
  await client.connect();
  return client;
}

/** Asks a database something. */
export async function ask(database: string, sql: string): Promise<Record<string, unknown>[]> {
  const client = await connect(database);
  try {
    return (await client.query(sql)).rows;
  } finally {
    await client.end();
  }
}

/** Holds on to a table as who reads it does, as a dump. Returns what lets go of it. */
export async function reads(database: string, table: string): Promise<() => Promise<void>> {
  const client = await connect(database);
  await client.query(`BEGIN; LOCK TABLE ${table} IN ACCESS SHARE MODE`);
  return () => client.end();
}

/** What is left open is closed after the test, before the server is. */
export async function freshPast(server: PrivatePostgres): Promise<StoreUnderTest> {
  const database = await server.freshDatabase();
  return {
    open: async () => {
      const store = await openPostgres({ database });
      onTestFinished(() => store.close());
      return store;
    },
    makeNewer: async () => void (await ask(database, 'UPDATE ganglion_history.about SET version = 99')),
    contents: () => ask(database, 'SELECT place, bytes FROM ganglion_history.blocks'),
  };
}
