import { PassThrough, Readable } from 'node:stream';
import { expect, test } from 'vitest';
import { readPassword } from './password.ts';

/** A terminal on which somebody types. */
function terminal(...typed: string[]) {
  const raw: boolean[] = [];
  let shown = '';
  const stdin = Object.assign(new PassThrough(), { isTTY: true, setRawMode: (on: boolean) => raw.push(on) });
  for (const piece of typed) stdin.write(piece);
  const stderr = {
    write: (text: string) => {
      shown += text;
    },
  };
  return { stdin, stderr, raw, shown: () => shown };
}

test('on a terminal it is typed twice and never shown', async () => {
  const { stdin, stderr, raw, shown } = terminal('sec', 'rex\u007fT\r', 'secreT\r');
  expect(await readPassword('Password: ', { stdin, stderr })).toBe('secreT');
  expect(shown()).toBe('Password: \nOnce more: \n');
  expect(raw).toEqual([true, false]);
});

test.each([
  ['the two differ', ['one\r', 'two\r'], 'not the same'],
  ['Ctrl-C is typed', ['on\u0003'], 'not typed to the end'],
])('when %s there is none, and the terminal is as it was', async (_what, typed, why) => {
  const { stdin, stderr, raw } = terminal(...typed);
  await expect(readPassword('Password: ', { stdin, stderr })).rejects.toMatchObject({
    code: 'PASSWORD_MISSING',
    configuration: true,
    message: expect.stringContaining(why),
  });
  expect(raw).toEqual([true, false]);
});

test('from a pipe it is one line', async () => {
  const { stderr } = terminal();
  expect(await readPassword('', { stdin: Readable.from(['sec', 'ret\r\nmore']), stderr })).toBe('secret');
  await expect(readPassword('', { stdin: Readable.from([]), stderr })).rejects.toMatchObject({
    code: 'PASSWORD_MISSING',
  });
});
