// npm test: everything, from a fresh clone, on a machine that has Node and Debian.
// Installs what is missing, builds, checks the code and runs every test against a real RabbitMQ and in a real browser.
// Its last line is `N passed, N failed`. Options are passed on to vitest: `npm test -- test/ancestor.test.ts` runs one
// file and leaves the check of the code out. However it ends, none of the processes and folders it made is left.

import { spawn } from 'node:child_process';
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { constants, tmpdir } from 'node:os';
import { fileURLToPath } from 'node:url';
import { BUILT_STEPS, runSteps, STATIC_STEPS } from './check.mjs';
import { nodePackagesAreCurrent } from './node-packages.mjs';
import { endAll, makeMark, waitForEnd } from './own-processes.mjs';
import { installLine, installPackages, mayInstall, missingPackages } from './system-packages.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
const filters = process.argv.slice(2);

const mark = makeMark();
const folder = mkdtempSync(`${tmpdir()}/ganglion-test-`);
chmodSync(folder, 0o755); // Brokers run as a user of their own.
// What the tests write goes to this folder, and ends with it.
const counts_file = `${folder}/counts.json`;
const environment = { ...process.env, ...mark, TMPDIR: folder, XDG_STATE_HOME: folder, TEST_COUNTS_FILE: counts_file };

/** How long what the tests started may take to end by itself after the last test. */
const END_ALLOWED_MS = 5000;

const NOTHING_RAN = { passed: 0, failed: 1, skipped: 0 };

let installing = Promise.resolve();
let interrupted = false;
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
  process.on(signal, () => interrupt(signal, 128 + constants.signals[signal]));
}
// npm itself may be killed, and then nobody tells us.
const parent = process.ppid;
setInterval(() => process.ppid !== parent && interrupt('npm is gone', 1), 500).unref();

try {
  await installWhatIsMissing();
  await build();
  await checkAndTest();
} catch (error) {
  console.error(error);
  await tell(NOTHING_RAN);
}

async function interrupt(why, code) {
  if (interrupted) return;
  interrupted = true;
  console.log(`\n${why}: stopping everything.`);
  await installing; // Ending it half-way would leave Debian's packages in disorder.
  await finish(code);
}

async function installWhatIsMissing() {
  const packages = missingPackages();
  if (packages.length > 0) {
    const names = packages.join(', ');
    if (!mayInstall()) {
      console.error(`The tests need ${names}. Type: ${installLine(packages)}`);
      await finish(2);
    }
    console.log(`The tests need ${names}: installing from Debian's packages with apt-get.`);
    const work = installPackages(packages);
    installing = work;
    if (!(await work) || missingPackages().length > 0) {
      console.error(`Could not install ${names}. Type: ${installLine(packages)}`);
      await finish(2);
    }
  }
  if (!nodePackagesAreCurrent(root)) {
    console.log('node_modules is missing or old: running npm ci.');
    const code = await run('npm', ['ci', '--no-audit', '--no-fund', '--loglevel=error']);
    if (code !== 0) await finish(2);
  }
}

async function build() {
  const code = await run(process.execPath, ['scripts/build.mjs']);
  if (code === 0) return;
  await tell(NOTHING_RAN);
}

async function checkAndTest() {
  // The steps take what the tests leave idle, and tell how they ended when those have.
  const told = [];
  const steps = filters.length === 0 ? [...STATIC_STEPS, ...BUILT_STEPS] : [];
  const checking = runSteps(steps, { at_once: 1, environment, nice: 10, say: (text) => told.push(text) });
  const options = ['run', '--reporter=default', '--reporter=./scripts/count-tests.mjs', ...filters];
  const code = await run(process.execPath, ['node_modules/vitest/vitest.mjs', ...options]);
  const counts = existsSync(counts_file) ? JSON.parse(readFileSync(counts_file, 'utf8')) : { ...NOTHING_RAN };
  const failed_steps = await checking;
  for (const text of told) console.log(text);
  counts.failed += failed_steps.length;
  if (code !== 0 && counts.failed === 0) counts.failed = 1;
  for (const { pid, command } of await waitForEnd(mark, END_ALLOWED_MS)) {
    console.log(`FAIL  left behind by a test: ${pid} ${command}`);
    counts.failed++;
  }
  await tell(counts);
}

/** Says how it ended, in the last line and the exit code. */
async function tell({ passed, failed, skipped }) {
  const line = `${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`;
  await finish(failed === 0 ? 0 : 1, line);
}

async function finish(code, line) {
  await endAll(mark);
  rmSync(folder, { recursive: true, force: true });
  if (line !== undefined) console.log(line);
  process.exit(code);
}

/** Runs a program to its end; resolves to its exit code. Once interrupted, nothing is run and nothing goes on. */
function run(command, options) {
  return new Promise((resolve) => {
    if (interrupted) return;
    const child = spawn(command, options, { cwd: root, env: environment, stdio: ['ignore', 'inherit', 'inherit'] });
    child.on('error', (error) => {
      console.error(`${command} did not start: ${error.message}`);
      resolve(1);
    });
    child.on('close', (code) => {
      if (!interrupted) resolve(code ?? 1);
    });
  });
}
