// One machine as a card shows it: a card draws itself again only when its own machine spoke.

import type { Machine } from '../../../wire/frames.ts';
import { type Fleet, NO_COLUMN } from '../live/fleet.ts';
import { ANOMALY, type Standing } from '../live/judge.ts';
import { texts } from '../texts.ts';

export class Row {
  readonly place: number;
  readonly name: string;
  machine: Machine = $state.raw() as Machine;
  standing: Standing | undefined = $state();
  /** The name of its worst resource; undefined when nothing of it was judged. */
  worst: string | undefined = $state();
  /** The names of its resources, the known ones first. */
  resources: readonly string[] = $state.raw([]);
  /** Whether it is on the screen or near it; its curves are drawn only then. */
  near = $state(false);

  readonly fleet: Fleet;

  constructor(fleet: Fleet, place: number) {
    this.fleet = fleet;
    this.place = place;
    this.name = fleet.names[place] as string;
    this.learn();
  }

  /** Takes the machine's newest. */
  learn(): void {
    const { fleet, place } = this;
    this.machine = fleet.machineAt(place);
    this.standing = fleet.standingOf(place);
    const worst = fleet.worst[place] as number;
    this.worst = worst === NO_COLUMN ? undefined : fleet.columns[worst]?.name;
    const names = inOrder(Object.keys(this.machine.resources).filter((name) => name !== ANOMALY));
    if (names.join('\n') !== this.resources.join('\n')) this.resources = names;
  }
}

const KNOWN = Object.keys(texts.resources);

/** The resources everyone knows first, then the others as the analysis has them. */
function inOrder(names: string[]): string[] {
  const rank = (name: string) => {
    const at = KNOWN.indexOf(name);
    return at === -1 ? KNOWN.length : at;
  };
  return names.sort((a, b) => rank(a) - rank(b));
}
