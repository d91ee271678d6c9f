// Frames as a client got them, each with its moment, in a file: a line of JSON about all, then their bytes.

import { readFileSync, writeFileSync } from 'node:fs';

/** One message of a WebSocket. */
export interface Recorded {
  /** When it came, epoch milliseconds. */
  readonly at_ms: number;
  readonly data: Buffer;
  readonly binary: boolean;
}

export function writeRecording(path: string, frames: readonly Recorded[]): void {
  const head = frames.map(({ at_ms, data, binary }) => [at_ms, data.length, binary ? 1 : 0]);
  writeFileSync(path, Buffer.concat([Buffer.from(`${JSON.stringify(head)}\n`), ...frames.map(({ data }) => data)]));
}

export function readRecording(path: string): Recorded[] {
  const file = readFileSync(path);
  const line_end = file.indexOf('\n');
  const head: [at_ms: number, bytes: number, binary: number][] = JSON.parse(file.toString('utf8', 0, line_end));
  let offset = line_end + 1;
  return head.map(([at_ms, bytes, binary]) => {
    const data = file.subarray(offset, offset + bytes);
    offset += bytes;
    return { at_ms, data, binary: binary === 1 };
  });
}
