// What a figure is called and how its amount is said, from its name alone.

import type { Unit } from '@ganglion/topics/units';
import { texts } from '../texts.ts';

/** A name as people say it: `tcp_time_wait` is "TCP time wait". */
export function sayName(name: string): string {
  if (Object.hasOwn(texts.machine.names, name)) return texts.machine.names[name] as string;
  const words = name.split('_').filter((word) => word !== '');
  if (words.length === 0) return name;
  const said = words
    .map((word) => (Object.hasOwn(texts.machine.words, word) ? texts.machine.words[word] : word))
    .join(' ');
  return said.charAt(0).toUpperCase() + said.slice(1);
}

/** A resource's name as people say it. */
export function sayResource(resource: string): string {
  return (Object.hasOwn(texts.resources, resource) && texts.resources[resource]) || sayName(resource);
}

const whole = new Intl.NumberFormat();
const digits = [0, 1, 2].map(
  (places) => new Intl.NumberFormat(undefined, { minimumFractionDigits: places, maximumFractionDigits: places }),
);

/** Three figures, so that an amount that changes keeps its width: `8.20`, `82.0`, `820`. */
function threeFigures(value: number): string {
  const size = Math.abs(value);
  const places = size >= 99.95 || value === 0 ? 0 : size >= 9.995 ? 1 : 2;
  return (digits[places] as Intl.NumberFormat).format(value);
}

const PREFIXES = ['', 'k', 'M', 'G', 'T', 'P', 'E'];

/** An amount and its unit, `8.20` and `MB/s`: as people say it, in steps of a thousand. */
export interface Amount {
  readonly figure: string;
  readonly unit: string;
}

export function amountOf(value: number, unit: Unit): Amount {
  if (Number.isNaN(value)) return { figure: texts.machine.unknown, unit: '' };
  const sign = texts.machine.units[unit];
  switch (unit) {
    case 'percentage':
      return { figure: (digits[1] as Intl.NumberFormat).format(value), unit: sign };
    case 'celsius':
    case 'rpm':
      return { figure: whole.format(Math.round(value)), unit: sign };
    case 'ms':
      return Math.abs(value) < 1_000
        ? { figure: threeFigures(value), unit: sign }
        : { figure: threeFigures(value / 1_000), unit: texts.machine.units.seconds };
    case 'cores':
    case 'ppm':
      return { figure: threeFigures(value), unit: sign };
    case 'count':
      if (Number.isInteger(value) && Math.abs(value) < 100_000) return { figure: whole.format(value), unit: sign };
      break;
    case 'bytes':
      if (Math.abs(value) < 1_000) return { figure: whole.format(Math.round(value)), unit: sign };
      break;
  }
  const { scaled, prefix } = inSteps(value);
  return { figure: threeFigures(scaled), unit: `${prefix}${sign}` };
}

/** `8.20 MB/s` in one piece. */
export function sayAmount(value: number, unit: Unit): string {
  const { figure, unit: sign } = amountOf(value, unit);
  return sign === '' ? figure : `${figure}\u{a0}${sign}`;
}

/** What nobody says in thousands. */
const UNSCALED: readonly Unit[] = ['percentage', 'celsius', 'rpm', 'cores', 'ppm'];

const marks = new Intl.NumberFormat(undefined, { maximumSignificantDigits: 4, useGrouping: false });

/** An amount for the marks of an axis, without decimals that say nothing: `2 MB/s`, `50 %`. */
export function sayMark(value: number, unit: Unit): string {
  if (unit === 'ms' && Math.abs(value) >= 1_000) return sayMark(value / 1_000, 'seconds');
  const { scaled, prefix } = UNSCALED.includes(unit) ? { scaled: value, prefix: '' } : inSteps(value);
  const sign = `${prefix}${texts.machine.units[unit]}`;
  return sign === '' ? marks.format(scaled) : `${marks.format(scaled)}\u{a0}${sign}`;
}

function inSteps(value: number): { scaled: number; prefix: string } {
  let scaled = value;
  let step = 0;
  while (Math.abs(scaled) >= 999.5 && step < PREFIXES.length - 1) {
    scaled /= 1_000;
    step++;
  }
  return { scaled, prefix: PREFIXES[step] as string };
}
