// The command as a person meets it, and what it says when it cannot.

import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { ganglion, type Program, ROOT } from './support/program.ts';
import { listenPlain } from './support/socket.ts';

let folder: string;

beforeAll(() => {
  // Inside the repository, so that the packages that a module's file imports are found.
  mkdirSync(join(ROOT, '.build'), { recursive: true });
  folder = mkdtempSync(join(ROOT, '.build/command-'));
});

afterAll(() => rmSync(folder, { recursive: true }));

/** Writes a module's file; returns its path. */
function moduleFile(name: string, definition: string): string {
  const path = join(folder, name);
  const imports = `import { defineModule, defineTopic } from '@ganglion/kernel';\nimport Type from 'typebox';\n`;
  writeFileSync(path, `${imports}export default defineModule(${definition});\n`);
  return path;
}

/** The address that `up` prints. */
async function urlOf(up: Program): Promise<string> {
  return (await up.lines.first((line) => line.includes('http://'))).trim();
}

describe('a start that fails', () => {
  test.each([
    ['a bad setting', ['up', '--interval', '0'], 'SETTING_INVALID'],
    ['a tap on a broker that does not answer', ['tap', '--broker', 'amqp://127.0.0.1:1'], 'BROKER_UNREACHABLE'],
    ['limits out of order', ['up', '--port', '0', '--analyzer.bands.medium_from', '80'], 'LIMITS_OUT_OF_ORDER'],
    ['a page for everyone without a login', ['up', '--port', '0', '--host', '0.0.0.0'], 'LOGIN_MISSING'],
    ['a certificate without its key', ['up', '--port', '0', '--tls-cert', 'page.pem'], 'TLS_INCOMPLETE'],
    ['a health file that cannot be', ['up', '--health-file', '/proc/no/health'], 'HEALTH_FILE_UNWRITABLE'],
  ])('for %s is one line, and exit code 2', async (_what, words, code) => {
    const program = ganglion(...words);
    expect(await program.ended).toEqual({ code: 2, signal: null });
    expect(program.errors.items).toEqual([expect.stringMatching(new RegExp(`^ganglion: .+: .+; .+ \\[${code}\\]$`))]);
    expect(program.lines.items).toEqual([]);
  });

  test('for a port that is taken is one line, and exit code 2', async () => {
    const server = createServer();
    await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
    onTestFinished(() => void server.close());
    const { port } = server.address() as AddressInfo;
    const up = ganglion('up', '--port', String(port));
    expect(await up.ended).toEqual({ code: 2, signal: null });
    expect(up.errors.items).toEqual([expect.stringMatching(/^ganglion: .+: .+; .+ \[PORT_TAKEN\]$/)]);
    expect(up.lines.items).toEqual([]);
  });

  test('for an error in the code of a module is exit code 1, and says where only when debugging', async () => {
    const path = moduleFile('broken.mjs', "{ name: 'broken', start() { throw new TypeError('no luck\\ntoday'); } }");
    const up = ganglion('up', '--port', '0', '--with', path);
    expect(await up.ended).toEqual({ code: 1, signal: null });
    const line = /^ganglion: module broken did not start: no luck; .* \[MODULE_FAILED\]$/;
    expect(up.errors.items).toEqual([expect.stringMatching(line)]);

    const debugging = ganglion('up', '--port', '0', '--with', path, '--log-level', 'debug');
    await debugging.errors.first((text) => text.includes('broken.mjs:'));
  });
});

describe('up', () => {
  test('shows this machine from one process, and stops in order at the first signal', async () => {
    const up = ganglion('up', '--port', '0', '--machine', 'db-01.example.com', '--interval', '100ms');
    const heard = await (await listenPlain(Number(new URL(await urlOf(up)).port))).first(() => true);
    expect(heard).toMatchObject({ machine: 'db-01.example.com', cpu_result: expect.stringMatching(/LOW|MEDIUM|HIGH/) });
    expect(up.lines.items.filter((line) => /^ {2}(tracker|analyzer|presence|web)/.test(line))).toEqual([
      '  tracker   publishes measure',
      '  presence  listens to measure, pulse, publishes birth, death, outage',
      expect.stringMatching(/^ {2}analyzer {2}listens to measure, .*publishes analysis, /),
      expect.stringMatching(/^ {2}web {7}listens to analysis, .*asks past$/),
    ]);

    // npm passes on a Ctrl-C that the terminal has sent too: one keystroke, one stop.
    up.signal('SIGINT');
    expect(await up.stop('SIGINT')).toEqual({ code: 0, signal: null });
  });

  test("runs strangers' modules with settings of their own, and stops those that publish first", async () => {
    const tick = `defineTopic('tick', Type.Object({ word: Type.String() }))`;
    const publisher = moduleFile(
      'publisher.ts',
      `{
        name: 'publisher',
        publishes: { tick: ${tick} },
        config: Type.Object({ word: Type.String({ default: 'none' }) }),
        start: ({ config, emit, log, onStop }) => {
          onStop(() => log.info({}, 'publisher has stopped'));
          setImmediate(() => emit(${tick}('here', { word: config.word as string })));
        },
      }`,
    );
    const listener = moduleFile(
      'listener.ts',
      `{
        name: 'listener',
        listens: { tick: ${tick} },
        start: ({ log, onStop }) => {
          onStop(() => log.info({}, 'listener has stopped'));
          return { tick: ({ body }) => log.info({}, 'heard ' + body.word) };
        },
      }`,
    );
    const up = ganglion('up', '--port', '0', '--with', publisher, '--with', listener, '--publisher.word', '007');
    await up.errors.first((line) => line.includes('heard 007'));
    expect(await up.stop('SIGTERM')).toEqual({ code: 0, signal: null });
    const stopped = up.errors.items.flatMap((line) => /(\w+) has stopped/.exec(line)?.[1] ?? []);
    expect(stopped).toEqual(['publisher', 'listener']);
  });

  test('ends at once at the second signal', async () => {
    const stuck = moduleFile(
      'stuck.mjs',
      "{ name: 'stuck', start: ({ onStop }) => onStop(() => new Promise(() => {})) }",
    );
    const up = ganglion('up', '--port', '0', '--with', stuck);
    await urlOf(up);
    up.signal('SIGTERM');
    await up.errors.first((line) => line.includes('stopping in order'));
    expect(await up.stop('SIGTERM')).toEqual({ code: 143, signal: null });
  });

  test('keeps a health file while it runs, and removes it', async () => {
    const path = join(folder, 'health');
    const up = ganglion('up', '--port', '0', '--health-file', path);
    await urlOf(up);
    expect(readFileSync(path, 'utf8')).toMatch(/^\d{4}-\d\d-\d\dT/);
    await up.stop();
    expect(existsSync(path)).toBe(false);
  });

  test('that dies of an exception says so in one line', async () => {
    const bomb = moduleFile(
      'bomb.mjs',
      "{ name: 'bomb', start: () => void setImmediate(() => { throw new Error('boom'); }) }",
    );
    const up = ganglion('up', '--port', '0', '--with', bomb);
    expect(await up.ended).toEqual({ code: 1, signal: null });
    expect(up.errors.items.at(-1)).toMatch(/^ganglion: unexpected failure: boom; .* \[UNEXPECTED\]$/);
  });
});
