// What can go wrong in the tracker.

import { CodedError, oneLine, reasonOf } from '@ganglion/kernel';

/** A file of /proc is there and cannot be read. */
export function procUnreadable(path: string, error: unknown): CodedError {
  return new CodedError(
    'PROC_UNREADABLE',
    {
      what: `${oneLine(path, 120)} not read`,
      why: reasonOf(error),
      todo: 'let the user that the tracker runs as read it',
    },
    { cause: error },
  );
}

/** A file of /proc is larger than the tracker reads. */
export function procTooLarge(path: string, limit_bytes: number): CodedError {
  return new CodedError('PROC_TOO_LARGE', {
    what: `${oneLine(path, 120)} not read`,
    why: `it has more than ${limit_bytes} bytes`,
    todo: 'set tracker.root to a /proc; if it is one, report the size',
  });
}

/** A file of /proc does not read as its format says. */
export function procUnexpected(file: string, why: string): CodedError {
  return new CodedError('PROC_UNEXPECTED', {
    what: `${file} not understood`,
    why: oneLine(why, 120),
    todo: 'set tracker.root to a /proc; if it is one, report this and the kernel version',
  });
}

/** The setting `root` names no /proc. */
export function rootInvalid(root: string): CodedError {
  return new CodedError(
    'ROOT_INVALID',
    {
      what: 'setting tracker.root',
      why: `there is no ${oneLine(root, 120)}/stat that can be seen`,
      todo: 'name the folder where the /proc of the machine to measure is mounted, or leave the setting out',
    },
    { configuration: true },
  );
}

/** A probe's headline is not a percentage. */
export function headlineInvalid(probe: string, percentage: number): CodedError {
  return new CodedError('HEADLINE_INVALID', {
    what: `${probe} left out of the measure`,
    why: `its headline is ${percentage}, not 0 to 100`,
    todo: 'correct the probe',
  });
}

/** No measure can be made: it always has the CPU's percentage, and that is not known. */
export function cpuUnknown(): CodedError {
  return new CodedError('CPU_UNKNOWN', {
    what: 'no measure published',
    why: 'the CPU tells no figures, and a measure always has them',
    todo: 'look at the log above; measures follow as soon as there are figures',
  });
}

/** A probe keeps the others waiting. */
export function probeStopped(probe: string, took_ms: number): CodedError {
  return new CodedError('PROBE_STOPPED', {
    what: `${probe} left out of the measure for ten minutes`,
    why: `reading it took ${Math.round(took_ms)} ms, and the same the times before`,
    todo: `look at why the machine answers slowly, or leave it out for good: --probe ${probe}=off`,
  });
}

/** What a probe has promised does not come. */
export function probeLate(probe: string): CodedError {
  return new CodedError('PROBE_LATE', {
    what: `${probe} left out of the measure`,
    why: 'what it asked for has not come by the time of its next reading',
    todo: `nothing, if it comes back; where it never answers, leave it out: --probe ${probe}=off`,
  });
}
