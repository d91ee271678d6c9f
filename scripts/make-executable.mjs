// Makes one executable of a program: a copy of this Node with the program inside, by Node's own way for single
// executable applications. It runs on machines of this one's kind, with its C library or a newer one.

import { spawnSync } from 'node:child_process';
import { chmodSync, copyFileSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** What Node looks for to know that a program is inside. */
const FUSE = 'NODE_SEA_FUSE_fce680ab2cc467b6e072b8b5df1996b2';

/**
 * Writes the executable.
 *
 * @param {string} path of the executable, in a folder that is there; it is replaced when the new one is whole
 * @param {(path: string) => Promise<void>} writeProgram writes the program, plain JavaScript as CommonJS
 * @param {object} settings more for Node's configuration of it, as `useCodeCache`
 * @param {{ strip?: boolean }} options whether it goes without names for a debugger; by default it does
 */
export async function makeExecutable(path, writeProgram, settings = {}, { strip = true } = {}) {
  const { inject } = await import('postject');
  const folder = mkdtempSync(join(tmpdir(), 'ganglion-executable-'));
  // Beside its place, so that it gets there in one move.
  const made = `${path}.${process.pid}.part`;
  try {
    const [blob, config, main] = ['blob', 'config.json', 'main.cjs'].map((name) => join(folder, name));
    await writeProgram(main);
    writeFileSync(
      config,
      JSON.stringify({ main, output: blob, disableExperimentalSEAWarning: true, useCodeCache: false, ...settings }),
    );
    run(process.execPath, '--experimental-sea-config', config);
    copyFileSync(process.execPath, made);
    chmodSync(made, 0o755);
    // Where there is no such program, they stay.
    if (strip) spawnSync('strip', [made], { stdio: 'ignore' });
    await quietly(() => inject(made, 'NODE_SEA_BLOB', readFileSync(blob), { sentinelFuse: FUSE }));
    renameSync(made, path);
  } finally {
    rmSync(folder, { recursive: true, force: true });
    rmSync(made, { force: true });
  }
}

function run(command, ...options) {
  const { status, stderr, error } = spawnSync(command, options, { encoding: 'utf8' });
  if (status !== 0) throw new Error(`${command} ${options[0]}: ${error?.message ?? stderr}`);
}

/** The injector minds notes in Node's own file that it does not know, and says so on stderr. */
async function quietly(work) {
  const warn = console.warn;
  console.warn = () => {};
  try {
    await work();
  } finally {
    console.warn = warn;
  }
}
