// The machines of other agents: the newest of each figure, from which a measure is put together once what comes at a time has come.

import type { BodyOf, Topic } from '@ganglion/kernel';
import type { Measure } from '@ganglion/topics';
import type { Composed, Known, Sent, Source } from './source.ts';

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
}

interface Machine {
  readonly figures: Map<string, Figure>;
  /** The newest time of its figures. */
  time_ms: number;
  interval_ms: number | undefined;
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
      machine.figures.set(id, { id, value, per_second: undefined, time_ms, interval_ms });
    } else {
      // What comes late says nothing about now.
      if (time_ms <= known.time_ms) {
        this.#count('late_figures');
        return;
      }
      const grown = value - known.value;
      known.per_second = grown < 0 ? undefined : (grown * 1_000) / (time_ms - known.time_ms);
      known.value = value;
      known.time_ms = time_ms;
      known.interval_ms = interval_ms;
    }
    machine.time_ms = Math.max(machine.time_ms, time_ms);
    machine.interval_ms = interval_ms;
    machine.heard_ms = now_ms;
    machine.due_ms ??= Math.max(now_ms + SETTLE_MS, machine.measured_ms + (interval_ms ?? 0) * INTERVAL_SHARE);
  }

  /** The machines whose measure is due, each once. */
  *due(now_ms: number): Generator<Due> {
    for (const [name, machine] of this.#machines) {
      if (now_ms - machine.heard_ms > FORGET_MS) this.#machines.delete(name);
      if (machine.due_ms === undefined || machine.due_ms > now_ms) continue;
      machine.due_ms = undefined;
      for (const [id, { time_ms, interval_ms }] of machine.figures) {
        const over_ms = interval_ms === undefined ? OVER_MS : interval_ms * OVER_INTERVALS;
        if (machine.time_ms - time_ms > over_ms) machine.figures.delete(id);
      }
      const body = this.#compose(name, machine.figures.values());
      if (body === undefined) continue;
      // It cannot tell yet how busy its CPU is, or its plugin for that is not loaded.
      if (!isMeasure(body)) {
        this.#count('without_cpu');
        continue;
      }
      machine.measured_ms = now_ms;
      yield { machine: name, time_ms: machine.time_ms, body };
    }
  }

  #compose(name: string, known: Iterable<Known>): Composed | undefined {
    try {
      return this.#source.compose(known);
    } catch (error) {
      this.#onFailed(name, error);
      return undefined;
    }
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
      time_ms: 0,
      interval_ms: undefined,
      heard_ms: now_ms,
      due_ms: undefined,
      measured_ms: Number.NEGATIVE_INFINITY,
    };
    this.#machines.set(name, machine);
    return machine;
  }
}

function isMeasure(body: Composed): body is Measure {
  return typeof body['cpu_percentage'] === 'number';
}
