// What every store of the past promises, as tests: one suite, which SQLite and PostgreSQL pass.

import { describe, expect, it } from 'vitest';
import { BlockWriter, columnOf, LAST, SAMPLES, TIME } from './block.ts';
import type { BlockPlace, PastEvent, Store } from './store.ts';

/** One past, from its first opening on. */
export interface StoreUnderTest {
  open(): Promise<Store>;
  /** Makes it one that a newer version has written. */
  makeNewer(): Promise<void>;
  /** All that it holds, to be compared. */
  contents(): Promise<unknown>;
}

export interface StoreMaking {
  /** A past that nobody has opened yet; gone after the test that asks for it. */
  fresh(): Promise<StoreUnderTest>;
  /** The code of the error when another uses it. */
  readonly in_use_code: string;
}

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;

export const placeAt = (n: number): BlockPlace => ({ level: 0, track: 1 + (n % 7), start_ms: MINUTE_MS * (1 + n) });

const writer = new BlockWriter();

/** A block as they are: some are longer than a page of a file. */
export function blockBytes(n: number): Uint8Array {
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
}

export const eventAt = (n: number, more: Partial<PastEvent> = {}): PastEvent => ({
  ...{ time_ms: n, family: 'alert', source: `db-${n % 3}`, ref: String(n), mark: '', body: '{}' },
  ...more,
});

const bytes = (...values: number[]) => Uint8Array.from(values);
const plain = (read: Uint8Array | undefined) => (read === undefined ? undefined : [...read]);
const sorted = <T extends { readonly number: number }>(items: readonly T[]) =>
  items.toSorted((one, other) => one.number - other.number);

export function storeConformance(name: string, { fresh, in_use_code }: StoreMaking): void {
  describe(`the store by ${name}`, () => {
    it('gives back what was committed, and nothing of what was not', async () => {
      const past = await fresh();
      const store = await past.open();
      await store.commit({ blocks: [{ ...placeAt(1), bytes: blockBytes(1) }], due: [{ ...placeAt(2), due_ms: 5 }] });
      const faulty = {
        blocks: [{ ...placeAt(3), bytes: blockBytes(3) }],
        tracks: [{ number: 1, family: 'x', source: null }],
      };
      await expect(store.commit(faulty as never)).rejects.toThrow();
      await store.close();
      const again = await past.open();
      expect(Buffer.from((await again.block(placeAt(1))) ?? [])).toEqual(Buffer.from(blockBytes(1)));
      expect(await again.block(placeAt(3))).toBeUndefined();
      expect(await again.due()).toEqual([{ ...placeAt(2), due_ms: 5 }]);
      await again.close();
    });

    it('keeps names under their numbers, the last of what is told again', async () => {
      const past = await fresh();
      const store = await past.open();
      const track = (number: number, source: string) => ({ number, family: 'measure', source });
      await store.commit({
        tracks: [track(1, 'db-01'), track(2, 'Ä "1"')],
        figures: [{ number: 7, path: 'disks/sda' }],
      });
      await store.commit({ tracks: [track(2, 'db-02')], figures: [{ number: 7, path: 'disks/sdb' }] });
      await store.close();
      const again = await past.open();
      expect(sorted(await again.tracks())).toEqual([track(1, 'db-01'), track(2, 'db-02')]);
      expect(await again.figures()).toEqual([{ number: 7, path: 'disks/sdb' }]);
      await again.close();
    });

    it('takes any text, of any length', async () => {
      const store = await (await fresh()).open();
      const odd = `\0 \ud800 \n ' " \\ ${'ü'.repeat(5_000)}`;
      await store.commit({
        tracks: [{ number: 1, family: 'measure', source: odd }],
        figures: [{ number: 1, path: odd }],
        events: [eventAt(1, { ref: odd, mark: odd, body: JSON.stringify({ odd }) })],
      });
      expect(await store.figures()).toHaveLength(1);
      const all = { from_ms: 0, to_ms: 10, families: ['alert'], limit: 9 };
      expect(JSON.parse((await store.events(all)).events[0]?.body ?? '')).toEqual({
        odd: expect.stringContaining('ü'),
      });
      await store.close();
    });

    it('keeps the pages of the journal in order, from the first that is needed', async () => {
      const past = await fresh();
      const store = await past.open();
      for (const number of [1, 2, 10, 3]) await store.commit({ journal: { number, bytes: bytes(number) } });
      await store.commit({ journal: { number: 2, bytes: bytes(99) }, journal_from: 2 });
      await store.close();
      const again = await past.open();
      expect((await again.journal()).map((page) => [page.number, ...page.bytes])).toEqual([
        [2, 99],
        [3, 3],
        [10, 10],
      ]);
      await again.close();
    });

    it('has the last of what was put in a place, as often as it is put there', async () => {
      const store = await (await fresh()).open();
      const change = {
        blocks: [
          { ...placeAt(1), bytes: bytes(1) },
          { ...placeAt(1), bytes: bytes(2) },
        ],
      };
      await store.commit(change);
      await store.commit(change);
      expect(plain(await store.block(placeAt(1)))).toEqual([2]);
      await store.commit({ blocks: [{ ...placeAt(1), bytes: bytes(3) }], remove: [placeAt(2)] });
      expect(plain(await store.block(placeAt(1)))).toEqual([3]);
      await store.commit({ remove: [placeAt(1)] });
      expect(await store.block(placeAt(1))).toBeUndefined();
      await store.close();
    });

    it('keeps what is due as it was told first, until it is done', async () => {
      const store = await (await fresh()).open();
      await store.commit({
        due: [
          { ...placeAt(1), due_ms: 5 },
          { ...placeAt(2), due_ms: 6 },
        ],
      });
      await store.commit({ due: [{ ...placeAt(1), due_ms: 9 }] });
      await store.commit({ done: [placeAt(2), placeAt(3)] });
      expect(await store.due()).toEqual([{ ...placeAt(1), due_ms: 5 }]);
      await store.close();
    });

    it('lets go of what is older than a level holds, and of nothing else', async () => {
      const past = await fresh();
      const store = await past.open();
      const at = (level: number, start_ms: number, track = 1) => ({ level, track, start_ms });
      const places = [at(0, 0), at(0, HOUR_MS), at(0, 3 * HOUR_MS - MINUTE_MS), at(0, 3 * HOUR_MS), at(1, 0), at(4, 0)];
      await store.commit({ blocks: places.map((place) => ({ ...place, bytes: bytes(1) })) });
      expect(await store.oldest(0)).toBe(0);
      expect(await store.oldest(2)).toBeUndefined();
      await store.commit({ floors: [{ level: 0, from_ms: 3 * HOUR_MS }] });
      const left = async (of: Store) => {
        const read = await Promise.all(places.map((place) => of.block(place)));
        return places.filter((_, i) => read[i] !== undefined);
      };
      expect(await left(store)).toEqual(places.slice(3));
      expect(await store.oldest(0)).toBe(3 * HOUR_MS);
      // In the middle of whatever its blocks lie in.
      await store.commit({ blocks: [{ ...at(0, 4 * HOUR_MS), bytes: bytes(1) }] });
      await store.commit({ floors: [{ level: 0, from_ms: 3 * HOUR_MS + 10 * MINUTE_MS }] });
      expect(await left(store)).toEqual(places.slice(4));
      expect(await store.oldest(0)).toBe(4 * HOUR_MS);
      await store.close();
      const again = await past.open();
      expect(await left(again)).toEqual(places.slice(4));
      expect(await again.floors()).toEqual(new Map([[0, 3 * HOUR_MS + 10 * MINUTE_MS]]));
      await again.close();
    });

    it('keeps what comes late for a time that was let go, until it is removed', async () => {
      const past = await fresh();
      const store = await past.open();
      const early = placeAt(1);
      await store.commit({ blocks: [{ ...early, bytes: bytes(1) }] });
      await store.commit({ floors: [{ level: 0, from_ms: 10 * MINUTE_MS }] });
      expect(await store.block(early)).toBeUndefined();
      await store.commit({ blocks: [{ ...early, bytes: bytes(2) }] });
      expect(plain(await store.block(early))).toEqual([2]);
      expect(await store.oldest(0)).toBe(early.start_ms);
      await store.close();
      const again = await past.open();
      expect(plain(await again.block(early))).toEqual([2]);
      await again.commit({ remove: [early] });
      expect(await again.block(early)).toBeUndefined();
      await again.close();
    });

    it('takes less room when much is let go', async () => {
      const store = await (await fresh()).open();
      const before = await store.usedBytes();
      const blocks = Array.from({ length: 500 }, (_, n) => ({ ...placeAt(n), bytes: blockBytes(n) }));
      await store.commit({ blocks });
      const full = await store.usedBytes();
      expect(full).toBeGreaterThan(before + 100_000);
      await store.commit({ floors: [{ level: 0, from_ms: 24 * HOUR_MS }] });
      expect(await store.usedBytes()).toBeLessThan(full - 100_000);
      await store.close();
    });

    it('keeps of events that are told again the first, and tells the newest of many', async () => {
      const store = await (await fresh()).open();
      expect(await store.oldestEvent()).toBeUndefined();
      await store.commit({ events: [eventAt(1), eventAt(2), eventAt(3, { family: 'birth' })] });
      await store.commit({ events: [eventAt(1, { body: '{"again":true}' })] });
      const all = { from_ms: 0, to_ms: 10, families: ['alert', 'birth'], limit: 2 };
      const { events, left_out } = await store.events(all);
      expect(events.map(({ time_ms }) => time_ms)).toEqual([2, 3]);
      expect(left_out).toBe(1);
      expect((await store.events({ ...all, source: 'db-1' })).events).toEqual([eventAt(1)]);
      expect(await store.lastEvent('birth', 'db-0', 9)).toMatchObject({ time_ms: 3 });
      expect(await store.lastEvent('birth', 'db-0', 2)).toBeUndefined();
      expect(await store.oldestEvent()).toBe(1);
      await store.close();
    });

    it('is one process only', async () => {
      const past = await fresh();
      const store = await past.open();
      await expect(past.open()).rejects.toMatchObject({ code: in_use_code });
      // It goes on as if nobody had come.
      await store.commit({ blocks: [{ ...placeAt(1), bytes: bytes(1) }] });
      await store.close();
      await store.close();
      await (await past.open()).close();
    });

    it('leaves what a newer version has written as it is', async () => {
      const past = await fresh();
      const store = await past.open();
      await store.commit({ blocks: [{ ...placeAt(1), bytes: blockBytes(1) }] });
      await store.close();
      await past.makeNewer();
      const before = await past.contents();
      await expect(past.open()).rejects.toMatchObject({ code: 'HISTORY_NEWER' });
      expect(await past.contents()).toEqual(before);
    });
  });
}
