// WebSocket frames as a hostile client writes them, byte by byte (RFC 6455).

import * as fc from 'fast-check';

/** What goes out at once: usually one frame that is a message of its own. */
export interface Shot {
  readonly bytes: Buffer;
  /** Messages in it that a server can tell of: a ping among the fragments of a text is one more. */
  readonly messages: number;
  /** It breaks the protocol: the server closes and reads nothing that comes after it. */
  readonly breaks: boolean;
}

/** Bytes that a message may have, and frames it may come in; see modules/web/server/client.ts. */
const MESSAGE_BYTES_MAX = 8_192;

interface FrameParts {
  readonly opcode: number;
  readonly fin?: boolean;
  /** The three reserved bits, 0 to 7. */
  readonly reserved?: number;
  readonly masked?: boolean;
  /** What it says its length is; its own by default. */
  readonly length?: bigint;
}

const OPCODES = { continuation: 0, text: 1, binary: 2, close: 8, ping: 9, pong: 10 } as const;
const RESERVED_OPCODES = [3, 4, 5, 6, 7, 11, 12, 13, 14, 15];

/** Close codes that nobody may send. */
const CLOSE_CODES = [0, 1, 999, 1004, 1005, 1006, 1015, 1016, 2999, 5000, 65_535];

/** Texts that somebody wrote with care: JSON of no meaning, of a wrong one, and none. */
const NASTY_TEXTS = [
  '',
  'null',
  '[]',
  '{}',
  '\u0000',
  '"\ud83d"',
  '{"__proto__":{"polluted":true}}',
  '{"constructor":{"prototype":{"polluted":true}}}',
  '{"type":"hello","server":"mine"}',
  '{"type":["subscribe"],"pattern":{"$ne":1}}',
  '{"type":"subscribe","pattern":"#"}',
  '{"key":"db-01.measure","source":"db-01","body":{"cpu_percentage":99}}',
  '<script>alert(1)</script>',
  'a\n{"level":"fatal","msg":"forged"}',
  '\u001b[2J\u202e',
  `${'['.repeat(500)}${']'.repeat(500)}`,
  `${'{"a":'.repeat(170)}1${'}'.repeat(170)}`,
  'x'.repeat(MESSAGE_BYTES_MAX),
];

/** Bytes that are no frame; the first of each has a reserved bit set, so that a server cannot wait for more. */
const NO_FRAMES = [
  'GET /ws HTTP/1.1\r\nHost: localhost\r\n\r\n',
  'POST /login HTTP/1.1\r\n\r\n',
  '\u00f0\u009f\u0092\u00a5',
  '\u00ff\u00ff\u00ff\u00ff\u00ff\u00ff\u00ff\u00ff\u00ff\u00ff',
  '\u0016\u0003\u0001',
  'AMQP\u0000\u0000\u0009\u0001',
  '{"type":"subscribe"}',
].map((text) => Buffer.from(text, 'latin1'));

export function frameOf(
  payload: Buffer,
  { opcode, fin = true, reserved = 0, masked = true, length }: FrameParts,
): Buffer {
  const head = [(fin ? 0x80 : 0) | (reserved << 4) | opcode];
  const said = length ?? BigInt(payload.length);
  const mask_bit = masked ? 0x80 : 0;
  if (said < 126n) head.push(mask_bit | Number(said));
  else if (said < 65_536n) head.push(mask_bit | 126, Number(said >> 8n), Number(said & 0xffn));
  else {
    const long = Buffer.alloc(8);
    long.writeBigUInt64BE(said);
    head.push(mask_bit | 127, ...long);
  }
  if (!masked) return Buffer.concat([Buffer.from(head), payload]);
  // A mask of noughts changes nothing; a server that forgot to unmask would pass with it, so it is another.
  const mask = Buffer.from([0x5a, 0x01, 0xfe, 0x33]);
  return Buffer.concat([Buffer.from(head), mask, payload.map((byte, i) => byte ^ (mask[i % 4] ?? 0))]);
}

/** The ordinary end. */
export const GOODBYE = frameOf(Buffer.from([0x03, 0xe8]), { opcode: OPCODES.close });

const ownOf = (bytes: Buffer): Shot => ({ bytes, messages: 1, breaks: false });
const breakOf = (bytes: Buffer): Shot => ({ bytes, messages: 1, breaks: true });

const bytesUpTo = (maxLength: number) => fc.uint8Array({ maxLength }).map((bytes) => Buffer.from(bytes));

const texts: fc.Arbitrary<Buffer> = fc
  .oneof(fc.constantFrom(...NASTY_TEXTS), fc.json(), fc.string({ unit: 'binary', maxLength: 200 }))
  .map((text) => Buffer.from(text))
  .filter(({ length }) => length <= MESSAGE_BYTES_MAX);

/** A text in several frames, with a ping among them. */
const crumbs: fc.Arbitrary<Shot> = fc.tuple(texts, fc.integer({ min: 1, max: 20 })).map(([text, n]) => {
  const each = Math.ceil(text.length / n);
  const parts = Array.from({ length: n }, (_, i) => text.subarray(i * each, (i + 1) * each));
  const frames = parts.map((part, i) =>
    frameOf(part, { opcode: i === 0 ? OPCODES.text : OPCODES.continuation, fin: i === n - 1 }),
  );
  frames.splice(1, 0, ...(n > 1 ? [frameOf(Buffer.from('now?'), { opcode: OPCODES.ping })] : []));
  return { bytes: Buffer.concat(frames), messages: n > 1 ? 2 : 1, breaks: false };
});

/** What the protocol allows; some of it the server does not. */
export const allowed: fc.Arbitrary<Shot> = fc.oneof(
  { arbitrary: texts.map((text) => ownOf(frameOf(text, { opcode: OPCODES.text }))), weight: 6 },
  { arbitrary: crumbs, weight: 1 },
  {
    arbitrary: fc
      .tuple(fc.constantFrom(OPCODES.ping, OPCODES.pong), bytesUpTo(125))
      .map(([opcode, bytes]) => ownOf(frameOf(bytes, { opcode }))),
    weight: 2,
  },
);

export const binary: fc.Arbitrary<Shot> = bytesUpTo(300).map((bytes) =>
  ownOf(frameOf(bytes, { opcode: OPCODES.binary })),
);

/** What the protocol forbids. */
export const breaking: fc.Arbitrary<Shot> = fc
  .oneof(
    // Larger than what is taken, by its size or by what it says its size is.
    fc
      .tuple(fc.integer({ min: MESSAGE_BYTES_MAX + 1, max: 100_000 }), fc.constantFrom(OPCODES.text, OPCODES.binary))
      .map(([size, opcode]) => frameOf(Buffer.alloc(size, 0x61), { opcode })),
    fc
      .bigInt({ min: BigInt(MESSAGE_BYTES_MAX) + 1n, max: (1n << 64n) - 1n })
      .map((length) => frameOf(Buffer.from('a'), { opcode: OPCODES.text, length })),
    fc
      .tuple(texts, fc.integer({ min: 1, max: 7 }))
      .map(([text, reserved]) => frameOf(text, { opcode: OPCODES.text, reserved })),
    fc.tuple(texts, fc.constantFrom(...RESERVED_OPCODES)).map(([text, opcode]) => frameOf(text, { opcode })),
    texts.map((text) => frameOf(text, { opcode: OPCODES.text, masked: false })),
    // Invalid UTF-8: cut short, overlong, a surrogate, past the end of Unicode.
    fc
      .constantFrom('c3', 'c0af', 'eda080', 'f4908080', 'ff', '80', 'e282')
      .map((hex) => frameOf(Buffer.from(hex, 'hex'), { opcode: OPCODES.text })),
    // Control frames that are too long, or come in pieces.
    fc
      .tuple(fc.constantFrom(OPCODES.ping, OPCODES.pong, OPCODES.close), fc.integer({ min: 126, max: 1000 }))
      .map(([opcode, size]) => frameOf(Buffer.alloc(size), { opcode })),
    fc.constantFrom(OPCODES.ping, OPCODES.close).map((opcode) => frameOf(Buffer.from('a'), { opcode, fin: false })),
    // The rest of nothing, and a start within another.
    texts.map((text) => frameOf(text, { opcode: OPCODES.continuation })),
    texts.map((text) =>
      Buffer.concat([
        frameOf(Buffer.from('a'), { opcode: OPCODES.text, fin: false }),
        frameOf(text, { opcode: OPCODES.text }),
      ]),
    ),
    // More pieces than anybody needs, all of them empty.
    fc
      .integer({ min: 66, max: 500 })
      .map((n) =>
        Buffer.concat([
          frameOf(Buffer.alloc(0), { opcode: OPCODES.text, fin: false }),
          ...Array.from({ length: n }, () => frameOf(Buffer.alloc(0), { opcode: OPCODES.continuation, fin: false })),
        ]),
      ),
    fc
      .constantFrom(...CLOSE_CODES)
      .map((code) => frameOf(Buffer.from([code >> 8, code & 0xff]), { opcode: OPCODES.close })),
    fc.constant(frameOf(Buffer.from([3]), { opcode: OPCODES.close })),
    fc.constant(frameOf(Buffer.from([0x03, 0xe8, 0xc3, 0x28]), { opcode: OPCODES.close })),
    fc.constantFrom(...NO_FRAMES.filter(([first = 0]) => (first & 0x70) !== 0)),
    fc
      .tuple(fc.integer({ min: 0, max: 255 }), bytesUpTo(60))
      .map(([first, rest]) => Buffer.from([first | 0x40, ...rest]))
      .filter(({ length }) => length > 1),
  )
  .map(breakOf);

/** The beginning of a message whose end never comes. */
export const half: fc.Arbitrary<Buffer> = fc.oneof(
  fc
    .tuple(fc.integer({ min: 20, max: MESSAGE_BYTES_MAX }), fc.double({ min: 0.01, max: 0.99, noNaN: true }))
    .map(([size, share]) => {
      const whole = frameOf(Buffer.alloc(size, 0x61), { opcode: OPCODES.text });
      return whole.subarray(0, Math.max(1, Math.floor(whole.length * share)));
    }),
  texts.map((text) => frameOf(text, { opcode: OPCODES.text, fin: false })),
);
