// The roster: who is here, who is gone, and why. Pure: it is told what was heard and when, and answers with what has
// become of whom. Times are milliseconds of a clock that nobody sets, except where they end in `_epoch_ms`.

import type { Cause } from '@ganglion/topics';

export type Kind = 'machine' | 'instance';

/** Someone on the roster. */
export interface Entry {
  readonly source: string;
  readonly kind: Kind;
  /** Of a machine: the instance that measures it; of an instance: itself. Empty when a foreign tracker does not say. */
  instance: string;
  /** The name of the connection it speaks over; empty when it is not known. */
  connection: string;
  /** The time between two signs of life; undefined until it is told or two were heard. */
  interval_ms: number | undefined;
  about: Readonly<Record<string, unknown>>;
  born_epoch_ms: number;
  last_epoch_ms: number;
  last_ms: number;
  /** Undefined while it lives. */
  death: { readonly cause: Cause; readonly at_ms: number; readonly at_epoch_ms: number } | undefined;
  /** Its connection has ended then, and it has not come back yet. */
  left_ms: number | undefined;
  /** Its connection is new: it is not silent before this. */
  patient_until_ms: number;
}

/** What is heard of someone. */
export interface Sign {
  readonly source: string;
  readonly kind: Kind;
  readonly instance: string;
  /** What it says of itself, if it does. */
  readonly about?: Readonly<Record<string, unknown>> | undefined;
  readonly connection?: string | undefined;
  readonly interval_ms?: number | undefined;
}

export interface RosterLimits {
  /** Entries at most; past that the one dead longest is forgotten, else the newcomer is not taken. */
  readonly sources_max: number;
  /** Silent for so many of its own intervals is dead. */
  readonly silence_intervals: number;
  /** The dead are forgotten after this. */
  readonly remember_ms: number;
}

/** How long the end of a connection is doubted: the end of the broker itself looks the same for as long. */
export const DOUBT_MS = 30;

/** The same when several connections end together: a node that fails, a broker that goes down. They come back elsewhere. */
export const DOUBT_TOGETHER_MS = 2_000;

/** Connections that end together are these many or more, within {@link DOUBT_MS}. */
const TOGETHER = 3;

/** After this, who speaks again lives, even if nobody has told that its connection is back. */
const LATE_MESSAGE_MS = 1_000;

/** What is added to the silence allowed, for the ways of messages and timers. */
const SLACK_MS = 500;

/** Part of a new gap that goes into the learnt interval. */
const LEARNING = 0.25;

export class Roster {
  /** Newcomers that found no place. */
  refused = 0;
  readonly #limits: RosterLimits;
  readonly #entries = new Map<string, Entry>();
  /** Who speaks over which connection, and who is measured by which instance. */
  readonly #by_connection = new Map<string, Set<Entry>>();
  /** Those whose connection has ended. */
  readonly #leaving = new Set<Entry>();
  /** Which connection of a name was opened last, as far as that was told. */
  readonly #newest = new Map<string, string>();
  /** Nobody is silent before this: the bus itself was away. */
  #patient_until_ms = 0;
  #looked_ms: number | undefined;

  constructor(limits: RosterLimits) {
    this.#limits = limits;
  }

  get size(): number {
    return this.#entries.size;
  }

  entry(kind: Kind, source: string): Entry | undefined {
    return this.#entries.get(keyOf(kind, source));
  }

  *[Symbol.iterator](): Generator<Entry> {
    yield* this.#entries.values();
  }

  /** Takes a sign of life; answers with the entry when it was born by it, or is back from the dead. */
  heard(sign: Sign, now_ms: number, epoch_ms: number): Entry | undefined {
    const key = keyOf(sign.kind, sign.source);
    const known = this.#entries.get(key);
    if (known === undefined) {
      if (this.#entries.size >= this.#limits.sources_max && !this.#forgetOne()) {
        this.refused++;
        return undefined;
      }
      const entry: Entry = {
        source: sign.source,
        kind: sign.kind,
        instance: sign.instance,
        connection: '',
        interval_ms: sign.interval_ms,
        about: sign.about ?? {},
        born_epoch_ms: epoch_ms,
        last_epoch_ms: epoch_ms,
        last_ms: now_ms,
        death: undefined,
        left_ms: undefined,
        patient_until_ms: 0,
      };
      this.#entries.set(key, entry);
      this.#connect(entry, sign.connection ?? '');
      return entry;
    }
    // The last words of someone whose connection has just ended may still be on their way.
    const same = known.instance === sign.instance;
    if (same && known.left_ms !== undefined && now_ms - known.left_ms < LATE_MESSAGE_MS) return undefined;
    if (same && known.death?.cause === 'stopped') return undefined;
    this.#learn(known, sign, now_ms);
    known.instance = sign.instance;
    known.last_ms = now_ms;
    known.last_epoch_ms = epoch_ms;
    known.left_ms = undefined;
    this.#leaving.delete(known);
    if (sign.about !== undefined) known.about = sign.about;
    if (sign.connection !== undefined) this.#connect(known, sign.connection);
    if (known.death === undefined) return undefined;
    known.death = undefined;
    known.born_epoch_ms = epoch_ms;
    return known;
  }

  /** An instance tells what a machine is that it measures; answers with the entry when that is news. */
  described(machine: string, sign: Omit<Sign, 'source' | 'kind'>): Entry | undefined {
    const entry = this.entry('machine', machine);
    if (entry === undefined || entry.instance !== sign.instance || entry.death !== undefined) return undefined;
    const news = JSON.stringify(entry.about) !== JSON.stringify(sign.about);
    entry.about = sign.about ?? entry.about;
    entry.interval_ms = sign.interval_ms ?? entry.interval_ms;
    if (sign.connection !== undefined) this.#connect(entry, sign.connection);
    return news ? entry : undefined;
  }

  /** An instance has said goodbye: it dies, and with it the machines that only it measures. Answers with them. */
  stopped(instance: string, now_ms: number, epoch_ms: number): Entry[] {
    const dead: Entry[] = [];
    for (const entry of this.#entries.values()) {
      if (entry.instance === instance && entry.death === undefined) {
        this.#bury(entry, 'stopped', now_ms, epoch_ms);
        dead.push(entry);
      }
    }
    return dead;
  }

  /**
   * A connection has ended. Who spoke over it is dead unless it is back in time; {@link look} says so.
   *
   * @param id which of that name: the broker may notice the end of the old one after its successor was opened, or never
   */
  left(connection: string, id: string, now_ms: number): void {
    if ((this.#newest.get(connection) ?? id) !== id) return;
    this.#newest.delete(connection);
    for (const entry of this.#by_connection.get(connection) ?? []) {
      if (entry.death !== undefined) continue;
      entry.left_ms = now_ms;
      this.#leaving.add(entry);
    }
  }

  /**
   * A connection of that name is here, again. Who spoke over it lives as soon as it speaks. It may be silent for
   * `patience_ms` more: a node can hold up for seconds who comes from one that was killed, and that the new connection
   * has ended would be told.
   */
  joined(connection: string, id: string, now_ms: number, patience_ms: number): void {
    this.#remember(connection, id);
    for (const entry of this.#by_connection.get(connection) ?? []) {
      entry.patient_until_ms = now_ms + patience_ms;
      if (entry.left_ms === undefined) continue;
      entry.left_ms = undefined;
      this.#leaving.delete(entry);
      if (entry.death === undefined) entry.last_ms = now_ms;
    }
  }

  /** The bus is away, or was: nothing that is missed meanwhile means anything, for so long as others take to be back. */
  doubt(now_ms: number, patience_ms: number): void {
    this.#patient_until_ms = now_ms + patience_ms;
    this.#newest.clear();
    for (const entry of this.#leaving) entry.left_ms = undefined;
    this.#leaving.clear();
  }

  /** Looks who is dead by now; answers with them. To be called at least every second. */
  look(now_ms: number, epoch_ms: number): Entry[] {
    const dead: Entry[] = [];
    const doubt_ms = this.#leftTogether() ? DOUBT_TOGETHER_MS : DOUBT_MS;
    for (const entry of this.#leaving) {
      if (now_ms - (entry.left_ms ?? now_ms) < doubt_ms) continue;
      this.#leaving.delete(entry);
      this.#bury(entry, 'connection_lost', now_ms, epoch_ms - (now_ms - (entry.left_ms ?? now_ms)));
      dead.push(entry);
    }
    // When we were halted ourselves, nobody else is to blame for the silence.
    const halted_ms = this.#looked_ms === undefined ? 0 : now_ms - this.#looked_ms;
    this.#looked_ms = now_ms;
    if (halted_ms > HALTED_MS) this.#patient_until_ms = Math.max(this.#patient_until_ms, now_ms + halted_ms);
    const { silence_intervals, remember_ms } = this.#limits;
    for (const [key, entry] of this.#entries) {
      if (entry.death !== undefined) {
        if (now_ms - entry.death.at_ms > remember_ms) this.#forget(key, entry);
        continue;
      }
      if (entry.interval_ms === undefined || entry.left_ms !== undefined) continue;
      const since_ms = Math.max(entry.last_ms, this.#patient_until_ms, entry.patient_until_ms);
      if (now_ms - since_ms <= entry.interval_ms * silence_intervals + SLACK_MS) continue;
      this.#bury(entry, 'silent', now_ms, epoch_ms);
      dead.push(entry);
    }
    return dead;
  }

  /** When {@link look} should be called for those whose connection has ended: so long from now; undefined for nobody. */
  nextLook(now_ms: number): number | undefined {
    let first: number | undefined;
    for (const { left_ms = now_ms } of this.#leaving) first = Math.min(first ?? left_ms, left_ms);
    if (first === undefined) return undefined;
    return Math.max(0, first + (this.#leftTogether() ? DOUBT_TOGETHER_MS : DOUBT_MS) - now_ms);
  }

  /** Whether several connections ended at the same time: then it may be the broker, and they may come back. */
  #leftTogether(): boolean {
    const connections = new Set<string>();
    for (const { connection } of this.#leaving) {
      connections.add(connection);
      if (connections.size >= TOGETHER) return true;
    }
    return false;
  }

  #learn(entry: Entry, { interval_ms }: Sign, now_ms: number): void {
    if (interval_ms !== undefined) {
      entry.interval_ms = interval_ms;
      return;
    }
    if (entry.death !== undefined || now_ms < this.#patient_until_ms) return;
    const gap_ms = now_ms - entry.last_ms;
    entry.interval_ms =
      entry.interval_ms === undefined ? gap_ms : entry.interval_ms + (gap_ms - entry.interval_ms) * LEARNING;
  }

  #connect(entry: Entry, connection: string): void {
    if (entry.connection === connection) return;
    this.#disconnect(entry);
    entry.connection = connection;
    if (connection === '') return;
    const entries = this.#by_connection.get(connection) ?? new Set();
    this.#by_connection.set(connection, entries.add(entry));
  }

  #remember(connection: string, id: string): void {
    // Names come from whoever connects: one that nobody speaks under is not worth remembering for ever.
    if (this.#newest.size >= this.#limits.sources_max) {
      for (const name of this.#newest.keys()) if (!this.#by_connection.has(name)) this.#newest.delete(name);
      if (this.#newest.size >= this.#limits.sources_max) this.#newest.clear();
    }
    this.#newest.set(connection, id);
  }

  #disconnect(entry: Entry): void {
    const entries = this.#by_connection.get(entry.connection);
    entries?.delete(entry);
    if (entries?.size !== 0) return;
    this.#by_connection.delete(entry.connection);
    this.#newest.delete(entry.connection);
  }

  #bury(entry: Entry, cause: Cause, at_ms: number, at_epoch_ms: number): void {
    entry.death = { cause, at_ms, at_epoch_ms };
    this.#leaving.delete(entry);
  }

  #forgetOne(): boolean {
    let oldest: [string, Entry] | undefined;
    for (const [key, entry] of this.#entries) {
      if (entry.death !== undefined && entry.death.at_ms < (oldest?.[1].death?.at_ms ?? Number.POSITIVE_INFINITY)) {
        oldest = [key, entry];
      }
    }
    if (oldest !== undefined) this.#forget(...oldest);
    return oldest !== undefined;
  }

  #forget(key: string, entry: Entry): void {
    this.#disconnect(entry);
    this.#leaving.delete(entry);
    this.#entries.delete(key);
  }
}

/** Between two looks lies less, unless this process stood still. */
const HALTED_MS = 1_000;

function keyOf(kind: Kind, source: string): string {
  return `${kind}/${source}`;
}
