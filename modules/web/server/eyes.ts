// Who looks at which machine: the measures of a machine are listened to only while somebody does.

import { type Context, type Hop, live, type Subscription } from '@ganglion/kernel';
import { type Measure, measure } from '@ganglion/topics';
import type { Count } from './client.ts';
import type { Details } from './details.ts';

/** Machines whose measures are listened to at once. */
export const WATCHED_MAX = 200;

/** How long a machine is listened to when nobody looks any more: whoever walks through machines comes back. */
export const LINGER_MS = 1_000;

/** Characters of a measure that is passed on; a larger one is counted and left out. */
export const MEASURE_CHARACTERS_MAX = 262_144;

/** The newest measure is what counts. */
const NEWEST = { limit_messages: 100, in_flight_max: 10 };

/** How long what is newer counts against what is older. */
const LATE_MS = 10_000;

/** Somebody who looks at a machine. */
export interface Eye {
  /** Takes a `measure` frame. */
  see(frame: Buffer): void;
}

interface Watched {
  readonly machine: string;
  readonly eyes: Set<Eye>;
  readonly subscription: Subscription;
  lingering: NodeJS.Timeout | undefined;
  time_ms: number;
  received_ms: number;
}

export interface EyesOptions {
  readonly listen: Context['listen'];
  readonly details: Details;
  readonly count: Count;
}

export class Eyes {
  readonly #options: EyesOptions;
  readonly #watched = new Map<string, Watched>();

  constructor(options: EyesOptions) {
    this.#options = options;
  }

  /**
   * Someone looks at a machine. Returns false when too many machines are looked at.
   *
   * @throws CodedError `PATTERN_INVALID` when no machine can have that name
   */
  look(machine: string, eye: Eye): boolean {
    let watched = this.#watched.get(machine);
    if (watched === undefined) {
      if (this.#watched.size >= WATCHED_MAX && !this.#endLingering()) return false;
      watched = this.#watch(machine);
    }
    clearTimeout(watched.lingering);
    watched.lingering = undefined;
    watched.eyes.add(eye);
    return true;
  }

  leave(machine: string, eye: Eye): void {
    const watched = this.#watched.get(machine);
    if (watched?.eyes.delete(eye) !== true || watched.eyes.size > 0) return;
    watched.lingering = setTimeout(() => this.#end(watched), LINGER_MS);
  }

  close(): void {
    for (const watched of [...this.#watched.values()]) this.#end(watched);
  }

  #watch(machine: string): Watched {
    const subscription = this.#options.listen(live(measure, { sources: machine, ...NEWEST }), (message) =>
      this.#hear(watched, message),
    );
    const watched: Watched = {
      machine,
      eyes: new Set(),
      subscription,
      lingering: undefined,
      time_ms: Number.NEGATIVE_INFINITY,
      received_ms: 0,
    };
    this.#watched.set(machine, watched);
    this.#options.details.watch(machine);
    return watched;
  }

  #hear(
    watched: Watched,
    message: {
      readonly source: string;
      readonly time_ms: number;
      readonly received_ms: number;
      readonly hops: readonly Hop[];
      readonly body: Measure;
    },
  ): void {
    const { details, count } = this.#options;
    const { source, time_ms, received_ms, hops, body } = message;
    const { machine } = watched;
    // A name may hold words that are wildcards in a pattern.
    if (source !== machine) return;
    // As with analyses: what comes late is no news, and is left out of the past too.
    if (time_ms < watched.time_ms && received_ms - watched.received_ms < LATE_MS) {
      count('measures_late');
      return;
    }
    watched.time_ms = time_ms;
    watched.received_ms = received_ms;
    details.add(machine, time_ms, body);
    if (watched.eyes.size === 0) return;
    const text = JSON.stringify({ type: 'measure', sent_ms: Date.now(), machine, time_ms, received_ms, hops, body });
    if (text.length > MEASURE_CHARACTERS_MAX) {
      count('measures_too_large');
      return;
    }
    const frame = Buffer.from(text);
    for (const eye of watched.eyes) eye.see(frame);
  }

  /** Makes room for another machine at once. */
  #endLingering(): boolean {
    for (const watched of this.#watched.values()) {
      if (watched.lingering === undefined) continue;
      this.#end(watched);
      return true;
    }
    return false;
  }

  #end(watched: Watched): void {
    clearTimeout(watched.lingering);
    this.#watched.delete(watched.machine);
    this.#options.details.leave(watched.machine, performance.now());
    // The bus may be away; then there is nothing to unbind.
    watched.subscription.cancel().catch(() => {});
  }
}
