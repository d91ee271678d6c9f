// Where an arrow key leads: to what stands next in that direction.

import type { Point } from './layout.ts';

export type Arrow = 'ArrowLeft' | 'ArrowRight' | 'ArrowUp' | 'ArrowDown';

/** Off the line costs more than along it. */
const ASIDE = 2;

/** The nearest of some points in a direction from one; undefined when there is none. */
export function nearestIn<Item>(arrow: Arrow, from: Point, others: Iterable<readonly [Item, Point]>): Item | undefined {
  const across = arrow === 'ArrowLeft' || arrow === 'ArrowRight';
  const sign = arrow === 'ArrowRight' || arrow === 'ArrowDown' ? 1 : -1;
  let nearest: Item | undefined;
  let least = Number.POSITIVE_INFINITY;
  for (const [item, { x, y }] of others) {
    const along = (across ? x - from.x : y - from.y) * sign;
    const aside = Math.abs(across ? y - from.y : x - from.x);
    if (along <= 1) continue;
    const far = along + aside * ASIDE;
    if (far < least) {
      least = far;
      nearest = item;
    }
  }
  return nearest;
}
