// How an error ends the command: one line on stderr and an exit code.

import { CodedError } from '@ganglion/kernel';
import { unexpected } from './errors.ts';

/**
 * Says what went wrong, in one line; with `debug` also where.
 *
 * @returns the exit code: 2 when a person must change a setting, else 1
 */
export function report(thrown: unknown, debug: boolean): 1 | 2 {
  const error = thrown instanceof CodedError ? thrown : unexpected(thrown);
  process.stderr.write(`ganglion: ${error.message} [${error.code}]\n`);
  if (debug) {
    const { cause = error } = error;
    process.stderr.write(`${cause instanceof Error ? cause.stack : String(cause)}\n`);
  }
  return error.configuration ? 2 : 1;
}
