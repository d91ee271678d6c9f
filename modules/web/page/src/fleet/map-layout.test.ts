import fc from 'fast-check';
import { expect, test } from 'vitest';
import { CELL_MAX, CELL_MIN, layOut } from './map-layout.ts';

test('ten thousand machines fit on one screen, and on a telephone', () => {
  for (const [width, height] of [
    [1200, 500],
    [358, 420],
  ] as const) {
    const { groups, height: needed } = layOut([10_000], false, width, height);
    expect((groups[0]?.rows ?? 0) * (groups[0]?.columns ?? 0)).toBeGreaterThanOrEqual(10_000);
    expect(needed).toBeLessThanOrEqual(height);
  }
});

test('few machines have large cells, one that has the map to itself no larger ones', () => {
  expect(layOut([1], false, 1000, 500)).toEqual({
    cell: CELL_MAX,
    groups: [{ columns: 35, rows: 1 }],
    height: CELL_MAX,
  });
});

test('every machine has a cell, groups lie within the width, and all fits unless cells would be too small', () => {
  fc.assert(
    fc.property(
      fc.array(fc.integer({ min: 1, max: 2_000 }), { minLength: 1, maxLength: 40 }),
      fc.integer({ min: 320, max: 2560 }),
      (counts, width) => {
        const { cell, groups, height } = layOut(counts, true, width, 600);
        groups.forEach(({ columns, rows }, i) => {
          expect(columns * rows).toBeGreaterThanOrEqual(counts[i] ?? 0);
          expect(columns * cell).toBeLessThanOrEqual(width);
        });
        expect(height <= 600 || cell === CELL_MIN).toBe(true);
      },
    ),
  );
});
