// A window of time in which the tracker and the kernel's own tools look at the same machine.
//
// It begins and ends with a sample of the tracker. Tools that watch for themselves are started at its beginning; what shows
// one moment is asked at each sample. So both ends of both are some hundredths of a second apart, of twenty seconds.

import { runTool } from './programs.ts';
import { type Measured, numberAt, type Tracker, valueAt } from './tracker.ts';

export const WINDOW_S = 20;

/** How far apart the time of a sample and that of a reading in it may be. */
const SAME_TICK_MS = 400;

/** What one moment looked like to others: sections of text by their name. */
export type Snapshot = ReadonlyMap<string, string>;

/** What both saw. */
export class Window {
  /** One a second, each of the second before it. */
  readonly measures: readonly Measured[];
  /** From the sample that begins the window to the one that ends it, and that after it, in which slow readings arrive. */
  readonly #all: readonly Measured[];
  readonly #snapshots: ReadonlyMap<number, Snapshot>;
  /** What the tools wrote, by the tool's name; undefined where it is not to be had. */
  readonly tools: ReadonlyMap<string, string | undefined>;

  constructor(
    all: readonly Measured[],
    snapshots: ReadonlyMap<number, Snapshot>,
    tools: ReadonlyMap<string, string | undefined>,
  ) {
    this.#all = all;
    this.measures = all.slice(1, 1 + WINDOW_S);
    this.#snapshots = snapshots;
    this.tools = tools;
  }

  /** What a tool wrote. */
  tool(name: string): string {
    return this.tools.get(name) ?? '';
  }

  /**
   * The mean of one of our figures over the window.
   *
   * @throws Error when it is not read at each sample: then its readings and the window do not end together
   */
  mean(...path: readonly (string | number)[]): number {
    if (!Number.isNaN(this.#readAt(this.measures[0], path[0] ?? ''))) throw new Error(`${path[0]} is read less often`);
    return meanOf(this.measures.map(({ body }) => numberAt(body, path)));
  }

  /** The same of what is a mean itself, of as many events as another figure says. */
  weighted(path: readonly string[], by: readonly string[]): number {
    let sum = 0;
    let weight = 0;
    for (const { body } of this.measures) {
      const events = numberAt(body, by);
      const value = numberAt(body, path);
      if (!(events > 0) || Number.isNaN(value)) continue;
      sum += value * events;
      weight += events;
    }
    return sum / weight;
  }

  #readAt(measured: Measured | undefined, probe: string | number): number {
    return numberAt(measured?.body, [probe, 'read_ms']);
  }

  /**
   * One of our figures and the same as others saw it at the same moments: the means of both. Of a slow probe, at the moments
   * at which it was read.
   */
  pair(path: readonly (string | number)[], theirs: (snapshot: Snapshot) => number): { ours: number; theirs: number } {
    const ours: number[] = [];
    const others: number[] = [];
    for (const measured of this.#all) {
      const snapshot = this.#snapshots.get(measured.sequence);
      const body = snapshot && this.#bodyReadAt(measured, path[0] ?? '');
      if (snapshot === undefined || body === undefined) continue;
      ours.push(numberAt(body, path));
      others.push(theirs(snapshot));
    }
    return { ours: meanOf(ours), theirs: meanOf(others) };
  }

  /** The measure with what a probe read at the moment of another: the same, or the next where it is promised. */
  #bodyReadAt(measured: Measured, probe: string | number): unknown {
    if (Number.isNaN(this.#readAt(measured, probe))) return measured.body;
    return this.#all.find((each) => Math.abs(this.#readAt(each, probe) - measured.time_ms) < SAME_TICK_MS)?.body;
  }

  /**
   * One of our figures that tells how fast a counter grew between two readings of a slow probe, and the same from the counter
   * as others saw it at those moments.
   */
  between(
    path: readonly (string | number)[],
    section: string,
    counter: (text: string) => number,
    figure = (body: unknown) => numberAt(body, path),
  ): { ours: number; theirs: number } {
    let ours = 0;
    let theirs = 0;
    let passed_s = 0;
    let before: { readonly counted: number; readonly clock_s: number } | undefined;
    for (const measured of this.#all) {
      const text = this.#snapshots.get(measured.sequence)?.get(section);
      const body = this.#bodyReadAt(measured, path[0] ?? '');
      if (text === undefined || body === undefined) continue;
      const after = { counted: counter(text), clock_s: clockOf(text) };
      if (before !== undefined) {
        const between_s = after.clock_s - before.clock_s;
        passed_s += between_s;
        ours += figure(body) * between_s;
        theirs += after.counted - before.counted;
      }
      before = after;
    }
    return { ours: ours / passed_s, theirs: theirs / passed_s };
  }

  /** How fast a counter grew that was read at the beginning and at the end, by the clock that was read beside it, a second. */
  rate(section: string, counter: (text: string) => number): number {
    const [first, last] = [this.#all[0], this.#all[WINDOW_S]].map((each) => {
      const text = this.#snapshots.get(each?.sequence ?? -1)?.get(section) ?? '';
      return { counted: counter(text), clock_s: clockOf(text) };
    });
    if (first === undefined || last === undefined) return Number.NaN;
    return (last.counted - first.counted) / (last.clock_s - first.clock_s);
  }

  /** A snapshot's section at the end of the window. */
  last(section: string): string {
    return this.#snapshots.get(this.#all[WINDOW_S]?.sequence ?? -1)?.get(section) ?? '';
  }

  /** The last measure of the window. */
  get lastBody(): unknown {
    return this.measures.at(-1)?.body;
  }
}

/** What to look with. */
export interface Looks {
  /** Programs that run through the window, by name. */
  readonly tools: Readonly<Record<string, readonly string[]>>;
  /** Shell commands that show one moment, by name. */
  readonly moments: Readonly<Record<string, string>>;
}

/** Watches for a window. Throws when the tracker left a sample out. */
export async function watch(tracker: Tracker, { tools, moments }: Looks): Promise<Window> {
  const script = Object.entries(moments)
    .map(([name, command]) => `echo '=== ${name}'; date '+clock %s%N'; ${command}`)
    .join('\n');
  const snapshots = new Map<number, Promise<Snapshot>>();
  const look = ({ sequence }: Measured) => snapshots.set(sequence, runTool(['sh', '-c', script]).then(sectionsIn));

  const measured = await tracker.next();
  const started = Object.entries(tools).map(async ([name, words]) => [name, await runTool(words)] as const);
  const all = [measured];
  look(measured);
  while (all.length <= WINDOW_S) {
    const next = await tracker.next();
    all.push(next);
    look(next);
  }
  // What slow probes promised at the end of the window.
  all.push(await tracker.next());
  const written = new Map(await Promise.all(started));
  const seen = new Map<number, Snapshot>();
  for (const [sequence, snapshot] of snapshots) seen.set(sequence, await snapshot);
  all.forEach((each, at) => {
    if (each.sequence !== (all[0]?.sequence ?? 0) + at) throw new Error('the tracker left a sample out: too much load');
  });
  return new Window(all, seen, written);
}

/** By the clock that was read at the beginning of a section. */
function clockOf(text: string): number {
  return Number(/^clock (\d+)$/m.exec(text)?.[1]) / 1e9;
}

function sectionsIn(text: string | undefined): Snapshot {
  const sections = (text ?? '').split(/^=== /m).slice(1);
  return new Map(
    sections.map((section) => {
      const end = section.indexOf('\n');
      return [section.slice(0, end), section.slice(end + 1)];
    }),
  );
}

/** NaN when there are none, or one of them is NaN. */
export function meanOf(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

/** The first row of an array of JSON that has a value at a place. */
export function rowWith(rows: unknown, key: string, value: unknown): unknown {
  return Array.isArray(rows) ? rows.find((row: unknown) => valueAt(row, [key]) === value) : undefined;
}

/** Parses JSON that a tool wrote; undefined where it is none. */
export function json(text: string): unknown {
  try {
    const parsed: unknown = JSON.parse(text);
    return parsed;
  } catch {
    return undefined;
  }
}
