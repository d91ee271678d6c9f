import { mkdtempSync, readdirSync, readFileSync, rmSync, truncateSync, writeFileSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Envelope } from '@ganglion/kernel';
import fc from 'fast-check';
import { afterEach, describe, expect, it } from 'vitest';
import { openSpool, type Spool, type Spooled, type SpoolOptions } from './index.ts';

const LIMITS = { limit_bytes: 4 * 1024 * 1024, limit_age_ms: 60_000 };

const releases: (() => void)[] = [];
afterEach(() => {
  for (const release of releases.splice(0).reverse()) release();
});

function newFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'ganglion-spool-'));
  releases.push(() => rmSync(folder, { recursive: true }));
  return folder;
}

function open(folder: string, options: Partial<SpoolOptions> = {}): Spool & { drops: [string, string][] } {
  const spool = openSpool({ folder, ...LIMITS, ...options });
  releases.push(() => spool.close());
  const drops: [string, string][] = [];
  spool.onDrop = (...drop) => drops.push(drop);
  return Object.assign(spool, { drops });
}

/** What a killed process leaves: the same files, and its lock let go. */
function openAgain(spool: Spool, folder: string, options: Partial<SpoolOptions> = {}) {
  spool.close();
  return open(folder, options);
}

function message(key: string, bytes = 2): Envelope {
  return {
    key,
    payload: Buffer.alloc(bytes, key),
    properties: { id: `id of ${key}`, time: '2026-01-02T03:04:05.678Z' },
  };
}

function handOut(spool: Spool): Spooled[] {
  const all: Spooled[] = [];
  for (let next = spool.next(); next !== undefined; next = spool.next()) all.push(next);
  return all;
}

const keysOf = (spooled: readonly Spooled[]) => spooled.map(({ envelope }) => envelope.key);
const segmentsIn = (folder: string) => readdirSync(folder).filter((name) => name.endsWith('.spool'));

describe('a spool', () => {
  it('hands out what it was given, in order and whole', () => {
    const spool = open(newFolder());
    const given = [
      message('büro.measure'),
      message('', 0),
      { key: 'k', payload: Uint8Array.of(0, 255), properties: { id: 'i', sender: 's', type: 't', hops: '[]' } },
    ];
    for (const each of given) expect(spool.append(each)).toBe(true);
    expect(spool.size).toBe(3);
    const out = handOut(spool).map(({ envelope }) => ({ ...envelope, payload: Buffer.from(envelope.payload) }));
    expect(out).toEqual(given.map((each) => ({ ...each, payload: Buffer.from(each.payload) })));
  });

  it('keeps what is not confirmed, and hands it out again after a rewind and after a restart', () => {
    const folder = newFolder();
    const spool = open(folder);
    for (const key of 'abcd') spool.append(message(key));
    const [, b] = handOut(spool);
    if (b !== undefined) spool.confirm(b);
    expect(spool.next()).toBeUndefined();
    spool.rewind();
    expect(keysOf(handOut(spool))).toEqual(['a', 'c', 'd']);
    const again = openAgain(spool, folder);
    expect(again.size).toBe(3);
    expect(keysOf(handOut(again))).toEqual(['a', 'c', 'd']);
  });

  it('leaves no file behind when all is confirmed, and goes on', () => {
    const folder = newFolder();
    const spool = open(folder);
    for (const key of 'ab') spool.append(message(key));
    for (const each of handOut(spool)) spool.confirm(each);
    expect(segmentsIn(folder)).toEqual([]);
    expect([spool.size, spool.size_bytes]).toEqual([0, 0]);
    spool.append(message('c'));
    expect(keysOf(handOut(spool))).toEqual(['c']);
  });

  it('hands out what comes while it is read', () => {
    const spool = open(newFolder());
    spool.append(message('a'));
    expect(keysOf(handOut(spool))).toEqual(['a']);
    spool.append(message('b'));
    expect(keysOf(handOut(spool))).toEqual(['b']);
  });

  it('goes on in the last file after a restart: a process that is killed over and over makes no heap of files', () => {
    const folder = newFolder();
    let spool = open(folder);
    for (let start = 0; start < 20; start++) {
      spool.append(message(String(start)));
      spool = openAgain(spool, folder);
    }
    expect(segmentsIn(folder)).toHaveLength(1);
    expect(spool.size).toBe(20);
  });
});

describe('the bounds of a spool', () => {
  it('hold in bytes: the oldest go, each is told, and nothing else is lost', () => {
    const folder = newFolder();
    const spool = open(folder);
    const keys = Array.from({ length: 100 }, (_, n) => `m${n}`);
    for (const key of keys) {
      spool.append(message(key, 100_000));
      expect(spool.size_bytes).toBeLessThanOrEqual(LIMITS.limit_bytes);
    }
    const left = keysOf(handOut(spool));
    const gone = spool.drops.map(([key]) => key);
    expect([...gone, ...left]).toEqual(keys);
    // A sixteenth at a time, and no more.
    expect(left.length).toBeGreaterThanOrEqual(Math.floor((40 * 15) / 16));
    expect(new Set(spool.drops.map(([, reason]) => reason))).toEqual(new Set(['spool_full']));
  });

  it('hold in age: what is too old goes unread and is told', () => {
    let now_ms = 1_000_000;
    const spool = open(newFolder(), { now: () => now_ms });
    spool.append(message('old'));
    now_ms += LIMITS.limit_age_ms;
    spool.append(message('new'));
    now_ms += 1;
    expect(keysOf(handOut(spool))).toEqual(['new']);
    expect(spool.drops).toEqual([['old', 'too_old']]);
    now_ms += LIMITS.limit_age_ms + 1;
    spool.append(message('newest'));
    spool.rewind();
    expect(keysOf(handOut(spool))).toEqual(['newest']);
    expect(spool.drops).toEqual([
      ['old', 'too_old'],
      ['new', 'too_old'],
    ]);
  });

  it('hold for one message: a larger one is refused, and the others stay', () => {
    const spool = open(newFolder());
    spool.append(message('a'));
    expect(spool.append(message('b', LIMITS.limit_bytes))).toBe(false);
    expect(keysOf(handOut(spool))).toEqual(['a']);
  });

  it('are at least what one message of the largest kind needs', () => {
    expect(() => open(newFolder(), { limit_bytes: 1 })).toThrow(expect.objectContaining({ code: 'SPOOL_UNUSABLE' }));
  });
});

describe('what is left of a spool', () => {
  it('is whole up to a last record that was cut off, at whatever byte, and takes new ones', () => {
    const folder = newFolder();
    const spool = open(folder);
    for (const key of 'ab') spool.append(message(key));
    const path = join(folder, segmentsIn(folder)[0] ?? '');
    const before_last = readFileSync(path).length;
    spool.append(message('c'));
    spool.close();
    const whole = readFileSync(path);
    for (let length = before_last; length < whole.length; length++) {
      writeFileSync(path, whole.subarray(0, length));
      const torn = openSpool({ folder, ...LIMITS });
      expect([torn.torn_bytes, torn.size]).toEqual([length - before_last, 2]);
      torn.append(message('d'));
      torn.close();
      const again = openSpool({ folder, ...LIMITS });
      expect(keysOf(handOut(again))).toEqual(['a', 'b', 'd']);
      again.close();
    }
  });

  it('is read up to a byte that the disk has changed, whichever', () => {
    const folder = newFolder();
    const spool = open(folder);
    for (const key of 'ab') spool.append(message(key));
    spool.close();
    const path = join(folder, segmentsIn(folder)[0] ?? '');
    const whole = readFileSync(path);
    const second_at = whole.length / 2;
    // Not the first byte: it says that a record is done with, and is written on purpose.
    for (let at = second_at + 1; at < whole.length; at++) {
      const changed = Buffer.from(whole);
      changed[at] = (changed[at] ?? 0) ^ 0x10;
      writeFileSync(path, changed);
      const damaged = openSpool({ folder, ...LIMITS });
      expect(keysOf(handOut(damaged))).toEqual(['a']);
      damaged.close();
    }
  });

  it('is the rest when a file goes or is cut while it is in use', () => {
    const folder = newFolder();
    const spool = open(folder);
    for (let n = 0; n < 12; n++) spool.append(message(`m${n}`, 100_000));
    const [first = '', second = ''] = segmentsIn(folder);
    truncateSync(join(folder, first), 10);
    rmSync(join(folder, second));
    const left = keysOf(handOut(spool));
    expect(left).toEqual(left.filter((key) => Number(key.slice(1)) >= 4));
    expect(left.at(-1)).toBe('m11');
  });

  it('is, after whatever was done and a restart at any moment, what was added and not confirmed or told as gone', () => {
    const step = fc.oneof(
      { weight: 5, arbitrary: fc.record({ kind: fc.constant('append'), bytes: fc.integer({ min: 0, max: 300_000 }) }) },
      { weight: 3, arbitrary: fc.record({ kind: fc.constant('confirm'), bytes: fc.integer({ min: 0, max: 3 }) }) },
      { weight: 1, arbitrary: fc.record({ kind: fc.constant('rewind'), bytes: fc.constant(0) }) },
      { weight: 1, arbitrary: fc.record({ kind: fc.constant('restart'), bytes: fc.integer({ min: 0, max: 40 }) }) },
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const folder = mkdtempSync(join(tmpdir(), 'ganglion-spool-'));
        let waiting: string[] = [];
        const opened = () => {
          const made = openSpool({ folder, ...LIMITS });
          made.onDrop = (key) => {
            waiting = waiting.filter((each) => each !== key);
          };
          return made;
        };
        let spool = opened();
        let serial = 0;
        for (const { kind, bytes } of steps) {
          if (kind === 'append') {
            const key = `m${serial++}`;
            waiting.push(key);
            expect(spool.append(message(key, bytes))).toBe(true);
          } else if (kind === 'confirm') {
            // Not always the first that was handed out: confirmations overtake each other.
            const out = Array.from({ length: bytes + 1 }, () => spool.next()).flatMap((each) => each ?? []);
            const last = out.at(-1);
            if (last !== undefined) {
              spool.confirm(last);
              waiting = waiting.filter((each) => each !== last.envelope.key);
            }
          } else if (kind === 'rewind') {
            spool.rewind();
          } else {
            spool.close();
            const [torn] = segmentsIn(folder).slice(-1);
            // What a kill leaves of a record that was being written.
            if (torn !== undefined) writeFileSync(join(folder, torn), Buffer.alloc(bytes, 7), { flag: 'a' });
            spool = opened();
          }
          expect(spool.size).toBe(waiting.length);
          expect(spool.size_bytes).toBeLessThanOrEqual(LIMITS.limit_bytes);
        }
        spool.rewind();
        expect(keysOf(handOut(spool))).toEqual(waiting);
        spool.close();
        rmSync(folder, { recursive: true });
      }),
      { numRuns: 60 },
    );
  });
});

describe('a disk that is full', () => {
  it('is told, costs nothing that was there, and is used again when it has room', () => {
    const folder = newFolder();
    let room_bytes = 250;
    const spool = open(folder, {
      // A fake: a disk of one's own that is full cannot be had without rights. It takes what it has room for, as one does.
      write: (file, bytes, offset, length, position) => {
        const taken = Math.min(length, room_bytes);
        if (taken === 0) throw Object.assign(new Error('ENOSPC: no space left on device, write'), { code: 'ENOSPC' });
        room_bytes -= taken;
        return writeSync(file, bytes, offset, taken, position);
      },
    });
    expect(['a', 'b', 'c'].map((key) => spool.append(message(key)))).toEqual([true, true, false]);
    expect(spool.fault).toContain('ENOSPC');
    room_bytes = 10_000;
    expect(spool.append(message('d'))).toBe(true);
    expect(spool.fault).toBeUndefined();
    expect(keysOf(handOut(spool))).toEqual(['a', 'b', 'd']);
    expect(keysOf(handOut(openAgain(spool, folder)))).toEqual(['a', 'b', 'd']);
  });
});

describe('the folder of a spool', () => {
  it('is for one at a time, also in one process, and free when that one closes', () => {
    const folder = newFolder();
    const first = open(folder);
    expect(() => open(folder)).toThrow(expect.objectContaining({ code: 'SPOOL_IN_USE' }));
    first.close();
    expect(open(folder).size).toBe(0);
  });

  it.each([
    ['is gone', '4194305 77'],
    ['had our number before us, as in a container', `${process.pid} 77`],
    ['has our number and nobody knows since when', 'nonsense'],
  ])('is taken over when its holder %s', (_, holder) => {
    const folder = newFolder();
    writeFileSync(join(folder, 'lock'), holder);
    const spool = open(folder);
    expect(spool.append(message('a'))).toBe(true);
    expect(() => open(folder)).toThrow(expect.objectContaining({ code: 'SPOOL_IN_USE' }));
  });

  it('that cannot be made is told', () => {
    const file = join(newFolder(), 'file');
    writeFileSync(file, '');
    expect(() => open(join(file, 'folder'))).toThrow(
      expect.objectContaining({ code: 'SPOOL_UNUSABLE', configuration: true }),
    );
  });
});
