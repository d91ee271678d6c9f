import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { expect, onTestFinished, test } from 'vitest';
import { nodePackagesAreCurrent } from './node-packages.mjs';

const WANTED = {
  '': { name: 'root' },
  'node_modules/hono': { version: '4.1.0', resolved: 'hono-4.1.0.tgz' },
  'node_modules/esbuild-for-another-machine': { version: '1.0.0', optional: true },
  'modules/web': { version: '0.1.0', dependencies: { hono: '^4.1.0' } },
};
const { '': _root, 'node_modules/esbuild-for-another-machine': _other, ...INSTALLED } = WANTED;

function current(installed: unknown): boolean {
  const folder = mkdtempSync(`${tmpdir()}/packages-`);
  onTestFinished(() => rmSync(folder, { recursive: true }));
  writeFileSync(`${folder}/package-lock.json`, JSON.stringify({ packages: WANTED }));
  if (installed !== undefined) {
    mkdirSync(`${folder}/node_modules`);
    writeFileSync(`${folder}/node_modules/.package-lock.json`, JSON.stringify({ packages: installed }));
  }
  return nodePackagesAreCurrent(`${folder}/`);
}

test('a clone without node_modules is not current', () => {
  expect(current(undefined)).toBe(false);
});

test('what npm installed from this lock file is current', () => {
  expect(current(INSTALLED)).toBe(true);
});

test('a package of another version, a missing one and a new dependency of a workspace make it stale', () => {
  expect(current({ ...INSTALLED, 'node_modules/hono': { version: '4.0.0', resolved: 'hono-4.0.0.tgz' } })).toBe(false);
  expect(current({ 'modules/web': INSTALLED['modules/web'] })).toBe(false);
  expect(current({ ...INSTALLED, 'modules/web': { version: '0.1.0', dependencies: {} } })).toBe(false);
});
