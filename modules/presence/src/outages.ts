// Many deaths at the same moment are one event, a switch that fails or a rack without power, and are told as one.

import type { Outage } from '@ganglion/topics';

export interface OutageLimits {
  /** So many machines cut off… */
  readonly machines_min: number;
  /** …within so long are an outage. */
  readonly window_ms: number;
}

/** Names that one message holds; the count says how many there are. */
export const NAMES_MAX = 1_000;

interface Lost {
  readonly machine: string;
  readonly at_ms: number;
  readonly at_epoch_ms: number;
}

/** Gathers machines that were cut off, not those that said goodbye. */
export class Outages {
  readonly #limits: OutageLimits;
  /** Those of the last window, oldest first; while an outage lasts, all of it. */
  #lost: Lost[] = [];

  constructor(limits: OutageLimits) {
    this.#limits = limits;
  }

  add(machine: string, at_ms: number, at_epoch_ms: number): void {
    this.#lost.push({ machine, at_ms, at_epoch_ms });
  }

  /** The outage that is over by now, if there was one: nobody more was lost for a whole window. */
  look(now_ms: number): Outage | undefined {
    const { machines_min, window_ms } = this.#limits;
    const [first] = this.#lost;
    const last = this.#lost.at(-1);
    if (first === undefined || last === undefined) return undefined;
    if (this.#lost.length < machines_min) {
      this.#lost = this.#lost.filter(({ at_ms }) => now_ms - at_ms <= window_ms);
      return undefined;
    }
    // Told when nobody more follows, or after the window at the latest: what comes then is told as another.
    if (now_ms - last.at_ms < window_ms / 4 && now_ms - first.at_ms < window_ms) return undefined;
    const machines = this.#lost.map(({ machine }) => machine);
    this.#lost = [];
    return {
      machines: machines.slice(0, NAMES_MAX),
      count: machines.length,
      first_ms: first.at_epoch_ms,
      last_ms: last.at_epoch_ms,
      pattern: sharedPattern(machines),
    };
  }
}

/** The pattern that fits all names and says most: their common first words or their common last ones; else `#`. */
export function sharedPattern(names: readonly string[]): string {
  const words = names.map((name) => name.split('.'));
  const front = shared(words);
  const back = shared(words.map((each) => each.toReversed())).toReversed();
  if (front.length === 0 && back.length === 0) return '#';
  return front.length >= back.length ? [...front, '#'].join('.') : ['#', ...back].join('.');
}

/** The first words that all have in common. */
function shared(all: readonly (readonly string[])[]): string[] {
  const [first = [], ...others] = all;
  const end = first.findIndex((word, i) => others.some((other) => other[i] !== word));
  return first.slice(0, end === -1 ? first.length : end);
}
