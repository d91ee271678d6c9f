// What the types of ws do not tell: how it writes a message.

import 'ws';

declare module 'ws' {
  export const Sender: {
    /** A message of one frame: its header, and its payload. */
    frame(
      payload: Uint8Array,
      options: {
        readonly fin: boolean;
        readonly mask: boolean;
        readonly opcode: number;
        readonly readOnly: boolean;
        readonly rsv1: boolean;
      },
    ): Uint8Array[];
  };
}
