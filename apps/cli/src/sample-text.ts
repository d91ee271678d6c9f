// A sample as a person reads it: a block a resource, titles and units from the schemas of the tracker's probes.

import { oneLine } from '@ganglion/kernel';
import * as probes from '@ganglion/tracker/probes';
import type { TSchema } from 'typebox';
import { fieldOf, propertiesOf } from './settings/schema.ts';
import type { Passing } from './tap-lines.ts';
import { cut, type Style, wrap } from './terminal.ts';

/** The width in a pipe, and the most that is made use of. */
const COLUMNS = 80;
const COLUMNS_MAX = 100;

/** The columns of titles, where there is room for as many. */
const TITLE_COLUMNS_MAX = 50;
const TITLE_COLUMNS_MIN = 16;

/** The columns of a figure, and of what stands about it: the unit, and spaces. */
const FIGURE_COLUMNS = 12;
const OTHER_COLUMNS = 13;

/** Names and texts from the machine are cut to this. */
const NAME_CHARACTERS_MAX = 64;

/** What stands in a resource's title as people write it. */
const WORDS: Readonly<Record<string, string>> = { cpu: 'CPU', numa: 'NUMA', cgroups: 'Containers and units' };

/**
 * Writes a sample.
 *
 * @param columns of the terminal; endless in a pipe
 */
export function sampleText({ source, time, body }: Passing, style: Style, columns: number): string {
  const width = Number.isFinite(columns) ? Math.min(columns, COLUMNS_MAX) : COLUMNS;
  const titles = Math.max(TITLE_COLUMNS_MIN, Math.min(TITLE_COLUMNS_MAX, width - FIGURE_COLUMNS - OTHER_COLUMNS));
  const paper = { style, width, titles };
  const table = isTable(body) ? body : {};
  const blocks = resourcesIn(table).map((name) => blockOf(name, table, Date.parse(time), paper));
  const head = `${style.bold(oneLine(source, NAME_CHARACTERS_MAX))}  ${style.dim(time)}`;
  return `${[[head], ...blocks].map((lines) => lines.join('\n')).join('\n\n')}\n`;
}

interface Paper {
  readonly style: Style;
  readonly width: number;
  /** The columns of titles. */
  readonly titles: number;
}

type Table = Readonly<Record<string, unknown>>;

/** In the order of the probes; what is none of theirs comes last. */
function resourcesIn(body: Table): string[] {
  const names = Object.values(probes).map(({ name }) => name);
  const others = Object.keys(body).filter((name) => isTable(body[name]) && !names.includes(name));
  return [...names.filter((name) => name in body), ...others];
}

function blockOf(name: string, body: Table, time_ms: number, paper: Paper): string[] {
  const { style, titles } = paper;
  const { read_ms, ...figures } = isTable(body[name]) ? body[name] : {};
  const headline = body[`${name}_percentage`];
  const age_s = typeof read_ms === 'number' ? Math.max(0, time_ms - read_ms) / 1000 : 0;
  const title = resourceTitle(name);
  // Not all is read at each sample.
  const age = age_s < 0.1 ? '' : ` (read ${age_s.toFixed(1)} s before)`;
  const left = `${style.accent(title)}${style.dim(age)}`;
  const space = ' '.repeat(Math.max(0, titles + 4 - title.length - age.length));
  const [number, unit] = typeof headline === 'number' ? amount(headline, '%') : [];
  const head = number === undefined ? left : `${left}${space}${style.bold(number.padStart(FIGURE_COLUMNS))} ${unit}`;
  const schema = Object.values(probes).find((probe) => probe.name === name)?.schema;
  return [head, ...linesOf(figures, schema, paper)];
}

function resourceTitle(name: string): string {
  const words = name
    .split('_')
    .map((word) => WORDS[word] ?? word)
    .join(' ');
  return words.charAt(0).toUpperCase() + words.slice(1);
}

/** The figures of a resource: first those that stand alone, in columns, then what there are several of, by name. */
function linesOf(figures: Table, schema: TSchema | undefined, paper: Paper): string[] {
  const alone: string[] = [];
  const several: string[] = [];
  for (const [field, value] of Object.entries(figures)) {
    const of_field = schema && propertiesOf(schema)?.[field];
    if (isTable(value)) several.push(...entriesOf(field, value, of_field, paper));
    else if (Array.isArray(value) && value.some(isTable)) several.push(...listOf(value, of_field, paper));
    else alone.push(...figureLines(titleOf(of_field, field), value, unitOf(of_field), paper));
  }
  return [...alone, ...several];
}

/** One figure, or one list of them. */
function figureLines(title: string, value: unknown, unit: string, { style, width, titles }: Paper): string[] {
  const left = `  ${style.dim(cut(title, titles).padEnd(titles))}  `;
  if (typeof value === 'number') {
    const [number, scaled] = amount(value, unit);
    return [`${left}${number.padStart(FIGURE_COLUMNS)} ${scaled}`.trimEnd()];
  }
  const lines = wrap(wordsOf(value, unit), Math.max(20, width - titles - 4));
  return lines.map((line, at) => `${at === 0 ? left : ' '.repeat(titles + 4)}${line}`);
}

/** A table of several things by their names, or one thing with figures of its own. */
function entriesOf(field: string, table: Table, schema: TSchema | undefined, paper: Paper): string[] {
  if (schema && propertiesOf(schema) !== undefined) return itemLines(titleOf(schema, field), table, schema, paper);
  const of_each = schema && eachOf(schema);
  return Object.entries(table).flatMap(([name, value]) =>
    isTable(value) ? itemLines(name, value, of_each, paper) : figureLines(name, value, unitOf(of_each), paper),
  );
}

/** A list of things, which say their own names. */
function listOf(list: readonly unknown[], schema: TSchema | undefined, paper: Paper): string[] {
  const items: unknown = schema && fieldOf(schema, 'items');
  return list
    .filter(isTable)
    .flatMap(({ name, ...figures }) =>
      itemLines(wordsOf(name, ''), figures, isSchema(items) ? items : undefined, paper),
    );
}

/** One of several: its name, and below it all that is known of it. */
function itemLines(name: string, figures: Table, schema: TSchema | undefined, { style, width }: Paper): string[] {
  const said = Object.entries(figures).map(([field, value]) => {
    const of_field = schema && propertiesOf(schema)?.[field];
    // What comes after a colon explains, and has no room here.
    const [title = ''] = titleOf(of_field, field).split(':', 1);
    return `${title} ${wordsOf(value, unitOf(of_field))}`;
  });
  // A figure stays with its unit, and both with their title.
  const whole = said.map((each) => each.replaceAll(' ', NO_BREAK)).join('; ');
  const lines = wrap(whole, width - 4).map((line) => `    ${line.replaceAll(NO_BREAK, ' ')}`);
  return [`  ${style.bold(oneLine(name, NAME_CHARACTERS_MAX))}`, ...lines];
}

const NO_BREAK = '\u00a0';

/** A value as it stands in a sentence. */
function wordsOf(value: unknown, unit: string): string {
  if (typeof value === 'number') return amount(value, unit).join(' ').trim();
  if (typeof value === 'boolean') return value ? 'yes' : 'no';
  if (value === null || value === undefined) return '–';
  if (Array.isArray(value)) return value.map((each) => wordsOf(each, unit)).join(', ');
  return oneLine(typeof value === 'string' ? value : JSON.stringify(value), NAME_CHARACTERS_MAX);
}

const PREFIXES = ['', 'k', 'M', 'G', 'T', 'P'];

/** What is counted in steps of a thousand; all else stands as it is. */
const SCALED = ['B', 'B/s', 'bit/s', 'Hz'];

/** An amount and its unit: three digits of what is large, at most two behind the point of all else. */
function amount(value: number, unit: string): [number: string, unit: string] {
  if (!SCALED.includes(unit)) return [String(Math.round(value * 100) / 100), unit];
  // 999.6 of one is 1.00 of the next.
  let step = 0;
  let size = value;
  while (Math.abs(size) >= 999.5 && step < PREFIXES.length - 1) {
    size /= 1000;
    step++;
  }
  const places = step === 0 ? 0 : Math.abs(size) >= 99.95 ? 0 : Math.abs(size) >= 9.995 ? 1 : 2;
  return [size.toFixed(places), `${PREFIXES[step]}${unit}`];
}

function titleOf(schema: TSchema | undefined, field: string): string {
  const title = schema && fieldOf(schema, 'title');
  // What comes after a semicolon explains the title.
  return typeof title === 'string' ? (title.split(';', 1)[0] ?? title) : resourceTitle(field);
}

/** The unit of a figure, or of each in a list. */
function unitOf(schema: TSchema | undefined): string {
  if (schema === undefined) return '';
  const unit = fieldOf(schema, 'unit');
  if (typeof unit === 'string') return unit;
  const [inner] = [fieldOf(schema, 'items'), ...listed(fieldOf(schema, 'anyOf'))].filter(isSchema);
  return unitOf(inner);
}

/** The schema of each thing in a table of things by their names. */
function eachOf(schema: TSchema): TSchema | undefined {
  const by_pattern = fieldOf(schema, 'patternProperties');
  return isTable(by_pattern) ? Object.values(by_pattern).find(isSchema) : undefined;
}

function listed(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

function isSchema(value: unknown): value is TSchema {
  return isTable(value);
}

function isTable(value: unknown): value is Table {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
