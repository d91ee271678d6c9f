// Keeps a run: every figure in a file, and the table in the papers.

import { readFileSync, writeFileSync } from 'node:fs';
import { type Row, tableOf } from './report.ts';

/** What a run found. */
export interface Run {
  /** ISO 8601. */
  readonly taken_at: string;
  readonly machine: object;
  readonly rows: readonly Row[];
}

/** Writes all of a run into a file. */
export function keepResults(path: string, run: Run): void {
  writeFileSync(path, `${JSON.stringify(run, roundedForReading, 1)}\n`);
}

/**
 * Puts the table of a run in the place of the last one's.
 *
 * @param path of the paper
 * @param mark the place stands between `<!-- mark -->` and `<!-- /mark -->`
 * @param sentence what it was measured on
 * @throws Error when the paper has no such place
 */
export function keepTable(path: string, mark: string, { taken_at, rows }: Run, sentence: string): void {
  keepBetween(path, mark, `${tableOf(rows)}\n\nTaken on ${taken_at.slice(0, 10)}. ${sentence}\n`);
}

/** The same of any text. */
export function keepBetween(path: string, mark: string, kept: string): void {
  const text = readFileSync(path, 'utf8');
  const [begin, end] = [`<!-- ${mark} -->\n`, `<!-- /${mark} -->`];
  const from = text.indexOf(begin) + begin.length;
  const to = text.indexOf(end);
  if (from < begin.length || to < from) throw new Error(`${path} has no place for the ${mark}`);
  writeFileSync(path, text.slice(0, from) + kept + text.slice(to));
}

/** Seven digits behind the point help nobody; a measure that never came has no number. */
function roundedForReading(_key: string, value: unknown): unknown {
  if (typeof value !== 'number' || Number.isInteger(value)) return value;
  return Number.isFinite(value) ? Number(value.toPrecision(4)) : String(value);
}
