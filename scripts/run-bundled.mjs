// What `npm run bench` and `npm run chaos` have in common: programs of ours that are built from the source and run against
// the command as it is built. However that ends, none of the processes and folders it made is left.

import { spawn } from 'node:child_process';
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { constants, tmpdir } from 'node:os';
import { fileURLToPath } from 'node:url';
import { BANNER } from './bundle-command.mjs';
import { nodePackagesAreCurrent } from './node-packages.mjs';
import { endAll, makeMark } from './own-processes.mjs';
import { installLine, installPackages, mayInstall, missingPackages } from './system-packages.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
const mark = makeMark();
const folder = mkdtempSync(`${tmpdir()}/ganglion-`);
chmodSync(folder, 0o755); // The broker runs as a user of its own.
const environment = { ...process.env, ...mark, TMPDIR: folder, XDG_STATE_HOME: folder };

let installing = Promise.resolve();
let interrupted = false;
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
  process.on(signal, () => interrupt(signal, 128 + constants.signals[signal]));
}
// npm itself may be killed, and then nobody tells us.
const parent = process.ppid;
setInterval(() => process.ppid !== parent && interrupt('npm is gone', 1), 500).unref();

/**
 * Bundles some programs from the source, runs the first of them with the command line's words, and ends this process
 * with its exit code.
 *
 * @param {string} name of the folder that they are in, and of the npm script
 * @param {readonly string[]} programs in that folder, without their ending
 * @param {readonly string[]} packages of Debian's that they need
 * @param {readonly string[]} installed packages that are installed when they are missing and that may be done; of them, those
 *   in `packages` are needed and the others are done without
 */
export async function runBundled(name, programs, packages = ['rabbitmq-server'], installed = []) {
  if (!nodePackagesAreCurrent(root)) {
    console.error('node_modules is missing or old. Type: npm ci');
    return finish(2);
  }
  await installWhatIsMissing(name, missingPackages(installed));
  const missing = missingPackages(packages);
  if (missing.length > 0) {
    console.error(`npm run ${name} needs ${missing.join(', ')}. Type: ${installLine(missing)}`);
    return finish(2);
  }
  const built = await run('scripts/build.mjs', 'page', 'command');
  if (built !== 0) return finish(built);
  const outdir = `${root}.build/${name}`;
  await bundle(
    programs.map((each) => `${name}/${each}.ts`),
    outdir,
  );
  await finish(await run(`${outdir}/${programs[0]}.js`, ...process.argv.slice(2)));
}

/** Bundled like the command, so that nothing beside it starts with fewer files to read. */
async function bundle(entryPoints, outdir) {
  const { build, stop } = await import('esbuild');
  rmSync(outdir, { recursive: true, force: true });
  await build({
    absWorkingDir: root,
    entryPoints,
    outbase: root + entryPoints[0].split('/')[0],
    outdir,
    bundle: true,
    format: 'esm',
    platform: 'node',
    target: 'node20',
    conditions: ['@ganglion/source'],
    // The testkit's suites are for vitest; here it only starts brokers.
    external: ['vitest', 'playwright-core'],
    // What a bundled CommonJS package expects to find.
    banner: { js: BANNER },
    logLevel: 'error',
  });
  await stop();
}

/** What cannot be had is told; whether it is needed is looked at afterwards. */
async function installWhatIsMissing(name, packages) {
  if (packages.length === 0 || !mayInstall()) return;
  console.log(`npm run ${name} uses ${packages.join(', ')}: installing from Debian's packages with apt-get.`);
  const work = installPackages(packages);
  installing = work;
  // One that is not to be had keeps the others from being installed.
  if (!(await work)) {
    for (const each of packages) {
      installing = installPackages([each]);
      if (!(await installing)) console.log(`${each} is not to be had.`);
    }
  }
}

async function interrupt(why, code) {
  if (interrupted) return;
  interrupted = true;
  console.log(`\n${why}: stopping everything.`);
  await installing; // Ending it half-way would leave Debian's packages in disorder.
  await finish(code);
}

async function finish(code) {
  await endAll(mark);
  rmSync(folder, { recursive: true, force: true });
  process.exit(code);
}

/** Runs a program of ours to its end; resolves to its exit code. Once interrupted, nothing goes on. */
function run(script, ...options) {
  return new Promise((resolve) => {
    if (interrupted) return;
    const child = spawn(process.execPath, [script, ...options], { cwd: root, env: environment, stdio: 'inherit' });
    child.on('close', (code) => {
      if (!interrupted) resolve(code ?? 1);
    });
  });
}
