// One clock for the driver and the thread that paces it. `performance.now()` counts from another moment in each thread.

/** Milliseconds of the machine's monotonic clock, with microseconds behind the point. */
export function now_ms(): number {
  const [seconds, nanoseconds] = process.hrtime();
  return seconds * 1000 + nanoseconds / 1e6;
}
