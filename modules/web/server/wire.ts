// What travels over /ws, as types: the server writes it, the page reads it. No import at run time stands here.
//
// A client picks a dialect by the WebSocket subprotocol it asks for. Both are text messages of JSON; the server talks
// unasked, and nothing that a client sends has a meaning yet. The state of every known machine comes first, each at
// its newest, oldest word first; then each change.
//
// **Plain** (no subprotocol): one object a message, one message an analysis.
//
//     {"machine":"db-01","cpu_result":"LOW","cpu_percentage":12.5,"time":"2026-11-03T14:03:12.345Z"}
//
// `machine` comes first, `time` (when it was measured, ISO 8601) last, and between them the analysis's body as it came
// off the bus, unknown fields included. Nothing is left out while the client keeps up.
//
// **Page** (`ganglion.page.v1`): one {@link Frame} a message, told apart by `type`. `hello` opens it, `fleet` frames carry
// the state, `ready` says that the state is whole, and then `fleet` frames carry what changed: all changes of one turn
// of the server's event loop in one frame, so a machine that spoke twice in it is there once, with its newest.
// `bus` tells a change of the bus; `beat` comes when nothing else did for `beat_ms`. A reader ignores types and
// fields it does not know; what would break one gets a subprotocol of its own, `v2`.
//
// **A slow client.** When more than 256 KiB wait unsent for a client, the server stops sending to it and keeps no queue: only
// how far it had come. When all that waits has gone out, it gets the newest state of each machine that changed meanwhile. What it
// missed is counted and, in the page's dialect, told as `folded`. A client that takes nothing for `client_silence_ms`
// (120 s) is closed with code 1013.
//
// **Close codes.** 1001 the server stops; 1008 the client sent something binary, too many messages or one in too many frames;
// 1009 it sent one of more than 1 KiB; 1013 it is too slow; 4401 its login or its link holds no more. **Refusals of the
// upgrade.** 400 unknown subprotocol, or no handshake at all; 401 no login and no link that holds; 403 foreign Origin or Host;
// 404 another path; 503 too many clients, or the server stops.
//
// **A view link.** A client that is in by one hears of the machines in its scope alone, in both dialects, and is told
// neither the server's name in full nor why the bus is away. A browser sends the link as a cookie, a script as `Authorization: Bearer`.

/** The WebSocket subprotocol of the page's dialect; the number changes when an old page could not read it. */
export const PAGE_PROTOCOL = 'ganglion.page.v1';

/** The close code that says that the login or the link holds no more: whoever gets it has to log in again. */
export const PASS_ENDED = 4401;

/** How a resource is judged. */
export type Band = 'LOW' | 'MEDIUM' | 'HIGH';

/** What is known of one resource of a machine. The ancestor's analyzer sends a band and no percentage. */
export interface Resource {
  readonly band?: Band;
  /** 0 to 100. */
  readonly percentage?: number;
  /** Since when the band is what it is, by the server's clock; no earlier than the machine's `first_ms`. */
  readonly since_ms: number;
}

/** That a machine is gone, as presence tells it. */
export interface Gone {
  /** `stopped`: it said goodbye; `connection_lost`: its connection ended; `silent`: it said nothing for too long. */
  readonly cause: 'stopped' | 'connection_lost' | 'silent';
  /** When it died, epoch milliseconds. */
  readonly died_ms: number;
}

/** The newest that is known of a machine. Times are epoch milliseconds. */
export interface Machine {
  /** Its name: any text. */
  readonly machine: string;
  /** When it was measured, by the machine's own clock. */
  readonly time_ms: number;
  /** When the server took it off the bus, by the server's clock. */
  readonly received_ms: number;
  /** When the server first heard of this machine, by the server's clock. */
  readonly first_ms: number;
  /** The machine's usual time between two samples; absent until two were seen. */
  readonly interval_ms?: number;
  /** When it last had a resource at HIGH, by the server's clock; absent if the server never saw it so. */
  readonly high_ms?: number;
  /** Absent while it lives, as far as anybody has told. */
  readonly gone?: Gone;
  /** By resource, in the order of the analysis; at most 64. */
  readonly resources: { readonly [resource: string]: Resource };
}

/** Whether the bus carries messages now. */
export interface Bus {
  readonly connected: boolean;
  readonly since_ms: number;
  readonly why?: string;
}

/** Who has logged in. */
export interface User {
  readonly name: string;
  readonly role: 'viewer' | 'admin';
}

/** Opens the dialect: what follows, until `ready`, is the whole state. */
export interface HelloFrame {
  readonly type: 'hello';
  readonly sent_ms: number;
  /** The instance of the server. */
  readonly server: string;
  /** Since when it listens, epoch milliseconds. */
  readonly started_ms: number;
  /** Machines it keeps; past that it forgets the one silent longest, and so may the page. */
  readonly machines_max: number;
  /** The longest time between two frames; a socket that is silent for several is dead. */
  readonly beat_ms: number;
  readonly bus: Bus;
  /** Whose login the client is in by; absent where it is in without one. */
  readonly user?: User;
}

/** The newest state of some machines. */
export interface FleetFrame {
  readonly type: 'fleet';
  readonly sent_ms: number;
  readonly machines: readonly Machine[];
  /** Analyses that this frame passes over because a newer one of the same machine is in it. */
  readonly folded?: number;
}

/** The state is whole: a machine not named since `hello` is not known any more. */
export interface ReadyFrame {
  readonly type: 'ready';
  readonly sent_ms: number;
}

/** The bus went or came back. */
export interface BusFrame {
  readonly type: 'bus';
  readonly sent_ms: number;
  readonly bus: Bus;
}

/** Nothing happened, and the line is alive. */
export interface BeatFrame {
  readonly type: 'beat';
  readonly sent_ms: number;
}

/** One message of the page's dialect. `sent_ms` is the server's clock as it was written, epoch milliseconds. */
export type Frame = HelloFrame | FleetFrame | ReadyFrame | BusFrame | BeatFrame;
