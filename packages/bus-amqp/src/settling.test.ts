import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { FAMILIES_MAX, Settling } from './settling.ts';

const first = { name: 'first' };
const second = { name: 'second' };

describe('settling', () => {
  let told: string[];
  let settling: Settling;
  const start = (hold_ms: number) =>
    new Settling({
      hold_ms,
      duration_ms: 5000,
      onAgain: () => told.push('again'),
      onOver: () => told.push('over'),
    });

  beforeEach(() => {
    vi.useFakeTimers();
    told = [];
    settling = start(0);
  });

  afterEach(() => {
    settling.stop();
    vi.useRealTimers();
  });

  test('lets the first of a family go as its scout and holds those behind it', () => {
    expect(settling.admits('a.measure', first)).toBe(true);
    expect(settling.admits('a.measure', second)).toBe(false);
    expect(settling.admits('b.measure', second)).toBe(false);
  });

  test('holds no other family', () => {
    settling.admits('a.pulse', first);
    expect(settling.admits('a.measure', second)).toBe(true);
    settling.returned('a.pulse');
    expect(settling.taken('a.measure', second)).toBe(true);
    expect(settling.admits('a.measure', first)).toBe(true);
  });

  test('opens a family when its scout was taken, and not when another message was', () => {
    settling.admits('a.measure', first);
    expect(settling.taken('a.measure', second)).toBe(false);
    expect(settling.admits('a.measure', second)).toBe(false);
    expect(settling.taken('a.measure', first)).toBe(true);
    expect(settling.admits('a.measure', second)).toBe(true);
  });

  test('lets the scout itself go again after the channel broke under it', () => {
    settling.admits('a.measure', first);
    expect(settling.admits('a.measure', first)).toBe(true);
  });

  test('holds everything at first, where it should', () => {
    settling.stop();
    settling = start(300);
    expect(settling.admits('a.measure', first)).toBe(false);
    vi.advanceTimersByTime(300);
    expect(told).toEqual(['again']);
    expect(settling.admits('a.measure', first)).toBe(true);
  });

  test('closes a family that was given back, until the next try', () => {
    settling.admits('a.measure', first);
    settling.returned('a.measure');
    expect(settling.admits('a.measure', first)).toBe(false);
    vi.advanceTimersByTime(50);
    expect(told).toEqual(['again']);
    expect(settling.admits('a.measure', first)).toBe(true);
    expect(settling.admits('a.measure', second)).toBe(false);
  });

  test('closes an open family again when a later message is given back', () => {
    settling.admits('a.measure', first);
    settling.taken('a.measure', first);
    settling.returned('a.measure');
    expect(settling.admits('a.measure', second)).toBe(false);
  });

  test('tries less and less often, but at least twice a second', () => {
    const tries: number[] = [];
    const start_ms = Date.now();
    const slow = new Settling({
      hold_ms: 0,
      duration_ms: 5000,
      onAgain: () => {
        tries.push(Date.now() - start_ms);
        slow.admits('a.measure', first);
        slow.returned('a.measure');
      },
      onOver: () => {},
    });
    slow.admits('a.measure', first);
    slow.returned('a.measure');
    vi.advanceTimersByTime(2000);
    slow.stop();
    expect(tries).toEqual([50, 150, 350, 750, 1250, 1750]);
  });

  test('lets another scout go when one was given up', () => {
    settling.admits('a.measure', first);
    expect(settling.gone('a.measure', second)).toBe(false);
    expect(settling.gone('a.measure', first)).toBe(true);
    expect(settling.admits('a.measure', second)).toBe(true);
  });

  test('is over after its time, or when it is ended, once', () => {
    vi.advanceTimersByTime(5000);
    expect(told).toEqual(['over']);
    expect(vi.getTimerCount()).toBe(0);
  });

  test('says nothing and leaves no timer when it is stopped', () => {
    settling.admits('a.measure', first);
    settling.returned('a.measure');
    settling.stop();
    expect(vi.getTimerCount()).toBe(0);
    expect(told).toEqual([]);
  });

  test('tells a bounded number of families apart and lets the others pass', () => {
    for (let i = 0; i < FAMILIES_MAX; i++) settling.admits(`a.family-${i}`, first);
    expect(settling.admits('a.one-more', first)).toBe(true);
    expect(settling.admits('a.one-more', second)).toBe(true);
    expect(settling.returned('a.one-more')).toBe(false);
  });
});
