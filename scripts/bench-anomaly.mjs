// npm run bench:anomaly: the detector by the rules of the Numenta Anomaly Benchmark. It needs the benchmark's series and no
// broker: `npm run bench:anomaly -- FOLDER` says where they are.

import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const root = fileURLToPath(new URL('..', import.meta.url));
const outfile = `${root}.build/bench-anomaly/main.js`;

await build({
  absWorkingDir: root,
  entryPoints: ['bench/anomaly/main.ts'],
  outfile,
  bundle: true,
  format: 'esm',
  platform: 'node',
  target: 'node20',
  conditions: ['@ganglion/source'],
  logLevel: 'error',
});
await import(outfile);
