// Makes the agent: the command with its tracker alone, as one file that needs nothing but Node.

import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { licencesOf } from './bundle-command.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));

/**
 * Writes the agent's one file, of plain JavaScript as CommonJS: so Node takes it from any folder, and inside an
 * executable too.
 *
 * @param {string} path of the file
 */
export async function bundleAgent(path) {
  const { build } = await import('esbuild');
  const { version } = JSON.parse(readFileSync(`${root}apps/cli/package.json`, 'utf8'));
  const { metafile, outputFiles } = await build({
    absWorkingDir: root,
    entryPoints: ['apps/cli/src/agent.ts'],
    outfile: path,
    bundle: true,
    format: 'cjs',
    platform: 'node',
    target: 'node20',
    conditions: ['@ganglion/source'],
    define: { GANGLION_VERSION: JSON.stringify(version), 'import.meta.url': '""' },
    minify: true,
    keepNames: false,
    legalComments: 'none', // The licences stand at the end, in full.
    metafile: true,
    write: false,
    logLevel: 'silent', // What is wrong stands in the error.
  });
  const licences = licencesOf('file', Object.keys(metafile.inputs)).replaceAll('*/', '* /');
  mkdirSync(dirname(path), { recursive: true });
  const [{ text }] = outputFiles;
  writeFileSync(path, `#!/usr/bin/env node\n${text}/*\n${licences}*/\n`, { mode: 0o755 });
  return metafile;
}
