// The first glance: is anything wrong, how many, since when.

import type { Band, Machine } from '../../../server/wire.ts';
import { deathOf, type Standing } from './judge.ts';

/** One machine as the summary sees it. */
export interface Judged {
  readonly machine: Machine;
  /** Its worst resource; undefined when nothing of it was judged. */
  readonly worst: { readonly resource: string; readonly band: Band; readonly since_ms: number } | undefined;
  /** Undefined when it lives and nothing of it was judged. */
  readonly standing: Standing | undefined;
}

/** Something that is wrong with a machine. */
export interface Trouble {
  readonly machine: string;
  /** The resource at HIGH; undefined when the machine is dead. */
  readonly resource: string | undefined;
  readonly since_ms: number;
  /** It may be longer: the server has known the machine no longer. */
  readonly at_least: boolean;
}

export interface Summary {
  readonly machines: number;
  readonly count: { readonly [standing in Standing]: number };
  /** The troubles that have lasted longest, at most {@link TROUBLES_MAX}. */
  readonly troubles: readonly Trouble[];
  /** Since when nothing is wrong, by the server's clock; undefined while something is. */
  readonly calm_since_ms: number | undefined;
  /** The calm may be longer: the server has been watching no longer. */
  readonly calm_at_least: boolean;
}

/** Troubles that are named one by one. */
export const TROUBLES_MAX = 8;

/** How the whole fleet is, in one word; the mark, the title and the favicon tell it. */
export type Mood = 'unknown' | 'low' | 'medium' | 'high' | 'dead';

export function moodOf({ machines, count }: Summary): Mood {
  if (machines === 0) return 'unknown';
  if (count.HIGH > 0) return 'high';
  if (count.dead > 0) return 'dead';
  return count.MEDIUM > 0 ? 'medium' : 'low';
}

/** @param watching_since_ms since when the server listens, by its clock */
export function summarize(all: Iterable<Judged>, watching_since_ms: number): Summary {
  const count = { LOW: 0, MEDIUM: 0, HIGH: 0, stale: 0, dead: 0, stopped: 0 };
  const troubles: Trouble[] = [];
  let machines = 0;
  let last_high_ms = 0;
  for (const { machine, worst, standing } of all) {
    machines++;
    last_high_ms = Math.max(last_high_ms, machine.high_ms ?? 0);
    if (standing === undefined) continue;
    count[standing]++;
    if (standing === 'dead') {
      const { died_ms } = deathOf(machine);
      troubles.push({ machine: machine.machine, resource: undefined, since_ms: died_ms, at_least: false });
    } else if (standing === 'HIGH' && worst !== undefined) {
      troubles.push({
        machine: machine.machine,
        resource: worst.resource,
        since_ms: worst.since_ms,
        at_least: worst.since_ms <= machine.first_ms,
      });
    }
  }
  troubles.sort((a, b) => a.since_ms - b.since_ms);
  const calm = troubles.length === 0;
  return {
    machines,
    count,
    troubles: troubles.slice(0, TROUBLES_MAX),
    calm_since_ms: calm ? Math.max(last_high_ms, watching_since_ms) : undefined,
    calm_at_least: last_high_ms <= watching_since_ms,
  };
}
