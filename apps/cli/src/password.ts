// Asking for a password: on a terminal without showing it, twice; elsewhere as one line of standard input.

import { passwordMissing } from './errors.ts';

/** Characters that are read at most: far more than a password may have. */
const CHARACTERS_MAX = 4096;

const ENTER = ['\r', '\n', '\u0004'];
const BACKSPACE = ['\b', '\u007f'];
const INTERRUPT = '\u0003';

/** Where it comes from and where the question goes; `process` has both. */
export interface Asked {
  readonly stdin: NodeJS.ReadableStream & { readonly isTTY?: boolean; setRawMode?(raw: boolean): unknown };
  readonly stderr: { write(text: string): unknown };
}

/**
 * Reads a new password.
 *
 * @throws CodedError `PASSWORD_MISSING`
 */
export async function readPassword(question: string, { stdin, stderr }: Asked): Promise<string> {
  if (stdin.isTTY !== true || stdin.setRawMode === undefined) return readLine(stdin);
  stdin.setRawMode(true);
  try {
    const keys = keysOf(stdin);
    stderr.write(question);
    const first = await typed(keys, stderr);
    stderr.write('Once more: ');
    if ((await typed(keys, stderr)) !== first) throw passwordMissing('the two were not the same');
    return first;
  } finally {
    stdin.setRawMode(false);
    stdin.pause();
  }
}

/** One line, without its end. */
async function readLine(stdin: NodeJS.ReadableStream): Promise<string> {
  let text = '';
  stdin.setEncoding('utf8');
  for await (const part of stdin) {
    text += part;
    if (text.includes('\n') || text.length > CHARACTERS_MAX) break;
  }
  const [line = ''] = text.split(/\r?\n/, 1);
  if (line === '') throw passwordMissing('standard input had none');
  return line;
}

async function typed(keys: AsyncIterator<string>, stderr: Asked['stderr']): Promise<string> {
  const characters: string[] = [];
  for (;;) {
    const { value: key, done } = await keys.next();
    if (done === true || key === INTERRUPT) {
      stderr.write('\n');
      throw passwordMissing('it was not typed to the end');
    }
    if (ENTER.includes(key)) {
      stderr.write('\n');
      return characters.join('');
    }
    if (BACKSPACE.includes(key)) characters.pop();
    else if (characters.length < CHARACTERS_MAX) characters.push(key);
  }
}

/** What is typed, a character at a time: what is pasted comes as one piece. */
async function* keysOf(stdin: NodeJS.ReadableStream): AsyncGenerator<string> {
  stdin.setEncoding('utf8');
  for await (const piece of stdin) yield* String(piece);
}
