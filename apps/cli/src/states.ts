// Who is here, who is late and who is gone: what a tap knows of every machine and every instance. Pure: it is told what was
// heard, and answers with the states that have changed since they were last asked for. Times are epoch milliseconds of this
// machine, but for those that others tell.

import { areLastWords, type Birth, type Cause, type Death, type Life, lifeOf, usualInterval } from '@ganglion/topics';

/** Machines and instances that are known, at most; past that one that is dead is forgotten, else the newcomer is not taken. */
export const SOURCES_MAX = 20_000;

export type Kind = 'machine' | 'instance';

/** How it stands with one of them. */
export interface State {
  readonly kind: Kind;
  readonly source: string;
  readonly life: Life;
  /** Since when: its birth, its last word, its death. Undefined where nobody has told of a birth. */
  readonly since_ms: number | undefined;
  readonly last_seen_ms: number;
  /** Of the dead alone. */
  readonly cause: Cause | undefined;
  /** Of a machine: the instance that measures it; empty when it is not known. */
  readonly instance: string;
  /** What it says of itself; empty when nobody has told. */
  readonly about: Readonly<Record<string, unknown>>;
}

/** A sign of life. */
export interface Sign {
  readonly kind: Kind;
  readonly source: string;
  readonly instance: string;
  /** When it was said, by the speaker's clock. */
  readonly time_ms: number;
  readonly received_ms: number;
}

interface Entry {
  readonly kind: Kind;
  readonly source: string;
  instance: string;
  about: Readonly<Record<string, unknown>>;
  born_ms: number | undefined;
  /** As it was told; what is learnt counts only where nothing was. */
  told_interval_ms: number | undefined;
  interval_ms: number | undefined;
  /** By its own clock. */
  time_ms: number;
  received_ms: number;
  gone: { readonly cause: Cause; readonly died_ms: number } | undefined;
  told_gone_ms: number;
  /** What was last answered; undefined before the first time. */
  shown: Life | undefined;
}

export class States {
  /** Newcomers that found no place. */
  refused = 0;
  readonly #entries = new Map<string, Entry>();
  readonly #sources_max: number;

  constructor(sources_max = SOURCES_MAX) {
    this.#sources_max = sources_max;
  }

  /** Somebody speaks. Whoever was told dead lives, unless these may be its last words. */
  heard({ kind, source, instance, time_ms, received_ms }: Sign): void {
    const entry = this.#entry(kind, source);
    if (entry === undefined || (entry.gone !== undefined && areLastWords(entry.told_gone_ms, received_ms))) return;
    if (entry.gone !== undefined) this.#revive(entry, undefined);
    if (entry.received_ms > 0) entry.interval_ms = usualInterval(entry.interval_ms, time_ms - entry.time_ms);
    entry.instance = instance;
    entry.time_ms = Math.max(entry.time_ms, time_ms);
    entry.received_ms = received_ms;
  }

  born(source: string, { kind, instance, born_ms, interval_ms, about }: Birth, received_ms: number): void {
    const entry = this.#entry(kind, source);
    if (entry === undefined) return;
    this.#revive(entry, born_ms);
    entry.instance = instance;
    entry.about = about;
    entry.told_interval_ms = interval_ms;
    if (entry.received_ms === 0) entry.received_ms = received_ms;
  }

  died(source: string, { kind, instance, cause, died_ms, last_seen_ms, repeated }: Death, received_ms: number): void {
    // An instance that was stopped comes back under another name: who comes later needs not hear of it.
    if (kind === 'instance' && cause === 'stopped' && repeated === true) return;
    const entry = this.#entry(kind, source);
    if (entry === undefined) return;
    entry.instance = instance;
    entry.gone = { cause, died_ms };
    entry.told_gone_ms = received_ms;
    entry.received_ms = last_seen_ms;
  }

  /**
   * The states that are others than when they were last asked for, the dead first, then by name.
   *
   * @param heard_since_ms since when everybody could have been heard
   */
  changed(now_ms: number, heard_since_ms: number): State[] {
    const changed: State[] = [];
    for (const entry of this.#entries.values()) {
      const life = lifeOf(
        { ...entry, interval_ms: entry.told_interval_ms ?? entry.interval_ms },
        now_ms,
        heard_since_ms,
      );
      if (life === entry.shown) continue;
      entry.shown = life;
      changed.push(stateOf(entry, life));
    }
    return changed.sort((a, b) => RANK[a.life] - RANK[b.life] || (a.source < b.source ? -1 : 1));
  }

  #revive(entry: Entry, born_ms: number | undefined): void {
    entry.gone = undefined;
    entry.born_ms = born_ms;
  }

  #entry(kind: Kind, source: string): Entry | undefined {
    const key = `${kind}/${source}`;
    let entry = this.#entries.get(key);
    if (entry !== undefined) return entry;
    if (this.#entries.size >= this.#sources_max && !this.#forgetOne()) {
      this.refused++;
      return undefined;
    }
    entry = {
      kind,
      source,
      instance: '',
      about: {},
      born_ms: undefined,
      told_interval_ms: undefined,
      interval_ms: undefined,
      time_ms: 0,
      received_ms: 0,
      gone: undefined,
      told_gone_ms: 0,
      shown: undefined,
    };
    this.#entries.set(key, entry);
    return entry;
  }

  #forgetOne(): boolean {
    for (const [key, { shown }] of this.#entries) if (shown === 'dead') return this.#entries.delete(key);
    return false;
  }
}

const RANK: Readonly<Record<Life, number>> = { dead: 0, stale: 1, live: 2 };

function stateOf({ kind, source, instance, about, born_ms, received_ms, gone }: Entry, life: Life): State {
  const said = { kind, source, life, last_seen_ms: received_ms, instance, about };
  switch (life) {
    case 'live':
      return { ...said, since_ms: born_ms, cause: undefined };
    case 'stale':
      return { ...said, since_ms: received_ms, cause: undefined };
    case 'dead':
      return { ...said, since_ms: gone?.died_ms ?? received_ms, cause: gone?.cause ?? 'silent' };
  }
}
