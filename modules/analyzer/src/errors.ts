import { CodedError, oneLine } from '@ganglion/kernel';

/** Limits of which the lower one is not below the higher one. */
export function limitsOutOfOrder(path: string, medium_from: number, high_from: number): CodedError {
  return new CodedError(
    'LIMITS_OUT_OF_ORDER',
    {
      what: `setting ${path}`,
      why: `medium_from is ${medium_from}, which is not below high_from, ${high_from}`,
      todo: 'give medium_from the smaller number',
    },
    { configuration: true },
  );
}

/** What is critical sooner than it is found. */
export function horizonsOutOfOrder(warning_within_ms: number, critical_within_ms: number): CodedError {
  return new CodedError(
    'HORIZONS_OUT_OF_ORDER',
    {
      what: 'setting analyzer.forecast',
      why: `critical_within_ms is ${critical_within_ms}, which is more than warning_within_ms, ${warning_within_ms}`,
      todo: 'give warning_within_ms the greater number',
    },
    { configuration: true },
  );
}

/** A time zone that nobody knows. `path`: `analyzer.presence.time_zone`. */
export function timeZoneUnknown(path: string, time_zone: string): CodedError {
  return new CodedError(
    'TIME_ZONE_UNKNOWN',
    {
      what: `setting ${path}`,
      why: `"${oneLine(time_zone, 60)}" is no time zone`,
      todo: 'give one as "Europe/Berlin", or none for the machine\'s own',
    },
    { configuration: true },
  );
}

/** An expectation that cannot be read, or that is none. `path`: `analyzer.expectations.expect.0.that`. */
export function expectationInvalid(path: string, why: string, wanted: string): CodedError {
  return new CodedError(
    'EXPECTATION_INVALID',
    { what: `setting ${path}`, why: oneLine(why), todo: `give ${wanted}` },
    { configuration: true },
  );
}
