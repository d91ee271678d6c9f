// The analyzer as it judges, without a bus: samples in, the alerts that are raised out.

import analyzer, { readyRules } from '@ganglion/analyzer';
import type { Measure } from '@ganglion/topics';
import { Value } from 'typebox/value';
import { Desk } from '../../modules/analyzer/src/desk.ts';
import { Machines } from '../../modules/analyzer/src/machines.ts';

/** What everybody looks at who has to look: an alert that was raised. */
export interface Raised {
  readonly machine: string;
  readonly rule: string;
  /** `network eth0`. */
  readonly resource: string;
  readonly figure: string;
  readonly sentence: string;
  /** Simulated, milliseconds since the start. */
  readonly at_ms: number;
}

/** A Monday, at the hour at which simulated machines begin. */
const BEGIN_MS = Date.UTC(2026, 0, 5, 9);

/** Between two looks at who is silent and what time brings. */
const LOOK_MS = 1_000;

/** The analyzer with its own settings. */
export class Engine {
  readonly raised: Raised[] = [];
  readonly #counts = new Map<string, number>();
  readonly #machines: Machines;
  readonly #desk: Desk;
  #looked_ms = 0;

  constructor() {
    const settings: unknown = Value.Default(analyzer.config, {});
    if (typeof settings !== 'object' || settings === null) throw new Error('the analyzer has no settings');
    const count = (name: string, n = 1) => this.#counts.set(name, (this.#counts.get(name) ?? 0) + n);
    this.#machines = new Machines({
      rules: readyRules({ ...settings }),
      count,
      onFault: (rule, machine, why) => {
        throw new Error(`the rule ${rule} failed on ${machine}: ${why}`);
      },
    });
    this.#desk = new Desk({ count });
  }

  /** Judges a sample. Returns what was analysed, as it goes out. */
  sample(machine: string, body: Measure, at_ms: number): unknown {
    const now_ms = BEGIN_MS + at_ms;
    const { analysis, findings } = this.#machines.sample({ machine, body, time_ms: now_ms }, now_ms);
    if (findings !== undefined) this.#note(this.#desk.findings(machine, findings, now_ms), at_ms);
    return analysis;
  }

  /** Lets time pass. */
  look(at_ms: number): void {
    if (at_ms - this.#looked_ms < LOOK_MS) return;
    this.#looked_ms = at_ms;
    const now_ms = BEGIN_MS + at_ms;
    for (const [machine, findings] of this.#machines.pause(now_ms)) {
      this.#note(this.#desk.findings(machine, findings, now_ms), at_ms);
    }
    this.#note(this.#desk.look(now_ms).alerts, at_ms);
  }

  /** All that is remembered of a machine, as it is kept. */
  save(machine: string): Uint8Array {
    return Buffer.concat(
      [this.#machines.save(machine) ?? [], this.#machines.learnt(machine) ?? []].map((bytes) => Buffer.from(bytes)),
    );
  }

  #note(out: ReturnType<Desk['findings']>, at_ms: number): void {
    for (const { machine, alert } of out) {
      if (alert.state !== 'raised') continue;
      const { rule, resource, figure = resource, sentence } = alert;
      this.raised.push({ machine, rule, resource, figure, sentence, at_ms });
    }
  }
}
