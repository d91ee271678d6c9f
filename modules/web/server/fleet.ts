// The newest of every machine, in the order in which they spoke. A client needs no queue of its own: it remembers how
// far it has come, and what spoke after that is what it has not seen.

import { type Analysis, areLastWords, usualInterval } from '@ganglion/topics';
import type { Gone, Machine, Resource } from './wire.ts';

/** Resources of one machine that the page is told. */
export const RESOURCES_MAX = 64;

/** What the server keeps of a machine. */
export interface Entry extends Omit<Machine, 'interval_ms' | 'high_ms' | 'gone'> {
  readonly interval_ms: number | undefined;
  readonly high_ms: number | undefined;
  readonly gone: Gone | undefined;
  /** When the server was told that it is gone. */
  readonly told_gone_ms: number;
  /** The number of its newest change; grows by one with each change of any machine. */
  readonly serial: number;
  /** Its newest analysis in the plain dialect; empty when it never had one. */
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

/** How long what is newer counts against what is older. */
const LATE_MS = 10_000;

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

  /**
   * Whether an analysis is older than what is known of its machine, as those that a tracker sends late after an outage: it
   * would take the page back. Unless nothing newer has come for a while: then the machine's clock was set back.
   */
  isLate({ source, time_ms, received_ms }: Heard): boolean {
    const known = this.#nodes.get(source)?.entry;
    return known !== undefined && time_ms < known.time_ms && received_ms - known.received_ms < LATE_MS;
  }

  /** Takes an analysis in, already written as `plain`. Forgets the machine silent longest when there is no room. */
  hear(heard: Heard, plain: string): Entry {
    return this.#put(entryOf(heard, plain, ++this.serial, this.#nodes.get(heard.source)?.entry));
  }

  /** Notes that a machine is gone, also of one that has never been heard here. */
  bury(machine: string, gone: Gone, last_seen_ms: number, now_ms: number): Entry {
    const before = this.#nodes.get(machine)?.entry ?? neverHeard(machine, last_seen_ms);
    return this.#put({ ...before, gone, told_gone_ms: now_ms, serial: ++this.serial, page: undefined });
  }

  /** Notes that a machine is here; undefined when that is no news. */
  revive(machine: string): Entry | undefined {
    const before = this.#nodes.get(machine)?.entry;
    if (before?.gone === undefined) return undefined;
    return this.#put({ ...before, gone: undefined, serial: ++this.serial, page: undefined });
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
  const interval_ms = before && usualInterval(before.interval_ms, time_ms - before.time_ms);
  const high_ms = hasHigh(resources) ? received_ms : before?.high_ms;
  const told_gone_ms = before?.told_gone_ms ?? 0;
  return {
    machine: source,
    time_ms,
    received_ms,
    first_ms: before?.first_ms ?? received_ms,
    interval_ms,
    high_ms,
    gone: areLastWords(told_gone_ms, received_ms) ? before?.gone : undefined,
    told_gone_ms,
    resources,
    serial,
    plain,
    page: undefined,
  };
}

/** A machine that others have told of. */
function neverHeard(machine: string, last_seen_ms: number): Entry {
  return {
    machine,
    time_ms: last_seen_ms,
    received_ms: last_seen_ms,
    first_ms: last_seen_ms,
    interval_ms: undefined,
    high_ms: undefined,
    gone: undefined,
    told_gone_ms: 0,
    resources: {},
    serial: 0,
    plain: '',
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
