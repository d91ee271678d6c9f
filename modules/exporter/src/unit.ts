// What a figure is counted in, from its name alone: messages carry no schema, but the wire's contract lets units end the name.

/** What a figure is counted in. `count`: a number of things, or yes and no as 1 and 0. `moment`: epoch milliseconds. */
export type Unit =
  | 'percentage'
  | 'bytes'
  | 'bytes_per_second'
  | 'bits_per_second'
  | 'per_second'
  | 'ms'
  | 'moment'
  | 'seconds'
  | 'celsius'
  | 'watts'
  | 'volts'
  | 'hertz'
  | 'rpm'
  | 'cores'
  | 'ppm'
  | 'count';

/** Longer endings first: `_bytes_per_second` is no `_per_second`. */
const ENDINGS: readonly Unit[] = [
  'bytes_per_second',
  'bits_per_second',
  'per_second',
  'percentage',
  'bytes',
  'ms',
  'seconds',
  'celsius',
  'watts',
  'volts',
  'hertz',
  'rpm',
  'cores',
  'ppm',
];

/** What a field's name says: `context_switches_per_second` is `context_switches` in `per_second`. Several are one each. */
export function unitOf(field: string): { readonly unit: Unit; readonly stem: string } {
  for (const unit of ENDINGS) {
    for (const ending of [unit, `${unit}s`]) {
      // Cores by themselves are counted, not used.
      if (field === ending && unit !== 'cores') return { unit, stem: '' };
      if (field.endsWith(`_${ending}`)) return { unit, stem: field.slice(0, -ending.length - 1) };
    }
  }
  return { unit: 'count', stem: field };
}

/** A name with its unit, as in a message: `read` in `bytes_per_second` is `read_bytes_per_second`. */
export function fieldOf(stem: string, unit: Unit): string {
  const ending = unit === 'count' ? '' : unit === 'moment' ? 'ms' : unit;
  return [stem, ending].filter((part) => part !== '').join('_');
}

/** One of several: `devices` is `device`, `batteries` is `battery`. */
export function singular(name: string): string {
  if (name.endsWith('ies')) return `${name.slice(0, -3)}y`;
  return name.length > 1 && name.endsWith('s') && !name.endsWith('ss') ? name.slice(0, -1) : name;
}
