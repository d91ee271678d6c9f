// `ganglion config`: the settings in force and where each came from.

import { oneLine } from '@ganglion/kernel';
import type { TSchema } from 'typebox';
import type { Arguments } from '../arguments.ts';
import { loadModules } from '../modules.ts';
import { settingsFor } from '../settings/index.ts';
import type { Entry, Settings } from '../settings/layers.ts';
import { descriptionOf, isSecret, wantedBy } from '../settings/schema.ts';
import { columnsOf, cut, styleFor, wrap } from '../terminal.ts';
import type { Command } from './command.ts';

/** The widest that values are shown. */
const VALUE_COLUMNS_MAX = 40;

/** The narrowest that descriptions are shown. */
const ABOUT_COLUMNS_MIN = 30;

export const config: Command = {
  name: 'config',
  words: '',
  words_min: 0,
  words_max: 0,
  summary: 'show the settings in force and where each came from',
  about: [
    'A setting is read from a TOML file (--config FILE, else ./ganglion.toml, else',
    '/etc/ganglion/ganglion.toml), then from the environment, then from flags; the last one counts.',
    'tracker.interval_ms is `interval_ms` under [tracker] in the file, GANGLION_TRACKER_INTERVAL_MS',
    'in the environment and --tracker.interval-ms as a flag. Passwords are not shown.',
  ],
  switches: ['json'],
  options: ['with', 'config'],
  flags: ['json', 'with', 'config'],
  examples: [
    ['ganglion config', 'all settings'],
    ['ganglion config --with ./mood.ts', 'also those of a module of your own'],
    ['ganglion config --json', 'as one JSON object: {"tracker.interval_ms": {"value", "origin"}, …}'],
  ],
  run,
};

async function run(args: Arguments): Promise<void> {
  const modules = await loadModules(args.options.with);
  const settings = await settingsFor(args, modules);
  process.stdout.write(args.switches.has('json') ? asJson(settings) : asTable(settings));
}

function asJson({ entries }: Settings): string {
  const settings = Object.fromEntries(
    entries.map((entry) => [entry.setting.key, { value: masked(entry) ?? null, origin: entry.origin }]),
  );
  return `${JSON.stringify(settings, null, 2)}\n`;
}

/** A table of four columns; in a terminal the last one takes what room is left, in as many lines as it needs. */
function asTable({ entries, file }: Settings): string {
  const { bold, dim } = styleFor(process.stdout);
  const rows = entries.map((entry) => ({
    section: entry.setting.section,
    name: entry.setting.path.join('.'),
    value: cut(shown(entry), VALUE_COLUMNS_MAX),
    origin: entry.origin,
    about: aboutOf(entry.setting.schema),
  }));
  const widthOf = (column: 'name' | 'value' | 'origin') => Math.max(...rows.map((row) => row[column].length));
  const [name_width, value_width, origin_width] = [widthOf('name'), widthOf('value'), widthOf('origin')];
  const indent = name_width + value_width + origin_width + 8;
  const about_width = Math.max(ABOUT_COLUMNS_MIN, columnsOf(process.stdout) - indent);

  const lines = [dim(file === undefined ? 'No settings file was found.' : `Settings file: ${file.path}`)];
  let section: string | undefined;
  for (const row of rows) {
    if (row.section !== section) {
      section = row.section;
      lines.push('', bold(section === '' ? 'ganglion' : `[${section}]`));
    }
    const { name, value, origin } = row;
    const [about = '', ...more] = wrap(row.about, about_width);
    const where = origin === 'default' ? dim(origin.padEnd(origin_width)) : origin.padEnd(origin_width);
    lines.push(`  ${name.padEnd(name_width)}  ${value.padEnd(value_width)}  ${where}  ${dim(about)}`);
    lines.push(...more.map((line) => ' '.repeat(indent) + dim(line)));
  }
  return `${lines.join('\n')}\n`;
}

/** What it is, and what it may be where that is not any text. */
function aboutOf(schema: TSchema): string {
  const description = descriptionOf(schema).replace(/\.$/, '');
  const wanted = wantedBy(schema);
  return wanted.startsWith('a text') ? description : `${description} (${wanted})`;
}

function shown(entry: Entry): string {
  const value = masked(entry);
  if (value === undefined) return '-';
  return typeof value === 'string' ? oneLine(value) || '""' : JSON.stringify(value);
}

/** The value without what must not be shown: secrets, and the password in an address. */
function masked({ setting, value }: Entry): unknown {
  if (value === undefined) return undefined;
  if (isSecret(setting.schema)) return '***';
  return typeof value === 'string' ? value.replace(/^([a-z]+:\/\/[^:@/]*:).*@/i, '$1***@') : value;
}
