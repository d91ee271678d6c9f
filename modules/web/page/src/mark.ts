// The mark: a small knot with three fibres. Also the favicon, in the colour of the worst state.

import type { Severity } from '../../wire/frames.ts';
import type { Mood } from './live/summary.ts';

/** One fibre of the knot, in a box of 32 by 32; the others are the same, turned around the middle. */
export const FIBRE = 'M16 2C10 7.4 10 18.2 19.8 22.5';

/** The turns of the three fibres, in degrees. */
export const TURNS = [0, 120, 240];

/** Colours that stand out on a dark and on a light tab alike. */
const COLOURS: { readonly [mood in Mood | 'cut']: string } = {
  unknown: '#8a93a3',
  low: '#2f9e97',
  medium: '#c98a12',
  high: '#e0393e',
  dead: '#8a6fd1',
  cut: '#8a93a3',
};

/** Over the knot's corner, while alerts wait for somebody: the shape and the colour of the worst of them. */
const WAITING: { readonly [severity in Severity]: string } = {
  critical: `<path d='M23 1L31 15H15Z' fill='${COLOURS.high}' stroke='#fff' stroke-width='2' stroke-linejoin='round'/>`,
  warning: `<rect x='15' y='4' width='16' height='8' rx='2' fill='${COLOURS.medium}' stroke='#fff' stroke-width='2'/>`,
  info: `<circle cx='25' cy='7' r='6' fill='${COLOURS.low}' stroke='#fff' stroke-width='2'/>`,
};

/**
 * The mark as an image's address; asking for it makes no request.
 *
 * @param waiting the worst of the alerts that wait for somebody
 */
export function faviconOf(mood: Mood | 'cut', waiting?: Severity): string {
  const fibres = TURNS.map((turn) => `<path d='${FIBRE}' transform='rotate(${turn} 16 16)'/>`).join('');
  const dashes = mood === 'cut' ? " stroke-dasharray='2 5'" : '';
  const svg = `<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 32 32' fill='none' stroke='${COLOURS[mood]}' stroke-width='3.6' stroke-linecap='round'${dashes}>${fibres}${waiting === undefined ? '' : WAITING[waiting]}</svg>`;
  return `data:image/svg+xml,${encodeURIComponent(svg)}`;
}
