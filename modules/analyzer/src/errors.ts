import { CodedError } from '@ganglion/kernel';

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
