// A machine in one sentence, for who hears the page.

import { figureOf } from '../format.ts';
import { Fleet } from '../live/fleet.ts';
import type { Station } from '../station.svelte.ts';
import { resourceName, standingWord, texts } from '../texts.ts';

/** `site1.web-07, HIGH, CPU 93.1 %, Memory 41.0 %`. */
export function wordsFor(station: Station, place: number): string {
  const { fleet } = station;
  const resources = fleet.columnsOf(place).map((column) => {
    const percentage = Fleet.percentageOf(column, place);
    return [resourceName(column.name), percentage === undefined ? '' : texts.percent(figureOf(percentage))]
      .join(' ')
      .trim();
  });
  const standing = fleet.standingOf(place);
  return [fleet.names[place], standing && standingWord(standing), ...resources]
    .filter((text) => text !== undefined)
    .join(', ');
}
