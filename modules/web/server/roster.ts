// Who runs: every instance that presence has told of, or that was heard to pulse, with what it says of itself.

import type { Pulse } from '@ganglion/kernel';
import { alert, analysis, areLastWords, type Birth, type Death, past } from '@ganglion/topics';
import { type Instance, PAST_MS } from '../wire/frames.ts';

/** Instances that are known at once; past that the one dead longest is forgotten, or else the one known longest. */
export const INSTANCES_MAX = 20_000;

/** Characters of what is told of one instance; one that says more of itself is not taken. */
const INSTANCE_CHARACTERS_MAX = 8_192;

/** Characters of a text in it, and texts in a list. */
const TEXT_CHARACTERS_MAX = 255;
const LIST_MAX = 64;

/** An instance, written once for all who look. */
export interface Known {
  readonly instance: Instance;
  readonly text: string;
  /** When the server was told that it is gone, by its own clock. */
  readonly told_gone_ms: number;
}

export interface RosterOptions {
  /** Something is known of this instance that was not before, or it is forgotten. */
  readonly onChange: (name: string) => void;
  /** One said more of itself than is taken. */
  readonly onTooLarge: () => void;
}

export class Roster {
  readonly #options: RosterOptions;
  readonly #known = new Map<string, Known>();
  /** The dead among them, the longest dead first. */
  readonly #dead = new Set<string>();
  /** The living that judge. */
  readonly #analyzers = new Set<string>();
  /** When the last that judged has gone; undefined while none is known to have. */
  #judged_until_ms: number | undefined;
  /** The living that keep alerts, with the rules that they say they judge by. */
  readonly #keepers = new Map<string, readonly string[]>();
  /** The living that answer about the past. */
  readonly #recorders = new Set<string>();

  constructor(options: RosterOptions) {
    this.#options = options;
  }

  /**
   * Since when none of those that say they publish analyses is here, epoch milliseconds of the server's clock. Undefined while
   * one is, and when nobody knows of any.
   */
  get unjudged_since_ms(): number | undefined {
    return this.#analyzers.size > 0 ? undefined : this.#judged_until_ms;
  }

  /** How many that answer about the past are here. */
  get recorders(): number {
    return this.#recorders.size;
  }

  /** The names of those that publish alerts and are here. */
  get keepers(): Iterable<string> {
    return this.#keepers.keys();
  }

  /** How many those are, and all the rules that they say they judge by. */
  get judged_by(): { readonly keepers: number; readonly rules: readonly string[] } {
    return { keepers: this.#keepers.size, rules: [...new Set([...this.#keepers.values()].flat())] };
  }

  get(name: string): Known | undefined {
    return this.#known.get(name);
  }

  names(): Iterable<string> {
    return this.#known.keys();
  }

  /** Presence tells that it is here. */
  born(name: string, { about, born_ms, interval_ms }: Birth): void {
    this.#put(instanceOf(name, about, textOf(about['role']) ?? '', born_ms, interval_ms), rulesOf(about));
  }

  /** Presence tells that it is gone, perhaps one that has not been known; what that was, the death says. */
  died(name: string, death: Pick<Death, 'cause' | 'died_ms' | 'about' | 'repeated'>, now_ms: number): void {
    const { cause, died_ms, about, repeated = false } = death;
    const known = this.#known.get(name);
    const instance = known?.instance ?? (about && goneInstanceOf(name, about, died_ms));
    if (instance === undefined) return;
    const gone_ms = repeated ? Math.min(died_ms, now_ms) : now_ms;
    if (instance.publishes.includes(analysis.family))
      this.#judged_until_ms = Math.max(this.#judged_until_ms ?? 0, gone_ms);
    if (known === undefined && now_ms - gone_ms > PAST_MS) return;
    this.#put({ ...instance, gone: { cause, died_ms } }, [], now_ms);
  }

  /** It pulses: it is here whether presence tells so or not. */
  pulsed(name: string, { module, about, stopping = false }: Pulse, now_ms: number): void {
    const known = this.#known.get(name);
    if (stopping) {
      if (known?.instance.gone === undefined) this.died(name, { cause: 'stopped', died_ms: now_ms }, now_ms);
    } else if (
      known === undefined ||
      (known.instance.gone !== undefined && !areLastWords(known.told_gone_ms, now_ms))
    ) {
      this.#put(instanceOf(name, about ?? {}, module, about?.started_ms ?? now_ms, undefined), rulesOf(about ?? {}));
    }
  }

  /** Forgets who is dead so long that nothing is remembered of that time. */
  tidy(now_ms: number): void {
    for (const name of this.#dead) {
      if (now_ms - (this.#known.get(name)?.told_gone_ms ?? 0) <= PAST_MS) return;
      this.#forget(name);
    }
  }

  #put(instance: Instance, rules: readonly string[], told_gone_ms = 0): void {
    const { instance: name, gone } = instance;
    const text = JSON.stringify(instance);
    if (text.length > INSTANCE_CHARACTERS_MAX) {
      this.#options.onTooLarge();
      return;
    }
    const known = this.#known.get(name);
    if (known?.text === text) return;
    if (known === undefined && this.#known.size >= INSTANCES_MAX) this.#forgetOne();
    this.#known.set(name, { instance, text, told_gone_ms });
    this.#dead.delete(name);
    if (gone !== undefined) this.#dead.add(name);
    if (gone === undefined && instance.publishes.includes(analysis.family)) this.#analyzers.add(name);
    else this.#analyzers.delete(name);
    if (gone === undefined && instance.publishes.includes(alert.family)) this.#keepers.set(name, rules);
    else this.#keepers.delete(name);
    if (gone === undefined && instance.listens.includes(`#.${past.family}`)) this.#recorders.add(name);
    else this.#recorders.delete(name);
    this.#options.onChange(name);
  }

  #forgetOne(): void {
    const [name] = this.#dead.size > 0 ? this.#dead : this.#known.keys();
    if (name !== undefined) this.#forget(name);
  }

  #forget(name: string): void {
    this.#known.delete(name);
    this.#dead.delete(name);
    this.#analyzers.delete(name);
    this.#keepers.delete(name);
    this.#recorders.delete(name);
    this.#options.onChange(name);
  }
}

/** What an instance says of itself comes from outside, and may say anything. */
function instanceOf(
  name: string,
  about: Readonly<Record<string, unknown>>,
  module: string,
  born_ms: number,
  interval_ms: number | undefined,
): Instance {
  const host = textOf(about['host']);
  const version = textOf(about['version']);
  const measured = about['machine'];
  const machine =
    typeof measured === 'object' && measured !== null && 'name' in measured ? textOf(measured.name) : undefined;
  return {
    instance: name,
    module: module.slice(0, TEXT_CHARACTERS_MAX),
    ...(host !== undefined && { host }),
    ...(machine !== undefined && { machine }),
    ...(version !== undefined && { version }),
    listens: textsOf(about['listens']),
    publishes: textsOf(about['publishes']),
    born_ms,
    ...(interval_ms !== undefined && { interval_ms }),
  };
}

/** One that was never seen alive. Since when it was there its death does not say, only when it was started. */
function goneInstanceOf(name: string, about: Readonly<Record<string, unknown>>, died_ms: number): Instance {
  const started_ms = typeof about['started_ms'] === 'number' ? about['started_ms'] : died_ms;
  return instanceOf(name, about, textOf(about['role']) ?? '', started_ms, undefined);
}

/** The rules that an analyzer says it judges by. */
function rulesOf(about: Readonly<Record<string, unknown>>): string[] {
  return textsOf(about['rules']);
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value.slice(0, TEXT_CHARACTERS_MAX) : undefined;
}

function textsOf(value: unknown): string[] {
  return Array.isArray(value) ? value.slice(0, LIST_MAX).flatMap((each) => textOf(each) ?? []) : [];
}
