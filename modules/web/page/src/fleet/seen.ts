// What the fleet shows, for taking along.

import { Fleet } from '../live/fleet.ts';
import { BANDS } from '../live/judge.ts';
import type { Station } from '../station.svelte.ts';
import type { Seen } from '../time/seen.ts';
import type { Selection } from './selection.svelte.ts';

/** The machines that are shown, in their order, with how they stand. */
export function seenOf(station: Station, selection: Selection): Seen {
  return {
    name: 'fleet',
    table() {
      const { fleet } = station;
      const resources = fleet.columns.flatMap(({ name }) => [`${name}_percentage`, `${name}_result`]);
      const rows = selection.places.map((place) => [
        new Date(fleet.time_ms[place] as number).toISOString(),
        fleet.names[place],
        fleet.standingOf(place),
        ...fleet.columns.flatMap((column) => {
          if (column.there[place] !== 1) return [undefined, undefined];
          return [Fleet.percentageOf(column, place), BANDS[column.ranks[place] as number]];
        }),
      ]);
      return { columns: ['time', 'machine', 'state', ...resources], rows };
    },
    ...(selection.shape === 'map' && {
      pictures: () =>
        [...document.querySelectorAll('.machines canvas')].flatMap((canvas) =>
          canvas instanceof HTMLCanvasElement && canvas.width > 0 ? [{ title: '', canvas }] : [],
        ),
    }),
  };
}
