// The store on real files, by each SQLite that is here: what every store promises, and what it does about files that are damaged or
// another's.

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
import { freshFolder } from '../recording-under-test.ts';
import { blockBytes, eventAt, placeAt, storeConformance } from '../store-conformance-under-test.ts';
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

it('is always there, whatever this Node has', () => {
  expect(drivers.map(({ name }) => name)).toContain('node-sqlite3-wasm');
  expect(() => findDriver([])).toThrow(expect.objectContaining({ code: 'HISTORY_UNAVAILABLE' }));
});

it('refuses a folder that the kernel does not make, instead of trying for ever', () => {
  for (const folder of ['/proc/none/history', '/dev/null/history']) {
    expect(() => openSqlite({ folder })).toThrow(expect.objectContaining({ code: 'HISTORY_UNUSABLE' }));
  }
});

for (const driver of drivers) {
  storeConformance(driver.name, {
    fresh: async () => {
      const folder = freshFolder();
      const path = join(folder, 'history.db');
      return {
        open: async () => openSqlite({ folder, driver }),
        makeNewer: async () => withPragma(driver, path, 'user_version = 99'),
        contents: async () => readFileSync(path),
      };
    },
    in_use_code: 'HISTORY_IN_USE',
  });
}

function withPragma(driver: Driver, path: string, pragma: string): void {
  const database = driver.open(path);
  database.exec('PRAGMA locking_mode = EXCLUSIVE');
  database.exec(`PRAGMA ${pragma}`);
  database.close();
}

describe.each(drivers)('files of $name', (driver) => {
  const open = (folder: string) => openSqlite({ folder, driver });

  async function filled(blocks: number) {
    const folder = freshFolder();
    const store = open(folder);
    await store.commit({
      tracks: Array.from({ length: 7 }, (_, i) => ({ number: i + 1, family: 'measure', source: `db-${i}` })),
      figures: Array.from({ length: 50 }, (_, i) => ({ number: i + 1, path: `figure_${i}` })),
      events: Array.from({ length: 100 }, (_, n) => eventAt(n)),
    });
    for (let n = 0; n < blocks; n += 100) {
      const some = Array.from({ length: 100 }, (_, i) => ({ ...placeAt(n + i), bytes: blockBytes(n + i) }));
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
      const bytes = await store.block(placeAt(n));
      if (bytes !== undefined && Buffer.from(bytes).equals(blockBytes(n))) whole++;
    }
    const { damaged } = store;
    await store.close();
    return { whole, damaged };
  }

  it('makes a copy while it is written to, which is whole by itself', async () => {
    const { folder } = await filled(500);
    const store = open(folder);
    const copy = join(freshFolder(), 'history.db');
    const copied = store.backup(copy);
    await store.commit({ blocks: [{ ...placeAt(9_999), bytes: blockBytes(9_999) }] });
    await copied;
    await expect(store.backup(copy)).rejects.toMatchObject({ code: 'BACKUP_FAILED' });
    await store.close();
    expect(await wholeBlocks(join(copy, '..'), 500)).toEqual({ whole: 500, damaged: 0 });
  });

  it.each([
    ['of a newer version', 'HISTORY_NEWER', (path: string) => withPragma(driver, path, 'user_version = 99')],
    ['of another program', 'HISTORY_UNUSABLE', (path: string) => withPragma(driver, path, 'application_id = 7')],
    ['that is no database', 'HISTORY_UNUSABLE', (path: string) => writeFileSync(path, 'not a database at all')],
  ])('leaves a file %s as it is', async (_, code, change) => {
    const { folder, path } = await filled(100);
    change(path);
    const before = readFileSync(path);
    expect(() => open(folder)).toThrow(expect.objectContaining({ code }));
    expect(readFileSync(path).equals(before)).toBe(true);
    // And it is not locked, so that another version may use it.
    expect(existsSync(join(folder, 'lock'))).toBe(false);
  });

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
      const blocks = Array.from({ length: 40 }, (_, i) => ({ ...placeAt(n + i), bytes: blockBytes(n + i + 1) }));
      await store.commit({ blocks });
    }
    await store.close();
    const read = open(folder);
    for (let n = 0; n < 2_400; n++) {
      expect(Buffer.from((await read.block(placeAt(n))) ?? []).equals(blockBytes(n + 1))).toBe(true);
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
