// The commands of `ganglion`.

import { acknowledge } from './commands/acknowledge.ts';
import { alerts } from './commands/alerts.ts';
import { brokerSetup } from './commands/broker-setup.ts';
import type { Command } from './commands/command.ts';
import { config } from './commands/config.ts';
import { detect } from './commands/detect.ts';
import { doctor } from './commands/doctor.ts';
import { history } from './commands/history.ts';
import { link } from './commands/link.ts';
import { notify } from './commands/notify.ts';
import { replay } from './commands/replay.ts';
import { runWith } from './commands/run.ts';
import { silence } from './commands/silence.ts';
import { simulate } from './commands/simulate.ts';
import { tap } from './commands/tap.ts';
import { up } from './commands/up.ts';
import { user } from './commands/user.ts';
import { dispatch } from './dispatch.ts';
import { openLog } from './log.ts';
import { loadModule } from './modules.ts';

const run = runWith({ loadModule, openLog });

const COMMANDS: readonly Command[] = [
  up,
  run,
  tap,
  alerts,
  acknowledge,
  silence,
  doctor,
  brokerSetup,
  user,
  link,
  notify,
  history,
  simulate,
  detect,
  replay,
  config,
];

/**
 * Runs the command that the words name, as {@link dispatch} does.
 *
 * @throws CodedError for everything that can be expected to go wrong
 */
export function runCommand(words: readonly string[]): Promise<void> {
  return dispatch(COMMANDS, words);
}
