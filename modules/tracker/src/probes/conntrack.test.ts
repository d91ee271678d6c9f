import { expect, it } from 'vitest';
import { conntrackOf } from './conntrack.ts';

it('is how full the table of connections is', () => {
  expect(conntrackOf(65_536, 262_144)).toEqual({
    percentage: 25,
    figures: { connections: 65_536, connections_max: 262_144 },
  });
});

it('is 100 where the limit was set below what there is', () => {
  expect(conntrackOf(12, 10)?.percentage).toBe(100);
});

it.each([
  [undefined, 10],
  [10, undefined],
  [10, 0],
])('is nothing where there is no table: %s of %s', (connections, connections_max) => {
  expect(conntrackOf(connections, connections_max)).toBeUndefined();
});
