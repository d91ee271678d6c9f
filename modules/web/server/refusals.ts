// Every refusal is counted, and told at most once a second for each kind, with how many were held back meanwhile.

import { type Log, LogLimiter, oneLine } from '@ganglion/kernel';
import type { Count } from './client.ts';

/** Kinds of refusals, as the pulse counts them: `refused_<kind>`. */
export type RefusalKind =
  | 'connection'
  | 'handshake'
  | 'host'
  | 'link'
  | 'login'
  | 'login_busy'
  | 'login_early'
  | 'message'
  | 'nothing_shown'
  | 'origin'
  | 'path'
  | 'request'
  | 'room'
  | 'session'
  | 'subprotocol'
  | 'tls';

/** Characters of a name from outside that are told. */
const NAME_CHARACTERS_MAX = 64;

/** Counts refusals and tells of them. */
export class Refusals {
  readonly #limiter = new LogLimiter();
  readonly #log: Log;
  readonly #count: Count;

  constructor(log: Log, count: Count) {
    this.#log = log;
    this.#count = count;
  }

  /**
   * Tells of a refusal.
   *
   * @param what our own words: `a login as "ada"`; what came from outside goes through {@link nameOf} first
   * @param address where it came from
   */
  add(kind: RefusalKind, what: string, address: string | undefined): void {
    this.#count(`refused_${kind}`);
    const held_back = this.#limiter.pass(kind);
    if (held_back === undefined) return;
    const more = held_back === 0 ? '' : `, and ${held_back} more before it`;
    this.#log.warn(
      { refused: kind, address, ...(held_back === 0 ? {} : { held_back }) },
      `refused ${what} from ${address ?? 'somebody who is gone'}${more}`,
    );
  }
}

/** Text from outside as it may stand in the log: on one line, short, in quotes. */
export function nameOf(text: string | undefined): string {
  return JSON.stringify(oneLine(text ?? '', NAME_CHARACTERS_MAX));
}
