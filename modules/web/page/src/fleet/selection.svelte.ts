// Which machines are shown, in which order and groups: what the address says, asked of the fleet.

import { Fleet, NO_COLUMN } from '../live/fleet.ts';
import { ANOMALY, DEAD, HIGH, STALE, STANDINGS, type Standing } from '../live/judge.ts';
import type { Station } from '../station.svelte.ts';
import { texts } from '../texts.ts';

export const SORTS = ['name', 'worst', 'value', 'unusual'] as const;
export type Sort = (typeof SORTS)[number];

/** Besides, `label:` and the name of a label. */
export const GROUPINGS = ['none', 'site', 'kind'] as const;
export type Grouping = (typeof GROUPINGS)[number] | `label:${string}`;

const LABEL = 'label:';

/** Up to so many machines are cards; more are a heat map. */
export const CARDS_MAX = 200;

/** Groups that are shown; the machines of all others are one more. */
export const GROUPS_MAX = 60;

/** Machines that belong together, in the order in which they are shown. */
export interface Group {
  /** Empty when there is but one. */
  readonly label: string;
  readonly places: readonly number[];
}

/** The machines as the reader wants them. Everything is in the address, so a link shows the same. */
export class Selection {
  readonly #station: Station;

  constructor(station: Station) {
    this.#station = station;
  }

  /** Words that all must be in a machine's name, in any case. */
  readonly words: readonly string[] = $derived.by(() => wordsOf(this.#of('q')));
  readonly states: readonly Standing[] = $derived.by(() => {
    const asked = this.#of('state').split(',');
    return STANDINGS.filter((standing): standing is Standing => standing !== undefined && asked.includes(standing));
  });
  /** The resource that colours the map; undefined for each machine's worst. */
  readonly resource: string | undefined = $derived.by(() => {
    const asked = this.#of('resource');
    return this.#station.resources.includes(asked) ? asked : undefined;
  });
  readonly sort: Sort = $derived.by(() => SORTS.find((sort) => sort === this.#of('sort')) ?? 'name');
  readonly grouping: Grouping = $derived.by((): Grouping => {
    const asked = this.#of('group');
    const label = asked.startsWith(LABEL) ? asked.slice(LABEL.length) : undefined;
    if (label !== undefined && this.#station.label_names.includes(label)) return `label:${label}`;
    return GROUPINGS.find((grouping) => grouping === asked) ?? 'none';
  });

  readonly filtered: boolean = $derived(this.words.length > 0 || this.states.length > 0);

  /** The machines that are shown, in order. */
  readonly places: readonly number[] = $derived.by(() => {
    const { places, fleet } = this.#station;
    const { words, states, sort } = this;
    // What depends on how machines stand moves once a second: a picture that jumps about cannot be read.
    if (states.length > 0 || sort !== 'name') void this.#station.now_ms;
    const shown = places.filter((place) => {
      if (states.length > 0 && !states.includes(fleet.standingOf(place) as Standing)) return false;
      if (words.length === 0) return true;
      const text = textOf(fleet, place);
      return words.every((word) => text.includes(word));
    });
    if (sort === 'name') return shown;
    const weights = new Map(shown.map((place) => [place, this.#weightOf(place, sort)]));
    return shown.sort((a, b) => (weights.get(b) as number) - (weights.get(a) as number));
  });

  readonly shape: 'cards' | 'map' = $derived.by(() => {
    const asked = this.#of('show');
    // Ten thousand cards are no view of anything.
    if (asked === 'map' || this.places.length > CARDS_MAX) return 'map';
    return 'cards';
  });

  readonly groups: readonly Group[] = $derived.by(() => {
    const { places, grouping } = this;
    if (grouping === 'none') return [{ label: '', places }];
    const { names, labels } = this.#station.fleet;
    const groups = new Map<string, number[]>();
    for (const place of places) {
      const label = grouping.startsWith(LABEL)
        ? (labels[place]?.[grouping.slice(LABEL.length)] ?? texts.noLabel)
        : labelOf(names[place] as string, grouping);
      const group = groups.get(label);
      if (group !== undefined) group.push(place);
      else groups.set(label, [place]);
    }
    const all = [...groups].map(([label, places]) => ({ label, places }));
    all.sort((a, b) => a.label.localeCompare(b.label, undefined, { numeric: true }));
    if (all.length <= GROUPS_MAX) return all;
    const others = all.slice(GROUPS_MAX - 1);
    return [
      ...all.slice(0, GROUPS_MAX - 1),
      { label: texts.otherGroups(others.length), places: others.flatMap(({ places }) => places) },
    ];
  });

  /** What colours a machine on the map: the column and its figure, of the chosen resource or of the one that matters. */
  columnAt(place: number): number {
    const { fleet, resources } = this.#station;
    if (this.resource !== undefined) return resources.indexOf(this.resource);
    const worst = fleet.worst[place] as number;
    if (worst !== NO_COLUMN && fleet.worstRank(place) > 1) return worst;
    const cpu = fleet.columns.findIndex(({ name }) => name === 'cpu');
    return cpu === -1 ? worst : cpu;
  }

  /** Where a machine stands on the map: in the chosen resource while it lives. */
  standingAt(place: number): number {
    const { fleet } = this.#station;
    const standing = fleet.standing[place] as number;
    if (this.resource === undefined || standing >= STALE) return standing;
    return fleet.columns[this.#station.resources.indexOf(this.resource)]?.ranks[place] ?? standing;
  }

  #weightOf(place: number, sort: Sort): number {
    const { fleet } = this.#station;
    const column =
      sort === 'unusual' ? fleet.columns.find(({ name }) => name === ANOMALY) : fleet.columns[this.columnAt(place)];
    const percentage = column === undefined ? 0 : (Fleet.percentageOf(column, place) ?? 0);
    if (sort !== 'worst') return Math.round(percentage);
    const standing = this.standingAt(place);
    const weight = standing === DEAD ? HIGH + 1 : standing === STALE ? HIGH + 0.5 : standing > DEAD ? 0 : standing;
    return weight * 1000 + Math.round(percentage);
  }

  #of(name: string): string {
    return this.#station.router.query.get(name) ?? '';
  }
}

function wordsOf(text: string): string[] {
  return text
    .toLowerCase()
    .split(/\s+/)
    .filter((word) => word !== '');
}

/** What is searched: its name, and its labels as `site=berlin`. */
function textOf({ names, labels }: Fleet, place: number): string {
  const name = names[place] as string;
  const labelled = labels[place];
  if (labelled === undefined) return name.toLowerCase();
  return [name, ...Object.entries(labelled).map((label) => label.join('='))].join(' ').toLowerCase();
}

/** `site`: the first word of a name that has several; `kind`: the name with its numbers left open. */
export function labelOf(name: string, grouping: Grouping): string {
  if (grouping === 'site') {
    const dot = name.indexOf('.');
    return dot === -1 ? texts.noSite : `${name.slice(0, dot)}.*`;
  }
  return name.replace(/\d+/g, '*');
}
