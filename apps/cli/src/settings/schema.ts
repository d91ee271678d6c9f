// What a setting may be, told from its JSON schema: the one place where a module says what can be set.

import type { TSchema } from 'typebox';
import { Value } from 'typebox/value';

/** A schema seen as a plain record: settings may come from a stranger's module. */
export function fieldOf(schema: TSchema, name: string): unknown {
  return (schema as unknown as Readonly<Record<string, unknown>>)[name];
}

/** The properties of an object schema with stated properties, or undefined for any other schema. */
export function propertiesOf(schema: TSchema): Readonly<Record<string, TSchema>> | undefined {
  const properties = fieldOf(schema, 'properties');
  return typeof properties === 'object' && properties !== null ? (properties as Record<string, TSchema>) : undefined;
}

/** The setting's description in its schema; empty when it has none. */
export function descriptionOf(schema: TSchema): string {
  const description = fieldOf(schema, 'description') ?? fieldOf(schema, 'title');
  return typeof description === 'string' ? description : '';
}

/** Whether the value must not be shown, by JSON Schema's `writeOnly`. */
export function isSecret(schema: TSchema): boolean {
  return fieldOf(schema, 'writeOnly') === true;
}

/** What a setting may be, in words that follow "give": `a whole number from 100 to 3600000`; its schema may say it as `wanted`. */
export function wantedBy(schema: TSchema): string {
  const wanted = fieldOf(schema, 'wanted');
  if (typeof wanted === 'string') return wanted;
  const values = choicesOf(schema);
  if (values !== undefined) return values.length === 1 ? `${values[0]}` : `one of ${values.join(', ')}`;
  switch (fieldOf(schema, 'type')) {
    case 'integer':
      return `a whole number${rangeOf(schema)}`;
    case 'number':
      return `a number${rangeOf(schema)}`;
    case 'boolean':
      return 'true or false';
    case 'string':
      return `a text${lengthOf(schema)}`;
    case 'array':
      return 'a list';
    case 'object':
      return 'a table';
    default:
      return 'a value that its schema allows';
  }
}

/** What is wrong with a value, or undefined when the schema allows it. */
export function faultOf(schema: TSchema, value: unknown): string | undefined {
  const first = Value.Errors(schema, value).find(({ keyword }) => keyword !== 'boolean');
  if (first === undefined) return undefined;
  const where = first.instancePath === '' ? '' : `${first.instancePath.slice(1).replaceAll('/', '.')} `;
  const extra = first.keyword === 'additionalProperties' ? ` (${first.params.additionalProperties.join(', ')})` : '';
  return `${where}${first.message}${extra}`;
}

/** What is wrong inside a value, as far as it can be named. */
export interface InnerFault {
  /** The way to it, and to what is missing or too much; empty when it is the value itself. */
  readonly path: readonly string[];
  /** That there is no such setting, and which there are; or else what it must be. */
  readonly kind: 'unknown' | 'missing' | 'wrong';
  readonly names: readonly string[];
  /** The schema of what is wrong or missing, where the schemas around it lead there. */
  readonly schema: TSchema | undefined;
  /** What stands there. */
  readonly value: unknown;
}

/** The first thing that is wrong in a value; undefined when nothing is. */
export function innerFaultOf(schema: TSchema, value: unknown): InnerFault | undefined {
  const all = Value.Errors(schema, value).filter(({ keyword }) => keyword !== 'boolean');
  const [head] = all;
  if (head === undefined) return undefined;
  // What is missing may be there under a name that is misspelt.
  const first =
    all.find((each) => each.keyword === 'additionalProperties' && each.instancePath === head.instancePath) ?? head;
  const around = first.instancePath.split('/').slice(1);
  const at = schemaAt(schema, around);
  const properties = at === undefined ? undefined : propertiesOf(at);
  if (first.keyword === 'additionalProperties') {
    const [name = ''] = first.params.additionalProperties;
    return {
      path: [...around, name],
      kind: 'unknown',
      names: Object.keys(properties ?? {}),
      schema: undefined,
      value: undefined,
    };
  }
  if (first.keyword === 'required') {
    const [name = ''] = first.params.requiredProperties;
    return { path: [...around, name], kind: 'missing', names: [], schema: properties?.[name], value: undefined };
  }
  return { path: around, kind: 'wrong', names: [], schema: at, value: valueAt(value, around) };
}

/** The schema of a part of a value; undefined when more than one may be meant. */
function schemaAt(schema: TSchema, path: readonly string[]): TSchema | undefined {
  let at: TSchema | undefined = schema;
  for (const step of path) {
    if (at === undefined) return undefined;
    const items = fieldOf(at, 'items');
    at = propertiesOf(at)?.[step] ?? (/^\d+$/.test(step) && isSchema(items) ? items : undefined);
  }
  return at;
}

function isSchema(value: unknown): value is TSchema {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function valueAt(value: unknown, path: readonly string[]): unknown {
  let at = value;
  for (const step of path) at = typeof at === 'object' && at !== null ? Reflect.get(at, step) : undefined;
  return at;
}

/**
 * Reads a text from the environment or a flag as the value that the schema asks for: a text stays as it is, all else
 * is written as in JSON; a setting in `_ms` also takes a number with `ms`, `s` or `min`, and a table of texts also
 * `name=text,name=text`. What cannot be read stays a text, for the check that follows to refuse.
 */
export function readText(schema: TSchema, name: string, text: string): unknown {
  if (faultOf(schema, text) === undefined) return text;
  if (name.endsWith('_ms')) {
    const duration = /^(\d+(?:\.\d+)?)(ms|s|min)$/.exec(text.trim());
    if (duration !== null) return Number(duration[1]) * (UNITS_MS[duration[2] ?? ''] ?? 1);
  }
  try {
    return JSON.parse(text);
  } catch {
    return fieldOf(schema, 'type') === 'object' ? (tableIn(text) ?? text) : text;
  }
}

/** Reads `name=text,name=text`. */
function tableIn(text: string): Readonly<Record<string, string>> | undefined {
  const pairs = text.split(',').map((pair) => /^\s*([^=]+)=(.*)$/.exec(pair) ?? []);
  if (pairs.some(([whole]) => whole === undefined)) return undefined;
  return Object.fromEntries(pairs.map(([, name = '', value = '']) => [name.trim(), value.trim()]));
}

const UNITS_MS: Readonly<Record<string, number>> = { ms: 1, s: 1000, min: 60_000 };

function choicesOf(schema: TSchema): readonly unknown[] | undefined {
  const values = fieldOf(schema, 'enum');
  if (Array.isArray(values)) return values;
  if (fieldOf(schema, 'const') !== undefined) return [fieldOf(schema, 'const')];
  const any_of = fieldOf(schema, 'anyOf');
  if (!Array.isArray(any_of)) return undefined;
  const choices = any_of.map((each: TSchema) => fieldOf(each, 'const'));
  return choices.includes(undefined) ? undefined : choices;
}

function rangeOf(schema: TSchema): string {
  const [from, to] = [fieldOf(schema, 'minimum'), fieldOf(schema, 'maximum')];
  if (from !== undefined && to !== undefined) return ` from ${from} to ${to}`;
  if (from !== undefined) return `, at least ${from}`;
  return to === undefined ? '' : `, at most ${to}`;
}

function lengthOf(schema: TSchema): string {
  const [from, to] = [fieldOf(schema, 'minLength'), fieldOf(schema, 'maxLength')];
  if (typeof from === 'number' && from > 0 && to !== undefined) return ` of ${from} to ${to} characters`;
  return to === undefined ? '' : ` of at most ${to} characters`;
}
