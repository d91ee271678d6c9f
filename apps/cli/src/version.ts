// The version, as package.json has it. The file lies one folder above this one, in the source as in the bundle. What is one
// file alone has none beside it: there the version was written into it when it was made; see scripts/bundle-agent.mjs.

import { readFileSync } from 'node:fs';

declare const GANGLION_VERSION: string | undefined;

/** The version of this command. */
export function version(): string {
  if (typeof GANGLION_VERSION === 'string') return GANGLION_VERSION;
  const text = readFileSync(new URL('../package.json', import.meta.url), 'utf8');
  const { version } = JSON.parse(text) as { version: string };
  return version;
}
