// What a source is: the figures of some other agent, as they come, and what they are in a measure. Each is one file in `sources/`.

import type { BodyOf, Topic } from '@ganglion/kernel';
import type { Body } from './body.ts';

/** One figure that an agent has sent. */
export interface Sent {
  /** The machine, by the agent's own word. */
  readonly machine: string;
  /** Which of its figures: the same whenever it comes again. */
  readonly id: string;
  readonly value: number;
  /** When it was so, epoch milliseconds. */
  readonly time_ms: number;
  /** The time between two of it, where the agent says so. */
  readonly interval_ms: number | undefined;
}

/** One that is known: the newest of its id. */
export interface Known {
  /** As {@link Sent.id}. */
  readonly id: string;
  readonly value: number;
  /** How much it grows in a second; undefined until it came twice, and when it has begun anew. */
  readonly per_second: number | undefined;
}

/** The figures of some other agent. */
export interface Source<T extends Topic = Topic> {
  /** Its family is what routing keys end in: `agents.collectd`. */
  readonly topic: T;
  /** The figures in a message. */
  read(body: BodyOf<T>): Iterable<Sent>;
  /** Puts into a body what a machine measures, in the wire's names and units; without `cpu_percentage` it is no measure yet. */
  compose(known: Iterable<Known>, body: Body): void;
}

/** Defines a source; the type of what it reads follows from its topic. */
export function defineSource<T extends Topic>(source: Source<T>): Source<T> {
  return source;
}
