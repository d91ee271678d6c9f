// What can keep the past from being written or read.

import { CodedError, oneLine, reasonOf } from '@ganglion/kernel';

const configuration = { configuration: true };

/** There is no SQLite here. */
export function historyUnavailable(why: string): CodedError {
  return new CodedError(
    'HISTORY_UNAVAILABLE',
    {
      what: 'no past is kept',
      why: `there is no SQLite (${oneLine(why, 200)})`,
      todo: 'use Node 22.13 or newer, or install better-sqlite3 beside ganglion',
    },
    configuration,
  );
}

/** Another process uses the folder. */
export function historyInUse(folder: string, holder: string): CodedError {
  return new CodedError(
    'HISTORY_IN_USE',
    {
      what: `past in ${oneLine(folder, 120)} not opened`,
      why: `process ${oneLine(holder, 20)} uses it`,
      todo: 'stop that process, or name another folder with --history',
    },
    configuration,
  );
}

/** The folder or the file cannot be made, read or written. */
export function historyUnusable(path: string, cause: unknown): CodedError {
  return new CodedError(
    'HISTORY_UNUSABLE',
    {
      what: `past in ${oneLine(path, 120)} not opened`,
      why: reasonOf(cause),
      todo: 'name a folder that this user may write with --history; a file that is no past of ours is left as it is',
    },
    { ...configuration, cause },
  );
}

/** A newer version has written the file. */
export function historyNewer(path: string, version: number, ours: number): CodedError {
  return new CodedError(
    'HISTORY_NEWER',
    {
      what: `past in ${oneLine(path, 120)} not opened`,
      why: `it has version ${version} and this program knows ${ours}; it was left as it is`,
      todo: 'use the version of ganglion that wrote it, or a newer one, or another folder',
    },
    configuration,
  );
}

/** The file is damaged. */
export function historyDamaged(folder: string): CodedError {
  return new CodedError('HISTORY_DAMAGED', {
    what: `part of the past in ${oneLine(folder, 120)} not read`,
    why: 'its file is damaged; what is whole was put into a new one, and it was left as it is, as history.db.damaged-…',
    todo: 'look after the disk; take the damaged file away, or put a backup in its place',
  });
}

/** What was measured could not be written. It waits in the queue. */
export function historyUnwritable(folder: string, cause: unknown): CodedError {
  return new CodedError(
    'HISTORY_UNWRITABLE',
    {
      what: `past in ${oneLine(folder, 120)} not written`,
      why: reasonOf(cause),
      todo: 'make room on its disk; what is measured meanwhile waits in the queue, up to its limit',
    },
    { cause },
  );
}

/** A backup could not be made. */
export function backupFailed(path: string, cause: unknown): CodedError {
  return new CodedError(
    'BACKUP_FAILED',
    {
      what: `backup ${oneLine(path, 120)} not made`,
      why: reasonOf(cause),
      todo: 'name a file that is not there yet, in a folder that may be written and has room',
    },
    { ...configuration, cause },
  );
}

/** A question about a time that does not end after it begins. */
export function rangeInvalid(from_ms: number, to_ms: number): CodedError {
  return new CodedError('PAST_RANGE_INVALID', {
    what: 'no past told',
    why: `the time that was asked for ends at ${to_ms}, which is not after its begin, ${from_ms}`,
    todo: 'ask for a time that ends later than it begins',
  });
}
