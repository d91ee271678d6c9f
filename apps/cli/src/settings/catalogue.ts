// Every setting that this run of the command knows: its own and those of the modules it runs, taken from their
// schemas. A setting's flag and its variable follow from its name, so that no list has to be kept.

import type { TSchema } from 'typebox';
import { nearest } from '../suggest.ts';
import { propertiesOf } from './schema.ts';

/** A group of settings: the command's own, or a module's under the module's name. */
export interface Section {
  /** Empty for the command's own. */
  readonly name: string;
  readonly schema: TSchema;
}

/** One thing that can be set. */
export interface Setting {
  /** The module's name; empty for the command's own. */
  readonly section: string;
  /** The way to it inside its section: most have one step, `['bands', 'medium_from']` has two. */
  readonly path: readonly string[];
  /** `broker`, `tracker.interval_ms`, `analyzer.bands.medium_from`. */
  readonly key: string;
  readonly schema: TSchema;
  /** `--broker`, `--tracker.interval_ms`. */
  readonly flag: string;
  /** `GANGLION_BROKER`, `GANGLION_TRACKER_INTERVAL_MS`. */
  readonly variable: string;
}

/** Short flags for the settings that people change most; of several, the first that is there. */
export const FLAG_ALIASES: Readonly<Record<string, readonly string[]>> = {
  port: ['web.port'],
  host: ['web.host'],
  interval: ['tracker.interval_ms', 'simulator.interval_ms'],
  machine: ['tracker.machine'],
  label: ['tracker.labels'],
  probe: ['tracker.probes'],
  machines: ['simulator.machines'],
  seed: ['simulator.seed'],
  history: ['recorder.folder'],
  'history-max-bytes': ['recorder.max_bytes'],
  insecure: ['web.insecure'],
  'tls-cert': ['web.tls_cert'],
  'tls-key': ['web.tls_key'],
  'metrics-port': ['exporter.prometheus.port'],
};

/** Aliases that say yes by being there, and take no value. */
export const FLAG_SWITCHES: readonly string[] = ['insecure'];

/** The front of every environment variable. */
export const VARIABLE_PREFIX = 'GANGLION_';

/** The settings of some sections, found by key, by flag and by variable. */
export class Catalogue {
  readonly sections: readonly Section[];
  readonly settings: readonly Setting[];
  readonly #by_key: ReadonlyMap<string, Setting>;
  readonly #by_variable: ReadonlyMap<string, Setting>;

  constructor(sections: readonly Section[]) {
    this.sections = sections;
    this.settings = sections.flatMap((section) => [...settingsIn(section, section.schema, [])]);
    this.#by_key = new Map(this.settings.map((setting) => [setting.key, setting]));
    this.#by_variable = new Map(this.settings.map((setting) => [setting.variable, setting]));
  }

  byKey(key: string): Setting | undefined {
    return this.#by_key.get(key);
  }

  /** By a flag's name without its dashes: an alias, `log-level`, `tracker.interval_ms` or `tracker.interval-ms`. */
  byFlag(name: string): Setting | undefined {
    for (const key of FLAG_ALIASES[name] ?? [name]) {
      const found = this.#by_key.get(key) ?? this.settings.find((setting) => setting.flag.slice(2) === dashed(key));
      if (found !== undefined) return found;
    }
    return undefined;
  }

  byVariable(name: string): Setting | undefined {
    return this.#by_variable.get(name);
  }

  /** The flags that set a setting. */
  flagNames(): string[] {
    const aliases = Object.keys(FLAG_ALIASES).filter((alias) => this.byFlag(alias) !== undefined);
    return [...aliases.map((alias) => `--${alias}`), ...this.settings.map(({ flag }) => flag)];
  }

  /** A hint for a key that nobody knows: the same name elsewhere, or one much like it. */
  hintFor(key: string): string {
    const name = key.slice(key.lastIndexOf('.') + 1);
    const elsewhere = this.settings.find(({ path }) => path[path.length - 1] === name);
    if (elsewhere !== undefined) return ` (did you mean ${place(elsewhere)}?)`;
    const like = nearest(key, [...this.#by_key.keys(), ...this.#tables()]);
    return like === undefined ? '' : ` (did you mean "${like}"?)`;
  }

  /** The tables around the settings: `analyzer.bands`. */
  #tables(): ReadonlySet<string> {
    return new Set(
      [...this.#by_key.keys()].flatMap((key) => {
        const steps = key.split('.').slice(0, -1);
        return steps.map((_, at) => steps.slice(0, at + 1).join('.'));
      }),
    );
  }
}

function place({ section, path }: Setting): string {
  const name = `"${path[path.length - 1]}"`;
  return section === ''
    ? `${name}, above the first [section]`
    : `${name} in [${[section, ...path.slice(0, -1)].join('.')}]`;
}

function* settingsIn(section: Section, schema: TSchema, path: readonly string[]): Generator<Setting> {
  const properties = propertiesOf(schema);
  if (properties !== undefined) {
    for (const [name, property] of Object.entries(properties)) yield* settingsIn(section, property, [...path, name]);
  } else {
    // Also a whole section, when its schema is not an object with stated properties.
    const steps = section.name === '' ? path : [section.name, ...path];
    const key = steps.join('.');
    yield {
      section: section.name,
      path,
      key,
      schema,
      flag: `--${dashed(key)}`,
      variable: `${VARIABLE_PREFIX}${steps.join('_').toUpperCase().replaceAll('-', '_')}`,
    };
  }
}

/** A flag's spelling of a key: `log_level` is `--log-level`. */
function dashed(key: string): string {
  return key.replaceAll('_', '-');
}
