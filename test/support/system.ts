// Our modules on a broker, as a person would start them: each in a process of its own.

import { freshExchange, sharedRabbitmq } from '@ganglion/testkit';
import { ganglion, type Program } from './program.ts';

/** Where modules meet: a broker and one exchange on it. */
export interface Place {
  readonly broker: string;
  readonly exchange: string;
}

/** An exchange that nobody else uses, on the shared broker. */
export function ownPlace(): Place {
  return { broker: sharedRabbitmq(), exchange: freshExchange() };
}

/** The flags that lead there. */
export function at({ broker, exchange }: Place): string[] {
  return ['--broker', broker, '--exchange', exchange];
}

/** Runs one module there. Resolves when what is published is heard by it. */
export async function run(place: Place, module: string, ...flags: string[]): Promise<Program> {
  const program = ganglion('run', module, ...at(place), ...flags);
  await program.errors.first((line) => line.includes('"msg":"runs as '));
  return program;
}

/** Runs the web server there, on a free port. */
export async function runWeb(place: Place, ...flags: string[]): Promise<Program & { port: number }> {
  const program = await run(place, 'web', '--port', '0', ...flags);
  return Object.assign(program, { port: await portOf(program) });
}

/** Runs everything in one process, on a free port. */
export async function up(...flags: string[]): Promise<Program & { port: number }> {
  const program = ganglion('up', '--port', '0', ...flags);
  await program.lines.first((line) => line.includes('http://'));
  return Object.assign(program, { port: await portOf(program) });
}

/** One line of the log. */
export interface LogLine {
  readonly level: string;
  /** When it was written. */
  readonly time: string;
  readonly msg: string;
  readonly module?: string;
  readonly [field: string]: unknown;
}

/** What a program of ours has logged so far. */
export function logOf(program: Program): LogLine[] {
  return program.errors.items.map((line) => JSON.parse(line) as LogLine);
}

async function portOf(program: Program): Promise<number> {
  const line = await program.errors.first((text) => text.includes('"port":'));
  return Number(JSON.parse(line).port);
}
