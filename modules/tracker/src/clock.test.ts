import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { startClock, type Timers } from './clock.ts';

/** Time that passes only when the test says so. */
class FakeTimers implements Timers {
  time_ms = 12_345.678;
  pending: { due_ms: number; tick: () => void } | undefined;

  now(): number {
    return this.time_ms;
  }

  after(delay_ms: number, tick: () => void): () => void {
    expect(this.pending).toBeUndefined();
    const timer = { due_ms: this.time_ms + delay_ms, tick };
    this.pending = timer;
    return () => {
      if (this.pending === timer) this.pending = undefined;
    };
  }

  /** Lets the pending timer come, `late_ms` after its time. */
  fire(late_ms = 0): void {
    const timer = this.pending;
    if (timer === undefined) throw new Error('no timer is pending');
    this.pending = undefined;
    this.time_ms = Math.max(this.time_ms, timer.due_ms + late_ms);
    timer.tick();
  }
}

function start(interval_ms = 1000, first_ms = 200) {
  const timers = new FakeTimers();
  const start_ms = timers.time_ms;
  const ticks_ms: number[] = [];
  const seen = { timers, ticks_ms, skipped: 0, work_ms: 0, stop: () => {} };
  seen.stop = startClock({
    interval_ms,
    first_ms,
    timers,
    tick: () => {
      ticks_ms.push(Math.round((timers.time_ms - start_ms) * 1000) / 1000);
      timers.time_ms += seen.work_ms;
    },
    onSkipped: (ticks) => {
      seen.skipped += ticks;
    },
  });
  return seen;
}

describe('the clock', () => {
  it('ticks first after a time of its own, then at whole intervals', () => {
    const { timers, ticks_ms } = start();
    for (let i = 0; i < 4; i++) timers.fire();
    expect(ticks_ms).toEqual([200, 1200, 2200, 3200]);
  });

  it('does not add up delays', () => {
    const { timers, ticks_ms } = start();
    for (let i = 0; i < 1000; i++) timers.fire(7);
    expect(ticks_ms.at(-1)).toBe(200 + 999_000 + 7);
  });

  it('does not add up the time that the work takes', () => {
    const clock = start();
    clock.work_ms = 300;
    for (let i = 0; i < 4; i++) clock.timers.fire();
    expect(clock.ticks_ms).toEqual([200, 1200, 2200, 3200]);
  });

  it('takes a timer that comes a little early for its own tick', () => {
    const { timers, ticks_ms } = start();
    for (let i = 0; i < 3; i++) timers.fire(-0.5);
    expect(ticks_ms).toEqual([199.5, 1199.5, 2199.5]);
  });

  it('leaves out the ticks that it missed, says how many, and keeps its step', () => {
    const clock = start();
    clock.timers.fire();
    // Halted for ten seconds, as by a suspend or a SIGSTOP.
    clock.timers.fire(10_250);
    expect(clock.skipped).toBe(10);
    clock.timers.fire();
    expect(clock.ticks_ms).toEqual([200, 11_450, 12_200]);
    expect(clock.skipped).toBe(10);
  });

  it('leaves out the ticks that its own work was too long for, and never ticks twice at once', () => {
    const clock = start();
    clock.work_ms = 2500;
    for (let i = 0; i < 3; i++) clock.timers.fire();
    expect(clock.ticks_ms).toEqual([200, 2700, 5200]);
    expect(clock.skipped).toBe(3);
  });

  it('ticks no more once it is stopped, from without or within a tick', () => {
    const clock = start();
    clock.timers.fire();
    clock.stop();
    clock.stop();
    expect(clock.timers.pending).toBeUndefined();

    const timers = new FakeTimers();
    const stop = startClock({ interval_ms: 100, first_ms: 0, timers, tick: () => stop(), onSkipped: () => {} });
    timers.fire();
    expect(timers.pending).toBeUndefined();
  });

  it('comes out even, whatever the delays: each due time was a tick or was left out', () => {
    const interval = fc.integer({ min: 100, max: 5_000 });
    // Whole milliseconds: at a fraction of one before a due time it is a matter of rounding which side it is on.
    const delay = fc.integer({ min: 0, max: 20_000 });
    fc.assert(
      fc.property(interval, fc.array(fc.tuple(delay, delay), { maxLength: 30 }), (interval_ms, delays) => {
        const clock = start(interval_ms, 0);
        let last_ms = Number.NEGATIVE_INFINITY;
        for (const [late_ms, work_ms] of delays) {
          clock.work_ms = work_ms;
          clock.timers.fire(late_ms);
          const now_ms = clock.ticks_ms.at(-1) ?? 0;
          expect(now_ms).toBeGreaterThanOrEqual(last_ms);
          last_ms = now_ms;
          expect(clock.ticks_ms.length + clock.skipped).toBe(Math.floor(now_ms / interval_ms) + 1);
        }
      }),
    );
  });

  it('runs on real timers', async () => {
    const ticks = await new Promise<number>((resolve) => {
      let seen = 0;
      const stop = startClock({
        interval_ms: 1,
        first_ms: 0,
        tick: () => {
          if (++seen < 3) return;
          stop();
          resolve(seen);
        },
        onSkipped: () => {},
      });
    });
    expect(ticks).toBe(3);
  });
});
