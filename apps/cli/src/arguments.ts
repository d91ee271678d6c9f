// The words after `ganglion`: one command, its arguments, flags anywhere.

import { parseArgs } from 'node:util';
import { flagUnknown, flagValueInvalid } from './errors.ts';
import { Catalogue, FLAG_ALIASES, FLAG_SWITCHES } from './settings/catalogue.ts';
import { own } from './settings/own.ts';
import { didYouMean } from './suggest.ts';

/** A flag that sets a setting. */
export interface Flag {
  /** Without its dashes: `broker`, `tracker.interval_ms`. */
  readonly name: string;
  /** As it was typed: `--broker`. */
  readonly raw: string;
  readonly value: string;
}

/** What was typed, taken apart. */
export interface Arguments {
  readonly command: string | undefined;
  /** The words after the command. */
  readonly words: readonly string[];
  /** `--help`, `--version`, `--json`, `--apply`, `--dead`, `--states`, `--once`, `--list`…: those that were given. */
  readonly switches: ReadonlySet<Switch>;
  /** `--config`, `--with`, `--count`, `--tracker`…: every value that was given. */
  readonly options: Readonly<Record<Option, readonly string[]>>;
  /** All others set settings. */
  readonly flags: readonly Flag[];
}

const SWITCHES = {
  help: { short: 'h' },
  version: { short: 'v' },
  json: {},
  apply: {},
  dead: {},
  states: {},
  once: {},
  list: {},
  incident: {},
  undo: {},
} as const;
const OPTIONS = [
  'config',
  'figures',
  'with',
  'count',
  'tracker',
  'node',
  'password-file',
  'role',
  'scope',
  'days',
  'test',
  'for',
  'from',
  'until',
  'why',
  'by',
  'rule',
  'resource',
  'severity-max',
  'hours',
  'time-zone',
  'end',
] as const;

/** A flag without a value. */
export type Switch = keyof typeof SWITCHES;

/** A flag that tells the command something which is no setting. */
export type Option = (typeof OPTIONS)[number];

/**
 * Takes the words apart. Values stay texts, whatever they look like: a machine may be called `007`.
 *
 * @throws CodedError `FLAG_UNKNOWN`, `FLAG_VALUE_INVALID`
 */
export function readArguments(words: readonly string[]): Arguments {
  const with_values = [...OPTIONS, ...settingFlags(words)];
  const { tokens } = parseArgs({
    args: [...words],
    strict: false,
    allowPositionals: true,
    tokens: true,
    options: {
      ...Object.fromEntries(
        Object.entries(SWITCHES).map(([name, more]) => [name, { type: 'boolean' as const, ...more }]),
      ),
      ...Object.fromEntries(FLAG_SWITCHES.map((name) => [name, { type: 'boolean' as const }])),
      ...Object.fromEntries(with_values.map((name) => [name, { type: 'string' as const }])),
    },
  });

  const positionals: string[] = [];
  const switches = new Set<Switch>();
  const options: Record<Option, string[]> = {
    config: [],
    figures: [],
    with: [],
    count: [],
    tracker: [],
    node: [],
    'password-file': [],
    role: [],
    scope: [],
    days: [],
    test: [],
    for: [],
    from: [],
    until: [],
    why: [],
    by: [],
    rule: [],
    resource: [],
    'severity-max': [],
    hours: [],
    'time-zone': [],
    end: [],
  };
  const flags: Flag[] = [];
  for (const token of tokens) {
    if (token.kind === 'positional') positionals.push(token.value);
    if (token.kind !== 'option') continue;
    const { name, rawName: raw, value, inlineValue } = token;
    if (isSwitch(name) || FLAG_SWITCHES.includes(name)) {
      if (value !== undefined) throw flagValueInvalid(raw, 'it takes no value', `write ${raw} alone`);
      if (isSwitch(name)) switches.add(name);
      else flags.push({ name, raw, value: 'true' });
    } else if (!with_values.includes(name)) {
      const flag_names = [...Object.keys(SWITCHES), ...FLAG_SWITCHES, ...with_values].map((each) => `--${each}`);
      throw flagUnknown(raw, `there is no such flag${didYouMean(raw, flag_names)}`, positionals[0]);
    } else if (value === undefined || (value.startsWith('--') && inlineValue !== true)) {
      throw flagValueInvalid(raw, 'its value is missing', `write ${raw} VALUE or ${raw}=VALUE`);
    } else if (isOption(name)) {
      options[name].push(value);
    } else {
      flags.push({ name, raw, value });
    }
  }
  const [command, ...rest] = positionals;
  return { command, words: rest, switches, options, flags };
}

/**
 * Takes a flag that sets a setting elsewhere, and means something of its own to one command, out of those that do.
 *
 * @returns its values, and the arguments without it
 */
export function takeFlag(
  args: Arguments,
  name: string,
): { readonly values: readonly string[]; readonly rest: Arguments } {
  const values = args.flags.filter((flag) => flag.name === name).map(({ value }) => value);
  return { values, rest: { ...args, flags: args.flags.filter((flag) => flag.name !== name) } };
}

/**
 * The flags that set settings: the command's own, the aliases, and whatever has a module's name before a dot. Whether
 * a module runs here and knows the setting is found out once it is loaded.
 */
function settingFlags(words: readonly string[]): string[] {
  const dotted = words.flatMap((word) => /^--([a-z0-9_-]+\.[^=]+)/i.exec(word)?.[1] ?? []);
  const own_flags = new Catalogue([{ name: '', schema: own }]).settings.map(({ flag }) => flag.slice(2));
  const aliases = Object.keys(FLAG_ALIASES).filter((alias) => !FLAG_SWITCHES.includes(alias));
  return [...own_flags, ...aliases, ...dotted];
}

function isSwitch(name: string): name is Switch {
  return Object.hasOwn(SWITCHES, name);
}

function isOption(name: string): name is Option {
  return OPTIONS.some((option) => option === name);
}
