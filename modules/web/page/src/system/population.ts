// Who runs, what each has been doing, and for how long the dead are shown. Bounded: what is beyond is counted.

import type { Beat, Instance, InstancesFrame } from '../../../wire/frames.ts';
import { Rate } from './rates.ts';

/** Instances that are kept; those beyond are counted alone. */
export const INSTANCES_MAX = 20_000;

/** How long who died is still shown. */
export const DEAD_SHOWN_MS = 60_000;

/** So many intervals without a pulse make somebody late. */
const LATE_INTERVALS = 2;

/** On top of that, for the way here. */
const LATE_GRACE_MS = 1_000;

/** Families, reasons and figures of one instance that are kept. */
const NAMES_MAX = 100;

export type Standing = 'alive' | 'late' | 'dead';

/** How often messages were lost, and whether they are now. */
export interface Losses {
  /** Since the page looks. */
  readonly total: number;
  /** With the newest pulse. */
  readonly now: number;
}

/** One instance and its figures. */
export class Member {
  instance: Instance;
  /** When it was last heard, by the server's clock. */
  heard_ms: number;
  /** Its newest pulse. */
  beat: Beat | undefined;
  readonly in = new Map<string, Rate>();
  readonly out = new Map<string, Rate>();
  readonly lost = { dropped: { total: 0, now: 0 }, failed: { total: 0, now: 0 } };

  constructor(instance: Instance, now_ms: number) {
    this.instance = instance;
    this.heard_ms = now_ms;
  }

  take(beat: Beat, now_ms: number): void {
    this.beat = beat;
    this.heard_ms = now_ms;
    tell(this.in, beat.in, beat.interval_ms, now_ms);
    tell(this.out, beat.out, beat.interval_ms, now_ms);
    for (const kind of ['dropped', 'failed'] as const) {
      const now = sumOf(beat[kind]);
      this.lost[kind].now = now;
      this.lost[kind].total += now;
    }
  }

  standingAt(now_ms: number): Standing {
    const { gone, interval_ms, stranger } = this.instance;
    if (gone !== undefined) return 'dead';
    const interval = this.beat?.interval_ms ?? interval_ms;
    // Of a stranger only a sample is heard: silence says nothing.
    if (interval === undefined || stranger === true) return 'alive';
    return now_ms - this.heard_ms > interval * LATE_INTERVALS + LATE_GRACE_MS ? 'late' : 'alive';
  }
}

function tell(rates: Map<string, Rate>, counts: Beat['in'], interval_ms: number, now_ms: number): void {
  // A family that is not named had no message.
  for (const [family, rate] of rates) if (!Object.hasOwn(counts, family)) rate.tell(0, interval_ms, now_ms);
  for (const [family, messages] of Object.entries(counts)) {
    let rate = rates.get(family);
    if (rate === undefined) {
      if (rates.size >= NAMES_MAX) continue;
      rate = new Rate();
      rates.set(family, rate);
    }
    rate.tell(messages, interval_ms, now_ms);
  }
}

function sumOf(losses: Beat['dropped']): number {
  let sum = 0;
  for (const reasons of Object.values(losses)) for (const n of Object.values(reasons)) sum += n;
  return sum;
}

export class Population {
  readonly members = new Map<string, Member>();
  /** Instances that were told of and are not kept. */
  untold = 0;
  /** Grows when somebody came, died, left, or said something else of itself. */
  changes = 0;

  take({ instances, forgotten = [] }: InstancesFrame, now_ms: number): void {
    for (const instance of instances) {
      const known = this.members.get(instance.instance);
      if (known === undefined) {
        // Dead for long before the page looked: nothing to show.
        if (instance.gone !== undefined && now_ms - instance.gone.died_ms > DEAD_SHOWN_MS) continue;
        if (this.members.size >= INSTANCES_MAX) {
          this.untold++;
          continue;
        }
        this.members.set(instance.instance, new Member(instance, now_ms));
      } else {
        const reborn = known.instance.gone !== undefined && instance.gone === undefined;
        known.instance = instance;
        if (reborn) known.heard_ms = now_ms;
      }
      this.changes++;
    }
    for (const name of forgotten) {
      // Who died is shown for its time, whether or not the server still knows of it.
      if (this.members.get(name)?.instance.gone === undefined && this.members.delete(name)) this.changes++;
    }
  }

  /** Takes a pulse in. Returns who it is of; undefined of one that is not known. */
  takeBeat(beat: Beat, now_ms: number): Member | undefined {
    const member = this.members.get(beat.instance);
    if (member === undefined) return undefined;
    const families = member.in.size + member.out.size;
    member.take(beat, now_ms);
    // It published, or heard, what it had not said that it would.
    if (member.in.size + member.out.size > families) this.changes++;
    return member;
  }

  /** Lets go of who has been dead for long; who is selected stays. */
  tidy(now_ms: number, selected: string | undefined): void {
    for (const [name, { instance }] of this.members) {
      if (instance.gone === undefined || name === selected) continue;
      if (now_ms - instance.gone.died_ms <= DEAD_SHOWN_MS) continue;
      this.members.delete(name);
      this.changes++;
    }
  }

  /** The server starts to tell anew. */
  clear(): void {
    this.members.clear();
    this.untold = 0;
    this.changes++;
  }
}
