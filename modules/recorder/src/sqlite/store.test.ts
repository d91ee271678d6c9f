// The store on real files, by each SQLite that is here: what it promises, and what it does about files that are damaged or another's.

import {
  closeSync,
  existsSync,
  openSync,
  readdirSync,
  readFileSync,
  statSync,
  truncateSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, vi } from 'vitest';
import { BlockWriter, columnOf, LAST, SAMPLES, TIME } from '../block.ts';
import { freshFolder } from '../recording-under-test.ts';
import type { BlockPlace, PastEvent } from '../store.ts';
import { DRIVERS, type Driver, findDriver } from './driver.ts';
import { openSqlite } from './store.ts';

vi.setConfig({ testTimeout: 60_000 });

/** Those that this Node has. */
const drivers = DRIVERS.flatMap((name): Driver[] => {
  try {
    return [findDriver([name])];
  } catch {
    return [];
  }
});

const MINUTE_MS = 60_000;
const place = (n: number): BlockPlace => ({ level: 0, track: 1 + (n % 7), start_ms: MINUTE_MS * (1 + n) });
const writer = new BlockWriter();
/** A block as they are: some are longer than a page of the file. */
const bytesOf = (n: number) => {
  const rows = 40 + (n % 30);
  const column = (figure: number) =>
    Float64Array.from({ length: rows }, (_, i) => ((n + figure) * 7_919 + i * i * 31) % 9_973);
  return writer.write(
    SAMPLES,
    rows,
    new Map([
      [TIME, column(0)],
      ...[1, 2, 3, 4, 5].map((f) => [columnOf(f * (1 + (n % 9)), LAST), column(f)] as const),
    ]),
  );
};
const event = (n: number, more: Partial<PastEvent> = {}): PastEvent => ({
  ...{ time_ms: n, family: 'alert', source: `db-${n % 3}`, ref: String(n), mark: '', body: '{}' },
  ...more,
});

it('is always there, whatever this Node has', () => {
  expect(drivers.map(({ name }) => name)).toContain('node-sqlite3-wasm');
  expect(() => findDriver([])).toThrow(expect.objectContaining({ code: 'HISTORY_UNAVAILABLE' }));
});

describe.each(drivers)('the store by $name', (driver) => {
  const open = (folder: string) => openSqlite({ folder, driver });

  async function filled(blocks: number) {
    const folder = freshFolder();
    const store = open(folder);
    await store.commit({
      tracks: Array.from({ length: 7 }, (_, i) => ({ number: i + 1, family: 'measure', source: `db-${i}` })),
      figures: Array.from({ length: 50 }, (_, i) => ({ number: i + 1, path: `figure_${i}` })),
      events: Array.from({ length: 100 }, (_, n) => event(n)),
    });
    for (let n = 0; n < blocks; n += 100) {
      const some = Array.from({ length: 100 }, (_, i) => ({ ...place(n + i), bytes: bytesOf(n + i) }));
      await store.commit({ blocks: some });
    }
    await store.close();
    return { folder, path: join(folder, 'history.db') };
  }

  /** How many blocks come back; none comes back otherwise than it was. */
  async function wholeBlocks(folder: string, blocks: number) {
    const store = open(folder);
    let whole = 0;
    for (let n = 0; n < blocks; n++) {
      const bytes = await store.block(place(n));
      if (bytes !== undefined && Buffer.from(bytes).equals(bytesOf(n))) whole++;
    }
    const { damaged } = store;
    await store.close();
    return { whole, damaged };
  }

  it('gives back what was committed, and nothing of what was not', async () => {
    const folder = freshFolder();
    const store = open(folder);
    await store.commit({ blocks: [{ ...place(1), bytes: bytesOf(1) }], due: [{ ...place(2), due_ms: 5 }] });
    const faulty = { blocks: [{ ...place(3), bytes: bytesOf(3) }], tracks: [{ number: 1, family: 'x', source: null }] };
    await expect(store.commit(faulty as never)).rejects.toThrow();
    await store.close();
    const again = open(folder);
    expect(Buffer.from((await again.block(place(1))) ?? [])).toEqual(Buffer.from(bytesOf(1)));
    expect(await again.block(place(3))).toBeUndefined();
    expect(await again.due()).toEqual([{ ...place(2), due_ms: 5 }]);
    await again.close();
  });

  it('keeps of events that are told again the first, and tells the newest of many', async () => {
    const store = open(freshFolder());
    await store.commit({ events: [event(1), event(2), event(3, { family: 'birth' })] });
    await store.commit({ events: [event(1, { body: '{"again":true}' })] });
    const all = { from_ms: 0, to_ms: 10, families: ['alert', 'birth'], limit: 2 };
    const { events, left_out } = await store.events(all);
    expect(events.map(({ time_ms }) => time_ms)).toEqual([2, 3]);
    expect(left_out).toBe(1);
    expect((await store.events({ ...all, source: 'db-1' })).events).toEqual([event(1)]);
    expect(await store.lastEvent('birth', 'db-0', 9)).toMatchObject({ time_ms: 3 });
    expect(await store.lastEvent('birth', 'db-0', 2)).toBeUndefined();
    await store.close();
  });

  it('is one process only', async () => {
    const folder = freshFolder();
    const store = open(folder);
    expect(() => open(folder)).toThrow(expect.objectContaining({ code: 'HISTORY_IN_USE' }));
    await store.close();
    await open(folder).close();
  });

  it('makes a copy while it is written to, which is whole by itself', async () => {
    const { folder } = await filled(500);
    const store = open(folder);
    const copy = join(freshFolder(), 'history.db');
    const copied = store.backup(copy);
    await store.commit({ blocks: [{ ...place(9_999), bytes: bytesOf(9_999) }] });
    await copied;
    await expect(store.backup(copy)).rejects.toMatchObject({ code: 'BACKUP_FAILED' });
    await store.close();
    expect(await wholeBlocks(join(copy, '..'), 500)).toEqual({ whole: 500, damaged: 0 });
  });

  it.each([
    ['of a newer version', 'HISTORY_NEWER', (database: string) => withPragma(database, 'user_version = 99')],
    ['of another program', 'HISTORY_UNUSABLE', (database: string) => withPragma(database, 'application_id = 7')],
    ['that is no database', 'HISTORY_UNUSABLE', (database: string) => writeFileSync(database, 'not a database at all')],
  ])('leaves a file %s as it is', async (_, code, change) => {
    const { folder, path } = await filled(100);
    change(path);
    const before = readFileSync(path);
    expect(() => open(folder)).toThrow(expect.objectContaining({ code }));
    expect(readFileSync(path).equals(before)).toBe(true);
    // And it is not locked, so that another version may use it.
    expect(existsSync(join(folder, 'lock'))).toBe(false);
  });

  function withPragma(path: string, pragma: string): void {
    const database = driver.open(path);
    database.exec('PRAGMA locking_mode = EXCLUSIVE');
    database.exec(`PRAGMA ${pragma}`);
    database.close();
  }

  it('reads what is whole of a file that is cut off, and leaves it as it is', async () => {
    const { folder, path } = await filled(2_000);
    truncateSync(path, Math.floor(statSync(path).size / 2 / 4_096) * 4_096);
    const before = readFileSync(path);
    const { whole, damaged } = await wholeBlocks(folder, 2_000);
    expect(damaged).toBeGreaterThan(0);
    expect(whole).toBeGreaterThan(900);
    expect(asideIn(folder).equals(before)).toBe(true);
    // It goes on from there, and nothing more is lost.
    const again = await wholeBlocks(folder, 2_000);
    expect(again).toEqual({ whole, damaged: 0 });
  });

  it('reads what is whole of a file that is damaged in the middle, and goes on in a new one', async () => {
    const { folder, path } = await filled(2_000);
    scratch(path, 0.3, 0.35);
    const store = open(folder);
    // Whatever the damage hits, none of it is taken for what it is not.
    for (let n = 0; n < 2_400; n += 40) {
      const blocks = Array.from({ length: 40 }, (_, i) => ({ ...place(n + i), bytes: bytesOf(n + i + 1) }));
      await store.commit({ blocks });
    }
    await store.close();
    const read = open(folder);
    for (let n = 0; n < 2_400; n++) {
      expect(Buffer.from((await read.block(place(n))) ?? []).equals(bytesOf(n + 1))).toBe(true);
    }
    expect(read.damaged).toBe(0);
    await read.close();
  });

  /** Noise over a part of a file. */
  function scratch(path: string, from: number, to: number): void {
    const size = statSync(path).size;
    const file = openSync(path, 'r+');
    const noise = Buffer.from(Array.from({ length: Math.floor(size * (to - from)) }, (_, i) => (i * 7919) & 255));
    writeSync(file, noise, 0, noise.length, Math.floor(size * from));
    closeSync(file);
  }

  /** The file that was set aside; nothing when none was. */
  function asideIn(folder: string): Buffer {
    const name = readdirSync(folder).find((each) => /^history\.db\.damaged-\d+$/.test(each));
    return name === undefined ? Buffer.alloc(0) : readFileSync(join(folder, name));
  }
});
