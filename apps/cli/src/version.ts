// The version, as package.json has it. The file lies one folder above this one, in the source as in the bundle.

import { readFileSync } from 'node:fs';

/** The version of this command. */
export function version(): string {
  const text = readFileSync(new URL('../package.json', import.meta.url), 'utf8');
  const { version } = JSON.parse(text) as { version: string };
  return version;
}
