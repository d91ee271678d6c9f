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

/** A newer version has written the file, or the database. */
export function historyNewer(path: string, version: number, ours: number): CodedError {
  return new CodedError(
    'HISTORY_NEWER',
    {
      what: `past in ${oneLine(path, 120)} not opened`,
      why: `it has version ${version} and this program knows ${ours}; it was left as it is`,
      todo: 'use the version of ganglion that wrote it, or a newer one, or another place',
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

/** The setting `recorder.database` is no address of a database. It may hold a password: nothing of it is shown. */
export function historyDatabaseInvalid(why: string): CodedError {
  return new CodedError(
    'HISTORY_DATABASE_INVALID',
    {
      what: 'setting recorder.database',
      why,
      todo: 'give it as postgres://USER@HOST:PORT/NAME; what is no letter and no digit in it is written with %',
    },
    configuration,
  );
}

/** The database cannot be reached, or was lost. It is tried again. */
export function historyDatabaseUnreachable(shown: string, cause: unknown): CodedError {
  return new CodedError(
    'HISTORY_DATABASE_UNREACHABLE',
    {
      what: `past in ${oneLine(shown, 120)} not reached`,
      why: saidBy(cause),
      todo: 'bring the database back; what comes meanwhile waits in the queue, up to its limit',
    },
    { cause },
  );
}

/** The database does not let us in, or not do what is needed. */
export function historyDatabaseRefused(shown: string, cause: unknown): CodedError {
  return new CodedError(
    'HISTORY_DATABASE_REFUSED',
    {
      what: `past in ${oneLine(shown, 120)} not opened`,
      why: saidBy(cause),
      todo: 'correct recorder.database or its password; its user may log in, and make a schema in that database',
    },
    { ...configuration, cause },
  );
}

/** Another recorder has the database. */
export function historyDatabaseInUse(shown: string, holder: string): CodedError {
  return new CodedError(
    'HISTORY_DATABASE_IN_USE',
    {
      what: `past in ${oneLine(shown, 120)} not opened`,
      why: `another recorder uses it (${oneLine(holder, 120)})`,
      todo: 'stop one of the two, or give each a database of its own',
    },
    configuration,
  );
}

/** Another recorder had the database while this one had lost it: what this one remembers is not what is there. */
export function historyDatabaseTaken(shown: string): CodedError {
  return new CodedError('HISTORY_DATABASE_TAKEN', {
    what: `past in ${oneLine(shown, 120)} not written`,
    why: 'another recorder has written to it meanwhile',
    todo: 'see that one recorder alone uses the database, and start this one again; nothing that it has not written is acknowledged',
  });
}

/** What stands in the database is not what we can use. */
export function historyDatabaseUnusable(shown: string, why: string): CodedError {
  return new CodedError(
    'HISTORY_DATABASE_UNUSABLE',
    { what: `past in ${oneLine(shown, 120)} not opened`, why, todo: 'name another database; it was left as it is' },
    configuration,
  );
}

/** The database does not do what it was asked for. It is asked again. */
export function historyDatabaseFailed(shown: string, cause: unknown): CodedError {
  return new CodedError(
    'HISTORY_DATABASE_FAILED',
    {
      what: `past in ${oneLine(shown, 120)} not read or written`,
      why: saidBy(cause),
      todo: 'look after the database, as whether its disk is full; what comes meanwhile waits in the queue, up to its limit',
    },
    { cause },
  );
}

/** A database is not copied by us. */
export function backupElsewhere(shown: string): CodedError {
  return new CodedError(
    'BACKUP_BY_DATABASE',
    {
      what: 'no backup made',
      why: `the past is in ${oneLine(shown, 120)}, which has a tool of its own for that`,
      todo: 'use pg_dump --schema ganglion_history, also while it is written to',
    },
    configuration,
  );
}

/** For a line: what was thrown. Where several addresses of a host were tried, the error has no text of its own. */
function saidBy(cause: unknown): string {
  return cause instanceof AggregateError ? oneLine(cause.errors.map(reasonOf).join(', ')) : reasonOf(cause);
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
