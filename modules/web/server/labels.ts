// What machines are labelled with, as their births tell it: those too that have not been analysed yet.

import { LABELS_MAX, type Labels } from '../wire/frames.ts';

/** Characters of a label's name, and of its text. */
const CHARACTERS_MAX = 64;

/** Labels by machine, of at most so many machines: past that, of the one labelled longest ago they are let go. */
export class LabelBook {
  readonly #machines_max: number;
  readonly #labels = new Map<string, Labels>();

  constructor(machines_max: number) {
    this.#machines_max = machines_max;
  }

  of(machine: string): Labels | undefined {
    return this.#labels.size === 0 ? undefined : this.#labels.get(machine);
  }

  /** Takes what a birth says; returns whether it is new. */
  take(machine: string, said: unknown): boolean {
    const labels = labelsIn(said);
    const before = this.#labels.get(machine);
    if (JSON.stringify(labels) === JSON.stringify(before)) return false;
    this.#labels.delete(machine);
    if (labels === undefined) return true;
    if (this.#labels.size >= this.#machines_max) {
      const [oldest] = this.#labels.keys();
      if (oldest !== undefined) this.#labels.delete(oldest);
    }
    this.#labels.set(machine, labels);
    return true;
  }

  forget(machine: string): void {
    this.#labels.delete(machine);
  }
}

/** It comes from outside, and may be anything. */
export function labelsIn(said: unknown): Labels | undefined {
  if (typeof said !== 'object' || said === null) return undefined;
  const labels: Record<string, string> = {};
  let count = 0;
  for (const [name, text] of Object.entries(said)) {
    if (typeof text !== 'string' || name.length > CHARACTERS_MAX || text.length > CHARACTERS_MAX) continue;
    if (++count > LABELS_MAX) break;
    labels[name] = text;
  }
  return count === 0 ? undefined : labels;
}
