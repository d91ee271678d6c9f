// A program of one's own, with the notice as JSON on its standard input. It is started as it stands, by no shell, and is
// bounded in time and in what is read of it. Exit code 0 says that it has done it; any other, that it is to be tried again.

import { spawn } from 'node:child_process';
import Type from 'typebox';
import { defineChannel, NotSent } from '../channel.ts';
import type { Notice } from '../notice.ts';

/** What is kept of what it says when it fails; the rest is read and let go. */
const SAID_BYTES_MAX = 4_096;

/** What of it an error shows. */
const SHOWN_CHARACTERS = 160;

export const program = defineChannel({
  type: 'program',
  says: 'a program of your own, with the notice on its standard input',
  config: {
    command: Type.Array(Type.String(), {
      minItems: 1,
      maxItems: 100,
      description: 'The program and its arguments; no shell reads them',
      wanted: 'a list of texts, as ["/usr/local/bin/tell", "--loud"]',
    }),
    environment: Type.Array(Type.String({ minLength: 1 }), {
      default: [],
      description: 'Variables that it may see besides PATH, HOME, LANG and TZ',
      wanted: 'a list of names of variables',
    }),
  },
  open: ({ command, environment }) => {
    const [file = '', ...words] = command;
    const names = ['PATH', 'HOME', 'LANG', 'TZ', ...environment];
    return {
      send: async (notice, _thread, signal) => {
        await runProgram(file, words, environmentOf(names, notice), JSON.stringify(notice), signal);
        return undefined;
      },
    };
  },
});

/** Only what is named: our own environment may hold the secrets of other channels. */
function environmentOf(names: readonly string[], { key, kind, severity }: Notice): NodeJS.ProcessEnv {
  const passed = names.flatMap((name) => {
    const value = process.env[name];
    return value === undefined ? [] : [[name, value] as const];
  });
  return {
    ...Object.fromEntries(passed),
    NOTICE_KEY: key,
    NOTICE_KIND: kind,
    NOTICE_SEVERITY: severity,
  };
}

function runProgram(
  file: string,
  words: readonly string[],
  env: NodeJS.ProcessEnv,
  input: string,
  signal: AbortSignal,
): Promise<void> {
  return new Promise((resolve, reject) => {
    // A group of its own, so that what it has started ends with it.
    const child = spawn(file, words, { env, cwd: '/', detached: true, stdio: ['pipe', 'ignore', 'pipe'] });
    let said = '';
    const kill = () => {
      try {
        if (child.pid !== undefined) process.kill(-child.pid, 'SIGKILL');
      } catch {
        // It has ended.
      }
    };
    signal.addEventListener('abort', kill, { once: true });
    child.stderr.on('data', (chunk: Buffer) => {
      if (said.length < SAID_BYTES_MAX) said += chunk.toString('utf8', 0, SAID_BYTES_MAX);
    });
    // It may end without having read all, or any.
    child.stdin.on('error', () => {});
    child.stdin.end(input);
    child.on('error', (error) => reject(new NotSent(`it does not start: ${error.message}`)));
    child.on('exit', () => signal.removeEventListener('abort', kill));
    child.on('exit', (code, killed_by) => {
      if (code === 0) return resolve();
      const how = signal.aborted ? 'it took too long' : `it ended with ${code ?? killed_by}`;
      const last = said.trim().split('\n').at(-1)?.slice(0, SHOWN_CHARACTERS) ?? '';
      reject(new NotSent(last === '' ? how : `${how}: ${last}`));
      // What it has left running goes too.
      kill();
    });
    if (signal.aborted) kill();
  });
}
