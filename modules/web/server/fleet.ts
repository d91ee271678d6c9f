// The newest of every machine, in the order in which they spoke. A client needs no queue of its own: it remembers how
// far it has come, and what spoke after that is what it has not seen. What is more than figures is in an order of its own.

import type { Gone } from '../wire/frames.ts';
import { Layouts } from './layout.ts';
import { Order } from './order.ts';
import { type Heard, State } from './state.ts';

/** A machine's place in a fleet. */
export interface Entry {
  /** Below `machines_max`. Used again when its machine is forgotten. */
  readonly id: number;
  readonly state: State;
  /** The number of its newest change; grows by one with each change of any machine. */
  serial: number;
  /** The number of its newest change that was more than figures. */
  told_serial: number;
}

/** How long what is newer counts against what is older. */
const LATE_MS = 10_000;

/** A bounded store of the newest analysis of each machine. */
export class Fleet {
  readonly machines_max: number;
  /** The number of the newest change; 0 before the first. */
  serial = 0;
  /** The number of the newest that was more than figures. */
  told_serial = 0;
  /** Machines forgotten because there were too many. */
  forgotten = 0;

  readonly #layouts = new Layouts();
  readonly #by_name = new Map<string, Entry>();
  readonly #by_id: (Entry | undefined)[] = [];
  readonly #free: number[] = [];
  readonly #changed = new Order();
  readonly #told = new Order();
  readonly #onForgotten: (state: State) => void;

  constructor(machines_max: number, onForgotten: (state: State) => void = () => {}) {
    this.machines_max = machines_max;
    this.#onForgotten = onForgotten;
  }

  get size(): number {
    return this.#by_name.size;
  }

  /** What is known of a machine. */
  named(machine: string): Entry | undefined {
    return this.#by_name.get(machine);
  }

  /** The machine in a place. */
  at(id: number): Entry | undefined {
    return this.#by_id[id];
  }

  /**
   * Whether an analysis is older than what is known of its machine, as those that a tracker sends late after an outage: it
   * would take the page back. Unless nothing newer has come for a while: then the machine's clock was set back.
   */
  isLate({ source, time_ms, received_ms }: Pick<Heard, 'source' | 'time_ms' | 'received_ms'>): boolean {
    const known = this.#by_name.get(source)?.state;
    return known !== undefined && time_ms < known.time_ms && received_ms - known.received_ms < LATE_MS;
  }

  /** Takes an analysis in. Forgets the machine silent longest when there is no room. */
  hear(heard: Heard): Entry {
    const known = this.#by_name.get(heard.source);
    const entry = known ?? this.#add(new State(heard.source, heard.time_ms, heard.received_ms));
    const told = entry.state.hear(heard, this.#layouts, known === undefined);
    return this.#touch(entry, told);
  }

  /** Notes that a machine is gone, also of one that has never been heard here. */
  bury(machine: string, gone: Gone, last_seen_ms: number, now_ms: number): Entry {
    const entry = this.#by_name.get(machine) ?? this.#add(new State(machine, last_seen_ms, last_seen_ms));
    entry.state.gone = gone;
    entry.state.told_gone_ms = now_ms;
    entry.state.page = undefined;
    return this.#touch(entry, true);
  }

  /** Notes that a machine is here; undefined when that is no news. */
  revive(machine: string): Entry | undefined {
    const entry = this.#by_name.get(machine);
    if (entry?.state.gone === undefined) return undefined;
    entry.state.gone = undefined;
    entry.state.page = undefined;
    return this.#touch(entry, true);
  }

  /** More than figures has changed of a machine that is known. */
  tell(entry: Entry): Entry {
    entry.state.page = undefined;
    return this.#touch(entry, true);
  }

  /** Takes over what another fleet knows of a machine, as the newest change of this one. `told`: it is more than figures. */
  adopt(state: State, told: boolean): Entry {
    const known = this.#by_name.get(state.machine);
    if (known?.state === state) return this.#touch(known, told);
    // The other fleet had forgotten it meanwhile.
    if (known !== undefined) this.#forget(known);
    return this.#touch(this.#add(state), true);
  }

  /** The machines that changed after change number `serial`, each at its newest, at most `limit`, oldest change first. */
  since(serial: number, limit: number): Entry[] {
    return this.#entries(this.#changed.since(serial, limit));
  }

  /** The same of changes that were more than figures. */
  toldSince(serial: number, limit: number): Entry[] {
    return this.#entries(this.#told.since(serial, limit));
  }

  #entries(ids: readonly number[]): Entry[] {
    return ids.map((id) => this.#by_id[id] as Entry);
  }

  #touch(entry: Entry, told: boolean): Entry {
    entry.serial = ++this.serial;
    this.#changed.move(entry.id, entry.serial);
    if (told) {
      entry.told_serial = entry.serial;
      this.told_serial = entry.serial;
      this.#told.move(entry.id, entry.serial);
    }
    return entry;
  }

  #add(state: State): Entry {
    const { oldest } = this.#changed;
    if (this.#by_name.size >= this.machines_max && oldest !== undefined) {
      this.#forget(this.#by_id[oldest] as Entry);
      this.forgotten++;
    }
    const id = this.#free.pop() ?? this.#by_id.length;
    const entry: Entry = { id, state, serial: 0, told_serial: 0 };
    this.#by_id[id] = entry;
    this.#by_name.set(state.machine, entry);
    this.#changed.add(id, 0);
    this.#told.add(id, 0);
    return entry;
  }

  #forget({ id, state }: Entry): void {
    this.#by_name.delete(state.machine);
    this.#by_id[id] = undefined;
    this.#free.push(id);
    this.#changed.remove(id);
    this.#told.remove(id);
    if (state.layout !== undefined) this.#layouts.release(state.layout);
    this.#onForgotten(state);
  }
}
