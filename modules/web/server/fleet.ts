// The newest of every machine, in the order in which they spoke. A client needs no queue of its own: it remembers how
// far it has come, and what spoke after that is what it has not seen.

import type { Analysis } from '@ganglion/topics';
import type { Machine, Resource } from './wire.ts';

/** Resources of one machine that the page is told. */
export const RESOURCES_MAX = 64;

/** How much of a new gap goes into the usual interval: a faster machine is believed sooner than a slower one. */
const FASTER_SHARE = 1 / 2;
const SLOWER_SHARE = 1 / 8;

/** A pause longer than this many usual intervals is a silence and counts only as so many. */
const INTERVAL_STEP_MAX = 4;

/** What the server keeps of a machine. */
export interface Entry extends Omit<Machine, 'interval_ms' | 'high_ms'> {
  readonly interval_ms: number | undefined;
  readonly high_ms: number | undefined;
  /** The number of its newest change; grows by one with each change of any machine. */
  readonly serial: number;
  /** Its newest analysis in the plain dialect. */
  readonly plain: string;
  /** Its newest state in the page's dialect, written when it is first needed. */
  page: string | undefined;
}

/** An analysis as it came off the bus. */
export interface Heard {
  readonly source: string;
  readonly body: Analysis;
  readonly time_ms: number;
  readonly received_ms: number;
}

interface Node {
  entry: Entry;
  older: Node | undefined;
  newer: Node | undefined;
}

/** A bounded store of the newest analysis of each machine. */
export class Fleet {
  readonly machines_max: number;
  /** The number of the newest change; 0 before the first. */
  serial = 0;
  /** Machines forgotten because there were too many. */
  forgotten = 0;

  readonly #nodes = new Map<string, Node>();
  #oldest: Node | undefined;
  #newest: Node | undefined;

  constructor(machines_max: number) {
    this.machines_max = machines_max;
  }

  get size(): number {
    return this.#nodes.size;
  }

  /** Takes an analysis in, already written as `plain`. Forgets the machine silent longest when there is no room. */
  hear(heard: Heard, plain: string): Entry {
    const before = this.#nodes.get(heard.source)?.entry;
    return this.#put(entryOf(heard, plain, ++this.serial, before));
  }

  /** Takes over what another fleet knows of a machine, as the newest change of this one. */
  adopt(entry: Entry): Entry {
    return this.#put({ ...entry, serial: ++this.serial });
  }
  /** The machines that changed after change number `serial`, each at its newest, at most `limit`, oldest change first. */
  since(serial: number, limit: number): Entry[] {
    let first: Node | undefined;
    for (let node = this.#newest; node !== undefined && node.entry.serial > serial; node = node.older) first = node;
    const entries: Entry[] = [];
    for (let node = first; node !== undefined && entries.length < limit; node = node.newer) entries.push(node.entry);
    return entries;
  }

  #put(entry: Entry): Entry {
    const node = this.#nodes.get(entry.machine);
    if (node === undefined) {
      if (this.#nodes.size >= this.machines_max) this.#forgetOldest();
      this.#add({ entry, older: undefined, newer: undefined });
    } else {
      node.entry = entry;
      if (node !== this.#newest) {
        this.#cut(node);
        this.#add(node);
      }
    }
    return entry;
  }

  #add(node: Node): void {
    node.older = this.#newest;
    node.newer = undefined;
    if (this.#newest === undefined) this.#oldest = node;
    else this.#newest.newer = node;
    this.#newest = node;
    this.#nodes.set(node.entry.machine, node);
  }

  #cut(node: Node): void {
    if (node.older === undefined) this.#oldest = node.newer;
    else node.older.newer = node.newer;
    if (node.newer === undefined) this.#newest = node.older;
    else node.newer.older = node.older;
  }

  #forgetOldest(): void {
    if (this.#oldest === undefined) return;
    this.#nodes.delete(this.#oldest.entry.machine);
    this.#cut(this.#oldest);
    this.forgotten++;
  }
}

function entryOf(heard: Heard, plain: string, serial: number, before: Entry | undefined): Entry {
  const { source, body, time_ms, received_ms } = heard;
  const resources = resourcesOf(body, received_ms, before?.resources);
  const interval_ms = usualInterval(before, time_ms);
  const high_ms = hasHigh(resources) ? received_ms : before?.high_ms;
  return {
    machine: source,
    time_ms,
    received_ms,
    first_ms: before?.first_ms ?? received_ms,
    interval_ms,
    high_ms,
    resources,
    serial,
    plain,
    page: undefined,
  };
}

const PERCENTAGE = '_percentage';
const RESULT = '_result';

type Growing = { -readonly [Field in keyof Resource]: Resource[Field] };

function resourcesOf(
  body: Analysis,
  received_ms: number,
  before: Machine['resources'] | undefined,
): Machine['resources'] {
  // Without a prototype, so that a resource may have any name.
  const resources: Record<string, Growing> = Object.create(null);
  let count = 0;
  for (const field in body) {
    const ending = field.endsWith(RESULT) ? RESULT : PERCENTAGE;
    if (field.length === ending.length || !field.endsWith(ending)) continue;
    const name = field.slice(0, -ending.length);
    let resource = resources[name];
    if (resource === undefined) {
      if (++count > RESOURCES_MAX) continue;
      resource = { since_ms: received_ms };
      resources[name] = resource;
    }
    const value = body[field as keyof Analysis];
    if (typeof value === 'number') resource.percentage = value;
    else if (value !== undefined) resource.band = value;
  }
  for (const name in resources) {
    const resource = resources[name];
    const then = before?.[name];
    if (resource !== undefined && then !== undefined && then.band === resource.band) resource.since_ms = then.since_ms;
  }
  return resources;
}

function hasHigh(resources: Machine['resources']): boolean {
  for (const name in resources) if (resources[name]?.band === 'HIGH') return true;
  return false;
}

/** By the machine's own clock, so that a burst after an outage does not look like a fast machine. */
function usualInterval(before: Entry | undefined, time_ms: number): number | undefined {
  if (before === undefined) return undefined;
  const gap_ms = time_ms - before.time_ms;
  const usual_ms = before.interval_ms;
  if (gap_ms <= 0) return usual_ms;
  if (usual_ms === undefined) return gap_ms;
  const share = gap_ms < usual_ms ? FASTER_SHARE : SLOWER_SHARE;
  return Math.round(usual_ms + (Math.min(gap_ms, usual_ms * INTERVAL_STEP_MAX) - usual_ms) * share);
}
