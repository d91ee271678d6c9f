import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { Backoff, pause, repeat, within } from './retry.ts';

describe('the back-off', () => {
  test('doubles its longest wait up to the last', () => {
    const backoff = new Backoff(100, 1000, { random: () => 1 });
    expect([1, 2, 3, 4, 5, 6].map(() => backoff.next(0))).toEqual([100, 200, 400, 800, 1000, 1000]);
  });

  test('waits anything from nothing to the longest', () => {
    const draws = [0, 0.5, 0.25];
    const backoff = new Backoff(100, 1000, { random: () => draws.shift() ?? 0 });
    expect([backoff.next(0), backoff.next(0), backoff.next(0)]).toEqual([0, 100, 100]);
  });

  test('begins anew after what it waited for has lasted', () => {
    const backoff = new Backoff(100, 1000, { random: () => 1 });
    for (let i = 0; i < 9; i++) backoff.next(0);
    backoff.opened(5000);
    expect(backoff.next(6001)).toBe(100);
  });

  test('does not wait after something that has lasted where it can try elsewhere, once', () => {
    const backoff = new Backoff(100, 1000, { at_once: true, random: () => 1 });
    expect(backoff.next(0)).toBe(100);
    backoff.opened(5000);
    expect([1, 2, 3].map(() => backoff.next(6001))).toEqual([0, 100, 200]);
    backoff.opened(7000);
    expect(backoff.next(7100)).toBe(400);
  });

  test('goes on growing while each success is short-lived', () => {
    const backoff = new Backoff(100, 1000, { random: () => 1 });
    backoff.opened(0);
    expect(backoff.next(10)).toBe(100);
    backoff.opened(20);
    expect(backoff.next(30)).toBe(200);
    backoff.opened(40);
    expect(backoff.next(1040)).toBe(400);
  });

  test('stays finite after any number of attempts', () => {
    const backoff = new Backoff(100, 2000, { random: () => 1 });
    for (let i = 0; i < 5000; i++) backoff.next(0);
    expect(backoff.next(0)).toBe(2000);
  });
});

describe('with a clock of our own', () => {
  beforeEach(() => {
    vi.useFakeTimers();
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  test('a session that ends is run again, whether it returned or threw', async () => {
    const over = new AbortController();
    const failures: unknown[] = [];
    let runs = 0;
    const running = repeat(
      over.signal,
      new Backoff(100, 100, { random: () => 1 }),
      async () => {
        runs++;
        if (runs === 2) throw new Error('broken');
        if (runs === 4) over.abort();
      },
      (error) => failures.push(error),
    );
    await vi.advanceTimersByTimeAsync(300);
    await running;
    expect(runs).toBe(4);
    expect(failures).toEqual([new Error('broken')]);
  });

  test('what fails because it is over is no failure', async () => {
    const over = new AbortController();
    const failures: unknown[] = [];
    await repeat(
      over.signal,
      new Backoff(100, 100),
      async () => {
        over.abort();
        throw new Error('closed');
      },
      (error) => failures.push(error),
    );
    expect(failures).toEqual([]);
  });

  test('a pause ends early when it is over, and leaves no timer behind', async () => {
    const over = new AbortController();
    const paused = pause(60_000, over.signal);
    over.abort();
    await paused;
    await pause(60_000, over.signal);
    expect(vi.getTimerCount()).toBe(0);
  });

  test('a bounded wait ends with its work, its limit or its signal, and leaves no timer behind', async () => {
    const never = new Promise(() => {});
    await within(Promise.resolve(), 1000);
    await within(Promise.reject(new Error('no matter')), 1000);
    const over = new AbortController();
    const cut = within(never, 1000, over.signal);
    over.abort();
    await cut;
    expect(vi.getTimerCount()).toBe(0);
    const late = within(never, 1000);
    await vi.advanceTimersByTimeAsync(1000);
    await late;
    expect(vi.getTimerCount()).toBe(0);
  });
});
