// The page's colours as the charts of one machine take them; tokens.css says what they are.

import { colourOf } from '../style/colours.svelte.ts';

export interface Theme {
  readonly ink_3: string;
  readonly hairline: string;
  readonly ground: string;
  readonly medium: string;
  readonly high: string;
  /** Of curves, from idle to saturated; then the same of areas. */
  readonly values: readonly string[];
  readonly cells: readonly string[];
  /** Of a chart with several curves, in their order; the marks in Plot.svelte have the same. */
  readonly curves: readonly string[];
  /** Of the marks of axes. */
  readonly font: string;
  /** Where a plot begins and ends within its chart, in CSS pixels: the same for all, so that one cursor fits all. */
  readonly plot: Plot;
}

export interface Plot {
  readonly left: number;
  readonly below: number;
  readonly top: number;
}

/** Reads the colours as they are now. */
export function readTheme(): Theme {
  const { fontSize, fontFamily } = getComputedStyle(document.body);
  const text = Number.parseFloat(fontSize);
  return {
    ink_3: colourOf('--ink-3'),
    hairline: colourOf('--hairline'),
    ground: colourOf('--ground'),
    medium: colourOf('--medium'),
    high: colourOf('--high'),
    values: [0, 1, 2, 3].map((i) => colourOf(`--value-${i}`)),
    cells: [0, 1, 2, 3].map((i) => colourOf(`--cell-${i}`)),
    curves: ['--value-1', '--value-3', '--value-2', '--ink-3', '--value-0'].map(colourOf),
    font: `${Math.round(text * 0.76)}px ${fontFamily}`,
    plot: { left: Math.round(text * 4.1), below: Math.round(text * 1.5), top: 8 },
  };
}
