// The clock: ticks at a fixed interval without drift. A tick that cannot come in time is left out, never made up for.

/** Monotonic time and timers; a test passes its own. */
export interface Timers {
  /** Milliseconds since some fixed moment; never goes back. */
  now(): number;
  /** Calls `tick` once, `delay_ms` from now; returns the function that prevents it. */
  after(delay_ms: number, tick: () => void): () => void;
}

export interface ClockOptions {
  readonly interval_ms: number;
  /** The time to the first tick. The others follow at whole intervals after it. */
  readonly first_ms: number;
  /** Called at each tick. Must not throw. */
  readonly tick: () => void;
  /** Called before a tick that comes after some that were left out, with their number. */
  readonly onSkipped: (ticks: number) => void;
  readonly timers?: Timers;
}

/**
 * Starts a clock. Each tick is set against the moment of the first, so that delays do not add up. When the process was
 * busy or halted for longer than an interval, the next tick comes at once and those between are left out. Where the
 * machine's monotonic time stands still during a suspend, so does the clock.
 *
 * @returns the function that stops it
 */
export function startClock(options: ClockOptions): () => void {
  const { interval_ms, first_ms, tick, onSkipped, timers = SYSTEM } = options;
  const first = timers.now() + first_ms;
  let due = 0;
  let stopped = false;
  const onTimer = () => {
    // A timer may come a little early; that is still its own tick.
    const passed = Math.max(due, Math.floor((timers.now() - first) / interval_ms));
    if (passed > due) onSkipped(passed - due);
    due = passed + 1;
    tick();
    if (!stopped) schedule();
  };
  const schedule = () => {
    cancel = timers.after(Math.max(0, first + due * interval_ms - timers.now()), onTimer);
  };
  let cancel = timers.after(first_ms, onTimer);
  return () => {
    stopped = true;
    cancel();
  };
}

const SYSTEM: Timers = {
  now: () => performance.now(),
  after: (delay_ms, tick) => {
    // Whole milliseconds, not too early: Node keeps a list for each different delay.
    const timer = setTimeout(tick, Math.ceil(delay_ms));
    return () => clearTimeout(timer);
  },
};
