// npm run agent: makes the agent in dist/, as one file for a machine with Node, and as one executable for a machine
// without. `npm run agent -- --folder DIR` puts them elsewhere, `--file` makes the file alone.

import { mkdirSync, statSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { bundleAgent } from './bundle-agent.mjs';
import { makeExecutable } from './make-executable.mjs';

const { values } = parseArgs({
  options: { folder: { type: 'string', default: 'dist' }, file: { type: 'boolean', default: false } },
});

const folder = resolve(values.folder);
mkdirSync(folder, { recursive: true });

const file = join(folder, 'ganglion-agent.mjs');
await bundleAgent(file, 'file');
tell(file);

if (!values.file) {
  const executable = join(folder, 'ganglion-agent');
  await makeExecutable(executable, (path) => bundleAgent(path, 'program'));
  tell(executable);
}

function tell(path) {
  console.log(`${relative('.', path)}  ${(statSync(path).size / 1e6).toFixed(1)} MB`);
}
