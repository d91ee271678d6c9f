// What a store of the past is: blocks by level, machine and time, and what is needed to keep them in order. It knows nothing
// of what is in a block. SQLite keeps this contract, in `sqlite/`, and PostgreSQL, in `postgres/`; both pass the same tests, those of
// `store-conformance.ts`.

/** Where a block lies. */
export interface BlockPlace {
  readonly level: number;
  /** The number of a track, 1 to {@link TRACKS_MAX}. */
  readonly track: number;
  /** When its time begins, epoch milliseconds, a whole minute. */
  readonly start_ms: number;
}

export interface StoredBlock extends BlockPlace {
  readonly bytes: Uint8Array;
}

/** A block of cells that is to be made, or made anew, because what it is made of has changed. */
export interface Due extends BlockPlace {
  /** When that is to be done, epoch milliseconds. */
  readonly due_ms: number;
}

/** What one machine says in one family: a track of the past. */
export interface Track {
  readonly number: number;
  readonly family: string;
  readonly source: string;
}

/** A figure's name, which all machines share: its path in the body, as `cpu_percentage`, `disks/sda/busy_percentage`. */
export interface Figure {
  readonly number: number;
  readonly path: string;
}

/** Something that happened at one moment: an alert, a birth, a death, an outage. */
export interface PastEvent {
  readonly time_ms: number;
  readonly family: string;
  readonly source: string;
  /** What it belongs to: the alert's id, the moment of the birth or death. */
  readonly ref: string;
  /** What tells it from others of the same ref. Of two with the same family, source, ref and mark the first stays. */
  readonly mark: string;
  /** As it came, JSON. */
  readonly body: string;
}

/** Which events are wanted: the newest `limit` of those in a time, in the order of their time. */
export interface EventQuery {
  readonly from_ms: number;
  readonly to_ms: number;
  readonly families: readonly string[];
  /** Of one source, or of all. */
  readonly source?: string | undefined;
  readonly limit: number;
}

/** What is to be written at once, or not at all. Parts that are not there stay as they are. */
export interface Change {
  readonly tracks?: readonly Track[];
  readonly figures?: readonly Figure[];
  /** Appends to the journal. */
  readonly journal?: { readonly number: number; readonly bytes: Uint8Array };
  /** The journal's pages before this number are not needed any more. */
  readonly journal_from?: number;
  readonly blocks?: readonly StoredBlock[];
  readonly remove?: readonly BlockPlace[];
  /** What is due already stays as it is. */
  readonly due?: readonly Due[];
  readonly done?: readonly BlockPlace[];
  /** What a level holds from when on: blocks that begin before are removed. */
  readonly floors?: readonly { readonly level: number; readonly from_ms: number }[];
  readonly events?: readonly PastEvent[];
}

/**
 * Reads reject when what keeps it is out of reach, and go again when it is back; what is damaged they leave out and count.
 */
export interface Store {
  /** What keeps it, for people: `SQLite 3.53 (node-sqlite3-wasm)`. */
  readonly engine: string;
  /** Parts that could not be read so far: they are left out. */
  readonly damaged: number;
  /** How many times what is whole was put in a new place because the rest was damaged; 0 at the start, unless that was done then. */
  readonly renewed: number;
  tracks(): Promise<Track[]>;
  figures(): Promise<Figure[]>;
  journal(): Promise<{ readonly number: number; readonly bytes: Uint8Array }[]>;
  due(): Promise<Due[]>;
  /** By level; a level that never had one has none. */
  floors(): Promise<Map<number, number>>;
  /** The block at a place; undefined when there is none, or when it cannot be read. */
  block(place: BlockPlace): Promise<Uint8Array | undefined>;
  /** When the oldest block of a level begins. */
  oldest(level: number): Promise<number | undefined>;
  events(query: EventQuery): Promise<{ readonly events: PastEvent[]; readonly left_out: number }>;
  /** The last event of a family and a source at some time or before. */
  lastEvent(family: string, source: string, until_ms: number): Promise<PastEvent | undefined>;
  /** When the oldest event was. */
  oldestEvent(): Promise<number | undefined>;
  /**
   * Makes a change. When it resolves, the change outlives whatever ends this process. Rejects when nothing was changed, or when nobody
   * can know, as where a connection is lost in the very end: whatever it is, it may be made again.
   */
  commit(change: Change): Promise<void>;
  /** Bytes of what is kept, with what is let go but still takes room. */
  usedBytes(): Promise<number>;
  /**
   * Copies all that is committed into a file of its own, which must not be there. Others go on meanwhile. Rejects where others do
   * that better.
   */
  backup(path: string): Promise<void>;
  /** Lets go of the store. Safe to call twice. */
  close(): Promise<void>;
}

/** Tracks, at most. */
export const TRACKS_MAX = 2 ** 22 - 1;

/** Events, at most; past that the oldest go, some at a time. */
export const EVENTS_MAX = 1_000_000;
export const EVENTS_STEP = 1_000;

const MINUTE_MS = 60_000;

/** The time of a place is told in 27 bits of minutes: until 2225. */
export const PLACE_MS_MAX = 2 ** 27 * MINUTE_MS;

/** A place as one number, in the order of level, time and track. Up to 2^52. */
export function placeNumber({ level, track, start_ms }: BlockPlace): number {
  return (level * 2 ** 27 + start_ms / MINUTE_MS) * 2 ** 22 + track;
}

/** The place of a number. */
export function placeOf(number: number): BlockPlace {
  const track = number % 2 ** 22;
  const rest = (number - track) / 2 ** 22;
  return { level: Math.floor(rest / 2 ** 27), track, start_ms: (rest % 2 ** 27) * MINUTE_MS };
}
