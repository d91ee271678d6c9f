// How a process ends: the first signal stops it in order, the second at once.

import { constants } from 'node:os';

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/**
 * One Ctrl-C can arrive twice: the terminal sends it to all that run there, and npm passes it on. A SIGINT so soon after
 * the first counts as the same.
 */
const SAME_KEYSTROKE_MS = 250;

/**
 * Runs `stop` at the first SIGINT, SIGTERM or SIGHUP, then ends the process with code 0. A second signal ends it at
 * once with 128 + the signal's number, as a shell would report it.
 */
export function stopOnSignal(stop: () => Promise<void>): void {
  let stopping_since_ms: number | undefined;
  const onSignal = (signal: (typeof SIGNALS)[number]) => {
    const now_ms = performance.now();
    if (stopping_since_ms !== undefined) {
      if (signal === 'SIGINT' && now_ms - stopping_since_ms < SAME_KEYSTROKE_MS) return;
      process.exit(128 + constants.signals[signal]);
    }
    stopping_since_ms = now_ms;
    stop().then(
      () => process.exit(0),
      () => process.exit(1),
    );
  };
  for (const signal of SIGNALS) process.on(signal, onSignal);
}
