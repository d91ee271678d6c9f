import { appendFileSync, mkdtempSync, readFileSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { type Change, readJournal, Store, type StoreOptions } from './store.ts';

function folder(): string {
  const made = mkdtempSync(join(tmpdir(), 'ganglion-store-'));
  onTestFinished(() => rmSync(made, { recursive: true }));
  return made;
}

function open(where: string, more: Partial<StoreOptions> = {}): Store {
  const store = new Store({ folder: where, ...more });
  onTestFinished(() => store.close());
  return store;
}

const change = (values: Record<string, unknown>): Change => new Map(Object.entries(values));

/** As it would be found after a kill -9: the lock is that of a process that is gone. */
function killed(store: Store, where: string): string {
  const copy = folder();
  writeFileSync(join(copy, 'journal.jsonl'), readFileSync(join(where, 'journal.jsonl')));
  writeFileSync(join(copy, 'lock'), '999999999 1');
  expect(store.size_bytes).toBe(statSync(join(where, 'journal.jsonl')).size);
  return copy;
}

describe('the store', () => {
  it('has after a kill what it had before', () => {
    const where = folder();
    const store = open(where);
    store.commit(change({ 'a/1': 1, 'a/2': { two: 2 }, 'b/1': 'x' }));
    store.commit(change({ 'a/1': undefined, 'a/3': [3] }));
    const again = open(killed(store, where));
    expect([...again.entries('a/')]).toEqual([
      ['2', { two: 2 }],
      ['3', [3]],
    ]);
    expect(again.torn_lines).toBe(0);
  });

  it('leaves out a last line that was cut off, at whatever byte, and all of what it says', () => {
    const where = folder();
    const store = open(where);
    store.commit(change({ 'a/1': 1 }));
    const before = store.size_bytes;
    store.commit(change({ 'a/2': 2, 'a/3': 'ä' }));
    for (let bytes = before + 1; bytes < store.size_bytes - 1; bytes++) {
      const copy = killed(store, where);
      truncateSync(join(copy, 'journal.jsonl'), bytes);
      const again = open(copy);
      expect([...again.entries('')]).toEqual([['a/1', 1]]);
      expect(again.torn_lines).toBe(1);
      again.commit(change({ 'a/4': 4 }));
      expect(readJournal(copy)).toEqual({ values: change({ 'a/1': 1, 'a/4': 4 }), torn_lines: 0 });
    }
  });

  it('leaves out a line that was damaged, and keeps those after it', () => {
    const where = folder();
    const store = open(where);
    for (const n of [1, 2, 3]) store.commit(change({ [`a/${n}`]: n }));
    const copy = killed(store, where);
    const path = join(copy, 'journal.jsonl');
    writeFileSync(path, readFileSync(path, 'utf8').replace('"a/2":2', '"a/2":7'));
    appendFileSync(path, 'what is this\n');
    const again = open(copy);
    expect([...again.entries('a/')].map(([key]) => key)).toEqual(['1', '3']);
    expect(again.torn_lines).toBe(2);
  });

  it('is written anew before what is out of date takes much room', () => {
    const where = folder();
    const store = open(where, { compact_bytes_min: 1_000 });
    for (let n = 0; n < 1_000; n++) store.commit(change({ 'a/only': n, [`b/${n % 5}`]: 'x'.repeat(20) }));
    expect(store.size_bytes).toBeLessThan(1_200);
    expect([...open(killed(store, where)).entries('a/')]).toEqual([['only', 999]]);
  });

  it('goes on in memory when the disk is full, says so once, and writes all of it when there is room', () => {
    const where = folder();
    const faults: string[] = [];
    let full = false;
    const store = open(where, {
      onFault: ({ message }) => faults.push(message),
      append: (file, bytes) => {
        if (!full) return writeTo(file, bytes);
        writeTo(file, bytes.subarray(0, 3));
        throw new Error('ENOSPC: no space left on device');
      },
    });
    store.commit(change({ 'a/1': 1 }));
    full = true;
    store.commit(change({ 'a/2': 2 }));
    store.commit(change({ 'a/3': 3 }));
    expect([...store.entries('a/')]).toHaveLength(3);
    expect(faults).toEqual([expect.stringContaining('no space left')]);
    expect(readJournal(where)).toEqual({ values: change({ 'a/1': 1 }), torn_lines: 0 });
    full = false;
    store.commit(change({ 'a/4': 4 }));
    expect(readJournal(where)).toEqual({
      values: change({ 'a/1': 1, 'a/2': 2, 'a/3': 3, 'a/4': 4 }),
      torn_lines: 0,
    });
  });

  it('is for one process at a time', () => {
    const where = folder();
    const store = open(where);
    expect(() => open(where)).toThrow(
      expect.objectContaining({ code: 'NOTIFIER_STATE_UNUSABLE', configuration: true }),
    );
    store.close();
    expect([...open(where).entries('')]).toEqual([]);
  });
});

function writeTo(file: number, bytes: Uint8Array): number {
  appendFileSync(file, bytes);
  return bytes.length;
}
