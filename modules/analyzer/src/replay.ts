// What the rules would have said of messages that were recorded: the same machines and the same desk as live, by the clock of the
// record. No I/O and no clock of its own.

import { birth, death, type Findings, measure, order, outage } from '@ganglion/topics';
import { Desk, type Outgoing } from './desk.ts';
import { Fleet } from './fleet.ts';
import { LOOK_MS, labelsIn } from './index.ts';
import { Machines, type ReadyRule } from './machines.ts';

/** In a pause of the record it is looked every second for a minute, and from then on every minute. */
const CLOSE_LOOKS_MS = 60_000;
const FAR_LOOK_MS = 60_000;

/** Between two messages so much time passes at most: the rest of it was not recorded. */
const PAUSE_MS_MAX = 86_400_000;

/** One message of the record. */
export interface Recorded {
  readonly topic: string;
  readonly source: string;
  readonly time_ms: number;
  readonly body: unknown;
}

export interface ReplayOptions {
  readonly rules: readonly ReadyRule[];
  /** Called when a rule has thrown; the others have judged all the same. */
  readonly onFault: (rule: string, machine: string, why: string) => void;
}

export type { Outgoing } from './desk.ts';

/** What came of a message: the alerts that it and the time before it led to; or why it says nothing here. */
export type Replayed = readonly Outgoing[] | 'not judged' | 'invalid';

export class Replay {
  readonly #machines: Machines;
  readonly #fleet = new Fleet();
  readonly #desk: Desk;
  #now_ms = Number.NaN;

  constructor({ rules, onFault }: ReplayOptions) {
    const count = () => {};
    this.#machines = new Machines({ rules, onFault, count, labelsOf: (machine) => this.#fleet.labelsOf(machine) });
    this.#desk = new Desk({ count, fleet: this.#fleet });
  }

  /** Machines that were judged. */
  get machines(): number {
    return this.#machines.size;
  }

  /** Alerts that are on now. */
  get open(): number {
    return this.#desk.size;
  }

  /** Takes the next message, in the order in which they were recorded. */
  message({ topic, source, time_ms, body }: Recorded): Replayed {
    if (!JUDGED.has(topic)) return 'not judged';
    if (source === '' || !Number.isFinite(time_ms)) return 'invalid';
    const out = this.#passTime(time_ms);
    const now_ms = this.#now_ms;
    if (topic === measure.family) {
      if (!measure.check(body)) return 'invalid';
      out.push(
        ...this.#tell(source, this.#machines.sample({ machine: source, body, time_ms }, now_ms).findings, time_ms),
      );
    } else if (topic === birth.family) {
      if (!birth.check(body)) return 'invalid';
      if (body.kind === 'machine') {
        const labels = labelsIn(body.about);
        this.#machines.gone(source, undefined, now_ms);
        this.#machines.labels(source, labels);
        this.#fleet.born(source, labels);
      }
    } else if (topic === death.family) {
      if (!death.check(body)) return 'invalid';
      const { kind, cause, died_ms } = body;
      const found = kind === 'machine' ? this.#machines.gone(source, { cause, died_ms }, now_ms) : undefined;
      out.push(...this.#tell(source, found, now_ms));
    } else if (topic === outage.family) {
      if (!outage.check(body)) return 'invalid';
      out.push(...this.#desk.outage(body, now_ms));
    } else {
      if (!order.check(body)) return 'invalid';
      out.push(...(this.#desk.order(body, time_ms)?.alerts ?? []));
    }
    return out;
  }

  /** Does what is done every second when nothing comes, until a time. */
  #passTime(until_ms: number): Outgoing[] {
    if (Number.isNaN(this.#now_ms)) {
      this.#now_ms = until_ms;
      for (const name of this.#machines.expected) this.#machines.expect(name, until_ms);
    }
    const out: Outgoing[] = [];
    // What was late when it was recorded is late now.
    const from_ms = Math.max(this.#now_ms, until_ms - PAUSE_MS_MAX);
    const passed_ms = until_ms - from_ms;
    for (let after_ms = LOOK_MS; after_ms <= passed_ms; after_ms += after_ms < CLOSE_LOOKS_MS ? LOOK_MS : FAR_LOOK_MS) {
      this.#look(from_ms + after_ms, out);
    }
    this.#now_ms = Math.max(this.#now_ms, until_ms);
    return out;
  }

  #look(now_ms: number, out: Outgoing[]): void {
    for (const [machine, found] of this.#machines.pause(now_ms)) {
      out.push(...this.#desk.findings(machine, found, now_ms, now_ms));
    }
    out.push(...this.#desk.look(now_ms).alerts);
  }

  #tell(machine: string, found: Findings | undefined, time_ms: number): Outgoing[] {
    return found === undefined ? [] : this.#desk.findings(machine, found, time_ms, this.#now_ms);
  }
}

/** What the analyzer listens to, but for its own findings. */
const JUDGED: ReadonlySet<string> = new Set([measure, birth, death, outage, order].map(({ family }) => family));
