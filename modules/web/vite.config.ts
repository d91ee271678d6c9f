// Builds the page: hashed assets, nothing inline, nothing from another host.

import { fileURLToPath } from 'node:url';
import { svelte } from '@sveltejs/vite-plugin-svelte';
import { defaultClientConditions, defineConfig } from 'vite';

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url));

export default defineConfig({
  root: here('page'),
  base: '/',
  // Our packages as they stand, not as they were built.
  resolve: { conditions: ['@ganglion/source', ...defaultClientConditions] },
  plugins: [svelte({ configFile: false, compilerOptions: { runes: true, discloseVersion: false } })],
  build: {
    outDir: here('dist/page'),
    emptyOutDir: true,
    // The Content-Security-Policy lets no inline data in, and a small file costs one request at the load.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    license: { fileName: 'licenses.md' },
    target: 'es2022',
  },
});
