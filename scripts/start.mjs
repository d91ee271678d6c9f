// npm start: from a fresh clone to the page, with nothing but Node. Installs what is missing, builds what has changed,
// and goes on as `ganglion up`, in this very process, so that Ctrl-C reaches it and no process is left behind.

import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { nodePackagesAreCurrent } from './node-packages.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));

const [major, minor] = process.versions.node.split('.').map(Number);
if (major < 20 || (major === 20 && minor < 19)) {
  stop(`this is Node ${process.versions.node}; install Node 20.19 or newer`);
}

if (!nodePackagesAreCurrent(root)) {
  console.log('Installing packages (npm ci).');
  run('npm', ['ci', '--no-audit', '--no-fund', '--loglevel=error'], 'npm ci failed; what it says stands above');
}

const { isDue, STEPS_TO_RUN } = await import('./build-steps.mjs');
if (STEPS_TO_RUN.some(isDue)) {
  // In a process of its own: a compiler is not to stay in memory for as long as the page is served.
  run(process.execPath, ['scripts/build.mjs', ...STEPS_TO_RUN], 'the build failed; what it says stands above');
}

const main = fileURLToPath(new URL('../apps/cli/dist/main.js', import.meta.url));
process.argv = [process.execPath, main, 'up', ...process.argv.slice(2)];
await import(main);

/** Runs a program to its end; ends this one when it fails or is interrupted. */
function run(command, options, trouble) {
  const { status, error } = spawnSync(command, options, { cwd: root, stdio: 'inherit' });
  if (status !== 0) stop(error === undefined ? trouble : `${command} did not start: ${error.message}`);
}

function stop(why) {
  console.error(`ganglion: cannot start: ${why}`);
  process.exit(2);
}
