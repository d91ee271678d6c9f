// Reads a message of the socket. The subprotocol vouches for what a frame holds; what is looked at here is that it is
// one at all, so that a stranger on the other end cannot break the page.

import { unpack } from '../../../wire/columns.ts';
import type { Frame, TextFrame } from '../../../wire/frames.ts';

/** The frame in a message; undefined when it is none. A frame of an unknown type passes: nobody takes it. */
export function readFrame(data: unknown): Frame | undefined {
  if (data instanceof ArrayBuffer) return unpack(data);
  if (typeof data !== 'string') return undefined;
  try {
    const value: unknown = JSON.parse(data);
    return isFrame(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

function isFrame(value: unknown): value is TextFrame {
  if (typeof value !== 'object' || value === null) return false;
  if (!('type' in value) || typeof value.type !== 'string') return false;
  return 'sent_ms' in value && typeof value.sent_ms === 'number';
}
