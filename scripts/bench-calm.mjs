// npm run bench:calm: how often the analyzer calls somebody for nothing, and how soon it calls when something is wrong. It needs
// no broker. `npm run bench:calm -- --quick` is quick.

import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const root = fileURLToPath(new URL('..', import.meta.url));
const outdir = `${root}.build/bench-calm`;

await build({
  absWorkingDir: root,
  entryPoints: ['bench/calm/main.ts', 'bench/calm/worker.ts'],
  outdir,
  bundle: true,
  format: 'esm',
  platform: 'node',
  target: 'node20',
  conditions: ['@ganglion/source'],
  // What a bundled CommonJS package expects to find.
  banner: { js: "import { createRequire } from 'node:module';\nconst require = createRequire(import.meta.url);" },
  logLevel: 'error',
});
process.chdir(root);
await import(`${outdir}/main.js`);
