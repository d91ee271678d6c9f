// A client of /ws in the plain dialect, as a ten-line script would be.

import { onTestFinished } from 'vitest';
import { WebSocket } from 'ws';
import { Collected } from './collected.ts';

/** One message of the plain dialect. */
export interface PlainAnalysis {
  readonly machine: string;
  readonly cpu_result: string;
  readonly time?: string;
  readonly [field: string]: unknown;
}

export interface PlainClient {
  readonly heard: Collected<PlainAnalysis>;
  /** Stops reading from the connection. */
  pause(): void;
  /** Reads again. */
  resume(): void;
}

/** Opens a socket for the time of the test and collects what it says. */
export async function connectPlain(port: number): Promise<PlainClient> {
  const socket = new WebSocket(`ws://127.0.0.1:${port}/ws`);
  onTestFinished(() => socket.terminate());
  const heard = new Collected<PlainAnalysis>();
  socket.on('message', (data) => heard.push(JSON.parse(String(data))));
  socket.on('close', (code) => heard.end(new Error(`the socket was closed (${code})`)));
  await new Promise<void>((resolve, reject) => {
    socket.on('open', resolve);
    socket.on('error', reject);
  });
  return { heard, pause: () => socket.pause(), resume: () => socket.resume() };
}

/** What a script hears that opens a socket now. */
export async function listenPlain(port: number): Promise<Collected<PlainAnalysis>> {
  return (await connectPlain(port)).heard;
}
