// What can be built, and whether it is due: a step is done again only when something it reads has changed.

import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { fileURLToPath } from 'node:url';
import { bundleCommand } from './bundle-command.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));

/** In the order in which they are built. */
export const STEPS = {
  page: {
    says: 'the page',
    reads: [
      'modules/web/page',
      'modules/web/wire',
      'packages/topics/src/life.ts',
      'packages/topics/src/units.ts',
      'modules/web/vite.config.ts',
      'package-lock.json',
    ],
    writes: 'modules/web/dist/page/index.html',
    build: buildPage,
  },
  command: {
    says: 'the command',
    reads: [
      ...[
        'apps/cli/src',
        'apps/cli/package.json',
        'modules/analyzer/src',
        'modules/exporter/src',
        'modules/importer/src',
        'modules/notifier/src',
        'modules/presence/src',
        'modules/recorder/src',
        'modules/simulator/src',
        'modules/tracker/src',
        'modules/web/server',
        'modules/web/wire',
      ],
      ...['packages/kernel/src', 'packages/topics/src', 'packages/bus-amqp/src', 'packages/spool/src'],
      'packages/anomaly/src',
      'modules/web/dist/page',
      ...['scripts/bundle-command.mjs', 'scripts/build-steps.mjs', 'package-lock.json'],
    ],
    writes: 'apps/cli/dist/main.js',
    build: buildCommand,
  },
  packages: {
    says: 'the packages',
    reads: ['packages', 'tsconfig.base.json', 'package-lock.json'],
    writes: 'packages/kernel/dist/index.js',
    build: buildPackages,
  },
};

/** What `ganglion` needs to run. */
export const STEPS_TO_RUN = ['page', 'command'];

/** Whether a step has to be built: what it reads has changed since, or what it writes is gone. */
export function isDue(name) {
  const { reads, writes } = STEPS[name];
  return !existsSync(root + writes) || readStamp(name) !== digestOf(reads);
}

/** Builds a step. What changes meanwhile is built the next time. */
export async function build(name) {
  rmSync(stampOf(name), { force: true });
  const digest = digestOf(STEPS[name].reads);
  mkdirSync(`${root}.build`, { recursive: true });
  await STEPS[name].build();
  writeFileSync(stampOf(name), digest);
}

async function buildPage() {
  const vite = await import('vite');
  await vite.build({ configFile: `${root}modules/web/vite.config.ts`, logLevel: 'error' });
}

/** The bundle and the page beside it. They are made elsewhere first: who starts meanwhile finds all of one build. */
async function buildCommand() {
  const made = mkdtempSync(`${root}.build/command-`);
  const folder = `${root}apps/cli/dist`;
  try {
    await bundleCommand(made);
    cpSync(`${root}modules/web/dist/page`, `${made}/page`, { recursive: true });
    rmSync(folder, { recursive: true, force: true });
    renameSync(made, folder);
    chmodSync(folder, 0o755);
  } finally {
    rmSync(made, { recursive: true, force: true });
  }
}

/** Declarations and plain JavaScript of what others may install. The compiler does again what has changed. */
async function buildPackages() {
  const names = readdirSync(`${root}packages`);
  for (const name of names) removeOrphans(`${root}packages/${name}`, `${root}.build/${name}.tsbuildinfo`);
  const folders = names.map((name) => `packages/${name}`);
  const { status } = spawnSync(process.execPath, ['node_modules/typescript/bin/tsc', '-b', ...folders], {
    cwd: root,
    stdio: ['ignore', 'inherit', 'inherit'],
  });
  if (status !== 0) throw new Error('the compiler found errors');
}

/** Removes what was made from a source that is gone; and the compiler's notes, when what they speak of is gone. */
function removeOrphans(folder, notes) {
  if (!existsSync(`${folder}/dist`)) {
    rmSync(notes, { force: true });
    return;
  }
  for (const file of readdirSync(`${folder}/dist`, { recursive: true, encoding: 'utf8' })) {
    const source = file.replace(/(\.d\.ts|\.js)$/, '.ts');
    if (source !== file && !existsSync(`${folder}/src/${source}`)) rmSync(`${folder}/dist/${file}`);
  }
}

function stampOf(name) {
  return `${root}.build/${name}.stamp`;
}

function readStamp(name) {
  return existsSync(stampOf(name)) ? readFileSync(stampOf(name), 'utf8') : undefined;
}

/** The names, sizes and times of all files in some places. A place that is not there counts as empty. */
function digestOf(places) {
  const hash = createHash('sha256');
  for (const place of places) for (const line of filesIn(place)) hash.update(line);
  return hash.digest('hex');
}

function* filesIn(path) {
  const status = statSync(root + path, { throwIfNoEntry: false });
  if (status?.isFile()) yield `${path} ${status.size} ${status.mtimeMs}\n`;
  if (!status?.isDirectory()) return;
  for (const name of readdirSync(root + path).sort()) {
    if (!/^(dist|node_modules)$|\.test\.ts$/.test(name)) yield* filesIn(`${path}/${name}`);
  }
}
