// Counters become rates: what the kernel has counted since its start, between two readings.

/** Numbers of 32 bits: the kernel's times of disks, and all counters where its words are that short. */
const WRAP = 2 ** 32;

/**
 * How far a counter has come. NaN when either is unknown, and when it has begun again, so that nobody knows.
 *
 * @param wraps whether it is known not to have begun again: then one that went back has passed the end of its 32 bits
 */
export function grown(before: number, after: number, wraps = false): number {
  if (after >= before) return after - before;
  return wraps && before < WRAP ? after - before + WRAP : Number.NaN;
}

/** What has happened in some time, as happenings a second, with two decimals. NaN stays NaN. */
export function perSecond(happened: number, elapsed_ms: number): number {
  return Math.round((happened * 100_000) / elapsed_ms) / 100;
}

/** Sets a figure if it is known: what is NaN or infinite is not, and stays absent. */
export function tell<Figures extends object>(figures: Figures, name: KeysOfNumbers<Figures>, value: number): void {
  if (Number.isFinite(value)) (figures as Record<string, number>)[name] = value;
}

/** The names under which an object may have a number. */
export type KeysOfNumbers<Figures> = {
  [Name in keyof Figures & string]-?: NonNullable<Figures[Name]> extends number ? Name : never;
}[keyof Figures & string];
