// What a probe is: the name of a resource, the schema of its figures, and a reader.

import type { Static, TSchema } from 'typebox';
import type { Host } from './host.ts';

/** Measures one resource. */
export interface Probe<Schema extends TSchema = TSchema> {
  /** The resource, one word: its figures stand under this name in the measure. */
  readonly name: string;
  /** Its figures, each with a title, and a unit where it has one. */
  readonly schema: Schema;
  /**
   * The time between two readings; left out, every sample has one. Measures in between carry the last, which says under
   * `read_ms` when it was. For what changes slowly or costs much.
   */
  readonly every_ms?: number;
  /**
   * Gets ready to read, once, when the tracker starts. What throws is counted and told, and tried again at the next
   * sample. Takes the first counters of what is measured between two readings.
   *
   * @param changed to be called when the kernel says that something has happened: the probe is read, and what it reads goes
   *   out, in the same instant instead of at its next time
   */
  open(host: Host, changed?: () => void): Reader<Static<Schema>>;
}

/** A probe at work on one machine. */
export interface Reader<Figures = unknown> {
  /**
   * Reads once. Undefined: this machine has no such figures, or none yet; they are left out of the measure, never
   * replaced by nought. What throws is counted and told, and harms no other probe. Does not wait: a probe with an interval
   * of its own may promise its reading, and is not asked again before it has come. When none has come by the time of the
   * next, the last is not carried on.
   */
  read(): Reading<Figures> | undefined | Promise<Reading<Figures> | undefined>;
  /** Lets go of what `open` took. The host's files are not its own. */
  close?(): void;
}

/** What a probe reads at one moment. */
export interface Reading<Figures = unknown> {
  /** The headline, 0 to 100: `<name>_percentage` in the measure. Absent when there is no natural one. */
  readonly percentage?: number | undefined;
  /** The detail: `<name>` in the measure. */
  readonly figures: Figures;
}

/** Defines a probe; the type of its figures follows from their schema. */
export function defineProbe<Schema extends TSchema>(probe: Probe<Schema>): Probe<Schema> {
  return probe;
}

/**
 * The share that `part` is of `whole`, 0 to 100, with two decimals.
 *
 * @param part 0 to `whole`
 * @param whole above 0
 */
export function percentageOf(part: number, whole: number): number {
  return Math.round((part / whole) * 10_000) / 100;
}
