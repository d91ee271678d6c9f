// How the command begins and ends: every failure is one line and an exit code.

import { report } from './report.ts';

/** Whether a failure should also say where it happened. It can come before the settings are read. */
function debugging(words: readonly string[]): boolean {
  return process.env['GANGLION_LOG_LEVEL'] === 'debug' || /--log-level[= ]debug\b/.test(words.join(' '));
}

/** Runs what was typed. It ends the process when it fails. */
export function begin(run: (words: readonly string[]) => Promise<void>): void {
  const words = process.argv.slice(2);
  const fail = (thrown: unknown): void => process.exit(report(thrown, debugging(words)));

  // Whoever reads us may stop reading, as `head` does: then what runs is stopped in order, and nothing is wrong.
  process.stdout.once('error', (error: NodeJS.ErrnoException) => {
    process.stdout.on('error', () => {});
    if (error.code !== 'EPIPE') fail(error);
    else if (process.listenerCount('SIGTERM') > 0) process.kill(process.pid, 'SIGTERM');
    else process.exit(0);
  });
  process.on('uncaughtException', fail);
  run(words).catch(fail);
}
