// The first glance: is anything wrong, how many, since when, and who is worst.

import { type Column, Fleet, NO_COLUMN } from './fleet.ts';
import { DEAD, deathOf, HIGH, STANDINGS, type Standing } from './judge.ts';

/** A machine that somebody should look at. */
export interface Trouble {
  readonly place: number;
  readonly machine: string;
  readonly standing: Standing;
  /** Its worst resource; undefined when the machine is dead. */
  readonly resource: string | undefined;
  readonly percentage: number | undefined;
  readonly since_ms: number;
  /** It may be longer: the server has known the machine no longer. */
  readonly at_least: boolean;
}

export interface Summary {
  readonly machines: number;
  readonly count: { readonly [standing in Standing]: number };
  /** Since when nothing is wrong, by the server's clock; undefined while something is. */
  readonly calm_since_ms: number | undefined;
  /** The calm may be longer: the server has been watching no longer. */
  readonly calm_at_least: boolean;
}

/** Machines that are named one by one. */
export const WORST_MAX = 10;

/** How the whole fleet is, in one word; the mark, the title and the favicon tell it. */
export type Mood = 'unknown' | 'low' | 'medium' | 'high' | 'dead';

export function moodOf({ machines, count }: Summary): Mood {
  if (machines === 0) return 'unknown';
  if (count.HIGH > 0) return 'high';
  if (count.dead > 0) return 'dead';
  return count.MEDIUM > 0 ? 'medium' : 'low';
}

/** @param watching_since_ms since when the server listens, by its clock */
export function summarize(fleet: Fleet, watching_since_ms: number): Summary {
  const counts = new Uint32Array(STANDINGS.length);
  let last_high_ms = 0;
  for (const place of fleet.places()) {
    const standing = fleet.standing[place] as number;
    counts[standing] = (counts[standing] as number) + 1;
    const high_ms = fleet.high_ms[place] as number;
    if (high_ms > last_high_ms) last_high_ms = high_ms;
  }
  const count = { LOW: 0, MEDIUM: 0, HIGH: 0, stale: 0, dead: 0, stopped: 0 };
  STANDINGS.forEach((standing, i) => {
    if (standing !== undefined) count[standing] = counts[i] as number;
  });
  const calm = count.HIGH === 0 && count.dead === 0;
  return {
    machines: fleet.size,
    count,
    calm_since_ms: calm ? Math.max(last_high_ms, watching_since_ms) : undefined,
    calm_at_least: last_high_ms <= watching_since_ms,
  };
}

/** What it costs to overlook a machine: HIGH before dead, dead before late, late before MEDIUM; nought is not worth a name. */
const WEIGHTS: { readonly [standing in Standing]: number } = {
  HIGH: 4,
  dead: 3,
  stale: 2,
  MEDIUM: 1,
  LOW: 0,
  stopped: 0,
};

/** Percent by which one must be fuller than another to stand before it for that. */
const FULLNESS_STEP = 5;

/** The worst machines, worst first, at most {@link WORST_MAX}: by how they stand, then by how full their worst resource is. */
export function worstOf(fleet: Fleet): Trouble[] {
  const worst: { place: number; weight: number }[] = [];
  let least = 0;
  for (const place of fleet.places()) {
    const standing = fleet.standingOf(place);
    if (standing === undefined || WEIGHTS[standing] === 0) continue;
    const weight = WEIGHTS[standing] + weightWithin(fleet, place, standing);
    if (worst.length === WORST_MAX && weight <= least) continue;
    let at = worst.length;
    while (at > 0 && (worst[at - 1]?.weight ?? 0) < weight) at--;
    worst.splice(at, 0, { place, weight });
    if (worst.length > WORST_MAX) worst.pop();
    if (worst.length === WORST_MAX) least = worst.at(-1)?.weight ?? 0;
  }
  return worst.map(({ place }) => troubleAt(fleet, place));
}

/** An epoch time as a very small number. */
const AGE_WEIGHT = 1e-16;

/** Below 1. Who went last comes first. Of the others the fullest, in steps that do not waver, and of equals who has been so longest. */
function weightWithin(fleet: Fleet, place: number, standing: Standing): number {
  if (standing === 'dead' || standing === 'stale') return (fleet.received_ms[place] as number) * AGE_WEIGHT;
  const column = columnAt(fleet, place);
  if (column === undefined) return 0;
  const fullness = Math.floor((Fleet.percentageOf(column, place) ?? 0) / FULLNESS_STEP) / 100;
  return fullness - (column.since_ms[place] as number) * AGE_WEIGHT;
}

function columnAt(fleet: Fleet, place: number): Column | undefined {
  const worst = fleet.worst[place] as number;
  return worst === NO_COLUMN ? undefined : fleet.columns[worst];
}

function troubleAt(fleet: Fleet, place: number): Trouble {
  const standing_number = fleet.standing[place] as number;
  const machine = fleet.names[place] as string;
  const standing = STANDINGS[standing_number] as Standing;
  const gone = fleet.gone[place];
  const received_ms = fleet.received_ms[place] as number;
  if (standing_number > HIGH) {
    const since_ms = standing_number === DEAD ? deathOf({ received_ms, ...(gone && { gone }) }).died_ms : received_ms;
    return { place, machine, standing, resource: undefined, percentage: undefined, since_ms, at_least: false };
  }
  const column = columnAt(fleet, place);
  const since_ms = column?.since_ms[place] ?? 0;
  return {
    place,
    machine,
    standing,
    resource: column?.name,
    percentage: column && Fleet.percentageOf(column, place),
    since_ms,
    at_least: since_ms <= (fleet.first_ms[place] as number),
  };
}
