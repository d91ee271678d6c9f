// npm run bench: the measurements in bench/, against programs as they are built and on a RabbitMQ of its own.
// `npm run bench -- --quick` only shows that everything works; `npm run bench -- latency tracker` does some parts.
// However it ends, none of the processes and folders it made is left.

import { spawn } from 'node:child_process';
import { chmodSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { constants, tmpdir } from 'node:os';
import { fileURLToPath } from 'node:url';
import { nodePackagesAreCurrent } from './node-packages.mjs';
import { endAll, makeMark } from './own-processes.mjs';
import { installLine, missingPackages } from './system-packages.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
const outdir = `${root}.build/bench`;

const mark = makeMark();
const folder = mkdtempSync(`${tmpdir()}/ganglion-bench-`);
chmodSync(folder, 0o755); // The broker runs as a user of its own.
const environment = { ...process.env, ...mark, TMPDIR: folder };

let interrupted = false;
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
  process.on(signal, () => interrupt(signal, 128 + constants.signals[signal]));
}
// npm itself may be killed, and then nobody tells us.
const parent = process.ppid;
setInterval(() => process.ppid !== parent && interrupt('npm is gone', 1), 500).unref();

await measure();

async function measure() {
  if (!nodePackagesAreCurrent(root)) {
    console.error('node_modules is missing or old. Type: npm ci');
    return finish(2);
  }
  const missing = missingPackages().filter((name) => name === 'rabbitmq-server');
  if (missing.length > 0) {
    console.error(`The bench needs ${missing.join(', ')}. Type: ${installLine(missing)}`);
    return finish(2);
  }
  const built = await run('scripts/build.mjs', 'page', 'command');
  if (built !== 0) return finish(built);
  await bundle();
  await finish(await run(`${outdir}/main.js`, ...process.argv.slice(2)));
}

/** The bench and the bare loops, bundled like the command, so that neither starts with fewer files to read. */
async function bundle() {
  const { build, stop } = await import('esbuild');
  rmSync(outdir, { recursive: true, force: true });
  await build({
    absWorkingDir: root,
    entryPoints: [
      ...['bench/main.ts', 'bench/pacer-thread.ts'],
      ...readdirSync(`${root}bench/floor`).map((name) => `bench/floor/${name}`),
    ],
    outdir,
    bundle: true,
    format: 'esm',
    platform: 'node',
    target: 'node20',
    conditions: ['@ganglion/source'],
    // The testkit's suites are for vitest; the bench only starts its broker.
    external: ['vitest'],
    // What a bundled CommonJS package expects to find.
    banner: { js: "import { createRequire } from 'node:module';\nconst require = createRequire(import.meta.url);" },
    logLevel: 'error',
  });
  await stop();
}

async function interrupt(why, code) {
  if (interrupted) return;
  interrupted = true;
  console.log(`\n${why}: stopping everything.`);
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
