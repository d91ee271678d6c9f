// A whole WebSocket message as it goes over the line, header and all, written once for everyone who is sent it.

/// <reference path="./ws-sender.d.ts" />

import { Sender } from 'ws';

const TEXT = 0x01;
const BINARY = 0x02;

/** Makes a message ready for any number of clients. Text in UTF-8 goes out as text, unless `binary`. */
export function messageOf(payload: string | Uint8Array, binary = false): Buffer {
  // The library joins what it has masked; a server masks nothing.
  return Buffer.concat(
    Sender.frame(typeof payload === 'string' ? Buffer.from(payload) : payload, {
      fin: true,
      mask: false,
      opcode: binary ? BINARY : TEXT,
      readOnly: true,
      rsv1: false,
    }),
  );
}
