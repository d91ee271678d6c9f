// The agent's log: the same lines on stderr as the command's, one JSON object each, without the library that makes them
// there. A service writes few, and its memory counts.

import { writeSync } from 'node:fs';
import { type Log, oneLine } from '@ganglion/kernel';
import { LINE_CHARACTERS_MAX, type RootLog } from './log.ts';
import type { OwnSettings } from './settings/own.ts';

const LEVELS = ['debug', 'info', 'warn', 'error'] as const;

/** Opens the log. Lines are written at once, so that the last ones before an end are not lost. */
export function openPlainLog(level: OwnSettings['log_level'], write: (line: string) => void = writeError): RootLog {
  const least = LEVELS.indexOf(level);
  const logOf = (always: object): Log => {
    const sayAt = (name: (typeof LEVELS)[number]) => (fields: object, msg: string) => {
      if (LEVELS.indexOf(name) < least) return;
      const line = { level: name, time: new Date().toISOString(), ...always, ...fields, msg };
      write(`${JSON.stringify(line, flat)}\n`);
    };
    return { debug: sayAt('debug'), info: sayAt('info'), warn: sayAt('warn'), error: sayAt('error') };
  };
  return { ...logOf({}), child: logOf };
}

/** Names come from outside: a text stays on one line, and is cut. */
function flat(_key: string, value: unknown): unknown {
  return typeof value === 'string' ? oneLine(value, LINE_CHARACTERS_MAX) : value;
}

/** A line that nobody takes, as after the end of a terminal, is let go: measuring goes on. */
function writeError(line: string): void {
  try {
    writeSync(2, line);
  } catch {}
}
