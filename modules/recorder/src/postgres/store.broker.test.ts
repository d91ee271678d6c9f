// The store on a real PostgreSQL: what it promises, and what it does when that is killed, or is somebody else's.

import { type PrivatePostgres, startPostgres } from '@ganglion/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { blockBytes, eventAt, placeAt, storeConformance } from '../store-conformance-under-test.ts';
import { ask, freshPast, reads } from './postgres-under-test.ts';
import { openPostgres } from './store.ts';

let server: PrivatePostgres;

beforeAll(async () => {
  server = await startPostgres();
});
afterAll(() => server?.stop());

storeConformance('PostgreSQL', { fresh: () => freshPast(server), in_use_code: 'HISTORY_DATABASE_IN_USE' });

describe('a database', () => {
  it('holds blocks in parts by level and time, and drops those that are let go', async () => {
    const database = await server.freshDatabase();
    const store = await openPostgres({ database });
    const parts = async () =>
      (await ask(database, `SELECT relname FROM pg_class WHERE relname ~ '^blocks_' AND relkind = 'r'`))
        .map(({ relname }) => relname)
        .sort();
    const hours = [0, 1, 2, 3];
    await store.commit({
      blocks: hours.map((hour) => ({ ...placeAt(0), start_ms: hour * 3_600_000, bytes: blockBytes(1) })),
    });
    expect(await parts()).toEqual(['blocks_0_0', 'blocks_0_120', 'blocks_0_180', 'blocks_0_60']);
    await store.commit({ floors: [{ level: 0, from_ms: 2 * 3_600_000 }] });
    expect(await parts()).toEqual(['blocks_0_120', 'blocks_0_180']);
    await store.close();
  });

  it('is written to while somebody reads all of it, as a dump, and drops its old parts when that has ended', async () => {
    const database = await server.freshDatabase();
    const store = await openPostgres({ database });
    await store.commit({ blocks: [{ ...placeAt(0), bytes: blockBytes(1) }] });
    const letGo = await reads(database, 'ganglion_history.blocks');
    await store.commit({ floors: [{ level: 0, from_ms: 3_600_000 }] });
    await store.commit({ blocks: [{ ...placeAt(90), bytes: blockBytes(2) }] });
    expect(await store.block(placeAt(0))).toBeUndefined();
    expect(await store.block(placeAt(90))).toBeDefined();
    await letGo();
    await store.commit({ floors: [{ level: 0, from_ms: 3_660_000 }] });
    expect(await ask(database, `SELECT 1 FROM pg_class WHERE relname = 'blocks_0_0'`)).toEqual([]);
    await store.close();
  });

  it('that is killed refuses what is written, and goes on where it was when it is back', async () => {
    const database = await server.freshDatabase();
    const store = await openPostgres({ database });
    await store.commit({ blocks: [{ ...placeAt(1), bytes: blockBytes(1) }] });
    await server.kill();
    const lost = { code: 'HISTORY_DATABASE_UNREACHABLE' };
    const change = { blocks: [{ ...placeAt(2), bytes: blockBytes(2) }] };
    await expect(store.commit(change)).rejects.toMatchObject(lost);
    await expect(store.block(placeAt(1))).rejects.toMatchObject(lost);
    await server.start();
    await store.commit(change);
    expect(Buffer.from((await store.block(placeAt(1))) ?? [])).toEqual(Buffer.from(blockBytes(1)));
    expect(Buffer.from((await store.block(placeAt(2))) ?? [])).toEqual(Buffer.from(blockBytes(2)));
    await store.close();
  });

  it('that another recorder had meanwhile is not written to any more', async () => {
    const database = await server.freshDatabase();
    const store = await openPostgres({ database });
    const cut = `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name LIKE 'ganglion recorder%' AND datname = current_database()`;
    await ask(database, cut);
    const other = await openPostgres({ database });
    const change = { blocks: [{ ...placeAt(2), bytes: blockBytes(2) }] };
    await expect(store.commit(change)).rejects.toMatchObject({ code: 'HISTORY_DATABASE_IN_USE' });
    await other.close();
    await expect(store.commit(change)).rejects.toMatchObject({ code: 'HISTORY_DATABASE_TAKEN' });
    await store.close();
  });

  it.each([
    ['another password', 'HISTORY_DATABASE_REFUSED', (url: string) => url.replace(/:[0-9a-f]+@/, ':s3cret-but-wrong@')],
    ['no password', 'HISTORY_DATABASE_REFUSED', (url: string) => url.replace(/:[0-9a-f]+@/, '@')],
    ['another name', 'HISTORY_DATABASE_REFUSED', (url: string) => `${url}_not`],
    ['a port where nobody is', 'HISTORY_DATABASE_UNREACHABLE', (url: string) => url.replace(/:\d+\//, ':1/')],
    ['no such address', 'HISTORY_DATABASE_INVALID', (url: string) => url.replace('postgres:', 'mysql:')],
  ])('with %s is refused in one line, without the password', async (_, code, change) => {
    const database = change(await server.freshDatabase());
    const thrown = await openPostgres({ database }).then(
      () => undefined,
      (error: unknown) => error,
    );
    expect(thrown).toMatchObject({ code });
    expect(String(thrown)).not.toMatch(/\n/);
    expect(String(thrown)).not.toContain('s3cret');
    expect(String(thrown)).not.toContain(server.password);
  });

  it('is spoken to with TLS where that is wanted, and not at all where nobody vouches for it', async () => {
    await using safe = await startPostgres({ tls: true });
    const database = await safe.freshDatabase();
    const store = await openPostgres({ database: `${database}?sslmode=require` });
    const ours = `SELECT DISTINCT ssl FROM pg_stat_ssl JOIN pg_stat_activity USING (pid) WHERE application_name LIKE 'ganglion%'`;
    expect(await ask(database, ours)).toEqual([{ ssl: true }]);
    await store.close();
    const refused = (why: string) => ({ code: 'HISTORY_DATABASE_REFUSED', message: expect.stringContaining(why) });
    const unknown = openPostgres({ database: `${database}?sslmode=verify-full` });
    await expect(unknown).rejects.toMatchObject(refused('certificate'));
    const unsafe = openPostgres({ database: `${await server.freshDatabase()}?sslmode=require` });
    await expect(unsafe).rejects.toMatchObject(refused('does not support SSL'));
  });

  it('where another program has taken our name is left as it is', async () => {
    const database = await server.freshDatabase();
    await ask(database, 'CREATE SCHEMA ganglion_history; CREATE TABLE ganglion_history.theirs (it integer)');
    await expect(openPostgres({ database })).rejects.toMatchObject({ code: 'HISTORY_DATABASE_UNUSABLE' });
    expect(await ask(database, `SELECT tablename FROM pg_tables WHERE schemaname = 'ganglion_history'`)).toEqual([
      { tablename: 'theirs' },
    ]);
  });

  it('is backed up by its own tools while it is written to, and a copy goes on as the past that it was', async () => {
    const database = await server.freshDatabase();
    const store = await openPostgres({ database });
    await expect(store.backup('/backups/x')).rejects.toMatchObject({
      code: 'BACKUP_BY_DATABASE',
      message: expect.stringContaining('pg_dump --schema ganglion_history'),
    });
    const places = Array.from({ length: 200 }, (_, n) => placeAt(n));
    await store.commit({
      blocks: places.map((place, n) => ({ ...place, bytes: blockBytes(n) })),
      events: [eventAt(1)],
    });
    await store.commit({ floors: [{ level: 0, from_ms: 30 * 60_000 }] });
    await store.commit({ blocks: [{ ...placeAt(3), bytes: blockBytes(3) }] });
    const copied = server.copyOf(database, 'ganglion_history');
    await store.commit({ blocks: [{ ...placeAt(9_999), bytes: blockBytes(1) }] });
    const copy = await openPostgres({ database: await copied });
    for (const [n, place] of places.entries()) {
      const bytes = await copy.block(place);
      if (place.start_ms < 30 * 60_000 && n !== 3) expect(bytes).toBeUndefined();
      else expect(Buffer.from(bytes ?? [])).toEqual(Buffer.from(blockBytes(n)));
    }
    // New blocks, new parts, new events, and letting go of the old.
    await copy.commit({ blocks: [{ ...placeAt(5_000), bytes: blockBytes(2) }], events: [eventAt(1), eventAt(2)] });
    await copy.commit({ floors: [{ level: 0, from_ms: 24 * 3_600_000 }] });
    expect(await copy.oldest(0)).toBe(placeAt(5_000).start_ms);
    const all = await copy.events({ from_ms: 0, to_ms: 10, families: ['alert'], limit: 9 });
    expect(all.events).toEqual([eventAt(1), eventAt(2)]);
    await copy.close();
    await store.close();
  });
});
