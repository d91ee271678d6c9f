// `ganglion replay`: what the rules would have said of messages that were recorded.

import { createReadStream } from 'node:fs';
import type { Replay, ReplayOptions } from '@ganglion/analyzer/replay';
import { oneLine, readConfig } from '@ganglion/kernel';
import type { Arguments } from '../arguments.ts';
import { recordEmpty, recordUnreadable } from '../errors.ts';
import { RECORD_LINE_MAX, RecordReader } from '../record-lines.ts';
import { jsonAlert, ReplayLines } from '../replay-lines.ts';
import { Lines } from '../series-lines.ts';
import { settingsFor } from '../settings/index.ts';
import { located } from '../settings/located.ts';
import { columnsOf, styleFor } from '../terminal.ts';
import type { Command } from './command.ts';

export const replay: Command = {
  name: 'replay',
  words: '[FILE]',
  words_min: 0,
  words_max: 1,
  summary: 'say what the rules would have said of what was recorded',
  about: [
    'Reads lines as "ganglion tap --json" writes them from the file, or from standard input without one or with -, and',
    'writes each alert that the rules of the settings raise, and its end, by the times of the record. Nobody is told.',
    'Rules on trial, [analyzer.shadow.…], judge beside those in force, and are marked: so a rule set is compared with',
    'another. Measures, births, deaths, outages and orders are judged; other messages are passed by. With --json a line',
    'is an alert as the bus would have it. Exit code 0, whatever was found; 2 when there is nothing to judge.',
  ],
  switches: ['json'],
  options: ['config'],
  flags: ['json', 'config', 'log_level'],
  examples: [
    ["ganglion tap '#' --json > record.jsonl", 'record, for as long as it runs'],
    ['ganglion replay record.jsonl', 'with the rules of ./ganglion.toml'],
    ['ganglion replay record.jsonl --config new.toml', 'with others'],
    ['zcat record.jsonl.gz | ganglion replay --json', 'from standard input, for a program'],
  ],
  run,
};

async function run(args: Arguments): Promise<void> {
  const path = args.words[0] ?? '-';
  const session = new Session(path, await openReplay(args), args.switches.has('json'));
  const input: NodeJS.ReadableStream = path === '-' ? process.stdin : createReadStream(path);
  input.setEncoding('utf8');
  const lines = new Lines(RECORD_LINE_MAX);
  try {
    for await (const text of input) await write(session.take(lines.add(String(text))));
    await write(session.take(lines.end()));
  } catch (thrown) {
    // Only the system's own errors have a system call; the rest has its own words.
    throw typeof thrown === 'object' && thrown !== null && 'syscall' in thrown
      ? recordUnreadable(path, thrown)
      : thrown;
  }
  await write(session.finish());
}

/**
 * Makes a replay ready for the rules of the settings. The analyzer is loaded here: no other command is to wait for it.
 *
 * @throws CodedError what is wrong with the settings, with the line
 */
async function openReplay(args: Arguments): Promise<(onFault: ReplayOptions['onFault']) => Replay> {
  const { default: analyzer, readyRules } = await import('@ganglion/analyzer');
  const { Replay } = await import('@ganglion/analyzer/replay');
  const settings = await settingsFor(args, [analyzer]);
  try {
    const rules = readyRules(readConfig(analyzer, settings.given(analyzer.name)) as Readonly<Record<string, unknown>>);
    return (onFault) => new Replay({ rules, onFault });
  } catch (error) {
    throw located(error, settings);
  }
}

/** Judges lines, and counts what is none. */
class Session {
  readonly #path: string;
  readonly #replay: Replay;
  readonly #reader = new RecordReader();
  readonly #json: boolean;
  readonly #lines = new ReplayLines(styleFor(process.stdout), () => columnsOf(process.stdout));
  readonly #failed = new Set<string>();
  #line = 0;
  #judged = 0;
  #passed_by = 0;
  #first = '';
  #from_ms = Number.POSITIVE_INFINITY;
  #until_ms = Number.NEGATIVE_INFINITY;

  constructor(path: string, open: (onFault: ReplayOptions['onFault']) => Replay, json: boolean) {
    this.#path = path;
    this.#json = json;
    this.#replay = open((rule, machine, why) => this.#tellFault(rule, machine, why));
  }

  /** The lines to write. */
  take(lines: readonly string[]): string {
    let text = '';
    for (const line of lines) {
      this.#line++;
      if (line === '') continue;
      const recorded = this.#reader.read(line);
      if (typeof recorded === 'string') {
        this.#passBy(recorded);
        continue;
      }
      const out = this.#replay.message(recorded);
      if (out === 'not judged') continue;
      if (out === 'invalid') {
        this.#passBy(`it is no ${recorded.topic}`);
        continue;
      }
      this.#judged++;
      this.#from_ms = Math.min(this.#from_ms, recorded.time_ms);
      this.#until_ms = Math.max(this.#until_ms, recorded.time_ms);
      for (const each of out) text += this.#json ? jsonAlert(each) : this.#lines.lines(each);
    }
    return text;
  }

  /** What it comes to. Throws when there was nothing to judge. */
  finish(): string {
    if (this.#judged === 0) {
      const why = this.#line === 0 ? 'it is empty' : this.#first || 'none of its messages is one that rules judge';
      throw recordEmpty(this.#path, why);
    }
    if (this.#passed_by > 0) {
      const lines = this.#passed_by === 1 ? '1 line' : `${this.#passed_by} lines`;
      process.stderr.write(`ganglion: ${lines} passed by, the first at ${this.#first}\n`);
    }
    if (this.#json) return '';
    const { machines, open } = this.#replay;
    const [from_ms, until_ms] = [this.#from_ms, this.#until_ms];
    return this.#lines.summary({ messages: this.#judged, machines, open, from_ms, until_ms });
  }

  #passBy(why: string): void {
    if (this.#passed_by++ === 0) this.#first = `line ${this.#line}: ${oneLine(why, 80)}`;
  }

  /** Once for each rule: it would say the same of every message. */
  #tellFault(rule: string, machine: string, why: string): void {
    if (this.#failed.has(rule)) return;
    this.#failed.add(rule);
    process.stderr.write(`ganglion: the rule ${rule} failed on ${oneLine(machine, 60)}: ${oneLine(why, 200)}\n`);
  }
}

/** Resolves when stdout has taken the text, so that nothing piles up before a slow reader. */
function write(text: string): Promise<void> {
  if (text === '') return Promise.resolve();
  return new Promise((resolve) => {
    process.stdout.write(text, () => resolve());
  });
}
