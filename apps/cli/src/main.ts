// The command `ganglion`.

import { runCommand } from './cli.ts';
import { begin } from './doorstep.ts';

begin(runCommand);
