#!/usr/bin/env node
// The command's doorstep. It is plain JavaScript that any Node reads, so that an old Node and a missing build get one
// clear line, and so that npm can link it before anything is built.

import { existsSync } from 'node:fs';

const main = new URL('../dist/main.js', import.meta.url);
const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);

if (major < 20 || (major === 20 && minor < 19)) {
  fail(`cannot start: this is Node ${process.versions.node}; install Node 20.19 or newer`);
} else if (!existsSync(main)) {
  fail('cannot start: the command is not built yet; run "npm run build" in its folder');
} else {
  await import(main.href);
}

/** @param {string} text */
function fail(text) {
  process.stderr.write(`ganglion: ${text}\n`);
  process.exitCode = 2;
}
