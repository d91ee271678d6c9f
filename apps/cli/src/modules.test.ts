import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { defineModule, defineTopic, type Module } from '@ganglion/kernel';
import Type from 'typebox';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { listenersFirst } from './listeners-first.ts';
import { loadModule, loadModules } from './modules.ts';

// Loading the compiler and every module may take its time on a busy machine.
vi.setConfig({ testTimeout: 30_000 });

/** Writes files into a folder that has no node_modules anywhere above it; returns the path of the first. */
function files(...texts: [name: string, text: string][]): string {
  const folder = mkdtempSync(join(tmpdir(), 'strangers-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  for (const [name, text] of texts) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), text);
  }
  return join(folder, texts[0]?.[0] ?? '');
}

const MOOD = `
import { defineModule, defineTopic } from '@ganglion/kernel';
import { measure } from '@ganglion/topics';
import Type from 'typebox';
import { Value } from 'typebox/value';
import { limit } from './limit';
const mood = defineTopic('mood', Type.Object({ mood: Type.String() }));
export default defineModule({
  name: 'mood',
  listens: { measure },
  publishes: { mood },
  config: Type.Object({ limit: Type.Number({ default: Value.Clone(limit) }) }),
  start: () => ({ measure: ({ source }) => mood(source, { mood: 'calm' }) }),
});
`;

describe('a module in a file', () => {
  test.each([
    ['mood.ts', 'limit.ts', 'export const limit: number = await Promise.resolve(80);'],
    ['mood.mts', 'limit.ts', 'export const limit = 80 as const;'],
    ['mood.js', 'limit.js', 'export const limit = 80;'],
    ['mood.mjs', 'limit.mjs', 'export const limit = 80;'],
    ['deep/down/mood.ts', 'deep/down/limit.ts', 'export const limit = 80;'],
  ])('is loaded from %s in a folder without packages', async (name, other, text) => {
    const module = await loadModule(files([name, MOOD], [other, text]));
    expect(module).toMatchObject({ name: 'mood', config: { properties: { limit: { default: 80 } } } });
  });

  test('may be written as CommonJS', async () => {
    const text =
      "const { defineModule } = require('@ganglion/kernel');\nmodule.exports = defineModule({ name: 'old', start() {} });";
    expect(await loadModule(files(['old.cjs', text]))).toMatchObject({ name: 'old' });
  });

  test.each([
    ['a syntax error', 'export default {', 'MODULE_UNREADABLE'],
    ['an error of its own', "throw new Error('no luck\\ntoday');", 'MODULE_UNREADABLE'],
    ['a package that is not there', "import 'left-pad';", 'MODULE_UNREADABLE'],
    ['a file that is not there', "import './nowhere.ts';", 'MODULE_UNREADABLE'],
    ['no default export', 'export const x = 1;', 'MODULE_INVALID'],
    ['another default export', "export default { name: 'x' };", 'MODULE_INVALID'],
    ['nothing at all', '', 'MODULE_INVALID'],
    [
      'a bad name',
      "import { defineModule } from '@ganglion/kernel';\nexport default defineModule({ name: 'A B', start() {} });",
      'MODULE_INVALID',
    ],
  ])('with %s is refused in one line', async (_what, text, code) => {
    await expect(loadModule(files(['bad.ts', text]))).rejects.toMatchObject({
      code,
      configuration: true,
      message: expect.stringMatching(/^[^\n]+$/),
    });
  });

  test.each([
    ['./nowhere.ts', 'there is no such file'],
    ['trackr', 'did you mean "tracker"?'],
    ['mood', 'there is no built-in module of that name;'],
    [tmpdir(), 'there is no such file'],
  ])('is not found as %s', async (name, text) => {
    await expect(loadModule(name)).rejects.toMatchObject({
      code: 'MODULE_NOT_FOUND',
      configuration: true,
      message: expect.stringContaining(text),
    });
  });
});

describe('modules in one process', () => {
  const a = defineTopic('a', Type.Object({}));
  const b = defineTopic('b', Type.Object({}));
  const source = defineModule({ name: 'source', publishes: { a }, start() {} });
  const middle = defineModule({ name: 'middle', listens: { a }, publishes: { b }, start: () => ({ a() {} }) });
  const sink = defineModule({ name: 'sink', listens: { b }, start: () => ({ b() {} }) });
  const echo = defineModule({ name: 'echo', listens: { a }, publishes: { a }, start: () => ({ a() {} }) });

  test('start with those that listen', () => {
    const names = (modules: Module[]) => listenersFirst(modules).map(({ name }) => name);
    expect(names([source, middle, sink])).toEqual(['sink', 'middle', 'source']);
    expect(names([sink, source, middle])).toEqual(['sink', 'middle', 'source']);
    expect(names([source, echo])).toEqual(['echo', 'source']);
  });

  test('have different names', async () => {
    const names = (await loadModules([files(['mood.ts', MOOD], ['limit.ts', 'export const limit = 80;'])])).map(
      ({ name }) => name,
    );
    expect(names).toEqual([
      'tracker',
      'analyzer',
      'presence',
      'notifier',
      'recorder',
      'exporter',
      'importer',
      'web',
      'mood',
    ]);
    const path = files([
      'own.mjs',
      "import { defineModule } from '@ganglion/kernel';\nexport default defineModule({ name: 'web', start() {} });",
    ]);
    await expect(loadModules([path])).rejects.toMatchObject({ code: 'MODULE_TWICE', configuration: true });
  });
});
