// Programs that publish without a pulse, found by listening in on everything for a moment now and then. Pure: it is told
// what passed, and answers with who that was.

import type { Envelope } from '@ganglion/kernel';
import { splitKey } from '@ganglion/kernel';
import type { Beat, Instance } from '../wire/frames.ts';

/** Strangers that are known at once; more are not taken. */
export const STRANGERS_MAX = 200;

/** Families of one stranger; what it publishes besides is told as `other`. */
const FAMILIES_MAX = 32;
const OTHER = 'other';

/** One that is not heard in so many whole surveys is gone, and after as many again forgotten. */
const MISSED_MAX = 3;

/** A survey that was cut short, because so much passed, says less about who was not heard. */
const MISSED_IN_CUT = 1 / 4;

const NAME_CHARACTERS_MAX = 255;
const FAMILY_CHARACTERS_MAX = 64;

const SECOND_MS = 1_000;

interface Stranger {
  readonly instance: Instance;
  readonly text: string;
  readonly families: Set<string>;
  heard_ms: number;
  missed: number;
}

/** What a survey has brought. */
export interface Found {
  readonly beats: readonly Beat[];
  /** Those of whom something else is to be told than before; who is not known any more is forgotten. */
  readonly changed: readonly string[];
}

export class Strangers {
  readonly #isKnown: (sender: string) => boolean;
  readonly #known = new Map<string, Stranger>();
  /** Messages of this survey by sender and family. */
  #heard = new Map<string, Map<string, number>>();

  /** @param isKnown whether somebody pulses, and so is no stranger */
  constructor(isKnown: (sender: string) => boolean) {
    this.#isKnown = isKnown;
  }

  get(name: string): { readonly instance: Instance; readonly text: string } | undefined {
    return this.#known.get(name);
  }

  names(): Iterable<string> {
    return this.#known.keys();
  }

  /** A message of the survey. Whoever names no sender is one stranger for each family. */
  hear({ key, properties }: Pick<Envelope, 'key' | 'properties'>): void {
    const family = (splitKey(key)?.family ?? OTHER).slice(0, FAMILY_CHARACTERS_MAX);
    const { sender = '' } = properties;
    if (sender !== '' && this.#isKnown(sender)) return;
    const name = sender === '' ? `unknown (${family})` : sender.slice(0, NAME_CHARACTERS_MAX);
    let families = this.#heard.get(name);
    if (families === undefined) {
      if (this.#heard.size >= STRANGERS_MAX) return;
      families = new Map();
      this.#heard.set(name, families);
    }
    const counted = families.has(family) || families.size < FAMILIES_MAX ? family : OTHER;
    families.set(counted, (families.get(counted) ?? 0) + 1);
  }

  /**
   * The survey is over.
   *
   * @param took_ms how long it was
   * @param cut it ended early, because so much passed
   */
  end(took_ms: number, cut: boolean, now_ms: number): Found {
    const beats: Beat[] = [];
    const changed: string[] = [];
    const heard = this.#heard;
    this.#heard = new Map();
    for (const [name, families] of heard) {
      // Its pulse has come meanwhile.
      if (this.#isKnown(name)) continue;
      const stranger = this.#known.get(name);
      if (stranger === undefined && this.#known.size >= STRANGERS_MAX) continue;
      if (this.#put(name, stranger, families.keys(), now_ms)) changed.push(name);
      const scaled = [...families].map(([family, n]) => [family, Math.round((n * SECOND_MS) / Math.max(1, took_ms))]);
      const out = Object.fromEntries(scaled);
      beats.push({ instance: name, interval_ms: SECOND_MS, in: {}, out, dropped: {}, failed: {}, counts: {} });
    }
    for (const [name, stranger] of this.#known) {
      if (this.#isKnown(name)) {
        this.#known.delete(name);
        changed.push(name);
      } else if (!heard.has(name) && this.#miss(name, stranger, cut)) {
        changed.push(name);
      }
    }
    return { beats, changed };
  }

  /** Nobody asks any more. */
  clear(): void {
    this.#known.clear();
    this.#heard.clear();
  }

  /** Returns whether there is something new to tell. */
  #put(name: string, before: Stranger | undefined, heard: Iterable<string>, now_ms: number): boolean {
    const families = new Set([...(before?.families ?? []), ...heard].slice(0, FAMILIES_MAX));
    const isNews = before === undefined || before.instance.gone !== undefined || families.size > before.families.size;
    if (before !== undefined && !isNews) {
      before.heard_ms = now_ms;
      before.missed = 0;
      return false;
    }
    const instance: Instance = {
      instance: name,
      module: name.startsWith('unknown (') ? 'unknown' : name,
      listens: [],
      publishes: [...families],
      born_ms: before?.instance.born_ms ?? now_ms,
      stranger: true,
    };
    this.#known.set(name, { instance, text: JSON.stringify(instance), families, heard_ms: now_ms, missed: 0 });
    return true;
  }

  #miss(name: string, stranger: Stranger, cut: boolean): boolean {
    const { missed: before, instance, heard_ms } = stranger;
    stranger.missed += cut ? MISSED_IN_CUT : 1;
    if (stranger.missed >= MISSED_MAX * 2) {
      this.#known.delete(name);
      return true;
    }
    if (before >= MISSED_MAX || stranger.missed < MISSED_MAX) return false;
    const gone: Instance = { ...instance, gone: { cause: 'silent', died_ms: heard_ms } };
    this.#known.set(name, { ...stranger, instance: gone, text: JSON.stringify(gone) });
    return true;
  }
}
