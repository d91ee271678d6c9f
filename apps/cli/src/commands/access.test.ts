// The commands about logins and links, on a folder of their own.

import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { runCommand } from '../cli.ts';

vi.setConfig({ testTimeout: 30_000 });

let folder: string;
let said: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'ganglion-cli-'));
  writeFileSync(join(folder, 'ganglion.toml'), '[web]\norigins = ["https://monitor.example.com"]\n');
  said = '';
  vi.spyOn(process.stdout, 'write').mockImplementation((text) => {
    said += text;
    return true;
  });
});

afterEach(() => {
  vi.restoreAllMocks();
  rmSync(folder, { recursive: true });
});

/** Runs a command with the settings file of the test; returns what it said. */
async function run(words: string[], typed = ''): Promise<string> {
  said = '';
  vi.spyOn(process, 'stdin', 'get').mockReturnValue(Readable.from([typed]) as typeof process.stdin);
  await runCommand([...words, '--config', join(folder, 'ganglion.toml')]);
  return said;
}

const inFolder = (name: string) => join(folder, 'ganglion-access', name);

test('users are added, listed, changed and removed, beside the settings file', async () => {
  expect(await run(['user', 'list'])).toBe('Nobody may log in yet.\n');
  expect(await run(['user', 'add', 'ada', '--role', 'admin'], 'correct horse\n')).toBe('ada may log in, as admin.\n');
  expect(statSync(inFolder('users.json')).mode & 0o777).toBe(0o600);
  expect(readFileSync(inFolder('users.json'), 'utf8')).not.toContain('horse');
  await run(['user', 'add', 'bob'], 'battery staple\n');
  expect(await run(['user', 'list'])).toBe('ada  admin\nbob  viewer\n');
  expect(await run(['user', 'add', 'ada'], 'another one\n')).toBe('ada has another password, as viewer.\n');
  expect(await run(['user', 'remove', 'bob'])).toBe('bob may not log in any more.\n');
  expect(await run(['user', 'list'])).toBe('ada  viewer\n');
  await expect(run(['user', 'remove', 'bob'])).rejects.toMatchObject({ code: 'ACCESS_UNKNOWN', configuration: true });
  await expect(run(['user', 'add', 'carl'], 'short\n')).rejects.toMatchObject({ code: 'ACCESS_INVALID' });
  await expect(run(['user', 'add', 'carl'])).rejects.toMatchObject({ code: 'PASSWORD_MISSING' });
});

test('links are printed, listed and revoked', async () => {
  const printed = await run(['link', '--scope', 'site1.#', '--days', '2']);
  const [, id = ''] = /^https:\/\/monitor\.example\.com\/link\/([\w-]+)\.[\w-]{43}\n$/.exec(printed) ?? [];
  const list = await run(['link', 'list']);
  expect(list).toMatch(new RegExp(`^${id} {2}site1\\.# {2}until \\d{4}-\\d\\d-\\d\\d \\d\\d:\\d\\d UTC\n$`));
  // A list is no set of keys.
  expect(list + readFileSync(inFolder('links.json'), 'utf8')).not.toContain(printed.trim().split('.').at(-1));
  expect(statSync(inFolder('key.json')).mode & 0o777).toBe(0o600);
  expect(await run(['link', 'revoke', id])).toBe(`Link ${id} shows nothing any more.\n`);
  expect(await run(['link', 'list'])).toBe('There are no links.\n');
  await expect(run(['link', 'revoke', id])).rejects.toMatchObject({ code: 'ACCESS_UNKNOWN' });
});
