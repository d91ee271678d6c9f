// The figures of a measure that the anomaly rule follows, and how each is found there.

import type { Measure } from '@ganglion/topics';

/** A figure to follow. */
export interface Followed {
  /** Its path in the measure; `*` stands for every device, of which the one with the largest figure counts. */
  readonly figure: string;
  /** How far from what is usual it has to be to be worth a word, in its own unit. */
  readonly least: number;
  /** For how long: a level over `seconds` or one over `minutes`. Default: seconds. */
  readonly over?: 'seconds' | 'minutes';
}

/**
 * What tells most of a machine, of what a tracker says. How far is far: what a person would call another level, whatever the
 * machine. How much is carried jumps when somebody copies a file, so that counts when it lasts. A figure that no measure has
 * costs nothing.
 */
export const FIGURES: readonly Followed[] = [
  { figure: 'cpu_percentage', least: 15 },
  { figure: 'cpu.iowait_percentage', least: 10 },
  { figure: 'cpu.steal_percentage', least: 10 },
  { figure: 'memory_percentage', least: 5 },
  { figure: 'swap_percentage', least: 5 },
  { figure: 'pressure.memory.some_percentage', least: 10 },
  { figure: 'pressure.io.some_percentage', least: 20 },
  { figure: 'disks.devices.*.read_latency_ms', least: 20 },
  { figure: 'disks.devices.*.write_latency_ms', least: 20 },
  { figure: 'disks.devices.*.read_bytes_per_second', least: 20_000_000, over: 'minutes' },
  { figure: 'disks.devices.*.written_bytes_per_second', least: 20_000_000, over: 'minutes' },
  { figure: 'file_systems_percentage', least: 3 },
  { figure: 'network.interfaces.*.received_bytes_per_second', least: 5_000_000, over: 'minutes' },
  { figure: 'network.interfaces.*.sent_bytes_per_second', least: 5_000_000, over: 'minutes' },
  { figure: 'network.interfaces.*.receive_errors_per_second', least: 5 },
  { figure: 'network.interfaces.*.receive_drops_per_second', least: 20 },
  { figure: 'sockets.tcp_retransmitted_segments_per_second', least: 20 },
  { figure: 'sockets.tcp_established', least: 200, over: 'minutes' },
  { figure: 'processes.total', least: 100 },
  { figure: 'processes.waiting', least: 3 },
  { figure: 'file_descriptors.open', least: 2_000 },
  { figure: 'sensors.hottest_celsius', least: 10 },
  { figure: 'cpu_frequency.mean_hertz', least: 300_000_000 },
  { figure: 'system.clock_synchronized', least: 0.5 },
];

/** Finds one figure in measures. */
export class Finder {
  readonly figure: string;
  /** What it is a figure of: `cpu`, `network`. */
  readonly resource: string;
  readonly least: number;
  /** The shortest of the levels that count. */
  readonly scale: number;
  readonly #before: readonly string[];
  /** Behind the `*`; undefined when there is none. */
  readonly #after: readonly string[] | undefined;

  constructor({ figure, least, over }: Followed) {
    const words = figure.split('.');
    const star = words.indexOf('*');
    this.figure = figure;
    this.least = least;
    this.scale = over === 'minutes' ? 1 : 0;
    this.resource = (words[0] ?? '').replace(/_percentage$/, '');
    this.#before = star === -1 ? words : words.slice(0, star);
    this.#after = star === -1 ? undefined : words.slice(star + 1);
  }

  /** The figure now; NaN when it is not told. What is true counts 1, and what is false 0. */
  read(body: Measure): number {
    const there = follow(body, this.#before);
    if (this.#after === undefined) return numberOf(there);
    let largest = Number.NaN;
    if (typeof there !== 'object' || there === null) return largest;
    for (const device in there) {
      const value = numberOf(follow((there as Fields)[device], this.#after));
      // What is not told of one device is told of another.
      if (!(value <= largest) && !Number.isNaN(value)) largest = value;
    }
    return largest;
  }

  /** The device whose figure counts now; undefined when the path names no device, or none is there. */
  deviceIn(body: Measure): string | undefined {
    const there = follow(body, this.#before);
    if (this.#after === undefined || typeof there !== 'object' || there === null) return undefined;
    const largest = this.read(body);
    for (const device in there) {
      if (numberOf(follow((there as Fields)[device], this.#after)) === largest) return device;
    }
    return undefined;
  }
}

type Fields = Readonly<Record<string, unknown>>;

function follow(from: unknown, words: readonly string[]): unknown {
  let at = from;
  for (let index = 0; index < words.length; index++) {
    if (typeof at !== 'object' || at === null) return undefined;
    at = (at as Fields)[words[index] as string];
  }
  return at;
}

function numberOf(value: unknown): number {
  if (typeof value === 'number') return value;
  return typeof value === 'boolean' ? Number(value) : Number.NaN;
}
