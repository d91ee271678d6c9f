// What a view is given that is loaded when it is opened: frames of its own, a word to the server, and what all views share.

import type { Ask, Frame, Look, Machine, Recall, User } from '../../wire/frames.ts';
import type { Keys } from './keys.ts';
import type { Alerted } from './live/alerted.ts';
import type { Router } from './router.svelte.ts';
import type { Scheme } from './style/colours.svelte.ts';
import type { Seen } from './time/seen.ts';
import type { Times } from './time/times.svelte.ts';

/** A frame of one type. */
export type FrameOf<T extends Frame['type']> = Extract<Frame, { readonly type: T }>;

/** The frame that answers a question. */
export type AnswerTo<What extends Recall['what']> = FrameOf<What>;

/** Something that can be done in a view, by its name. */
export interface Offered {
  readonly name: string;
  readonly run: () => void;
}

/** All of it is reactive where it is read in a component: what changes draws anew. */
export interface Feed {
  readonly router: Router;
  readonly keys: Keys;
  /** Read `scheme.changes` where colours are taken for a canvas, with `colourOf`. */
  readonly scheme: Scheme;

  /**
   * Calls `take` for every frame of a type, as it arrives, from now until the function that it returns is called. Draw in an
   * animation frame, not here: many frames may come for one picture.
   *
   * @param take `arrived_ms`: this device's clock as the frame arrived, epoch milliseconds
   */
  on<T extends Frame['type']>(type: T, take: (frame: FrameOf<T>, arrived_ms: number) => void): () => void;

  /** Says what is looked at, now and after each reconnection, until another look takes its place. */
  look(look: Look): void;

  /** Says what is to be done about alerts; `ordered` with the number that it returns answers. Undefined while the line is cut. */
  order(ask: Ask): number | undefined;

  /**
   * Asks about the past.
   *
   * @throws Error whose message is one sentence for people
   */
  recall<What extends Recall['what']>(recall: Extract<Recall, { readonly what: What }>): Promise<AnswerTo<What>>;

  /** What the view shows, for who wants to take it along; the view says so while it is there. */
  seen: Seen | undefined;

  /** The moment of the past that is shown of all machines; undefined while that is now. */
  readonly moment_ms: number | undefined;
  /** Whether there is somebody who records. */
  readonly is_recorded: boolean;
  /** Which time is shown. */
  readonly times: Times;

  /** Offers actions to the palette; returns the function that takes them away. Called when the palette opens. */
  offer(actions: () => readonly Offered[]): () => void;

  /** Whether the server has the line and the bus; while it has not, what is shown is from {@link now_ms}. */
  readonly frozen: boolean;
  /** The server's clock to the second, epoch milliseconds: how far what is shown goes. Stands still while `frozen`. */
  readonly now_ms: number;
  /** How far this device's clock is ahead of the server's, milliseconds; 0 when they agree. */
  readonly ahead_ms: number;
  /** The instance of the server; undefined before it has said so. */
  readonly server: string | undefined;
  /** Whether the client may listen in on topics, and see the system; undefined before the server has said so. */
  readonly may_tap: boolean | undefined;
  readonly sees_system: boolean | undefined;
  /** Whether it may give orders about alerts. */
  readonly may_order: boolean | undefined;
  /** Who has logged in; undefined where nobody has to. */
  readonly user: User | undefined;
  /** How many alerts are open. */
  readonly alerted: Alerted;

  /** What is known of a machine now: bands and headlines; undefined when nobody has told of it. Reactive, to the second. */
  machine(name: string): Machine | undefined;
  /** The names of all machines, in order. Reactive: a machine that comes or goes changes it. */
  names(): readonly string[];
}
