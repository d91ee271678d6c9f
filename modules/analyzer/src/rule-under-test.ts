// One rule under test: set up from settings as anyone would write them, and given the samples of one machine.

import { deserialize, serialize } from 'node:v8';
import type { Measure } from '@ganglion/topics';
import { Value } from 'typebox/value';
import type { Found, Gone, Judge, Rule, Say } from './rule.ts';

/** What a rule has said of a sample or of a silence. */
export interface Heard {
  /** What it has added to the analysis. */
  readonly fields: Readonly<Record<string, unknown>>;
  readonly found: readonly Found[];
  readonly unsure: boolean;
}

/** Of a sample or a silence; what is not given is as it was before. */
export interface Given {
  /** Time since the sample before. Default: a second. */
  readonly after_ms?: number;
  readonly labels?: Readonly<Record<string, string>>;
  /** What presence tells of the machine. Default: nothing. */
  readonly gone?: Gone;
}

/** When the first sample is measured: a Monday at noon, UTC. */
export const BEGIN_MS = Date.UTC(2026, 0, 5, 12);

export class RuleUnderTest {
  readonly machine: string;
  readonly #judge: Judge;
  #state: unknown;
  #labels: Readonly<Record<string, string>> = {};
  #sample_ms = Number.NaN;
  #now_ms = BEGIN_MS;

  /** @throws CodedError what the rule says of its settings */
  constructor(rule: Rule, settings: object = {}, machine = 'db-01') {
    this.machine = machine;
    this.#judge = rule.judge(Value.Parse(rule.config, Value.Default(rule.config, structuredClone(settings))));
    this.#state = this.#judge.begin(machine);
  }

  /** Now, by the clock of the samples. */
  get now_ms(): number {
    return this.#now_ms;
  }

  /** The next sample; figures of which the test does not speak are not there. */
  sample(body: Partial<Measure>, { after_ms = 1_000, labels = this.#labels }: Given = {}): Heard {
    this.#labels = labels;
    const is_first = Number.isNaN(this.#sample_ms);
    if (!is_first) this.#now_ms = this.#sample_ms + after_ms;
    this.#sample_ms = this.#now_ms;
    const sample = {
      machine: this.machine,
      body: { cpu_percentage: 1, ...body },
      time_ms: this.#now_ms,
      step_ms: is_first ? 0 : Math.max(0, after_ms),
      labels,
    };
    return this.#listen((say) => this.#judge.sample(this.#state, sample, say));
  }

  /** No sample has come for a while. */
  pause({ after_ms = 1_000, gone }: Given = {}): Heard {
    this.#now_ms += after_ms;
    const silent_ms = this.#now_ms - (Number.isNaN(this.#sample_ms) ? BEGIN_MS : this.#sample_ms);
    const pause = {
      machine: this.machine,
      time_ms: this.#now_ms,
      silent_ms,
      interval_ms: 1_000,
      seen: !Number.isNaN(this.#sample_ms),
      gone,
      labels: this.#labels,
    };
    return this.#listen((say) => this.#judge.pause?.(this.#state, pause, say));
  }

  /** Another analyzer takes over: what the rule remembers is written down and read again. Returns its size in bytes. */
  restart(): number {
    const bytes = serialize(this.#judge.save === undefined ? this.#state : this.#judge.save(this.#state));
    const data: unknown = deserialize(bytes);
    const learnt_bytes = serialize(this.#judge.learnt?.(this.#state));
    const learnt: unknown = deserialize(learnt_bytes);
    this.#state = this.#judge.restore === undefined ? data : this.#judge.restore(data, learnt);
    return bytes.length + learnt_bytes.length;
  }

  #listen(speak: (say: Say) => void): Heard {
    const fields: Record<string, unknown> = {};
    const found: Found[] = [];
    let unsure = false;
    speak({
      field: (name, value) => {
        fields[name] = value;
      },
      finding: (each) => found.push(each),
      unsure: () => {
        unsure = true;
      },
    });
    return { fields, found, unsure };
  }
}
