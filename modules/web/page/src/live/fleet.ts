// What the page knows of every machine, in columns: a machine is a place, and each thing known of it a number in an array.
// Frames go in as they arrive; once for each drawn picture the station takes out which places have changed. Ten thousand
// machines that speak each second make no garbage here.

import { lifeOf } from '@ganglion/topics/life';
import {
  type FiguresFrame,
  type Gone,
  type Labels,
  type Machine,
  type MachinesFrame,
  NO_FIGURE,
  NO_PEAK,
  type PeaksFrame,
} from '../../../wire/frames.ts';
import { HISTORY_SECONDS, Peaks } from './history.ts';
import { BANDS, HIGH, rankOf, STANDINGS, type Standing, standingOf } from './judge.ts';

/** Resources that are told apart over the whole fleet; of more, the first. */
export const RESOURCES_MAX = 64;

/** Names of labels that the fleet can be grouped by. */
export const LABEL_NAMES_MAX = 32;

/** Bytes that the last minutes of all machines may take; resources that do not fit have no curve. */
export const HISTORY_BYTES_MAX = 12_582_912;

const PLACES_MIN = 64;

/** One resource over the whole fleet. */
export interface Column {
  readonly name: string;
  /** Hundredths of a percent; `NO_FIGURE` where a machine has none. */
  hundredths: Uint16Array;
  /** The rank of the band; 0 where there is none. */
  ranks: Uint8Array;
  /** Since when the band is what it is, the server's clock. */
  since_ms: Float64Array;
  /** The last minutes; undefined when there was no room for them. */
  peaks: Peaks | undefined;
  /** 1 where a machine has this resource. */
  there: Uint8Array;
}

/** No column. */
export const NO_COLUMN = 255;

export class Fleet {
  /** How many machines are known. */
  size = 0;
  /** By resource, in the order in which they were first heard of. */
  readonly columns: Column[] = [];
  /** By place; a free place has the empty name. */
  readonly names: string[] = [];
  readonly gone: (Gone | undefined)[] = [];
  readonly labels: (Labels | undefined)[] = [];
  /** What of it is unusual, in a sentence. */
  readonly unusual: (string | undefined)[] = [];
  /** The names of labels that any machine has had; at most {@link LABEL_NAMES_MAX}. */
  readonly label_names: string[] = [];
  time_ms = new Float64Array(PLACES_MIN);
  received_ms = new Float64Array(PLACES_MIN);
  first_ms = new Float64Array(PLACES_MIN);
  /** 0 while it is not known. */
  interval_ms = new Float64Array(PLACES_MIN);
  /** When it last was at HIGH; 0 for never. */
  high_ms = new Float64Array(PLACES_MIN);
  /** Index into `STANDINGS`. */
  standing = new Uint8Array(PLACES_MIN);
  /** The column of the resource in the worst band, of several the one that has been in it longest; or `NO_COLUMN`. */
  worst = new Uint8Array(PLACES_MIN).fill(NO_COLUMN);
  /** The server's place of each; changes with the server. */
  id = new Uint32Array(PLACES_MIN);
  /** Machines let go because there were too many. */
  forgotten = 0;
  /** When any of them was heard last. */
  newest_ms = 0;

  readonly #places = new Map<string, number>();
  readonly #free: number[] = [];
  readonly #columns = new Map<string, number>();
  /** Our place for the server's. */
  #place_of = new Int32Array(PLACES_MIN).fill(-1);
  /** In which second each has spoken last. */
  #second = new Uint32Array(PLACES_MIN);
  /** The state each was last named in. */
  #state_of = new Uint32Array(PLACES_MIN);
  #state = 0;
  #changed: number[] = [];
  #is_changed = new Uint8Array(PLACES_MIN);
  #judged = false;
  #membership = false;

  /** A server begins to tell its state: what it does not name until it is whole may be gone. */
  beginState(): void {
    this.#state++;
    this.#place_of.fill(-1);
  }

  /** Lets go of the machines that the server did not name since its state began. */
  forgetUnnamed(): void {
    for (const place of this.#places.values()) if ((this.#state_of[place] ?? 0) < this.#state) this.#forget(place);
  }

  /** Takes all that is known of some machines. */
  learn({ machines }: MachinesFrame): void {
    for (const machine of machines) this.#learn(machine);
  }

  /** Takes the newest figures of some machines. One that was not told of before is passed over. */
  apply({ sent_ms, ids, late_ms, waited_ms, resources, hundredths }: FiguresFrame): void {
    const columns = resources.map((name) => this.#columnOf(name));
    for (let row = 0; row < ids.length; row++) {
      const place = this.#place_of[ids[row] as number] ?? -1;
      if (place === -1) continue;
      const received_ms = sent_ms - (waited_ms[row] as number);
      this.time_ms[place] = received_ms - (late_ms[row] as number);
      this.received_ms[place] = received_ms;
      if (received_ms > this.newest_ms) this.newest_ms = received_ms;
      const second = this.#advance(place, received_ms);
      for (let i = 0; i < columns.length; i++) {
        const column = columns[i];
        const figure = (hundredths[i] as Uint16Array)[row] as number;
        if (column === undefined || figure === NO_FIGURE) continue;
        column.hundredths[place] = figure;
        if (second !== undefined) column.peaks?.add(place, second, figure);
      }
      this.#note(place);
    }
  }

  /** Takes in what the server remembers of the last minutes. */
  recall({ ids, seconds, resources, peaks }: PeaksFrame): void {
    const columns = resources.map((name) => this.#columnOf(name));
    for (let row = 0; row < ids.length; row++) {
      const place = this.#place_of[ids[row] as number] ?? -1;
      if (place === -1) continue;
      const last = seconds[row] as number;
      this.#advance(place, last * 1000);
      const newest = this.#second[place] as number;
      for (let i = 0; i < columns.length; i++) {
        const kept = columns[i]?.peaks;
        const told = peaks[i] as Uint8Array;
        if (kept === undefined) continue;
        for (let ago = 0; ago < HISTORY_SECONDS; ago++) {
          const peak = told[(row + 1) * HISTORY_SECONDS - 1 - ago] as number;
          const second = last - ago;
          if (peak !== NO_PEAK && second > newest - HISTORY_SECONDS) kept.raise(place, second, peak);
        }
      }
      this.#note(place);
    }
  }

  /** Takes note that a machine has spoken, whatever it said. */
  hear(place: number, time_ms: number, received_ms: number): void {
    this.time_ms[place] = time_ms;
    this.received_ms[place] = received_ms;
    this.#note(place);
  }

  /** The place of a machine; undefined when it is not known. */
  placeOf(name: string): number | undefined {
    return this.#places.get(name);
  }

  /** All places that hold a machine, in no order. */
  places(): IterableIterator<number> {
    return this.#places.values();
  }

  /** How many machines a `hello` allows: makes room by letting go of the one that was silent longest. */
  keepWithin(machines_max: number): void {
    while (this.size > machines_max) {
      let oldest = -1;
      for (const place of this.#places.values()) {
        if (oldest === -1 || (this.received_ms[place] as number) < (this.received_ms[oldest] as number)) oldest = place;
      }
      this.forgotten++;
      this.#forget(oldest);
    }
  }

  /**
   * Looks who is silent.
   *
   * @param now_ms the server's clock
   * @param silence_since_ms since when somebody who is not heard is silent of its own
   * @param places of those machines alone; the words of others may not come here
   */
  judgeSilence(now_ms: number, silence_since_ms: number, places: Iterable<number> = this.#places.values()): void {
    for (const place of places) {
      const gone = this.gone[place];
      const interval_ms = this.interval_ms[place] || undefined;
      const received_ms = this.received_ms[place] as number;
      this.#stand(
        place,
        standingOf(lifeOf({ gone, interval_ms, received_ms }, now_ms, silence_since_ms), gone, this.worstRank(place)),
      );
    }
  }

  /** What has changed since the last call: places with something new, whether any stands elsewhere, and whether any came or went. */
  take(): { readonly changed: readonly number[]; readonly judged: boolean; readonly membership: boolean } {
    const taken = { changed: this.#changed, judged: this.#judged, membership: this.#membership };
    for (const place of this.#changed) this.#is_changed[place] = 0;
    this.#changed = [];
    this.#judged = false;
    this.#membership = false;
    return taken;
  }

  standingOf(place: number): Standing | undefined {
    return STANDINGS[this.standing[place] as number];
  }

  /** The rank of its worst band; 0 when none of it was judged. */
  worstRank(place: number): number {
    const worst = this.worst[place] as number;
    return worst === NO_COLUMN ? 0 : ((this.columns[worst] as Column).ranks[place] as number);
  }

  /** The columns of the resources that a machine has. */
  columnsOf(place: number): Column[] {
    return this.columns.filter(({ there }) => there[place] === 1);
  }

  /** A figure in percent; undefined where there is none. */
  static percentageOf(column: Column, place: number): number | undefined {
    const hundredths = column.hundredths[place] as number;
    return hundredths === NO_FIGURE ? undefined : hundredths / 100;
  }

  /** The last minutes of a figure as paths, see `Peaks.curve`; undefined when they are not kept. */
  curve(column: Column, place: number): { line: string; area: string } | undefined {
    // A pause of a few intervals is drawn through; a longer one is a gap.
    const gap_seconds = Math.ceil(Math.max(2, ((this.interval_ms[place] || 1000) / 1000) * 3));
    const now = Math.floor((this.received_ms[place] as number) / 1000);
    return column.peaks?.curve(place, this.#second[place] as number, now, gap_seconds);
  }

  /** A machine in words, as the server would tell it. */
  machineAt(place: number): Machine {
    const interval_ms = this.interval_ms[place] as number;
    const high_ms = this.high_ms[place] as number;
    const gone = this.gone[place];
    const labels = this.labels[place];
    const unusual = this.unusual[place];
    const resources: Record<string, Machine['resources'][string]> = Object.create(null);
    for (const column of this.columnsOf(place)) {
      const percentage = Fleet.percentageOf(column, place);
      const band = BANDS[column.ranks[place] as number];
      resources[column.name] = {
        since_ms: column.since_ms[place] as number,
        ...(band !== undefined && { band }),
        ...(percentage !== undefined && { percentage }),
      };
    }
    return {
      id: this.id[place] as number,
      machine: this.names[place] as string,
      time_ms: this.time_ms[place] as number,
      received_ms: this.received_ms[place] as number,
      first_ms: this.first_ms[place] as number,
      ...(interval_ms > 0 && { interval_ms }),
      ...(high_ms > 0 && { high_ms }),
      ...(gone !== undefined && { gone }),
      ...(labels !== undefined && { labels }),
      ...(unusual !== undefined && { unusual }),
      resources,
    };
  }

  #learn(machine: Machine): void {
    const { id, machine: name, received_ms, gone, resources } = machine;
    let place = this.#places.get(name);
    const there_before = this.#place_of[id] ?? -1;
    // The server has given its place away.
    if (there_before !== -1 && there_before !== place) this.#forget(there_before);
    place ??= this.#settle(name);
    if (id >= this.#place_of.length)
      this.#place_of = grown(this.#place_of, Math.max(id + 1, this.#place_of.length * 2), -1);
    this.#place_of[id] = place;
    this.#state_of[place] = this.#state;
    this.id[place] = id;
    this.time_ms[place] = machine.time_ms;
    this.received_ms[place] = received_ms;
    if (received_ms > this.newest_ms) this.newest_ms = received_ms;
    this.first_ms[place] = machine.first_ms;
    this.interval_ms[place] = machine.interval_ms ?? 0;
    this.high_ms[place] = machine.high_ms ?? 0;
    this.gone[place] = gone;
    this.unusual[place] = machine.unusual;
    if (machine.labels !== this.labels[place]) this.#label(place, machine.labels);
    const second = this.#advance(place, received_ms);
    for (const { there } of this.columns) there[place] = 0;
    for (const [resource, { band, percentage, since_ms }] of Object.entries(resources)) {
      const column = this.#columnOf(resource);
      if (column === undefined) continue;
      const hundredths =
        percentage === undefined ? NO_FIGURE : Math.round(Math.min(100, Math.max(0, percentage)) * 100);
      column.there[place] = 1;
      column.hundredths[place] = hundredths;
      column.ranks[place] = rankOf(band);
      column.since_ms[place] = since_ms;
      if (second !== undefined && hundredths !== NO_FIGURE) column.peaks?.add(place, second, hundredths);
    }
    this.worst[place] = this.#worstOf(place);
    this.#judged = true;
    // It has just spoken, unless somebody told that it is gone.
    this.#stand(place, standingOf(gone === undefined ? 'live' : 'dead', gone, this.worstRank(place)));
    this.#note(place);
  }

  #label(place: number, labels: Labels | undefined): void {
    this.labels[place] = labels;
    for (const name in labels) {
      if (this.label_names.length < LABEL_NAMES_MAX && !this.label_names.includes(name)) this.label_names.push(name);
    }
  }

  #worstOf(place: number): number {
    let worst = NO_COLUMN;
    let worst_rank = 0;
    let worst_since_ms = 0;
    for (let i = 0; i < this.columns.length; i++) {
      const { there, ranks, since_ms } = this.columns[i] as Column;
      const rank = ranks[place] as number;
      if (there[place] === 0 || rank === 0 || rank < worst_rank) continue;
      if (rank === worst_rank && (since_ms[place] as number) >= worst_since_ms) continue;
      worst = i;
      worst_rank = rank;
      worst_since_ms = since_ms[place] as number;
    }
    return worst;
  }

  #stand(place: number, standing: number): void {
    if (this.standing[place] === standing) return;
    // Of a machine that is at HIGH its `high_ms` is not told anew; when it leaves, it was so until now.
    if (this.standing[place] === HIGH)
      this.high_ms[place] = Math.max(this.high_ms[place] as number, this.received_ms[place] as number);
    this.standing[place] = standing;
    this.#judged = true;
    this.#note(place);
  }

  /** Moves a machine's history to a time; the second, or undefined when that is too long ago. */
  #advance(place: number, received_ms: number): number | undefined {
    const second = Math.floor(received_ms / 1000);
    const before = this.#second[place] as number;
    if (second > before) {
      for (const { peaks } of this.columns) peaks?.advance(place, before, second);
      this.#second[place] = second;
    } else if (second <= before - HISTORY_SECONDS) {
      return undefined;
    }
    return second;
  }

  #note(place: number): void {
    if (this.#is_changed[place] === 1) return;
    this.#is_changed[place] = 1;
    this.#changed.push(place);
  }

  #settle(name: string): number {
    let place = this.#free.pop();
    if (place === undefined) {
      place = this.names.length;
      if (place >= this.standing.length) this.#grow(this.standing.length * 2);
    }
    this.names[place] = name;
    this.#places.set(name, place);
    this.size++;
    this.#membership = true;
    this.standing[place] = 0;
    this.worst[place] = NO_COLUMN;
    this.#second[place] = 0;
    for (const { there, peaks } of this.columns) {
      there[place] = 0;
      peaks?.clear(place);
    }
    return place;
  }

  #forget(place: number): void {
    const name = this.names[place];
    if (name === undefined || name === '') return;
    this.#places.delete(name);
    this.names[place] = '';
    this.gone[place] = undefined;
    this.labels[place] = undefined;
    this.unusual[place] = undefined;
    const id = this.id[place] as number;
    if (this.#place_of[id] === place) this.#place_of[id] = -1;
    this.#free.push(place);
    this.size--;
    this.#membership = true;
    this.#judged = true;
  }

  #columnOf(name: string): Column | undefined {
    const known = this.#columns.get(name);
    if (known !== undefined) return this.columns[known];
    if (this.columns.length >= RESOURCES_MAX) return undefined;
    const places = this.standing.length;
    const column: Column = {
      name,
      hundredths: new Uint16Array(places).fill(NO_FIGURE),
      ranks: new Uint8Array(places),
      since_ms: new Float64Array(places),
      there: new Uint8Array(places),
      peaks: undefined,
    };
    this.#columns.set(name, this.columns.length);
    this.columns.push(column);
    if (this.#hasRoom(places)) column.peaks = new Peaks(places);
    return column;
  }

  /** Whether the last minutes of one resource more fit. */
  #hasRoom(places: number): boolean {
    const kept = this.columns.reduce((sum, { peaks }) => sum + (peaks === undefined ? 0 : 1), 0);
    return (kept + 1) * Peaks.bytesOf(places) <= HISTORY_BYTES_MAX;
  }

  #grow(places: number): void {
    this.time_ms = grown(this.time_ms, places);
    this.received_ms = grown(this.received_ms, places);
    this.first_ms = grown(this.first_ms, places);
    this.interval_ms = grown(this.interval_ms, places);
    this.high_ms = grown(this.high_ms, places);
    this.standing = grown(this.standing, places);
    this.worst = grown(this.worst, places, NO_COLUMN);
    this.id = grown(this.id, places);
    this.#second = grown(this.#second, places);
    this.#state_of = grown(this.#state_of, places);
    this.#is_changed = grown(this.#is_changed, places);
    for (const column of this.columns) {
      column.hundredths = grown(column.hundredths, places, NO_FIGURE);
      column.ranks = grown(column.ranks, places);
      column.since_ms = grown(column.since_ms, places);
      column.there = grown(column.there, places);
    }
    const fit = Math.floor(HISTORY_BYTES_MAX / Peaks.bytesOf(places));
    this.columns.forEach((column, i) => {
      if (i < fit) column.peaks?.grow(places);
      else column.peaks = undefined;
    });
  }
}

type Numbers = Uint8Array | Uint16Array | Uint32Array | Int32Array | Float64Array;

/** The same numbers with room for more, which are `filler`. */
function grown<A extends Numbers>(from: A, length: number, filler = 0): A {
  const Kind = from.constructor as new (length: number) => A;
  const to = new Kind(length);
  if (filler !== 0) to.fill(filler, from.length);
  to.set(from);
  return to;
}
