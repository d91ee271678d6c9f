// Many clients in the page's dialect. They take what comes and look at none of it; what the first one got is written down,
// with the moment it came, when this program is asked to end.

import { WebSocket } from 'ws';
import { PAGE_PROTOCOL } from '../../modules/web/wire/frames.ts';
import { writeRecording } from './recording.ts';

/** Frames that are kept at most: minutes. */
const FRAMES_MAX = 50_000;

/** Opened at once: a server takes in as many as it can, and all others wait. */
const AT_ONCE = 20;

const [port = '', count = '', path = ''] = process.argv.slice(2);
const frames: { at_ms: number; data: Buffer; binary: boolean }[] = [];

for (let opened = 0; opened < Number(count); opened += AT_ONCE) {
  await Promise.all(
    Array.from({ length: Math.min(AT_ONCE, Number(count) - opened) }, (_, i) => open(opened + i === 0)),
  );
}

/** Resolves when the first message has come. */
function open(records: boolean): Promise<void> {
  const socket = new WebSocket(`ws://127.0.0.1:${port}/ws`, PAGE_PROTOCOL, { perMessageDeflate: false });
  socket.on('close', (code) => {
    console.error(`a client was closed: ${code}`);
    process.exit(1);
  });
  if (records) {
    socket.on('message', (data: Buffer, binary) => {
      if (frames.length < FRAMES_MAX) frames.push({ at_ms: Date.now(), data, binary });
    });
  }
  return new Promise((resolve, reject) => {
    socket.once('open', () => resolve());
    socket.once('error', reject);
  });
}

process.on('SIGTERM', () => {
  writeRecording(path, frames);
  process.exit();
});
console.log('ready');
