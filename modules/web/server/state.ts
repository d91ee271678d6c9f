// What is known of one machine. It is changed in place: every message of the fleet comes through here.

import { type Analysis, areLastWords, usualInterval } from '@ganglion/topics';
import type { Band, Gone, Labels } from '../wire/frames.ts';
import { haveSameNames, type Layout, type Layouts, NOTHING, PERCENTAGE, SCORE } from './layout.ts';

/** An analysis as it came off the bus. */
export interface Heard {
  readonly source: string;
  readonly body: Analysis;
  readonly time_ms: number;
  readonly received_ms: number;
}

/** Bands as numbers; 0 is none. */
export const BANDS: readonly (Band | undefined)[] = [undefined, 'LOW', 'MEDIUM', 'HIGH'];
const NUMBERS = new Map<unknown, number>([
  ['LOW', 1],
  ['MEDIUM', 2],
  ['HIGH', 3],
]);
const HIGH = 3;

/** Characters that are told of what is unusual. */
const UNUSUAL_CHARACTERS_MAX = 300;

/** An interval is told anew when it differs by more than this part of what was told last. */
const INTERVAL_SHARE = 0.1;

/** The newest of a machine; the fields are those of `Machine` in frames.ts. */
export class State {
  readonly machine: string;
  time_ms: number;
  received_ms: number;
  readonly first_ms: number;
  interval_ms: number | undefined;
  high_ms: number | undefined;
  gone: Gone | undefined;
  labels: Labels | undefined;
  unusual: string | undefined;
  /** When the server was told that it is gone. */
  told_gone_ms = 0;
  /** Undefined until it was analysed. */
  layout: Layout | undefined;
  /** Of each of the layout's names: 0 to 100, or NaN; the number of its band, or 0; since when it is that. */
  percentages = new Float64Array(0);
  bands = new Uint8Array(0);
  since_ms = new Float64Array(0);
  /** The body of its newest analysis. */
  body: Analysis | undefined;
  /** That analysis in the plain dialect, and all of this in the page's, each written when it is first needed. */
  plain: string | undefined;
  page: string | undefined;
  #told_interval_ms: number | undefined;

  constructor(machine: string, time_ms: number, received_ms: number) {
    this.machine = machine;
    this.time_ms = time_ms;
    this.received_ms = received_ms;
    this.first_ms = received_ms;
  }

  /** Takes an analysis in; returns whether more than figures have changed. `is_new`: the machine was never heard of. */
  hear({ body, time_ms, received_ms }: Heard, layouts: Layouts, is_new: boolean): boolean {
    let told = is_new;
    if (!is_new) {
      this.interval_ms = usualInterval(this.interval_ms, time_ms - this.time_ms);
      told = this.#isIntervalNews();
    }
    this.time_ms = time_ms;
    this.received_ms = received_ms;
    if (this.gone !== undefined && !areLastWords(this.told_gone_ms, received_ms)) {
      this.gone = undefined;
      told = true;
    }
    const { layout } = this;
    if (layout !== undefined && hasFields(body, layout)) told = this.#read(layout, body, received_ms) || told;
    else told = this.#readAnew(layouts, body, received_ms) || told;
    const unusual = body.anomaly_sentence?.slice(0, UNUSUAL_CHARACTERS_MAX);
    if (unusual !== this.unusual) {
      this.unusual = unusual;
      told = true;
    }
    if (this.bands.includes(HIGH)) this.high_ms = received_ms;
    if (told) this.#told_interval_ms = this.interval_ms;
    this.body = body;
    this.plain = undefined;
    this.page = undefined;
    return told;
  }

  /** Reads a body that has this layout; returns whether a band has changed. */
  #read({ fields, kinds, places }: Layout, body: Analysis, received_ms: number): boolean {
    let changed = false;
    for (let i = 0; i < fields.length; i++) {
      const kind = kinds[i];
      if (kind === NOTHING) continue;
      const place = places[i] as number;
      const value: unknown = body[fields[i] as keyof Analysis];
      if (kind === PERCENTAGE || kind === SCORE) {
        this.percentages[place] = typeof value !== 'number' ? Number.NaN : kind === SCORE ? 100 * value : value;
        continue;
      }
      const band = NUMBERS.get(value) ?? 0;
      if (this.bands[place] === band) continue;
      this.bands[place] = band;
      this.since_ms[place] = received_ms;
      changed = true;
    }
    return changed;
  }

  /** The same, of a body with another layout than the last one. */
  #readAnew(layouts: Layouts, body: Analysis, received_ms: number): boolean {
    const { layout: before, bands, since_ms } = this;
    const layout = layouts.take(body);
    if (before !== undefined) layouts.release(before);
    const { length } = layout.names;
    this.layout = layout;
    this.percentages = new Float64Array(length).fill(Number.NaN);
    this.bands = new Uint8Array(length);
    this.since_ms = new Float64Array(length).fill(received_ms);
    this.#read(layout, body, received_ms);
    let changed = before === undefined || !haveSameNames(before, layout);
    for (let i = 0; i < length; i++) {
      const then = before?.names.indexOf(layout.names[i] as string) ?? -1;
      if (then === -1) continue;
      if (bands[then] === this.bands[i]) this.since_ms[i] = since_ms[then] as number;
      else changed = true;
    }
    return changed;
  }

  #isIntervalNews(): boolean {
    const { interval_ms } = this;
    const told_ms = this.#told_interval_ms;
    if (interval_ms === undefined || told_ms === undefined) return interval_ms !== told_ms;
    return Math.abs(interval_ms - told_ms) > told_ms * INTERVAL_SHARE;
  }
}

/** Whether a body has the fields of a layout, in its order. */
export function hasFields(body: Analysis, { fields }: Layout): boolean {
  let at = 0;
  for (const field in body) if (fields[at++] !== field) return false;
  return at === fields.length;
}
