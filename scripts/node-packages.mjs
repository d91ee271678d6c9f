// Whether node_modules holds what package-lock.json asks for.

import { readFileSync } from 'node:fs';

/**
 * Compares the lock file of the repository with the one that npm leaves in node_modules.
 *
 * @param {string} root the repository's folder, ending in `/`
 * @returns {boolean} false when a package is missing or has another version: `npm ci` is due
 */
export function nodePackagesAreCurrent(root) {
  const installed = readPackages(`${root}node_modules/.package-lock.json`);
  if (installed === undefined) return false;
  const wanted = readPackages(`${root}package-lock.json`) ?? {};
  return Object.entries(wanted).every(([path, wants]) => {
    const has = installed[path];
    // npm leaves out the root itself and what was made for other machines.
    if (has === undefined) return path === '' || wants.optional === true;
    return has.version === wants.version && has.resolved === wants.resolved && sameNames(has, wants);
  });
}

/** A workspace has no version of its own that moves: what it depends on tells whether it changed. */
function sameNames(has, wants) {
  return JSON.stringify(has.dependencies) === JSON.stringify(wants.dependencies);
}

function readPackages(path) {
  try {
    return JSON.parse(readFileSync(path, 'utf8')).packages;
  } catch (error) {
    if (error.code === 'ENOENT' || error instanceof SyntaxError) return undefined;
    throw error;
  }
}
