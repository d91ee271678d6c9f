// What a channel is: one way to tell people. Each is one file in `channels/`, its settings and its sending.

import type { SecretPlace } from '@ganglion/kernel';
import type { Static, TObject, TProperties } from 'typebox';
import type { Notice } from './notice.ts';

/** A channel that is set up. */
export interface Channel {
  /**
   * Sends a notice. Returning says that the other side has taken it. Called for one notice at a time.
   *
   * @param thread what `send` returned for the first notice of its group, for those that follow
   * @param signal aborted when it has taken too long, or at the stop
   * @throws NotSent, or anything else, which is tried again
   */
  send(notice: Notice, thread: string | undefined, signal: AbortSignal): Promise<string | undefined>;
  /** Lets go of what it holds open. */
  close?(): unknown;
}

/** What a channel is given beside its settings. */
export interface Tools {
  /** Reads a secret of its settings, named as there; what it holds is taken out of everything that is logged. */
  secret(name: string, place: SecretPlace): string;
  /** Takes a text out of everything that is logged: a part of a secret that could be told by itself. */
  hide(text: string): void;
  /** For settings that are right one by one and do not fit together. Name, why, and what to give. */
  refuse(name: string, why: string, wanted: string): Error;
}

/** One kind of channel. */
export interface ChannelType<Config extends TProperties = TProperties> {
  /** As `type` in the settings says it. */
  readonly type: string;
  /** What it is, in a few words. */
  readonly says: string;
  /** Its settings besides those that all have; each with a `description`, and `wanted` where that says more. */
  readonly config: Config;
  /**
   * Sets it up; opens no connection.
   *
   * @throws CodedError `SECRET_UNREADABLE`, and what `tools.refuse` makes
   */
  open(config: Static<TObject<Config>>, tools: Tools): Channel;
}

/** Defines a kind of channel; the type of its settings follows from their schema. */
export function defineChannel<Config extends TProperties>(type: ChannelType<Config>): ChannelType<Config> {
  return type;
}

/** The other side did not take a notice. */
export class NotSent extends Error {
  /** Whether trying again can help: not when the other side says that this very notice is wrong. */
  readonly permanent: boolean;
  /** How long the other side wants to be left alone. */
  readonly retry_after_ms: number | undefined;

  constructor(why: string, how: { readonly permanent?: boolean; readonly retry_after_ms?: number | undefined } = {}) {
    super(why);
    this.name = 'NotSent';
    this.permanent = how.permanent ?? false;
    this.retry_after_ms = how.retry_after_ms;
  }
}
