// What the charts of a machine show, for taking along.

import type { Cell, Seen } from '../time/seen.ts';
import type { Stage } from './stage.svelte.ts';

/** The rows that are shown with every figure that is known of them; of cells also how far they reached. */
export function seenOf(stage: Stage): Seen {
  return {
    name: stage.machine,
    table() {
      const { table, range, reach } = stage;
      if (range === undefined) return { columns: ['time'], rows: [] };
      const paths = [...table.columns.keys()].sort();
      const columns = paths.flatMap((path) =>
        reach === undefined ? [path] : [path, `${path} (least)`, `${path} (most)`],
      );
      const rows: Cell[][] = [];
      const end = Math.min(table.end, table.rowFrom(range.to_ms + 1));
      for (let row = table.rowFrom(range.from_ms); row < end; row++) {
        const time_ms = table.times_ms[row] as number;
        const cellOf = (of: typeof table | undefined, path: string, at: number): Cell => {
          const value = of?.columns.get(path)?.values[at] ?? Number.NaN;
          return Number.isNaN(value) ? undefined : value;
        };
        const reached = reach?.least.rowFrom(time_ms) ?? -1;
        const has_reach = reach !== undefined && reach.least.times_ms[reached] === time_ms && reached < reach.least.end;
        rows.push([
          new Date(time_ms).toISOString(),
          ...paths.flatMap((path) => {
            const value = cellOf(table, path, row);
            if (reach === undefined) return [value];
            if (!has_reach) return [value, value, value];
            return [value, cellOf(reach.least, path, reached), cellOf(reach.most, path, reached)];
          }),
        ]);
      }
      return { columns: ['time', ...columns], rows };
    },
    pictures: () =>
      [...document.querySelectorAll('.machine .tile, .machine .chart')].flatMap((figure) => {
        const canvas = figure.querySelector('canvas');
        const title = figure.querySelector('.label, .title')?.textContent ?? '';
        return canvas === null || canvas.width === 0 ? [] : [{ title, canvas }];
      }),
  };
}
