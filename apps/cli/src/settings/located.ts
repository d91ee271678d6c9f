// Names the line of the settings file in errors of modules, which know only what the setting is called.

import { CodedError } from '@ganglion/kernel';
import type { Settings } from './layers.ts';
import { lineOf } from './place.ts';

/** An error about a setting from the file with the line added; any other as it is. */
export function located(error: unknown, { file, entries }: Settings): unknown {
  if (!(error instanceof CodedError) || !error.configuration || file === undefined) return error;
  const [, path] = /^setting ([^\s(]+)$/.exec(error.parts.what) ?? [];
  if (path === undefined) return error;
  const steps = path.replace(/\[(\d+)\]/g, '.$1').split('.');
  // A value from the environment or a flag stands in no line.
  const entry = entries.find(({ setting: { key } }) => path === key || path.startsWith(`${key}.`));
  const line = entry === undefined || entry.origin === file.path ? lineOf(file.text, steps) : undefined;
  if (line === undefined) return error;
  const what = `${error.parts.what} (from ${file.path}, line ${line})`;
  return new CodedError(error.code, { ...error.parts, what }, { configuration: true, cause: error.cause });
}
