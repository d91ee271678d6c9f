// Figures are decimals with few digits, as they were written in JSON. Such a figure is a whole number and a number of
// digits after the point, and comes back from the two bit for bit: the nearest double of a decimal is its whole number
// divided by a power of ten, as long as both are exact.

/** Digits after the point, at most. */
export const DIGITS_MAX = 9;

/** Whole numbers up to this stay exact through a difference of differences. */
const WHOLE_MAX = 2 ** 49;

/** Powers of ten, exact. */
export const POWERS: readonly number[] = Array.from({ length: DIGITS_MAX + 1 }, (_, digits) => 10 ** digits);

/** The fewest digits after the point with which all of the first values are decimals; -1 when they are none. */
export function digitsOf(values: Float64Array, length: number): number {
  let digits = 0;
  let grown_at = 0;
  for (let i = 0; i < length; i++) {
    const value = values[i] as number;
    while (!isDecimal(value, digits)) {
      if (++digits > DIGITS_MAX) return -1;
      grown_at = i;
    }
  }
  // Those before may be too large for so many digits.
  for (let i = 0; i < grown_at; i++) if (!isDecimal(values[i] as number, digits)) return -1;
  return digits;
}

function isDecimal(value: number, digits: number): boolean {
  const power = POWERS[digits] as number;
  const whole = Math.round(value * power);
  // Nought has a sign, and whole numbers here have none.
  return whole / power === value && whole <= WHOLE_MAX && whole >= -WHOLE_MAX && (value !== 0 || 1 / value > 0);
}

/** The whole number of a decimal. */
export function wholeOf(value: number, digits: number): number {
  return Math.round(value * (POWERS[digits] as number));
}

/**
 * The sum of some figures: exact, and the same in whatever order, when they are decimals and the sum is not too large;
 * else as numbers are added, in order.
 */
export function sumOf(values: Float64Array, from: number, to: number): number {
  const some = values.subarray(from, to);
  const digits = digitsOf(some, some.length);
  let sum = 0;
  if (digits >= 0) {
    for (let i = 0; i < some.length; i++) sum += wholeOf(some[i] as number, digits);
    if (Number.isSafeInteger(sum)) return sum / (POWERS[digits] as number);
    sum = 0;
  }
  for (let i = 0; i < some.length; i++) sum += some[i] as number;
  return sum;
}
