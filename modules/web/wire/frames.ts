// What travels over /ws, as types: the server writes it, the page reads it. Nothing here does anything; what is binary is
// packed and unpacked in columns.ts beside this file, and docs/wire.md tells it all to whoever writes another client.
//
// **Page** (`ganglion.page.v2`). Text messages are one JSON object, binary ones are columns with such an object in front;
// `type` tells them apart. `hello` opens the dialect, then the whole state comes and `ready` says that it is whole; then
// what changes. What changes rarely (bands, deaths, names) comes as `machines`, in words; what changes with every sample
// comes as `figures`, in columns. Changes are folded for {@link TICK_MS}, so a machine that spoke twice in it is there
// once, with its newest. `beat` comes when nothing else did for `beat_ms`. A reader ignores types and fields it does not
// know; what would break one gets a subprotocol of its own, `v3`.
//
// **Looks.** A client says what it looks at, with one {@link Look} a message, and is sent no more than that. A look replaces the
// one before; before the first it looks at the whole fleet. What it may not see is answered with `refused`.
//
// **Recalls.** The past is not pushed: a client asks for it with a {@link Recall} a message, and is answered with `range`, `moment`,
// `events` or `extent`, or with `unrecalled` and why not.
//
// **Orders.** A client that may can order what is to become of alerts, with an {@link Ask} a message.
//
// **Plain** (no subprotocol): one object a message, one message an analysis.
//
//     {"machine":"db-01","cpu_result":"LOW","cpu_percentage":12.5,"time":"2026-11-03T14:03:12.345Z"}
//
// `machine` comes first, `time` (when it was measured, ISO 8601) last, and between them the analysis's body as it came
// off the bus, unknown fields included. Nothing is left out while the client keeps up.
//
// **A slow client.** When more than 256 KiB wait unsent for a client, the server stops sending to it and keeps no queue: only
// how far it had come. When all that waits has gone out, it gets the newest state of each machine that changed meanwhile. What it
// missed is counted and, in the page's dialect, told as `folded`. A client that takes nothing for `client_silence_ms`
// (120 s) is closed with code 1013.
//
// **Close codes.** 1001 the server stops; 1008 the client sent something binary, too many messages or one in too many frames;
// 1009 it sent one of more than 8 KiB; 1013 it is too slow; 4401 its login or its link holds no more. **Refusals of the
// upgrade.** 400 unknown subprotocol, or no handshake at all; 401 no login and no link that holds; 403 foreign Origin or Host;
// 404 another path; 503 too many clients, or the server stops.
//
// **A view link.** A client that is in by one hears of the machines in its scope alone, in both dialects, is told
// neither the server's name in full nor why the bus is away, and sees no system. Of an alert it is not told who has said what,
// nor what it shares with those of other machines. A browser sends the link as a cookie, a script as `Authorization: Bearer`.

/** The WebSocket subprotocol of the page's dialect; the number changes when an old page could not read it. */
export const PAGE_PROTOCOL = 'ganglion.page.v2';

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

/** Texts by name; at most {@link LABELS_MAX}. */
export interface Labels {
  readonly [name: string]: string;
}

/** Labels of one machine that are told. */
export const LABELS_MAX = 16;

/** The newest that is known of a machine. Times are epoch milliseconds. */
export interface Machine {
  /**
   * Its place in the server's memory, from 0, below `machines_max`; holds until the next `hello`. A place that another machine is
   * told to have is free: the one that had it is forgotten.
   */
  readonly id: number;
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
  /** When it last had a resource at HIGH, by the server's clock; absent if the server never saw it so. Not told anew while it lasts. */
  readonly high_ms?: number;
  /** Absent while it lives, as far as anybody has told. */
  readonly gone?: Gone;
  /** What its tracker was told to say of it, as `site: berlin`; absent when that is nothing. */
  readonly labels?: Labels;
  /** What of it is unusual, and compared to what, in a sentence; absent when nothing is. */
  readonly unusual?: string;
  /** By resource, in the order of the analysis; at most 64. `anomaly` is none: its percentage is how unusual the machine is. */
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

/** The longest time that changes are held back to go out together. The first after a pause goes at once. */
export const TICK_MS = 8;

/** The longest time that is remembered of a machine. */
export const PAST_MS = 900_000;

/** Machines that a look at the fleet may be narrowed to. */
export const ONLY_MAX = 500;

/** Messages a second that a tap shows at most. */
export const TAP_PER_SECOND_MAX = 200;

/** Characters of a tapped message's body that are shown. */
export const TAP_BODY_CHARACTERS_MAX = 16_384;

/** How much an alert matters, most first. */
export const SEVERITIES = ['critical', 'warning', 'info'] as const;
export type Severity = (typeof SEVERITIES)[number];

/** Alerts that have ended that are told: the newest. */
export const ENDED_MAX = 1_000;

/** Steps in the life of one alert that are told: the first, and of the others the newest. */
export const LIFE_MAX = 20;

/** What a client looks at. Sent as `{"look": …}`. */
export type Look =
  /** Every machine; with `only`, of the others nothing but what changes rarely. */
  | { readonly view: 'fleet'; readonly only?: readonly number[] }
  /** One machine in full, by name, and its alerts; of the others what changes rarely. */
  | { readonly view: 'machine'; readonly machine: string }
  /** What runs; of the machines what changes rarely. */
  | { readonly view: 'system'; readonly tap?: TapLook }
  /** The alerts, and perhaps one machine in full; of the machines what changes rarely. */
  | { readonly view: 'alerts'; readonly machine?: string };

/** Messages somebody wants to listen in on. */
export interface TapLook {
  /** A binding pattern, `#.measure`. */
  readonly pattern: string;
  /** 1 to {@link TAP_PER_SECOND_MAX}; what passes beyond is counted and not sent. */
  readonly per_second: number;
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
  /** Whether it may look at the system, tap, and give orders about alerts. */
  readonly sees_system: boolean;
  readonly may_tap: boolean;
  readonly may_order: boolean;
}

/** All that is known of some machines. */
export interface MachinesFrame {
  readonly type: 'machines';
  readonly sent_ms: number;
  readonly machines: readonly Machine[];
  /** Analyses that were passed over because a newer one of the same machine is in this frame or the one after it. */
  readonly folded?: number;
}

/** The newest figures of some machines, nothing else of which has changed. Binary: see columns.ts. */
export interface FiguresFrame {
  readonly type: 'figures';
  readonly sent_ms: number;
  /** `Machine.id` of each row. */
  readonly ids: Uint32Array;
  /** `received_ms - time_ms` of each row: how long it was on its way, or how its clock differs. */
  readonly late_ms: Int32Array;
  /** `sent_ms - received_ms` of each row, 65,535 or less. */
  readonly waited_ms: Uint16Array;
  /** The resources that any row has, and for each a column: hundredths of a percent, {@link NO_FIGURE} where it has none. */
  readonly resources: readonly string[];
  readonly hundredths: readonly Uint16Array[];
  readonly folded?: number;
}

/**
 * The last minutes of every machine of a small fleet, once, before `ready`: in each second the highest of each figure. Binary: see
 * columns.ts.
 */
export interface PeaksFrame {
  readonly type: 'peaks';
  readonly sent_ms: number;
  /** `Machine.id` of each row. */
  readonly ids: Uint32Array;
  /** The last second of each row, epoch seconds by the server's clock. */
  readonly seconds: Uint32Array;
  readonly resources: readonly string[];
  /**
   * For each resource a column with {@link PEAKS_SECONDS} bytes a row, oldest first: steps of 0.4 percent, 0 to 250, or
   * {@link NO_PEAK}.
   */
  readonly peaks: readonly Uint8Array[];
}

/** Seconds that `peaks` go back. */
export const PEAKS_SECONDS = 180;

/** What stands in a column of `peaks` for a second in which nothing was said. */
export const NO_PEAK = 255;

/** Machines of a fleet that is told its last minutes; of a larger one nobody sees them. */
export const PEAKS_MACHINES_MAX = 200;

/** What stands in a column of `figures` for a machine without that figure. */
export const NO_FIGURE = 0xffff;

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

/** The last of those that judge measures has gone, or one is back. Also after `hello`, while none is there. */
export interface AnalyzersFrame {
  readonly type: 'analyzers';
  readonly sent_ms: number;
  /** Since when there is none, by the server's clock. Absent while there is one. */
  readonly gone_since_ms?: number;
}

/** Somebody who can be asked about the past is there, or nobody is any more. After `hello` only while somebody is. */
export interface RecordersFrame {
  readonly type: 'recorders';
  readonly sent_ms: number;
  readonly there: boolean;
}

/** Nothing happened, and the line is alive. */
export interface BeatFrame {
  readonly type: 'beat';
  readonly sent_ms: number;
}

/** What the client looks at now is not shown to it, or not at present. */
export interface RefusedFrame {
  readonly type: 'refused';
  readonly sent_ms: number;
  readonly what: 'machine' | 'system' | 'tap';
  /** One sentence for whoever looks. */
  readonly why: string;
}

/**
 * What is remembered of the machine looked at, oldest row first; after `machine` was looked at, several such frames come, the last
 * with `last`. Binary: see columns.ts. `headlines`: every sample's headlines and bands, remembered of each machine.
 * `details`: every leaf of the measures, remembered since somebody first looked at that machine.
 */
export interface PastFrame {
  readonly type: 'past';
  readonly sent_ms: number;
  readonly machine: string;
  readonly of: 'headlines' | 'details';
  /** When each row was measured, epoch milliseconds by the machine's clock. */
  readonly times_ms: Float64Array;
  /**
   * The names of the columns: fields joined by `/`, as `cpu_percentage` or `cpu/cores/0`; of a band `cpu_result`, with 1, 2, 3 for
   * LOW, MEDIUM, HIGH. A `/` or `~` in a field's name is written `~1` or `~0`, as in a JSON pointer.
   */
  readonly paths: readonly string[];
  /** For each path a column; NaN where a sample has none. */
  readonly columns: readonly Float32Array[];
  /** Nothing older is on its way. */
  readonly last?: true;
}

/** A measure of the machine looked at, the moment it passes. */
export interface MeasureFrame {
  readonly type: 'measure';
  readonly sent_ms: number;
  readonly machine: string;
  /** When it was measured, by the machine's clock. */
  readonly time_ms: number;
  /** When the server took it off the bus. */
  readonly received_ms: number;
  /** Who passed it on and when, oldest first. */
  readonly hops: readonly (readonly [instance: string, time_ms: number])[];
  readonly body: { readonly [field: string]: unknown };
}

/** A running module. */
export interface Instance {
  /** `analyzer-7f3a@db-01`. */
  readonly instance: string;
  readonly module: string;
  readonly host?: string;
  /** Of a tracker: what it measures. */
  readonly machine?: string;
  readonly version?: string;
  /** Patterns, `#.measure`. */
  readonly listens: readonly string[];
  /** Families, `analysis`. */
  readonly publishes: readonly string[];
  /** Since when it is here, epoch milliseconds. */
  readonly born_ms: number;
  /** Between two of its pulses, where it is known. */
  readonly interval_ms?: number;
  /** Absent while it lives. */
  readonly gone?: Gone;
  /** It says no pulse: only what it publishes is known, from messages that carry its name. */
  readonly stranger?: true;
}

/** Who runs, as far as it has changed; all of them after the system was looked at. */
export interface InstancesFrame {
  readonly type: 'instances';
  readonly sent_ms: number;
  readonly instances: readonly Instance[];
  /** Who is not known any more. */
  readonly forgotten?: readonly string[];
}

/** What an instance did since its last pulse. */
export interface Beat {
  readonly instance: string;
  readonly interval_ms: number;
  /** Messages by family. */
  readonly in: { readonly [family: string]: number };
  readonly out: { readonly [family: string]: number };
  /** By family and reason. */
  readonly dropped: { readonly [family: string]: { readonly [reason: string]: number } };
  readonly failed: { readonly [family: string]: { readonly [reason: string]: number } };
  /** The module's own figures. */
  readonly counts: { readonly [name: string]: number };
}

/** Pulses as they come, the newest of each instance, folded for {@link PULSES_MS}. Of a stranger: what was heard of it. */
export interface PulsesFrame {
  readonly type: 'pulses';
  readonly sent_ms: number;
  readonly pulses: readonly Beat[];
}

/** How long pulses are folded. */
export const PULSES_MS = 100;

/** A message that was listened in on. */
export interface Tapped {
  readonly key: string;
  readonly sender?: string;
  readonly id?: string;
  /** When it happened, where it says so. */
  readonly time_ms?: number;
  readonly received_ms: number;
  readonly hops?: readonly (readonly [instance: string, time_ms: number])[];
  /** Bytes of its body. */
  readonly bytes: number;
  /** The body as text, cut at {@link TAP_BODY_CHARACTERS_MAX}. */
  readonly text: string;
}

/** What a tap heard since the last such frame; at least one a second while it runs. */
export interface TappedFrame {
  readonly type: 'tapped';
  readonly sent_ms: number;
  readonly pattern: string;
  readonly messages: readonly Tapped[];
  /** Messages that passed and are not here: beyond `per_second`, or dropped because the line is slow. */
  readonly left_out: number;
}

/** What somebody has said about an alert. */
export interface Word {
  /** Who and why; a view link is not told. */
  readonly by?: string;
  readonly why?: string;
  readonly time_ms: number;
  /** Until when it counts; of a silence. */
  readonly until_ms?: number;
}

/** What became of an alert. A severity: it was raised with it, or has it from then on. */
export type Step = Severity | 'acknowledged' | 'not_acknowledged' | 'silenced' | 'not_silenced' | 'joined' | 'ended';

/** One alert, with all that is known of it. Texts are cut to what people read. Times are epoch milliseconds. */
export interface AlertRow {
  /** With `machine`, the same through its whole life. */
  readonly id: string;
  readonly machine: string;
  readonly severity: Severity;
  /** The rule that found it, and on what of the machine. */
  readonly rule: string;
  readonly resource: string;
  /** For people, without the machine's name. */
  readonly sentence: string;
  /** By the machine's clock, as `until_ms`. */
  readonly since_ms: number;
  /** When it ended; absent while it is open. */
  readonly until_ms?: number;
  /** Nobody told that it ended: it was not open any more when those who keep alerts could be heard again. */
  readonly unheard?: true;
  /** What was measured, and what it was held against. */
  readonly value?: number;
  readonly limit?: number;
  /** The figure that it is about: fields joined by dots. */
  readonly figure?: string;
  /** From a rule on trial: nobody is told. */
  readonly shadow?: true;
  /** Alerts that belong together share one. */
  readonly incident?: string;
  /** A view link is not told: it may name other machines. */
  readonly incident_sentence?: string;
  readonly incident_head?: true;
  readonly labels?: Labels;
  readonly acknowledged?: Word;
  readonly silenced?: Word;
  /** When what became of it, by the server's clock, as far as the server has heard; {@link LIFE_MAX} at most, oldest first. */
  readonly life: readonly (readonly [time_ms: number, step: Step])[];
}

/** Alerts that are new to the client, or have changed: when it looks at the alerts, all that are open and those that ended last. */
export interface AlertsFrame {
  readonly type: 'alerts';
  readonly sent_ms: number;
  readonly alerts: readonly AlertRow[];
  /** All that is known follows, until `whole`: what is not named by then is not known any more. */
  readonly begins?: true;
  readonly whole?: true;
}

/** Of which alerts nobody is told for a while. */
export interface SilenceRow {
  readonly id: string;
  /** A pattern that fits the names of machines. */
  readonly machines: string;
  readonly labels?: Labels;
  readonly rules?: readonly string[];
  readonly resources?: readonly string[];
  readonly severity_max?: Severity;
  readonly from_ms: number;
  readonly until_ms: number;
  /** Only at times of the day or the week. */
  readonly by_calendar?: true;
  readonly by: string;
  readonly why?: string;
  readonly time_ms: number;
}

/** The silences in force and to come, when they are looked at and when they change; not to a view link. */
export interface SilencesFrame {
  readonly type: 'silences';
  readonly sent_ms: number;
  /** Those that end first; {@link SILENCES_TOLD_MAX} at most. */
  readonly silences: readonly SilenceRow[];
  readonly left_out: number;
}

/** Silences that are told. */
export const SILENCES_TOLD_MAX = 200;

/** How many alerts are of each severity. */
export type BySeverity = { readonly [severity in Severity]: number };

/** How many alerts are open, to everyone when it changes. Those on trial and those that are silenced count apart. */
export interface AlertedFrame {
  readonly type: 'alerted';
  readonly sent_ms: number;
  readonly open: BySeverity;
  /** Of the open ones those that nobody has acknowledged. */
  readonly unacknowledged: BySeverity;
  readonly silenced: number;
  readonly on_trial: number;
  /** Instances that keep alerts, as far as presence has told; without one nothing is raised and nothing obeyed. */
  readonly keepers: number;
  /** The rules that they judge by, as far as they say so. */
  readonly rules: readonly string[];
  /** Machines of which this has changed: how many are open, and the worst; 500 at most. */
  readonly machines: readonly (readonly [machine: string, open: number, worst: Severity])[];
  /** Machines told before have none, unless they are named again. */
  readonly begins?: true;
}

/**
 * Something to be done about alerts. Sent as `{"order": …, "number": 1}`; `ordered` with that number says whether it was passed
 * on. That it was obeyed is seen by the alert or the silence itself. `by` counts only where nobody has to log in.
 */
export type Ask =
  /** Somebody has seen it, or with `incident` all that belongs to it; with `undo` nobody has. */
  | {
      readonly do: 'acknowledge';
      readonly machine: string;
      readonly id: string;
      readonly incident?: boolean;
      readonly undo?: boolean;
      readonly by?: string;
      readonly why?: string;
    }
  /** Nobody is to be told, by the server's clock from `from_ms` until `until_ms`; a year at most. */
  | {
      readonly do: 'silence';
      readonly id: string;
      readonly machines: string;
      readonly rules?: readonly string[];
      readonly resources?: readonly string[];
      readonly from_ms: number;
      readonly until_ms: number;
      readonly by?: string;
      readonly why?: string;
    }
  | { readonly do: 'end_silence'; readonly id: string; readonly by?: string; readonly why?: string };

/**
 * A question about what was recorded. Sent as `{"recall": …, "number": 1}`; the answer has that number. Times are epoch
 * milliseconds.
 */
export type Recall =
  /** The figures of a machine over a time, all of them or those named, in at most `points_max` points. */
  | {
      readonly what: 'range';
      readonly machine: string;
      readonly from_ms: number;
      readonly to_ms: number;
      readonly points_max: number;
      readonly figures?: readonly string[];
    }
  /** Every machine as it was then. */
  | { readonly what: 'moment'; readonly at_ms: number }
  /** What happened in a time, to all or to one machine; the newest {@link EVENTS_TOLD_MAX}. */
  | { readonly what: 'events'; readonly from_ms: number; readonly to_ms: number; readonly machine?: string }
  | { readonly what: 'extent' };

/** Points of a range that may be asked for. */
export const RANGE_POINTS_MAX = 4_000;

/** Events that are told at once. */
export const EVENTS_TOLD_MAX = 1_000;

/** Machines in one `moment`. */
export const MOMENT_MACHINES_MAX = 10_000;

/** The figures of a machine over a time. Binary: see columns.ts. */
export interface RangeFrame {
  readonly type: 'range';
  readonly sent_ms: number;
  readonly number: number;
  readonly machine: string;
  /** The width of the cells that the points are of; 0 where they are samples as they came. */
  readonly width_ms: number;
  /** Ascending; of a cell, when it begins. */
  readonly times_ms: Float64Array;
  /** As in `past`. */
  readonly paths: readonly string[];
  /** For each path a column; NaN where there is none. Of samples, least and most are the same columns. */
  readonly means: readonly Float32Array[];
  readonly least: readonly Float32Array[];
  readonly most: readonly Float32Array[];
  /** Figures that did not fit. */
  readonly left_out: number;
}

/** Every machine as it was at a moment. Of each, `id` holds for this frame alone, and since when it was so is not known. */
export interface MomentFrame {
  readonly type: 'moment';
  readonly sent_ms: number;
  readonly number: number;
  readonly at_ms: number;
  readonly machines: readonly Machine[];
  readonly left_out: number;
}

/** Something that happened. */
export type Happening = {
  readonly time_ms: number;
  /** The machine; of an outage the pattern that its machines share; of an instance its name. */
  readonly of: string;
} & (
  | { readonly kind: 'birth' | 'death'; readonly is_instance?: true; readonly cause?: Gone['cause'] }
  | { readonly kind: 'outage'; readonly machines: number }
  | {
      readonly kind: 'raised' | 'changed' | 'cleared';
      readonly id: string;
      readonly severity: Severity;
      readonly rule: string;
      readonly resource: string;
      readonly sentence: string;
      readonly since_ms: number;
      readonly shadow?: true;
    }
);

/** What happened in a time, oldest first. */
export interface EventsFrame {
  readonly type: 'events';
  readonly sent_ms: number;
  readonly number: number;
  readonly events: readonly Happening[];
  /** Older ones that are not told. */
  readonly left_out: number;
}

/** How far the past goes. */
export interface ExtentFrame {
  readonly type: 'extent';
  readonly sent_ms: number;
  readonly number: number;
  /** Absent while nothing is recorded. */
  readonly oldest_ms?: number;
  readonly newest_ms?: number;
  /** From the finest to the coarsest: the width of its cells, and since when it is kept. */
  readonly levels: readonly { readonly width_ms: number; readonly from_ms: number }[];
}

/** A {@link Recall} was not answered. */
export interface UnrecalledFrame {
  readonly type: 'unrecalled';
  readonly sent_ms: number;
  readonly number: number;
  /** One sentence for whoever asks. */
  readonly why: string;
}

/** What became of an {@link Ask}. */
export interface OrderedFrame {
  readonly type: 'ordered';
  readonly sent_ms: number;
  readonly number: number;
  /** Why it was not passed on, in one sentence; absent when it was. */
  readonly refused?: string;
}

/** One message of the page's dialect. `sent_ms` is the server's clock as it was written, epoch milliseconds. */
export type TextFrame =
  | HelloFrame
  | MachinesFrame
  | ReadyFrame
  | BusFrame
  | AnalyzersFrame
  | RecordersFrame
  | BeatFrame
  | RefusedFrame
  | MeasureFrame
  | InstancesFrame
  | PulsesFrame
  | TappedFrame
  | AlertsFrame
  | SilencesFrame
  | AlertedFrame
  | OrderedFrame
  | MomentFrame
  | EventsFrame
  | ExtentFrame
  | UnrecalledFrame;
export type BinaryFrame = FiguresFrame | PeaksFrame | PastFrame | RangeFrame;
export type Frame = TextFrame | BinaryFrame;
