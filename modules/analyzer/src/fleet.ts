// What all machines are called by, so that it can be told what sets some of them apart from the rest.

import { compilePattern } from '@ganglion/kernel';

/** Machines that are known at most; of more, those that were born first are forgotten. */
const MACHINES_MAX = 20_000;

export class Fleet {
  readonly #labels = new Map<string, Readonly<Record<string, string>>>();
  /** What a machine is called by; undefined when it is not known. */
  labelsOf(machine: string): Readonly<Record<string, string>> | undefined {
    return this.#labels.get(machine);
  }

  /** How many machines have a label with a value. */
  readonly #counts = new Map<string, number>();

  /** Machines that are known, those that are gone among them. */
  get size(): number {
    return this.#labels.size;
  }

  /** Takes a machine's birth. */
  born(machine: string, labels: Readonly<Record<string, string>>): void {
    this.#forget(machine);
    this.#labels.set(machine, labels);
    for (const [label, value] of Object.entries(labels)) this.#add(label, value, 1);
    const oldest = this.#labels.keys().next().value;
    if (this.#labels.size > MACHINES_MAX && oldest !== undefined) this.#forget(oldest);
  }

  /** How many machines have a label with this value. */
  withLabel(label: string, value: string): number {
    return this.#counts.get(keyOf(label, value)) ?? 0;
  }

  /** How many machines a pattern of names fits. */
  fitting(pattern: string): number {
    const fits = compilePattern(pattern);
    let count = 0;
    for (const machine of this.#labels.keys()) if (fits(machine)) count++;
    return count;
  }

  #forget(machine: string): void {
    for (const [label, value] of Object.entries(this.#labels.get(machine) ?? {})) this.#add(label, value, -1);
    this.#labels.delete(machine);
  }

  #add(label: string, value: string, n: number): void {
    const key = keyOf(label, value);
    const count = (this.#counts.get(key) ?? 0) + n;
    if (count === 0) this.#counts.delete(key);
    else this.#counts.set(key, count);
  }
}

function keyOf(label: string, value: string): string {
  return JSON.stringify([label, value]);
}
