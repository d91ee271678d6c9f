/** How large a machine is drawn: the more there are, the smaller each. */
export type Density = 'one' | 'few' | 'dozen' | 'some';

/** Up to how many machines a density holds. */
const DENSITIES: readonly (readonly [Density, number])[] = [
  ['one', 1],
  ['few', 4],
  ['dozen', 12],
];

export function densityOf(machines: number): Density {
  return DENSITIES.find(([, max]) => machines <= max)?.[0] ?? 'some';
}
