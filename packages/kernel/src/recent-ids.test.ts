import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { RecentIds } from './recent-ids.ts';

describe('the memory of ids', () => {
  it('tells what it was told lately from what it was not, by sender', () => {
    const ids = new RecentIds();
    ids.add('a', '1');
    expect([ids.has('a', '1'), ids.has('a', '2'), ids.has('b', '1')]).toEqual([true, false, false]);
  });

  it('forgets the oldest of a sender, and no one else for it', () => {
    const ids = new RecentIds(100, 3);
    ids.add('quiet', '0');
    for (const id of ['1', '2', '3', '4']) ids.add('loud', id);
    expect(['1', '2', '3', '4'].map((id) => ids.has('loud', id))).toEqual([false, true, true, true]);
    expect(ids.has('quiet', '0')).toBe(true);
  });

  it('forgets who has been silent for longest when there are too many in all', () => {
    const ids = new RecentIds(3, 3);
    for (const sender of ['a', 'b', 'a', 'c', 'd']) ids.add(sender, sender);
    expect(['a', 'b', 'c', 'd'].map((sender) => ids.has(sender, sender))).toEqual([true, false, true, true]);
  });

  it('holds its bounds whatever it is told, and always the newest', () => {
    const told = fc.array(fc.tuple(fc.constantFrom('a', 'b', 'c'), fc.nat({ max: 30 }).map(String)), {
      maxLength: 200,
    });
    fc.assert(
      fc.property(told, (all) => {
        const ids = new RecentIds(20, 8);
        for (const [sender, id] of all) {
          ids.add(sender, id);
          expect(ids.has(sender, id)).toBe(true);
          expect(ids.size).toBeLessThanOrEqual(20);
        }
      }),
    );
  });
});
