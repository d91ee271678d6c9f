// The agent: the command with its tracker and nothing else, to be copied to a machine as one file. See docs/agent.md.

import { runWith } from './commands/run.ts';
import { dispatch } from './dispatch.ts';
import { begin } from './doorstep.ts';
import { moduleNotInAgent } from './errors.ts';
import { openPlainLog } from './plain-log.ts';

/** Does what was typed: the agent knows the command `run`, of one module. */
export function beginAgent(): void {
  const run = runWith({
    loadModule: async (name) => {
      if (name !== 'tracker') throw moduleNotInAgent(name);
      return (await import('@ganglion/tracker')).default;
    },
    openLog: async (level) => openPlainLog(level),
  });
  begin((words) => dispatch([run], words));
}
