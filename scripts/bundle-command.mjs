// Makes the command's bundle: apps/cli and all that it runs, our packages and what they import, as a few files of plain
// JavaScript. What only some runs need is a file of its own, loaded when it is needed.
//
// Other people's packages are taken in too: read from hundreds of small files, typebox alone costs each tracker 25 MB
// and a third of a second at its start. Outside stay those that are loaded on demand and read files of their own: the
// `dependencies` of apps/cli/package.json.

import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));

/** Native helpers that `ws` and `pg` try to load and do without. */
const OPTIONAL = ['bufferutil', 'utf-8-validate', 'pg-native'];

/** Lets a package written as CommonJS load Node's own modules from a bundle written as ES modules. */
export const BANNER = `import { createRequire as requireFrom } from 'node:module';
const require = requireFrom(import.meta.url);`;

/**
 * Writes the bundle, `main.js` and its parts.
 *
 * @param {string} folder an absolute path; it should be empty or not there
 */
export async function bundleCommand(folder) {
  const { build } = await import('esbuild');
  const { dependencies } = JSON.parse(readFileSync(`${root}apps/cli/package.json`, 'utf8'));
  const { metafile, outputFiles } = await build({
    absWorkingDir: root,
    entryPoints: ['apps/cli/src/main.ts'],
    outdir: folder,
    bundle: true,
    splitting: true,
    format: 'esm',
    platform: 'node',
    target: 'node20',
    conditions: ['@ganglion/source'],
    // In the same folder as main.js, so that `page`, beside it, lies beside the part with the web server.
    chunkNames: 'part-[name]-[hash]',
    external: [...Object.keys(dependencies), ...OPTIONAL],
    banner: { js: BANNER },
    legalComments: 'none', // LICENSES.txt has them in full.
    metafile: true,
    write: false,
    logLevel: 'silent', // What is wrong stands in the error.
  });
  mkdirSync(folder, { recursive: true });
  for (const { path, contents } of outputFiles) writeFileSync(path, contents);
  writeFileSync(`${folder}/LICENSES.txt`, licencesOf('folder', Object.keys(metafile.inputs)));
}

/** The licences of other people's packages in the bundle, as they ask for. */
export function licencesOf(what, inputs) {
  const packages = inputs.map((path) => /^(?:.*\/)?node_modules\/(?:@[^/]+\/)?[^/]+/.exec(path)?.[0]);
  const texts = [...new Set(packages)].filter(Boolean).sort().map(licenceOf);
  return `This ${what} holds these packages of other people, under their licences.\n\n${texts.join('\n')}`;
}

function licenceOf(folder) {
  const { name, version, license } = JSON.parse(readFileSync(`${root}${folder}/package.json`, 'utf8'));
  const file = readdirSync(`${root}${folder}`).find((each) => /^licen[cs]e/i.test(each));
  const text = file === undefined ? '' : readFileSync(`${root}${folder}/${file}`, 'utf8').trim();
  return `${'-'.repeat(80)}\n${name} ${version} (${license})\n\n${text}\n`;
}
