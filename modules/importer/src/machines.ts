// The machines of other agents: the newest of each figure, from which a measure is put together once what comes at a time has come.

import type { BodyOf, Topic } from '@ganglion/kernel';
import type { Measure } from '@ganglion/topics';
import { Body, type Fields } from './body.ts';
import type { Known, Sent, Source } from './source.ts';

/** Machines at most; who is new then is left out. */
export const MACHINES_MAX = 20_000;

/** Figures of a machine. */
export const FIGURES_MAX = 2_000;

/** What an agent sends at a time comes within this, in many messages. */
export const SETTLE_MS = 300;

/** A machine's next measure comes no sooner than after this part of its interval. */
const INTERVAL_SHARE = 0.8;

/** A figure that did not come for so many intervals is over; and for how long where nobody knows the interval. */
const OVER_INTERVALS = 3;
const OVER_MS = 300_000;

/** A machine of which nothing came for this long is forgotten. */
const FORGET_MS = 3_600_000;

interface Figure {
  readonly id: string;
  value: number;
  per_second: number | undefined;
  time_ms: number;
  interval_ms: number | undefined;
  /** When it came, by our clock. */
  heard_ms: number;
}

interface Machine {
  readonly figures: Map<string, Figure>;
  /** By our clock: when something came last, when its measure is due, and when the last was. */
  heard_ms: number;
  due_ms: number | undefined;
  measured_ms: number;
}

/** A machine that has a measure now. */
export interface Due {
  readonly machine: string;
  readonly time_ms: number;
  readonly body: Measure;
}

export interface MachinesOptions {
  readonly count: (name: string, n?: number) => void;
  /** Called when no measure could be made of what is known of a machine. */
  readonly onFailed: (machine: string, thrown: unknown) => void;
  /** Default: {@link MACHINES_MAX}. */
  readonly machines_max?: number;
}

/** The machines of one kind of agent. */
export class Machines<T extends Topic> {
  readonly #source: Source<T>;
  readonly #machines = new Map<string, Machine>();
  readonly #count: MachinesOptions['count'];
  readonly #onFailed: MachinesOptions['onFailed'];
  readonly #max: number;

  constructor(source: Source<T>, { count, onFailed, machines_max = MACHINES_MAX }: MachinesOptions) {
    this.#source = source;
    this.#count = count;
    this.#onFailed = onFailed;
    this.#max = machines_max;
  }

  get size(): number {
    return this.#machines.size;
  }

  /** Takes the figures of a message that came at `now_ms`, by our clock. */
  take(body: BodyOf<T>, now_ms: number): void {
    for (const sent of this.#source.read(body)) this.#take(sent, now_ms);
  }

  #take({ machine: name, id, value, time_ms, interval_ms }: Sent, now_ms: number): void {
    const machine = this.#machine(name, now_ms);
    if (machine === undefined) return;
    const known = machine.figures.get(id);
    if (known === undefined) {
      if (machine.figures.size >= FIGURES_MAX) {
        this.#count('figures_left_out');
        return;
      }
      machine.figures.set(id, { id, value, per_second: undefined, time_ms, interval_ms, heard_ms: now_ms });
    } else {
      const passed_ms = time_ms - known.time_ms;
      // What comes late says nothing about now; but after so long nothing else came: the machine's clock was set back.
      if (passed_ms <= 0 && !isOver(known, now_ms)) {
        this.#count('late_figures');
        return;
      }
      const grown = value - known.value;
      known.per_second = grown < 0 || passed_ms <= 0 ? undefined : (grown * 1_000) / passed_ms;
      known.value = value;
      known.time_ms = time_ms;
      known.interval_ms = interval_ms;
      known.heard_ms = now_ms;
    }
    machine.heard_ms = now_ms;
    // Of figures with several intervals the shortest is the machine's.
    const due_ms = Math.max(now_ms + SETTLE_MS, machine.measured_ms + (interval_ms ?? 0) * INTERVAL_SHARE);
    machine.due_ms = Math.min(machine.due_ms ?? due_ms, due_ms);
  }

  /** The machines whose measure is due, each once. */
  *due(now_ms: number): Generator<Due> {
    for (const [name, machine] of this.#machines) {
      if (now_ms - machine.heard_ms > FORGET_MS) this.#machines.delete(name);
      if (machine.due_ms === undefined || machine.due_ms > now_ms) continue;
      machine.due_ms = undefined;
      let time_ms = 0;
      for (const [id, figure] of machine.figures) {
        if (isOver(figure, now_ms)) machine.figures.delete(id);
        else time_ms = Math.max(time_ms, figure.time_ms);
      }
      const body = this.#compose(name, machine.figures.values());
      if (body === undefined) continue;
      // It cannot tell yet how busy its CPU is, or its plugin for that is not loaded.
      if (!isMeasure(body)) {
        this.#count('without_cpu');
        continue;
      }
      machine.measured_ms = now_ms;
      yield { machine: name, time_ms, body };
    }
  }

  #compose(name: string, known: Iterable<Known>): Fields | undefined {
    const body = new Body();
    try {
      this.#source.compose(known, body);
    } catch (error) {
      this.#onFailed(name, error);
      return undefined;
    }
    if (body.left_out > 0) this.#count('figures_left_out', body.left_out);
    return body.fields;
  }

  #machine(name: string, now_ms: number): Machine | undefined {
    const known = this.#machines.get(name);
    if (known !== undefined) return known;
    if (this.#machines.size >= this.#max) {
      this.#count('machines_left_out');
      return undefined;
    }
    const machine: Machine = {
      figures: new Map(),
      heard_ms: now_ms,
      due_ms: undefined,
      measured_ms: Number.NEGATIVE_INFINITY,
    };
    this.#machines.set(name, machine);
    return machine;
  }
}

function isOver({ heard_ms, interval_ms }: Figure, now_ms: number): boolean {
  const over_ms = interval_ms === undefined ? OVER_MS : interval_ms * OVER_INTERVALS + SETTLE_MS;
  return now_ms - heard_ms > over_ms;
}

function isMeasure(body: Fields): body is Measure {
  return typeof body['cpu_percentage'] === 'number';
}
