// The importer's errors.

import { CodedError, oneLine, reasonOf } from '@ganglion/kernel';

/** No measure could be made of what an agent has sent. */
export function importFailed(machine: string, thrown: unknown): CodedError {
  return new CodedError(
    'IMPORT_FAILED',
    {
      what: `no measure of ${oneLine(machine, 80)}`,
      why: reasonOf(thrown),
      todo: 'report it with a message of its agent: "ganglion tap" shows them',
    },
    { cause: thrown },
  );
}
