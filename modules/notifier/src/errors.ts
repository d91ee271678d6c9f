// The notifier's errors. What a channel says when it fails is no error of ours: see `NotSent` in channel.ts.

import { CodedError, oneLine, reasonOf } from '@ganglion/kernel';

const configuration = { configuration: true };

/** A channel's settings are wrong. `path`: `notifier.channels.ops.url`; `wanted` follows "give". */
export function channelInvalid(path: string, why: string, wanted: string): CodedError {
  return new CodedError(
    'CHANNEL_INVALID',
    { what: `setting ${oneLine(path, 120)}`, why: oneLine(why, 200), todo: `give ${wanted}` },
    configuration,
  );
}

/** A route names what is not there, or cannot be. `path`: `notifier.routes.0.channels`. */
export function routeInvalid(path: string, why: string, wanted: string): CodedError {
  return new CodedError(
    'ROUTE_INVALID',
    { what: `setting ${oneLine(path, 120)}`, why: oneLine(why, 200), todo: `give ${wanted}` },
    configuration,
  );
}

/** The folder of the journal cannot be used, or another process uses it. */
export function stateUnusable(folder: string, thrown: unknown): CodedError {
  return new CodedError(
    'NOTIFIER_STATE_UNUSABLE',
    {
      what: `state folder ${oneLine(folder, 120)} not used`,
      why: reasonOf(thrown),
      todo: 'give notifier.state_dir a folder of its own that this user may write',
    },
    { ...configuration, cause: thrown },
  );
}

/** The journal cannot be written: what is told now may be told again after a restart, or not. */
export function journalUnwritable(path: string, thrown: unknown): CodedError {
  return new CodedError(
    'JOURNAL_UNWRITABLE',
    {
      what: `journal ${oneLine(path, 120)} not written`,
      why: reasonOf(thrown),
      todo: 'make room on the disk; people are told meanwhile, and it is written whole as soon as it can be',
    },
    { cause: thrown },
  );
}

/** A message could not be sent and is not tried any more. */
export function noticeDead(channel: string, title: string, why: string): CodedError {
  return new CodedError('NOTICE_DEAD', {
    what: `"${oneLine(title, 100)}" not told by ${channel}`,
    why: oneLine(why, 200),
    todo: '"ganglion notify --dead" shows it; "ganglion notify --test" tries the channel',
  });
}
