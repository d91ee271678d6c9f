// What runs, and what it does: told to whoever looks at the system. Who is here is always known, as births and deaths are
// rare; pulses are listened to, and strangers looked for, only while somebody looks.

import { CodedError, type Context, live, type Pulse, pulse, type Subscription } from '@ganglion/kernel';
import type { Birth, Death } from '@ganglion/topics';
import { type Beat, PULSES_MS, type TapLook } from '../wire/frames.ts';
import { beatOf, fold } from './beats.ts';
import type { Count } from './client.ts';
import type { PageClient } from './page-client.ts';
import { Roster } from './roster.ts';
import { Strangers } from './strangers.ts';
import { Survey } from './survey.ts';
import { SystemFeed, writePulses } from './system-feed.ts';
import { Tap } from './tap.ts';

/** Taps at once, of all clients together. */
export const TAPS_MAX = 20;

/** How long pulses are listened to when nobody looks any more. */
const LINGER_MS = 1_000;

/** Characters of what one pulse says; of a larger one nothing is told. */
const PULSE_CHARACTERS_MAX = 16_384;

/** The newest pulses are what counts; of many instances one comes each a second. */
const NEWEST = { limit_messages: 20_000, in_flight_max: 1_000 };

export interface SystemOptions {
  readonly listen: Context['listen'];
  readonly tap: Context['tap'];
  readonly count: Count;
  /** The last that judges has gone, or one is back: `unjudged_since_ms` is another. */
  readonly onAnalyzers: () => void;
  /** The last that answers about the past has gone, or one is back. */
  readonly onRecorders: (there: boolean) => void;
  /** Who keeps alerts, or the rules that they judge by, may have changed. */
  readonly onKeepers: () => void;
}

export class System {
  readonly #options: SystemOptions;
  readonly #roster: Roster;
  readonly #strangers: Strangers;
  readonly #feeds = new Set<SystemFeed>();
  /** Pulses that have not gone out yet, by instance. */
  #beats = new Map<string, Beat>();
  #watching: { readonly pulses: Subscription; readonly survey: Survey } | undefined;
  #lingering: NodeJS.Timeout | undefined;
  #folding: NodeJS.Timeout | undefined;
  #tell_due = false;
  #taps = 0;
  /** As it was told last. */
  #unjudged_since_ms: number | undefined;
  #recorders_there = false;
  /** Who keeps alerts, as it was told last. */
  #keepers = '';

  constructor(options: SystemOptions) {
    this.#options = options;
    this.#roster = new Roster({
      onChange: (name) => {
        this.#changed(name);
        this.#lookAtAnalyzers();
        this.#countRecorders();
        this.#lookAtKeepers();
      },
      onTooLarge: () => options.count('instances_too_large'),
    });
    this.#strangers = new Strangers((sender) => this.#roster.get(sender) !== undefined);
  }

  /** Since when nobody judges, by the server's clock; undefined while somebody does, and when nobody is known to have. */
  get unjudged_since_ms(): number | undefined {
    return this.#roster.unjudged_since_ms;
  }

  /** Whether anybody answers about the past. */
  get is_recorded(): boolean {
    return this.#recorders_there;
  }

  /** The instances that keep alerts. */
  get keepers(): Iterable<string> {
    return this.#roster.keepers;
  }

  /** How many those are, and the rules that they judge by. */
  get judged_by(): { readonly keepers: number; readonly rules: readonly string[] } {
    return this.#roster.judged_by;
  }

  born(name: string, birth: Birth): void {
    this.#roster.born(name, birth);
  }

  died(name: string, death: Death): void {
    this.#roster.died(name, death, Date.now());
    // Of one that is dead for long nothing is shown, but that nobody judges since.
    this.#lookAtAnalyzers();
  }

  tidy(now_ms: number): void {
    this.#roster.tidy(now_ms);
  }

  /**
   * Somebody looks. `tap`: besides, what it listens in on; `refuse` is told why it cannot.
   */
  look(client: PageClient, tap: TapLook | undefined, refuse: (why: string) => void): SystemFeed {
    clearTimeout(this.#lingering);
    this.#lingering = undefined;
    this.#watching ??= this.#watch();
    const names = new Set([...this.#roster.names(), ...this.#strangers.names()]);
    const tapping = tap && this.#tap(client, tap, refuse);
    const feed: SystemFeed = new SystemFeed(client, {
      names,
      textOf: (name) => (this.#roster.get(name) ?? this.#strangers.get(name))?.text,
      onClose: () => {
        this.#leave(feed);
        if (tapping === undefined) return;
        tapping.close();
        this.#taps--;
      },
    });
    this.#feeds.add(feed);
    return feed;
  }

  close(): void {
    clearTimeout(this.#lingering);
    clearTimeout(this.#folding);
    this.#unwatch();
  }

  #lookAtAnalyzers(): void {
    const { unjudged_since_ms } = this.#roster;
    if (unjudged_since_ms === this.#unjudged_since_ms) return;
    this.#unjudged_since_ms = unjudged_since_ms;
    this.#options.onAnalyzers();
  }

  #countRecorders(): void {
    const there = this.#roster.recorders > 0;
    if (there === this.#recorders_there) return;
    this.#recorders_there = there;
    this.#options.onRecorders(there);
  }

  #lookAtKeepers(): void {
    const keepers = JSON.stringify(this.#roster.judged_by);
    if (keepers === this.#keepers) return;
    this.#keepers = keepers;
    this.#options.onKeepers();
  }

  #tap(client: PageClient, look: TapLook, refuse: (why: string) => void): Tap | undefined {
    if (this.#taps >= TAPS_MAX) {
      refuse(`${TAPS_MAX} taps run already; try again when one has ended.`);
      return undefined;
    }
    try {
      const tap = new Tap(client, look, this.#options.tap);
      this.#taps++;
      return tap;
    } catch (error) {
      if (!(error instanceof CodedError)) throw error;
      refuse(`${error.message}.`);
      return undefined;
    }
  }

  #leave(feed: SystemFeed): void {
    if (!this.#feeds.delete(feed) || this.#feeds.size > 0 || this.#watching === undefined) return;
    this.#lingering = setTimeout(() => this.#unwatch(), LINGER_MS);
  }

  #watch(): { readonly pulses: Subscription; readonly survey: Survey } {
    const { listen, tap } = this.#options;
    const pulses = listen(live(pulse, NEWEST), ({ source, body }) => this.#hear(source, body));
    const survey = new Survey(this.#strangers, tap, ({ beats, changed }) => {
      for (const name of changed) this.#changed(name);
      for (const beat of beats) this.#beat(beat);
    });
    return { pulses, survey };
  }

  #unwatch(): void {
    this.#watching?.survey.close();
    // The bus may be away; then there is nothing to unbind.
    this.#watching?.pulses.cancel().catch(() => {});
    this.#watching = undefined;
    this.#strangers.clear();
    this.#beats.clear();
  }

  #hear(name: string, body: Pulse): void {
    this.#roster.pulsed(name, body, Date.now());
    const beat = beatOf(name, body);
    if (JSON.stringify(beat).length > PULSE_CHARACTERS_MAX) this.#options.count('pulses_too_large');
    else this.#beat(beat);
  }

  #beat(beat: Beat): void {
    fold(this.#beats, beat);
    this.#folding ??= setTimeout(() => this.#tellBeats(), PULSES_MS);
  }

  #tellBeats(): void {
    this.#folding = undefined;
    const beats = this.#beats;
    this.#beats = new Map();
    const frames = writePulses(beats.values());
    for (const feed of this.#feeds) feed.takeBeats(beats, frames);
  }

  /** At the end of this turn it is told to everyone, together with what changes in it besides. */
  #changed(name: string): void {
    for (const feed of this.#feeds) feed.owe(name);
    if (this.#tell_due || this.#feeds.size === 0) return;
    this.#tell_due = true;
    setImmediate(() => {
      this.#tell_due = false;
      for (const feed of this.#feeds) feed.catchUp();
    });
  }
}
