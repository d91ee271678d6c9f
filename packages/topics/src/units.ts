// What a figure is, from its name alone: messages carry no schema, but the wire's contract lets units end the name. It imports nothing,
// so that the page can have it alone, as `@ganglion/topics/units`.

/** What a figure is counted in. `count`: a number of things. */
export type Unit =
  | 'percentage'
  | 'bytes'
  | 'bytes_per_second'
  | 'bits_per_second'
  | 'per_second'
  | 'ms'
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

/** What a field's name says: `context_switches_per_second` is `context_switches` in `per_second`. */
export function unitOf(field: string): { unit: Unit; stem: string } {
  for (const unit of ENDINGS) {
    for (const ending of [unit, `${unit}s`]) {
      // Cores by themselves are counted, not used.
      if (field === ending && unit !== 'cores') return { unit, stem: '' };
      if (field.endsWith(`_${ending}`)) return { unit, stem: field.slice(0, -ending.length - 1) };
    }
  }
  return { unit: 'count', stem: field };
}
