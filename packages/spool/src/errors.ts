// What can keep a spool from being opened.

import { CodedError, oneLine, reasonOf } from '@ganglion/kernel';

/** Another process uses the folder. */
export function spoolInUse(folder: string, holder: string): CodedError {
  return new CodedError(
    'SPOOL_IN_USE',
    {
      what: `spool ${oneLine(folder, 120)} not opened`,
      why: `process ${oneLine(holder, 20)} uses it`,
      todo: 'stop that process, or name another folder with --spool',
    },
    { configuration: true },
  );
}

/** The folder cannot be made, read or written. */
export function spoolUnusable(folder: string, cause: unknown): CodedError {
  return new CodedError(
    'SPOOL_UNUSABLE',
    {
      what: `spool ${oneLine(folder, 120)} not opened`,
      why: reasonOf(cause),
      todo: 'name a folder that the user may write with --spool, or --spool none',
    },
    { configuration: true, cause },
  );
}
