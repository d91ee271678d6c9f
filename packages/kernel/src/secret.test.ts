import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { readSecret } from './secret.ts';

const folder = mkdtempSync(join(tmpdir(), 'secret-'));
afterAll(() => rmSync(folder, { recursive: true }));

const fileOf = (text: string) => {
  const file = join(folder, 'secret');
  writeFileSync(file, text);
  return { file };
};

it('is read from a file or a variable, without the line ends after it', () => {
  expect(readSecret('a.secret', fileOf('s3cret\r\n\n'))).toBe('s3cret');
  expect(readSecret('a.secret', { env: 'HERE' }, { HERE: 's3cret\n' })).toBe('s3cret');
});

it.each([
  ['a file that is not there', { file: join(folder, 'none') }, /^setting a\.secret: the file .* cannot be read/],
  ['one without an end', { file: '/dev/zero' }, /it is larger than 65536 bytes/],
  ['one that is empty', { file: '/dev/null' }, /it is empty/],
  ['a variable that is not set', { env: 'NOT_SET' }, /the variable NOT_SET is not set/],
  ['one of several lines', { env: 'LINES' }, /it has more than one line/],
])('refuses %s, and tells nothing of what is in it', (_what, place, why) => {
  const read = () => readSecret('a.secret', place, { LINES: 'first\nsecond' });
  expect(read).toThrow(why);
  expect(read).toThrow(
    expect.objectContaining({ code: 'SECRET_UNREADABLE', message: expect.not.stringContaining('second') }),
  );
});
