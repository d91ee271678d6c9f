// What a format is: one way in which others get the figures. Each is one file in `formats/`: its settings, and what it makes of them.

import type { Context, Log, SecretPlace } from '@ganglion/kernel';
import type { Static, TObject, TProperties } from 'typebox';
import type { Fleet } from './fleet.ts';

/** What a format is given beside its settings. */
export interface Tools {
  /** The machines. Read when somebody asks, or when it is time to send. */
  readonly fleet: Fleet;
  readonly log: Log;
  readonly count: Context['count'];
  /** Aborted when the ordered stop begins. */
  readonly stopping: AbortSignal;
  /**
   * Reads a secret.
   *
   * @param setting its name in the format's settings
   * @throws CodedError `SECRET_UNREADABLE`
   */
  secret(setting: string, place: SecretPlace): string;
}

/** A format at work. */
export interface Open {
  /** Lets go of all it holds, within two seconds; what is under way may end before that. */
  close(): unknown;
}

/** One way in which others get the figures. */
export interface Format<Config extends TProperties = TProperties> {
  /** Its section in the settings: `[exporter.<name>]`. */
  readonly name: string;
  /** Its settings, each with a description, and a default or optional: without any, it is off. */
  readonly config: TObject<Config>;
  /**
   * Sets it to work; undefined when its settings leave it off.
   *
   * @throws CodedError, a configuration error
   */
  open(config: Static<TObject<Config>>, tools: Tools): Open | undefined | Promise<Open | undefined>;
}

/** Defines a format; the type of its settings follows from their schema. */
export function defineFormat<Config extends TProperties>(format: Format<Config>): Format<Config> {
  return format;
}
