// npm run agent: makes the agent in dist/, as one file for a machine with Node, and as one executable for a machine
// without. `npm run agent -- --folder DIR` puts them elsewhere, `--file` makes the file alone.

import { statSync } from 'node:fs';
import { relative, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { bundleAgent } from './bundle-agent.mjs';
import { makeExecutable } from './make-executable.mjs';

const { values } = parseArgs({
  options: { folder: { type: 'string', default: 'dist' }, file: { type: 'boolean', default: false } },
});

const file = resolve(values.folder, 'ganglion-agent.cjs');
const executable = resolve(values.folder, 'ganglion-agent');

await bundleAgent(file);
tell(file);
if (!values.file) {
  await makeExecutable(file, executable);
  tell(executable);
}

function tell(path) {
  console.log(`${relative('.', path)}  ${(statSync(path).size / 1e6).toFixed(1)} MB`);
}
