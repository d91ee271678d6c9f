// Where settings come from: the defaults in their schemas, a TOML file, the environment, flags; later ones win. Each
// value is checked where it enters, so that an error can say whether to correct the file, a variable or a flag.

import { dirname, join } from 'node:path';
import { Value } from 'typebox/value';
import type { Flag } from '../arguments.ts';
import { flagUnknown, settingInvalid, settingUnknown } from '../errors.ts';
import { BUILT_IN, isBuiltIn } from '../module-names.ts';
import { didYouMean, nearest } from '../suggest.ts';
import { Catalogue, FLAG_ALIASES, type Section, type Setting, VARIABLE_PREFIX } from './catalogue.ts';
import type { SettingsFile } from './file.ts';
import { type OwnSettings, own } from './own.ts';
import { lineOf } from './place.ts';
import { faultOf, fieldOf, type InnerFault, innerFaultOf, isSecret, readText, wantedBy } from './schema.ts';

/** One setting as it is in force. */
export interface Entry {
  readonly setting: Setting;
  /** Undefined when it is not given and has no default. */
  readonly value: unknown;
  /** `default`, a file's path, a variable's name or a flag. */
  readonly origin: string;
}

export interface Sources {
  readonly file: SettingsFile | undefined;
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly flags: readonly Flag[];
  /** The command's name, for the errors. */
  readonly command: string;
}

/** The settings in force. */
export class Settings {
  readonly entries: readonly Entry[];
  /** The file they were read from, if there is one. */
  readonly file: SettingsFile | undefined;
  /** The command's own, with their defaults. */
  readonly own: OwnSettings;

  constructor(entries: readonly Entry[], file: SettingsFile | undefined) {
    this.entries = entries;
    this.file = file;
    this.own = Value.Parse(own, Value.Default(own, this.given('')));
  }

  /** What was given for a section: the kernel fills in the defaults. */
  given(section: string): unknown {
    return this.entries
      .filter(({ setting, origin }) => setting.section === section && origin !== DEFAULT)
      .reduce<unknown>((table, { setting, value }) => withValue(table, setting.path, value), {});
  }

  /** Whether anything was given for a section. */
  areGiven(section: string): boolean {
    return this.entries.some(({ setting, origin }) => setting.section === section && origin !== DEFAULT);
  }
}

const DEFAULT = 'default';

/**
 * Reads the settings of the command and of the modules it runs.
 *
 * @throws CodedError `SETTING_UNKNOWN`, `SETTING_INVALID`, `FLAG_UNKNOWN`
 */
export function readSettings(modules: readonly Section[], sources: Sources): Settings {
  const catalogue = new Catalogue([{ name: '', schema: own }, ...modules]);
  // Flags are read first, though they count last: of several mistakes, the one just typed is told.
  const flags = [...fromFlags(catalogue, sources.flags, sources.command)];
  const file = fromFile(catalogue, sources.file);
  const environment = fromEnvironment(catalogue, sources.environment);
  const given = new Map([...file, ...environment, ...flags].map((entry) => [entry.setting, entry]));
  const entries = catalogue.settings.map(
    (setting) => given.get(setting) ?? besideFile(setting, sources.file) ?? byDefault(setting),
  );
  return new Settings(entries, sources.file);
}

function byDefault(setting: Setting): Entry {
  return { setting, value: fieldOf(setting.schema, 'default'), origin: DEFAULT };
}

/** A default path that is meant from the settings file's folder, as `beside_settings_file` in its schema says. */
function besideFile(setting: Setting, file: SettingsFile | undefined): Entry | undefined {
  const path = fieldOf(setting.schema, 'default');
  if (file === undefined || typeof path !== 'string' || fieldOf(setting.schema, 'beside_settings_file') !== true)
    return;
  return { setting, value: join(dirname(file.path), path), origin: `beside ${file.path}` };
}

function* fromFile(catalogue: Catalogue, file: SettingsFile | undefined): Generator<Entry> {
  if (file === undefined) return;
  for (const [name, value] of Object.entries(file.tables)) {
    const is_own = catalogue.byKey(name) !== undefined || !isTable(value);
    if (is_own || catalogue.sections.some((section) => section.name === name)) {
      yield* fromTable(catalogue, name, value, file);
    } else {
      checkOtherSection(catalogue, name, file);
    }
  }
}

function* fromTable(catalogue: Catalogue, key: string, value: unknown, file: SettingsFile): Generator<Entry> {
  const setting = catalogue.byKey(key);
  if (setting !== undefined) {
    yield checked(setting, value, file.path, () => placeIn(file, key, setting, value));
  } else if (isTable(value) && leadsToSettings(catalogue, key)) {
    for (const [name, part] of Object.entries(value)) yield* fromTable(catalogue, `${key}.${name}`, part, file);
  } else if (key.includes('.') && leadsToSettings(catalogue, key)) {
    throw settingInvalid(key, placeIn(file, key), `it cannot be ${JSON.stringify(value)}`, 'a table');
  } else {
    throw settingUnknown(key, placeIn(file, key), catalogue.hintFor(key));
  }
}

/** The file, and the line of what is wrong in a setting or of the setting itself. */
function placeIn({ path, text }: SettingsFile, key: string, setting?: Setting, value?: unknown): string {
  const inside = setting === undefined ? [] : (innerFaultOf(setting.schema, value)?.path ?? []);
  const line = lineOf(text, [...key.split('.'), ...inside]);
  return line === undefined ? path : `${path}, line ${line}`;
}

function leadsToSettings(catalogue: Catalogue, key: string): boolean {
  return (
    catalogue.sections.some(({ name }) => name === key) ||
    catalogue.settings.some((setting) => setting.key.startsWith(`${key}.`))
  );
}

/**
 * One file may serve many processes, so a section for a module that does not run here is let be, unless it looks like
 * a misspelt one.
 */
function checkOtherSection(catalogue: Catalogue, name: string, file: SettingsFile): void {
  if (isBuiltIn(name)) return;
  const like = nearest(name, [...BUILT_IN, ...catalogue.sections.map((section) => section.name)]);
  if (like !== undefined) throw settingUnknown(`[${name}]`, placeIn(file, name), ` (did you mean [${like}]?)`);
}

function* fromEnvironment(catalogue: Catalogue, environment: Sources['environment']): Generator<Entry> {
  for (const [name, text] of Object.entries(environment)) {
    if (!name.startsWith(VARIABLE_PREFIX) || text === undefined || isFromKubernetes(name, text)) continue;
    const setting = catalogue.byVariable(name);
    if (setting !== undefined) {
      yield checked(setting, readText(setting.schema, setting.key, text), name);
    } else if (!isForOther(name)) {
      const variables = catalogue.settings.map(({ variable }) => variable);
      throw settingUnknown(name, 'the environment', didYouMean(name, variables));
    }
  }
}

/** Whether a variable is for a built-in module; where that module does not run, nobody can say more. */
function isForOther(name: string): boolean {
  return BUILT_IN.some((module) => name.startsWith(`${VARIABLE_PREFIX}${module.toUpperCase()}_`));
}

/** Kubernetes puts variables of its own into every container: `<SERVICE>_PORT`, `<SERVICE>_SERVICE_HOST` and more. */
function isFromKubernetes(name: string, text: string): boolean {
  const is_address = name.endsWith('_PORT') && /^(tcp|udp|sctp):\/\//.test(text);
  return is_address || /_SERVICE_(HOST|PORT(_.+)?)$|_PORT_\d+_(TCP|UDP|SCTP)(_(PROTO|PORT|ADDR))?$/.test(name);
}

function* fromFlags(catalogue: Catalogue, flags: readonly Flag[], command: string): Generator<Entry> {
  const tables = new Map<Setting, Readonly<Record<string, unknown>>>();
  for (const { name, raw, value } of flags) {
    const setting = catalogue.byFlag(name);
    if (setting === undefined) throw flagUnknown(raw, whyUnknown(catalogue, name), command);
    const read = readText(setting.schema, setting.key, value);
    // Of a table each flag gives a part.
    const whole = isTable(read) ? { ...tables.get(setting), ...read } : read;
    if (isTable(whole)) tables.set(setting, whole);
    yield checked(setting, whole, raw);
  }
}

function whyUnknown(catalogue: Catalogue, name: string): string {
  const [section = ''] = (FLAG_ALIASES[name]?.[0] ?? name).split('.', 1);
  if (isBuiltIn(section) && !catalogue.sections.some((each) => each.name === section)) {
    return `it is for the module ${section}, which does not run here`;
  }
  return `there is no such flag${didYouMean(`--${name}`, catalogue.flagNames())}`;
}

/** `placeOf`: the origin as an error names it. */
function checked(setting: Setting, value: unknown, origin: string, placeOf = () => origin): Entry {
  const fault = faultOf(setting.schema, value);
  if (fault === undefined) return { setting, value, origin };
  const inner = innerFaultOf(setting.schema, value);
  if (inner !== undefined && inner.path.length > 0 && !isSecret(setting.schema)) {
    const told = toldInside(setting, inner, placeOf());
    if (told !== undefined) throw told;
  }
  const shown = isSecret(setting.schema) ? undefined : shownIn(setting.schema, value);
  const why = shown === undefined ? `it ${fault}` : `it cannot be ${shown}`;
  throw settingInvalid(setting.key, placeOf(), why, wantedBy(setting.schema));
}

/** The error about a part of a value; undefined when there is more to say of the whole. */
function toldInside(
  { key }: Setting,
  { path, kind, names, schema, value }: InnerFault,
  place: string,
): Error | undefined {
  const inner_key = [key, ...path].join('.');
  const name = path.at(-1) ?? '';
  if (kind === 'unknown' && names.length > 0) {
    const like = didYouMean(name, names);
    return settingUnknown(inner_key, place, like === '' ? ` (there are ${names.join(', ')})` : like);
  }
  if (schema === undefined) return undefined;
  if (kind === 'missing') return settingInvalid(inner_key, place, 'it is missing', wantedBy(schema));
  // A text may be what was meant to be secret, unless one of a few is wanted, or a number.
  const is_plain =
    typeof value !== 'string' ||
    Array.isArray(fieldOf(schema, 'enum')) ||
    /^(number|integer|boolean)$/.test(String(fieldOf(schema, 'type')));
  const shown = typeof value === 'object' || !is_plain ? undefined : JSON.stringify(value);
  return settingInvalid(
    inner_key,
    place,
    shown === undefined ? 'it is something else' : `it cannot be ${shown}`,
    wantedBy(schema),
  );
}

/** A value in an error; undefined when the fault in it says more. */
function shownIn(schema: Setting['schema'], value: unknown): string | undefined {
  if (typeof value !== 'object') return JSON.stringify(value);
  if (!isTable(value) || fieldOf(schema, 'wanted') === undefined) return undefined;
  return Object.entries(value)
    .map((pair) => pair.join('='))
    .join(', ');
}

function isTable(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof Date);
}

/** A copy of a table with one value set, however deep. */
function withValue(table: unknown, path: readonly string[], value: unknown): unknown {
  const [step, ...rest] = path;
  if (step === undefined) return value;
  const whole = isTable(table) ? table : {};
  return { ...whole, [step]: withValue(whole[step], rest, value) };
}
