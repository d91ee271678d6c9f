// How a process ends: the first signal stops it in order, the second at once.

import { constants } from 'node:os';

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/**
 * Runs `stop` at the first SIGINT, SIGTERM or SIGHUP, then ends the process with code 0. A second signal ends it at
 * once with 128 + the signal's number, as a shell would report it.
 */
export function stopOnSignal(stop: () => Promise<void>): void {
  let stopping = false;
  const onSignal = (signal: (typeof SIGNALS)[number]) => {
    if (stopping) process.exit(128 + constants.signals[signal]);
    stopping = true;
    stop().then(
      () => process.exit(0),
      () => process.exit(1),
    );
  };
  for (const signal of SIGNALS) process.on(signal, onSignal);
}
