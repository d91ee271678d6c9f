// Figures as a tracker says them.

/** A share of a whole: 0 to 100, two decimals. */
export function percentage(share: number): number {
  return Math.round(clamp(share, 0, 1) * 10_000) / 100;
}

/** A rate or a time: two decimals, never below nought. */
export function rounded(value: number): number {
  return value > 0 ? Math.round(value * 100) / 100 : 0;
}

export function clamp(value: number, least: number, most: number): number {
  return Math.min(most, Math.max(least, value));
}
