import { setImmediate as turn } from 'node:timers/promises';
import { expect, it, vi } from 'vitest';
import { Together } from './together.ts';

it('does at once what comes after a while, a little later what comes soon after, and all of it in one turn', async () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] });
  try {
    const together = new Together(20);
    const done: string[] = [];
    const work = (name: string) => () => {
      done.push(name);
    };
    const [a, b, c] = [work('a'), work('b'), work('c')];
    together.schedule(a, false);
    together.schedule(b, false);
    expect(done).toEqual([]);
    await turn();
    expect(done).toEqual(['a', 'b']);
    // Twice is once.
    together.schedule(a, false);
    together.schedule(a, false);
    await turn();
    vi.advanceTimersByTime(19);
    together.schedule(c, false);
    expect(done).toEqual(['a', 'b']);
    vi.advanceTimersByTime(1);
    expect(done).toEqual(['a', 'b', 'a', 'c']);
    // What cannot wait takes the others with it.
    together.schedule(a, false);
    together.schedule(b, true);
    await turn();
    expect(done).toEqual(['a', 'b', 'a', 'c', 'a', 'b']);
    vi.advanceTimersByTime(100);
    expect(done).toHaveLength(6);
  } finally {
    vi.useRealTimers();
  }
});
