// What is no curve, as people say it.

import { timeOf } from '../format.ts';
import { texts } from '../texts.ts';
import { sayAmount } from './names.ts';
import type { Fact } from './plan.ts';
import type { Stage } from './stage.svelte.ts';

/** Says a fact as it is now; told anew once a second. */
export function sayFact(stage: Stage, { path, unit }: Pick<Fact, 'path' | 'unit'>): string {
  void stage.seconds;
  if (unit === 'words') {
    const word = stage.words.get(path);
    if (typeof word === 'string') return word;
    return word === undefined ? texts.machine.unknown : word ? texts.machine.yes : texts.machine.no;
  }
  // A moment does not fit into a column of figures to the millisecond; to the minute it does.
  if (unit === 'moment') return timeOf(stage.momentOf(path) ?? 0);
  return sayAmount(stage.valueAt(path, stage.last_row), unit);
}
