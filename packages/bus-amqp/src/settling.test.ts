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

  test('lets the first of a family go as its scout; those behind it wait', () => {
    expect(settling.verdict('a.measure', first)).toBe('go');
    expect(settling.verdict('a.measure', second)).toBe('wait');
    expect(settling.verdict('b.measure', second)).toBe('wait');
    expect(settling.verdict('a.analysis', second)).toBe('go');
  });

  test('lets a family go when its scout was taken, and not when another message was', () => {
    settling.verdict('a.measure', first);
    settling.taken('a.measure', second);
    expect(settling.verdict('a.measure', second)).toBe('wait');
    settling.taken('a.measure', first);
    expect(settling.verdict('a.measure', second)).toBe('go');
  });

  test('sets aside a family whose scout was given back, and no other', () => {
    settling.verdict('a.pulse', first);
    settling.returned('a.pulse');
    expect(settling.verdict('a.pulse', second)).toBe('aside');
    expect(settling.verdict('a.measure', second)).toBe('go');
  });

  test('sends another scout after a while', () => {
    settling.verdict('a.measure', first);
    settling.returned('a.measure');
    vi.advanceTimersByTime(50);
    expect(told).toEqual(['again']);
    expect(settling.verdict('a.measure', first)).toBe('go');
    expect(settling.verdict('a.measure', second)).toBe('wait');
  });

  test('sets a family aside that was heard when a later message is given back', () => {
    settling.verdict('a.measure', first);
    settling.taken('a.measure', first);
    settling.returned('a.measure');
    expect(settling.verdict('a.measure', second)).toBe('aside');
  });

  test('lets the scout itself go again after the channel broke under it', () => {
    settling.verdict('a.measure', first);
    expect(settling.verdict('a.measure', first)).toBe('go');
  });

  test('lets another scout go when one was given up', () => {
    settling.verdict('a.measure', first);
    settling.gone('a.measure', second);
    expect(settling.verdict('a.measure', second)).toBe('wait');
    settling.gone('a.measure', first);
    expect(settling.verdict('a.measure', second)).toBe('go');
  });

  test('makes everything wait at first, where it should', () => {
    settling.stop();
    settling = start(300);
    expect(settling.verdict('a.measure', first)).toBe('wait');
    vi.advanceTimersByTime(300);
    expect(told).toEqual(['again']);
    expect(settling.verdict('a.measure', first)).toBe('go');
  });

  test('tries less and less often, but at least twice a second', () => {
    const tries: number[] = [];
    const start_ms = Date.now();
    const slow = new Settling({
      hold_ms: 0,
      duration_ms: 5000,
      onAgain: () => {
        tries.push(Date.now() - start_ms);
        slow.verdict('a.measure', first);
        slow.returned('a.measure');
      },
      onOver: () => {},
    });
    slow.verdict('a.measure', first);
    slow.returned('a.measure');
    vi.advanceTimersByTime(2000);
    slow.stop();
    expect(tries).toEqual([50, 150, 350, 750, 1250, 1750]);
  });

  test('is over after its time, or when it is ended, once', () => {
    vi.advanceTimersByTime(5000);
    expect(told).toEqual(['over']);
    expect(vi.getTimerCount()).toBe(0);
  });

  test('says nothing and leaves no timer when it is stopped', () => {
    settling.verdict('a.measure', first);
    settling.returned('a.measure');
    settling.stop();
    expect(vi.getTimerCount()).toBe(0);
    expect(told).toEqual([]);
  });

  test('tells a bounded number of families apart and lets the others pass', () => {
    for (let i = 0; i < FAMILIES_MAX; i++) settling.verdict(`a.family-${i}`, first);
    expect(settling.verdict('a.one-more', first)).toBe('go');
    expect(settling.verdict('a.one-more', second)).toBe('go');
    expect(settling.returned('a.one-more')).toBe(false);
  });
});
