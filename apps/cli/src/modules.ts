// Which modules there are: the built-in ones, each loaded only when it runs, and those in files of other people.

import { statSync } from 'node:fs';
import { extname, resolve } from 'node:path';
import { CodedError, isModule, type Module } from '@ganglion/kernel';
import { moduleInvalid, moduleNotFound, moduleTwice, moduleUnreadable } from './errors.ts';
import { BUILT_IN, type BuiltIn, isBuiltIn, MONITOR } from './module-names.ts';
import type { Settings } from './settings/layers.ts';
import { didYouMean } from './suggest.ts';

/** The same as a monitor with machines that are not there instead of this one. */
const SIMULATION = ['simulator', 'analyzer', 'presence', 'web'] as const;

const LOADERS: Readonly<Record<BuiltIn, () => Promise<{ default: Module }>>> = {
  tracker: () => import('@ganglion/tracker'),
  analyzer: () => import('@ganglion/analyzer'),
  presence: () => import('@ganglion/presence'),
  notifier: () => import('@ganglion/notifier'),
  recorder: () => import('@ganglion/recorder'),
  exporter: () => import('@ganglion/exporter'),
  importer: () => import('@ganglion/importer'),
  web: () => import('@ganglion/web'),
  simulator: () => import('@ganglion/simulator'),
};

/** What a module's file may be called. */
const EXTENSIONS = ['.ts', '.mts', '.cts', '.js', '.mjs', '.cjs'];

/**
 * Loads the modules of a monitor and those in some files.
 *
 * @throws CodedError `MODULE_TWICE`, and what {@link loadModule} throws
 */
export function loadModules(files: readonly string[]): Promise<Module[]> {
  return loadAll([...MONITOR, ...files]);
}

/**
 * Those of some modules that have something to do in one process. An exporter has when a setting says where to; and without a
 * broker no other agent can send anything to an importer.
 */
export function wantedOf(modules: readonly Module[], settings: Settings): Module[] {
  const isWanted: Readonly<Record<string, () => boolean>> = {
    exporter: () => settings.areGiven('exporter'),
    importer: () => settings.own.broker !== undefined,
  };
  return modules.filter(({ name }) => !Object.hasOwn(isWanted, name) || isWanted[name]?.());
}

/** Loads the modules that show a fleet which is not there. */
export function loadSimulation(): Promise<Module[]> {
  return loadAll(SIMULATION);
}

async function loadAll(names: readonly string[]): Promise<Module[]> {
  const modules = await Promise.all(names.map(loadModule));
  const loaded = new Set<string>();
  for (const { name } of modules) {
    // They would share their settings and their queues.
    if (loaded.has(name)) throw moduleTwice(name);
    loaded.add(name);
  }
  return modules;
}

/**
 * Loads a module by a built-in name or from a file.
 *
 * @throws CodedError `MODULE_NOT_FOUND`, `MODULE_UNREADABLE`, `MODULE_INVALID`
 */
export async function loadModule(name: string): Promise<Module> {
  if (isBuiltIn(name)) return (await LOADERS[name]()).default;
  if (!name.includes('/') && !EXTENSIONS.includes(extname(name))) {
    throw moduleNotFound(name, `there is no built-in module of that name${didYouMean(name, BUILT_IN)}`);
  }
  return loadFile(name);
}

/**
 * Loads a stranger's file, TypeScript or JavaScript, from any folder. What it imports under our names, and typebox, is
 * the command's own copy, so that the file needs no installation beside it.
 */
async function loadFile(name: string): Promise<Module> {
  const path = resolve(name);
  if (statSync(path, { throwIfNoEntry: false })?.isFile() !== true) {
    throw moduleNotFound(name, 'there is no such file');
  }
  const [{ createJiti }, kernel, topics, typebox, value] = await Promise.all([
    import('jiti'),
    import('@ganglion/kernel'),
    import('@ganglion/topics'),
    import('typebox'),
    import('typebox/value'),
  ]);
  const jiti = createJiti(import.meta.url, {
    // No cache: it would stand in a folder that others can write to.
    fsCache: false,
    virtualModules: { '@ganglion/kernel': kernel, '@ganglion/topics': topics, typebox, 'typebox/value': value },
  });
  let exported: unknown;
  try {
    exported = await jiti.import(path, { default: true });
  } catch (error) {
    // A module that is wrongly defined says so itself.
    throw error instanceof CodedError ? error : moduleUnreadable(name, error);
  }
  if (!isModule(exported)) throw moduleInvalid(name);
  return exported;
}
