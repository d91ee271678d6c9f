// What can be wrong with the files of the login.

import { CodedError, oneLine, reasonOf } from '@ganglion/kernel';

const configuration = { configuration: true };

/** A file of the login cannot be read, or does not hold what it should. */
export function accessFileInvalid(path: string, why: string): CodedError {
  return new CodedError(
    'ACCESS_FILE_INVALID',
    {
      what: `${oneLine(path, 120)} not read`,
      why: oneLine(why, 160),
      todo: 'correct it, or remove it and make its users or links again',
    },
    configuration,
  );
}

/** A file of the login can be read by other users of this machine. */
export function accessFileOpen(path: string, mode: number): CodedError {
  return new CodedError(
    'ACCESS_FILE_OPEN',
    {
      what: `${oneLine(path, 120)} not used`,
      why: `others may read or write it (mode ${mode.toString(8).padStart(4, '0')})`,
      todo: `"chmod 600 ${oneLine(path, 120)}"`,
    },
    configuration,
  );
}

/** A file of the login cannot be written. */
export function accessFileUnwritable(path: string, thrown: unknown): CodedError {
  return new CodedError(
    'ACCESS_FILE_UNWRITABLE',
    {
      what: `${oneLine(path, 120)} not written`,
      why: reasonOf(thrown),
      todo: 'set web.access_dir to a folder that this user may write',
    },
    { ...configuration, cause: thrown },
  );
}

/** The page would be open to everyone who reaches that address. */
export function loginMissing(address: string, users_path: string): CodedError {
  return new CodedError(
    'LOGIN_MISSING',
    {
      what: `the page is not served on ${oneLine(address, 80)}`,
      why: `whoever reaches that address would see it, and there is no user in ${oneLine(users_path, 120)}`,
      todo: 'add one with "ganglion user add NAME", listen on 127.0.0.1, or let everyone in with --insecure',
    },
    configuration,
  );
}

/** A name, a password or a pattern that cannot be taken. */
export function accessInvalid(what: string, why: string, todo: string): CodedError {
  return new CodedError('ACCESS_INVALID', { what: oneLine(what, 120), why, todo }, configuration);
}

/** There is no such user or link. `kind` is the word of the command that lists them. */
export function accessUnknown(kind: 'user' | 'link', name: string): CodedError {
  return new CodedError(
    'ACCESS_UNKNOWN',
    {
      what: `${kind} "${oneLine(name, 64)}"`,
      why: `there is no such ${kind}`,
      todo: `"ganglion ${kind} list" shows those there are`,
    },
    configuration,
  );
}
