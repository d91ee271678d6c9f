// `ganglion detect`: how unusual each value of anyone's series is, by the same code that judges our measures.

import { createReadStream } from 'node:fs';
import { Detector, State } from '@ganglion/anomaly';
import { oneLine } from '@ganglion/kernel';
import type { Arguments } from '../arguments.ts';
import { seriesHeaderWrong, seriesUnreadable } from '../errors.ts';
import { isHeader, isTooLong, Lines, readRow } from '../series-lines.ts';
import type { Command } from './command.ts';

export const detect: Command = {
  name: 'detect',
  words: '[FILE.csv]',
  words_min: 0,
  words_max: 1,
  summary: 'say of each value of a series how unusual it is',
  about: [
    'Reads `timestamp,value` lines from the file, or from standard input without one or with -, and writes',
    '`timestamp,value,anomaly_score`, each row as soon as it is read. The score is from 0 to 1, from the values',
    'before it alone. The first line names the columns; more columns are passed over.',
    'A timestamp is 2014-02-14 14:30:00, UTC unless it says otherwise, or seconds or milliseconds since 1970.',
    'What is no row is passed by, and counted on stderr at the end. docs/anomaly.md says how it is judged.',
  ],
  switches: [],
  options: [],
  flags: ['log_level'],
  examples: [
    ['ganglion detect cpu.csv > scored.csv', 'a file'],
    ['tail -n +1 -f cpu.csv | ganglion detect', 'what comes, as it comes'],
  ],
  run,
};

async function run(args: Arguments): Promise<void> {
  const path = args.words[0] ?? '-';
  const input: NodeJS.ReadableStream = path === '-' ? process.stdin : createReadStream(path);
  input.setEncoding('utf8');
  const scorer = new Scorer();
  const lines = new Lines();
  try {
    for await (const text of input) await write(scorer.score(lines.add(String(text))));
    await write(scorer.score(lines.end()));
  } catch (thrown) {
    // Only the system's own errors have a system call; the rest has its own words.
    throw typeof thrown === 'object' && thrown !== null && 'syscall' in thrown
      ? seriesUnreadable(path, thrown)
      : thrown;
  }
  scorer.finish();
}

/** Scores lines, and counts what is no row. */
class Scorer {
  readonly #detector = new Detector();
  readonly #state = new State();
  #line = 0;
  #passed_by = 0;
  #first = '';

  /** The lines to write. Throws when the first line is no header. */
  score(lines: readonly string[]): string {
    let text = '';
    for (const line of lines) {
      if (++this.#line === 1) {
        if (!isHeader(line)) throw seriesHeaderWrong(line);
        text += 'timestamp,value,anomaly_score\n';
      } else if (line !== '') {
        text += this.#scoreRow(line);
      }
    }
    return text;
  }

  /** Says what was passed by. Throws when there was nothing at all. */
  finish(): void {
    if (this.#line === 0) throw seriesHeaderWrong('');
    if (this.#passed_by === 0) return;
    const rows = this.#passed_by === 1 ? '1 row' : `${this.#passed_by} rows`;
    process.stderr.write(`ganglion: ${rows} passed by, the first at ${this.#first}\n`);
  }

  #scoreRow(line: string): string {
    const row = isTooLong(line) ? 'it is too long' : readRow(line);
    if (typeof row !== 'string') {
      const score = this.#detector.next(this.#state, row.time_ms, row.number);
      return `${row.timestamp},${row.value},${score.toFixed(6)}\n`;
    }
    if (this.#passed_by++ === 0) this.#first = `line ${this.#line}: ${oneLine(row, 80)}`;
    return '';
  }
}

/** Resolves when stdout has taken the text, so that nothing piles up before a slow reader. */
function write(text: string): Promise<void> {
  if (text === '') return Promise.resolve();
  return new Promise((resolve) => {
    process.stdout.write(text, () => resolve());
  });
}
