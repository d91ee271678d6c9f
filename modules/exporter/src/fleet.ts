// The machines, each with the newest that was heard of it, and what that is in figures. No I/O and no clock of its own.

import type { UnreadOf } from '@ganglion/kernel';
import {
  type analysis,
  areLastWords,
  type Birth,
  type Death,
  lifeOf,
  type measure,
  usualInterval,
} from '@ganglion/topics';
import { type Figure, Figures, type Label, type Visit } from './figures.ts';

type Measured = UnreadOf<typeof measure>;
type Analysed = UnreadOf<typeof analysis>;

/** Machines that are known at most, the dead among them; of more, those longest silent are forgotten. */
export const MACHINES_MAX = 20_000;

/** Figures of one machine; the rest is left out, and counted. */
export const FIGURES_MAX = 2_000;

/** Who is gone is told as such for a day. */
const GONE_MS = 86_400_000;

/** Measures in a row that are older than one before: so many are not late, the clock was set. */
const LATE_MAX = 10;

/** Labels that a machine's owner may give it; more are left out. */
const LABELS_MAX = 32;

/** A machine, and what its owner calls it by. Another object when that changes, so that a format may keep what it makes of it. */
export interface Named {
  readonly name: string;
  readonly labels: readonly Label[];
}

/** The figures of one machine at one moment. Filled anew for the next machine: who wants to keep some copies them. */
export interface Snapshot {
  readonly machine: Named;
  /** When it was so, epoch milliseconds. */
  readonly time_ms: number;
  /** `figures[i]` was `values[i]`, in the unit of the message. */
  readonly figures: readonly Figure[];
  readonly values: readonly number[];
  /** The machine is not heard any more: these figures have ended, and the values mean nothing. */
  readonly ended: boolean;
}

interface Machine {
  named: Named;
  /** What its birth said of it. */
  about: Figure | undefined;
  measure: Measured | undefined;
  analysis: Analysed | undefined;
  received_ms: number;
  interval_ms: number | undefined;
  gone: Pick<Death, 'died_ms'> | undefined;
  /** When the death came, by our clock. */
  gone_ms: number;
  late: number;
}

export interface FleetOptions {
  readonly count: (name: string, n?: number) => void;
  /** Default: {@link MACHINES_MAX}. */
  readonly machines_max?: number;
}

export class Fleet {
  readonly #machines = new Map<string, Machine>();
  readonly #count: FleetOptions['count'];
  readonly #max: number;
  readonly #figures: Figures;
  /** One for all snapshots. */
  readonly #taken: { figures: Figure[]; values: number[] } = { figures: [], values: [] };
  /** Since when machines could be heard: while the bus was away, silence says nothing. */
  #heard_since_ms = 0;

  constructor({ count, machines_max = MACHINES_MAX }: FleetOptions) {
    this.#count = count;
    this.#max = machines_max;
    this.#figures = new Figures(() => count('names_forgotten'));
  }

  get size(): number {
    return this.#machines.size;
  }

  /** The names, to be gone through while others come and go. */
  get names(): string[] {
    return [...this.#machines.keys()];
  }

  /** A machine has measured. It is read when somebody wants its figures. */
  measured(heard: Measured): void {
    const machine = this.#machine(heard.source, heard.received_ms);
    const before = machine.measure;
    // What was sent late, after an outage, is not how it is now.
    if (before !== undefined && heard.time_ms < before.time_ms && ++machine.late <= LATE_MAX) {
      this.#count('late_measures');
      return;
    }
    if (machine.gone !== undefined && areLastWords(machine.gone_ms, heard.received_ms)) return;
    if (before !== undefined) machine.interval_ms = usualInterval(machine.interval_ms, heard.time_ms - before.time_ms);
    machine.late = 0;
    machine.gone = undefined;
    machine.measure = heard;
    machine.received_ms = heard.received_ms;
  }

  analysed(heard: Analysed): void {
    const machine = this.#machine(heard.source, heard.received_ms);
    if (machine.analysis !== undefined && heard.time_ms < machine.analysis.time_ms && machine.late > 0) return;
    machine.analysis = heard;
  }

  born(name: string, { about }: Pick<Birth, 'about'>, received_ms: number): void {
    const machine = this.#machine(name, received_ms);
    machine.named = { name, labels: labelsIn(about) };
    machine.about = aboutOf(about);
    if (machine.gone !== undefined) {
      machine.gone = undefined;
      machine.received_ms = received_ms;
    }
  }

  died(name: string, death: Pick<Death, 'died_ms'>, received_ms: number): void {
    const machine = this.#machine(name, received_ms);
    machine.gone = death;
    machine.gone_ms = received_ms;
  }

  /** Takes that machines can be heard again, from now on. */
  listensSince(time_ms: number): void {
    this.#heard_since_ms = time_ms;
  }

  /** When a machine measured last, by its own clock; undefined when it is late, gone or unknown. */
  newest(name: string, now_ms: number): number | undefined {
    const machine = this.#machines.get(name);
    if (machine?.measure === undefined || lifeOf(machine, now_ms, 0) !== 'live') return undefined;
    return machine.measure.time_ms;
  }

  /**
   * The figures of a machine now. Undefined when nobody knows it any more. Whoever is late has no figures but that it is
   * still `up`; whoever is gone, that it is not.
   *
   * @param now_ms by the clock of `received_ms`
   */
  snapshot(name: string, now_ms: number): Snapshot | undefined {
    const machine = this.#machines.get(name);
    if (machine === undefined) return undefined;
    if (machine.gone !== undefined && now_ms - machine.gone_ms > GONE_MS) {
      this.#machines.delete(name);
      return undefined;
    }
    const { measure, analysis, received_ms } = machine;
    // What is old is never shown as if it were now, whoever is to blame.
    const is_live = measure !== undefined && lifeOf(machine, now_ms, 0) === 'live';
    const time_ms = is_live ? measure.time_ms : now_ms;
    const visit = this.#begin();
    const is_up = lifeOf(machine, now_ms, this.#heard_since_ms) !== 'dead';
    visit(UP, is_up ? 1 : 0);
    if (machine.about !== undefined) visit(machine.about, 1);
    if (is_live) {
      this.#visitMeasure(measure, visit);
      if (analysis !== undefined && now_ms - analysis.received_ms <= Math.max(now_ms - received_ms, JUDGED_MS)) {
        this.#visitAnalysis(analysis, visit);
      }
    }
    return { machine: machine.named, time_ms, ended: false, ...this.#taken };
  }

  /** The figures that a machine had when it was last heard, to be told that they have ended. */
  last(name: string, now_ms: number): Snapshot | undefined {
    const machine = this.#machines.get(name);
    if (machine?.measure === undefined) return undefined;
    const visit = this.#begin();
    this.#visitMeasure(machine.measure, visit);
    if (machine.analysis !== undefined) this.#visitAnalysis(machine.analysis, visit);
    return { machine: machine.named, time_ms: now_ms, ended: true, ...this.#taken };
  }

  #visitMeasure(heard: Measured, visit: Visit): void {
    const message = heard.read();
    if (message !== undefined) this.#figures.measure(message.body, visit);
  }

  #visitAnalysis(heard: Analysed, visit: Visit): void {
    const message = heard.read();
    if (message !== undefined) this.#figures.analysis(message.body, visit);
  }

  #begin(): Visit {
    const { figures, values } = this.#taken;
    figures.length = 0;
    values.length = 0;
    return (figure, value) => {
      if (figures.length >= FIGURES_MAX) {
        this.#count('figures_left_out');
        return;
      }
      figures.push(figure);
      values.push(value);
    };
  }

  #machine(name: string, received_ms: number): Machine {
    const known = this.#machines.get(name);
    if (known !== undefined) return known;
    const machine: Machine = {
      named: { name, labels: [] },
      about: undefined,
      measure: undefined,
      analysis: undefined,
      received_ms,
      interval_ms: undefined,
      gone: undefined,
      gone_ms: 0,
      late: 0,
    };
    this.#machines.set(name, machine);
    if (this.#machines.size > this.#max) this.#forgetSilent();
    return machine;
  }

  #forgetSilent(): void {
    let longest: [name: string, heard_ms: number] | undefined;
    for (const [name, { received_ms }] of this.#machines) {
      if (longest === undefined || received_ms < longest[1]) longest = [name, received_ms];
    }
    if (longest !== undefined) this.#machines.delete(longest[0]);
    this.#count('machines_forgotten');
  }
}

/** An analysis follows its measure; one that is older than this, and than the measure, is of another. */
const JUDGED_MS = 60_000;

const UP: Figure = { resource: 'up', stem: '', unit: 'count', labels: [], is_info: false };

/** What its owner calls it by, as its tracker says it. */
function labelsIn({ labels }: Readonly<Record<string, unknown>>): Label[] {
  if (typeof labels !== 'object' || labels === null) return [];
  return Object.entries(labels)
    .filter((entry): entry is [string, string] => typeof entry[1] === 'string' && entry[1] !== '')
    .slice(0, LABELS_MAX);
}

/** Texts that a birth says of its machine, besides its name and its labels. */
function aboutOf(about: Readonly<Record<string, unknown>>): Figure | undefined {
  const labels = Object.entries(about).filter(
    (entry): entry is [string, string] => typeof entry[1] === 'string' && entry[0] !== 'name',
  );
  if (labels.length === 0) return undefined;
  return { resource: 'machine', stem: 'info', unit: 'count', labels: labels.slice(0, LABELS_MAX), is_info: true };
}
