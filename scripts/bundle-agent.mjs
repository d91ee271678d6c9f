// Makes the agent: the command with its tracker alone, as one file that needs nothing but Node.

import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { BANNER, licencesOf } from './bundle-command.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));

const BEGIN = `import { beginAgent } from './agent.ts';
beginAgent();`;

/** In a snapshot of the memory all is loaded before, but for the bus: Node can't have sockets there. */
const BEGIN_LATER = `import { startupSnapshot } from 'node:v8';
import { beginAgent } from './agent.ts';
import '@ganglion/tracker';
import '@ganglion/spool';
startupSnapshot.setDeserializeMainFunction(beginAgent);`;

/**
 * What the agent is made as. `file`: for Node, as an ES module, of which Node holds less in memory than of CommonJS (docs/agent.md). `program`: to
 * be put into an executable, where Node takes CommonJS alone. `snapshot`: the same, to be started from a snapshot.
 */
const FORMS = {
  file: { contents: BEGIN, format: 'esm', banner: { js: `#!/usr/bin/env -S node --lite-mode\n${BANNER}` } },
  program: { contents: BEGIN, format: 'cjs' },
  snapshot: { contents: BEGIN_LATER, format: 'cjs' },
};

/**
 * Writes the agent.
 *
 * @param {string} path of the file
 * @param {keyof typeof FORMS} form
 */
export async function bundleAgent(path, form) {
  const { build, stop } = await import('esbuild');
  const { contents, ...options } = FORMS[form];
  const { version } = JSON.parse(readFileSync(`${root}apps/cli/package.json`, 'utf8'));
  const { metafile, outputFiles } = await build({
    ...options,
    absWorkingDir: root,
    stdin: { contents, resolveDir: `${root}apps/cli/src` },
    outfile: path,
    bundle: true,
    platform: 'node',
    target: 'node20',
    conditions: ['@ganglion/source'],
    define: {
      GANGLION_VERSION: JSON.stringify(version),
      // CommonJS has none, and what would ask for it is not reached once the version is known.
      ...(options.format === 'cjs' ? { 'import.meta.url': '""' } : {}),
    },
    minify: true,
    legalComments: 'none', // The licences stand at the end, in full.
    metafile: true,
    write: false,
    logLevel: 'silent', // What is wrong stands in the error.
  });
  await stop();
  const licences = licencesOf('file', Object.keys(metafile.inputs)).replaceAll('*/', '* /');
  const [{ text }] = outputFiles;
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, `${text}/*\n${licences}*/\n`, { mode: 0o755 });
}
