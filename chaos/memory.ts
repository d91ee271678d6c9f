// Memory that may not grow.

/** What a program's memory may grow by, from when a fifth of all has been sent. */
export const GROWTH_MEGABYTES_MAX = 64;

/** How far the highest of the later four fifths is above the highest of the first fifth. */
export function growth_megabytes(samples: readonly number[]): number {
  const fifth = Math.ceil(samples.length / 5);
  return Math.max(...samples.slice(fifth)) - Math.max(...samples.slice(0, fifth));
}
