import { chmodSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Type from 'typebox';
import { expect, onTestFinished, test } from 'vitest';
import { AccessFile } from './access-file.ts';
import { Key } from './key.ts';
import { Links } from './links.ts';
import { HASH_PATTERN, hashPassword, isPassword, NO_HASH } from './password.ts';
import { Sessions, USER_SESSIONS_MAX } from './sessions.ts';
import { Users } from './users.ts';

function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'ganglion-access-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  return folder;
}

const fileIn = (folder: string) => new AccessFile(join(folder, 'words.json'), Type.Array(Type.String()), []);

test('a file is for its owner alone, replaced as a whole, and read again when another has changed it', () => {
  const folder = join(temporaryFolder(), 'made', 'for it');
  const file = fileIn(folder);
  expect(file.read()).toEqual([]);
  file.write(['a']);
  expect(statSync(file.path).mode & 0o777).toBe(0o600);
  expect(statSync(folder).mode & 0o777).toBe(0o700);
  const inode = statSync(file.path).ino;
  fileIn(folder).write(['a', 'b']);
  expect(file.read()).toEqual(['a', 'b']);
  expect(statSync(file.path).ino).not.toBe(inode);
  expect(readdirSync(folder)).toEqual(['words.json']);
  rmSync(file.path);
  expect(file.read()).toEqual([]);
});

test.each([
  ['cut short', '["a', 'ACCESS_FILE_INVALID'],
  ['of something else', '[1]', 'ACCESS_FILE_INVALID'],
])('a file that is %s is told once, and what was read before holds', (_what, text, code) => {
  const file = fileIn(temporaryFolder());
  file.write(['a']);
  writeFileSync(file.path, text);
  expect(() => file.read()).toThrow(expect.objectContaining({ code, configuration: true }));
  expect(file.read()).toEqual(['a']);
});

test('a file that others may read is not used', () => {
  const file = fileIn(temporaryFolder());
  file.write(['a']);
  chmodSync(file.path, 0o640);
  expect(() => file.read()).toThrow(expect.objectContaining({ code: 'ACCESS_FILE_OPEN' }));
});

test('a password is not in the file, and two of the same do not look alike', async () => {
  const folder = temporaryFolder();
  const users = new Users(folder);
  await users.put('ada', 'admin', 'correct horse');
  await users.put('bob', 'viewer', 'correct horse');
  const text = readFileSync(users.path, 'utf8');
  expect(text).not.toContain('horse');
  const [ada, bob] = users.list();
  expect(ada).toMatchObject({ name: 'ada', role: 'admin', password: expect.stringMatching(/^scrypt\$15\$8\$3\$/) });
  expect(bob?.password).not.toBe(ada?.password);
  await expect(users.put('carl', 'viewer', 'short')).rejects.toMatchObject({ code: 'ACCESS_INVALID' });
  await expect(users.put('c\nd', 'viewer', 'long enough')).rejects.toMatchObject({ code: 'ACCESS_INVALID' });
  users.remove('ada');
  expect(users.list().map(({ name }) => name)).toEqual(['bob']);
  expect(() => users.remove('ada')).toThrow(expect.objectContaining({ code: 'ACCESS_UNKNOWN' }));
});

test('a name that nobody has is compared with a hash that costs as much as any other', async () => {
  const costOf = (hashed: string) => hashed.split('$').slice(0, 4);
  expect(NO_HASH).toMatch(new RegExp(HASH_PATTERN));
  expect(costOf(NO_HASH)).toEqual(costOf(await hashPassword('correct horse')));
  expect(await isPassword('', NO_HASH)).toBe(false);
});

test('a token of one kind, or of another key, is none of this one', () => {
  const key = new Key(temporaryFolder());
  const token = key.sign('link', 'abc');
  expect(key.idOf('link', token)).toBe('abc');
  expect(key.idOf('session', token)).toBeUndefined();
  expect(key.idOf('link', token.replace('abc', 'abd'))).toBeUndefined();
  expect(key.idOf('link', `abc.${'A'.repeat(43)}`)).toBeUndefined();
  expect(key.idOf('link', 'abc')).toBeUndefined();
  const other = new Key(temporaryFolder());
  other.make();
  expect(other.idOf('link', token)).toBeUndefined();
  // Without a key nothing was signed.
  expect(new Key(temporaryFolder()).idOf('link', token)).toBeUndefined();
});

test('sessions end, are bounded for each user, and outlive a restart', () => {
  const folder = temporaryFolder();
  const fault = (error: unknown) => {
    throw error;
  };
  const sessions = new Sessions(folder, fault);
  const bobs = sessions.begin('bob', 0, 1000);
  const adas = Array.from({ length: USER_SESSIONS_MAX + 1 }, () => sessions.begin('ada', 1, 1000).id);
  const restarted = new Sessions(folder, fault);
  restarted.read();
  const held = adas.map((id) => restarted.find(id, 2) !== undefined);
  expect(held).toEqual([false, ...new Array(USER_SESSIONS_MAX).fill(true)]);
  expect(restarted.find(bobs.id, 2)).toMatchObject({ user: 'bob' });
  expect(restarted.find(bobs.id, 1000)).toBeUndefined();
  restarted.end(adas[1] ?? '');
  sessions.read();
  expect(sessions.find(adas[1] ?? '', 2)).toBeUndefined();
});

test('a link ends on its day, and an ended one makes room', () => {
  const folder = temporaryFolder();
  const [links, key] = [new Links(folder), new Key(folder)];
  const id = key.idOf('link', links.make(key, 'site1.#', 1, 0)) ?? '';
  expect(links.find(id, 86_399_999)).toMatchObject({ scope: 'site1.#' });
  expect(links.find(id, 86_400_000)).toBeUndefined();
  links.make(key, 'site2.#', 1, 86_400_000);
  expect(links.list()).toHaveLength(1);
  expect(() => links.make(key, 'site\n#', 1, 0)).toThrow(expect.objectContaining({ code: 'ACCESS_INVALID' }));
});
