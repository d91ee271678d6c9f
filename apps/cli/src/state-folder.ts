// Where a program keeps what should outlive it.

import { homedir } from 'node:os';
import { join } from 'node:path';

/**
 * The folder that systemd gives a service (StateDirectory=), else that of the user: $XDG_STATE_HOME/ganglion,
 * ~/.local/state/ganglion.
 */
export function stateFolder(environment: Readonly<Record<string, string | undefined>>): string {
  const { STATE_DIRECTORY = '', XDG_STATE_HOME = '' } = environment;
  // systemd gives a list when a service has several.
  const [service = ''] = STATE_DIRECTORY.split(':');
  return service || join(XDG_STATE_HOME || join(homedir(), '.local', 'state'), 'ganglion');
}
