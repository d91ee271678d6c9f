// The log, on stderr: stdout belongs to what a command says. Readable in a terminal, one JSON object a line elsewhere.

import { type Log, oneLine } from '@ganglion/kernel';
import type { LoggerOptions } from 'pino';
import type { OwnSettings } from './settings/own.ts';

/** A log that can name who speaks. */
export interface RootLog extends Log {
  child(fields: { readonly module: string }): Log;
}

/** Characters of a line; what is longer is cut. */
export const LINE_CHARACTERS_MAX = 4_000;

/** Lines that are held back, at most. */
const HELD_LINES_MAX = 1000;

/** Opens the log. Lines are written at once, so that the last ones before an end are not lost. */
export async function openLog(level: OwnSettings['log_level']): Promise<RootLog> {
  const { default: pino } = await import('pino');
  const options: LoggerOptions = {
    level,
    base: null,
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: { level: (label: string) => ({ level: label }) },
    // Names come from outside. They would end a line in a terminal, and U+2028 in JSON to some who read it.
    hooks: {
      logMethod([fields, text = ''], method) {
        method.call(this, flat(fields), oneLine(text, LINE_CHARACTERS_MAX));
      },
    },
  };
  if (!process.stderr.isTTY) {
    const log: RootLog = pino(options, pino.destination({ fd: 2, sync: true }));
    return log;
  }
  const { default: pretty } = await import('pino-pretty');
  const stream = pretty({
    destination: 2,
    sync: true,
    colorize: (process.env['NO_COLOR'] ?? '') === '',
    translateTime: 'SYS:HH:MM:ss',
    // These stand in the sentence already.
    ignore: 'module,code,url,address,port,instance',
    messageFormat: '{if module}{module}: {end}{msg}{if code} [{code}]{end}',
    singleLine: true,
  });
  const log: RootLog = pino(options, stream);
  return log;
}

/** The texts among fields, each on one line. */
function flat(fields: unknown): object {
  const flatten = (value: unknown) => (typeof value === 'string' ? oneLine(value, LINE_CHARACTERS_MAX) : value);
  return Object.fromEntries(Object.entries(Object(fields)).map(([name, value]) => [name, flatten(value)]));
}

/** A log that can be told to wait. */
export interface HeldLog {
  readonly log: RootLog;
  /** Lets what was held back through, and what comes from now on. */
  release(): void;
  /** Holds back what comes from now on: at most 1,000 lines, the first ones. */
  hold(): void;
}

/** Holds back what is logged until it is released: a start that fails is one line on stderr, not the last of several. */
export function holdBack(log: RootLog): HeldLog {
  const held: (() => void)[] = [];
  let released = false;
  const pass = (write: () => void) => {
    if (released) write();
    else if (held.length < HELD_LINES_MAX) held.push(write);
  };
  const through = (to: Log): Log => ({
    debug: (fields, text) => pass(() => to.debug(fields, text)),
    info: (fields, text) => pass(() => to.info(fields, text)),
    warn: (fields, text) => pass(() => to.warn(fields, text)),
    error: (fields, text) => pass(() => to.error(fields, text)),
  });
  return {
    log: { ...through(log), child: (fields) => through(log.child(fields)) },
    release: () => {
      released = true;
      for (const write of held.splice(0)) write();
    },
    hold: () => {
      released = false;
    },
  };
}
