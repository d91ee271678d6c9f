// Where another process asks something of the recorder that has the folder: a socket beside the file, that only its user may open.
// One line comes, a JSON object, and one goes back.

import { rmSync } from 'node:fs';
import { createConnection, createServer, type Socket } from 'node:net';
import { join } from 'node:path';
import { reasonOf } from '@ganglion/kernel';

const NAME = 'counter';

/** Of a line. */
const LINE_CHARACTERS_MAX = 8_192;

/** Others that ask at once. */
const CONNECTIONS_MAX = 4;

/** What may be asked. */
export interface Asked {
  /** Where to put a copy. */
  readonly backup: string;
}

/**
 * Opens the counter. Resolves when it is open, and to nothing when it cannot be, as in a folder with too long a name.
 *
 * @returns a function that closes it
 */
export function openCounter(
  folder: string,
  answer: (asked: Asked) => Promise<void>,
): Promise<(() => void) | undefined> {
  const path = join(folder, NAME);
  // Whoever opens it has the lock of the folder: what stands there is of one that was killed.
  rmSync(path, { force: true });
  const server = createServer({ allowHalfOpen: true }, (socket) => void serve(socket, answer));
  server.maxConnections = CONNECTIONS_MAX;
  return new Promise((resolve) => {
    server.on('error', () => resolve(undefined));
    server.listen({ path, readableAll: false, writableAll: false }, () => resolve(() => server.close()));
    server.unref();
  });
}

async function serve(socket: Socket, answer: (asked: Asked) => Promise<void>): Promise<void> {
  socket.on('error', () => socket.destroy());
  try {
    const asked: unknown = JSON.parse(await lineOf(socket));
    if (typeof asked !== 'object' || asked === null || !('backup' in asked) || typeof asked.backup !== 'string') {
      throw new Error('nothing of ours was asked');
    }
    await answer({ backup: asked.backup });
    socket.end('{"done":true}\n');
  } catch (error) {
    socket.end(`${JSON.stringify({ failed: reasonOf(error) })}\n`);
  }
}

/**
 * Asks the recorder that has a folder. Rejects with what it says when it cannot, or when nobody is there.
 */
export async function askCounter(folder: string, asked: Asked): Promise<void> {
  const socket = createConnection({ path: join(folder, NAME) });
  const said = lineOf(socket);
  socket.end(`${JSON.stringify(asked)}\n`);
  const answer: unknown = JSON.parse(await said);
  if (typeof answer === 'object' && answer !== null && 'done' in answer) return;
  const why = typeof answer === 'object' && answer !== null && 'failed' in answer ? String(answer.failed) : 'no answer';
  throw new Error(why);
}

/** What is said up to the first end of a line, or to the end of all. */
function lineOf(socket: Socket): Promise<string> {
  return new Promise((resolve, reject) => {
    let line = '';
    socket.setEncoding('utf8');
    socket.on('data', (text: string) => {
      line += text;
      if (line.includes('\n')) resolve(line);
      else if (line.length > LINE_CHARACTERS_MAX) reject(new Error('too much was said'));
    });
    socket.on('end', () => resolve(line));
    socket.on('error', reject);
  });
}
