// What goes over D-Bus: a call as bytes, and the answer out of bytes. After the D-Bus Specification,
// https://dbus.freedesktop.org/doc/dbus-specification.html. Of its types those are understood that the answers we ask for are
// made of: texts, whole numbers without sign, truth values, and lists and groups of them.

/** A call of a method that takes nothing, or one list of texts. */
export interface Question {
  /** The service: `org.freedesktop.systemd1`. */
  readonly service: string;
  readonly object: string;
  readonly interface: string;
  readonly method: string;
  /** Where there are none, it takes nothing. */
  readonly texts: readonly string[];
}

const CALL = 1;
const ANSWER = 2;
const ERROR = 3;

/** A flag of a call: no service is started for it. */
const NO_AUTO_START = 2;

const LITTLE = 'l'.charCodeAt(0);
const BIG = 'B'.charCodeAt(0);

/** Bytes at the front of a message that are always there. */
const FRONT_BYTES = 16;

/** Fields of a message's head, by their codes. */
const FIELD = { object: 1, interface: 2, method: 3, answer_to: 5, service: 6, signature: 8 };

/** A call as it goes over the socket. */
export function encodeCall(serial: number, question: Question): Buffer {
  const { service, object, method, texts } = question;
  const body = new Writer();
  const writeTexts = () => {
    for (const text of texts) body.text(text);
  };
  if (texts.length > 0) body.list(4, writeTexts);
  const head = new Writer();
  head.bytes(LITTLE, CALL, NO_AUTO_START, 1);
  head.number(body.length);
  head.number(serial);
  const field = (code: number, type: string, write: () => void) => {
    head.align(8);
    head.bytes(code);
    head.signature(type);
    write();
  };
  head.list(8, () => {
    field(FIELD.object, 'o', () => head.text(object));
    field(FIELD.interface, 's', () => head.text(question.interface));
    field(FIELD.method, 's', () => head.text(method));
    field(FIELD.service, 's', () => head.text(service));
    if (texts.length > 0) field(FIELD.signature, 'g', () => head.signature('as'));
  });
  head.align(8);
  return Buffer.concat([head.whole(), body.whole()]);
}

/** Writes values one behind the other, each at a multiple of its own size. */
class Writer {
  readonly #pieces: Buffer[] = [];
  length = 0;

  whole(): Buffer {
    return Buffer.concat(this.#pieces);
  }

  align(size: number): void {
    while (this.length % size !== 0) this.bytes(0);
  }

  bytes(...bytes: readonly number[]): void {
    this.#add(Buffer.from(bytes));
  }

  number(number: number): void {
    this.align(4);
    this.#add(littleEndian(number));
  }

  text(text: string): void {
    const bytes = Buffer.from(text);
    this.number(bytes.length);
    this.#add(bytes);
    this.bytes(0);
  }

  signature(types: string): void {
    this.bytes(types.length);
    this.#add(Buffer.from(types));
    this.bytes(0);
  }

  /** A list begins with the length of what is in it, from its first element on; it is known afterwards. */
  list(element_size: number, write: () => void): void {
    this.number(0);
    const place = this.#pieces.length - 1;
    this.align(element_size);
    const begun = this.length;
    write();
    this.#pieces[place] = littleEndian(this.length - begun);
  }

  #add(piece: Buffer): void {
    this.#pieces.push(piece);
    this.length += piece.length;
  }
}

function littleEndian(number: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(number);
  return bytes;
}

/**
 * Looks for an answer in all that the bus has sent since the connection began: lines that welcome us, and then messages.
 *
 * @param hello_serial the call that must not fail before
 * @param serial the call whose answer it is
 * @returns its values; undefined when it is an error, or is not understood; or that it has not come yet
 */
export function answerIn(
  received: Buffer,
  hello_serial: number,
  serial: number,
): readonly unknown[] | 'not yet' | undefined {
  try {
    for (let from = welcomed(received); from !== 'not yet'; ) {
      const message = messageAt(received, from);
      if (message === undefined) return 'not yet';
      const { type, answer_to, signature, body, next } = message;
      if (answer_to === hello_serial && type === ERROR) return undefined;
      if (answer_to === serial) return type === ANSWER ? body.all(signature) : undefined;
      from = next;
    }
    return 'not yet';
  } catch (error) {
    if (error instanceof NotUnderstood) return undefined;
    throw error;
  }
}

/** An answer is not as it should be, or of types that we do not ask for. */
class NotUnderstood extends Error {}

/** What a line of the welcome may have. */
const LINE_BYTES_MAX = 1_024;

/** Where the welcome ends: `DATA`, and then `OK` with a number of the bus. */
function welcomed(received: Buffer): number | 'not yet' {
  for (let from = 0; ; ) {
    const end = received.indexOf('\r\n', from);
    if ((end === -1 ? received.length : end) - from > LINE_BYTES_MAX) throw new NotUnderstood('a line too long');
    if (end === -1) return 'not yet';
    const line = received.toString('latin1', from, end);
    from = end + 2;
    if (line.startsWith('OK ')) return from;
    if (line !== 'DATA') throw new NotUnderstood('not welcome');
  }
}

interface Message {
  readonly type: number;
  readonly answer_to: unknown;
  readonly signature: string;
  readonly body: Values;
  /** Where the next begins. */
  readonly next: number;
}

/** Undefined when it is not there as a whole. */
function messageAt(received: Buffer, from: number): Message | undefined {
  if (received.length - from < FRONT_BYTES) return undefined;
  const endian = received[from];
  if (endian !== LITTLE && endian !== BIG) throw new NotUnderstood('no message');
  const head = new Values(received.subarray(from), endian === LITTLE);
  head.skip(1);
  const type = head.byte();
  head.skip(2);
  const body_length = head.number();
  head.skip(4);
  const fields_end = FRONT_BYTES + head.number();
  const body_begin = from + padded(fields_end, 8);
  const next = body_begin + body_length;
  if (received.length < next) return undefined;
  let answer_to: unknown;
  let signature = '';
  for (head.align(8); head.at < fields_end; head.align(8)) {
    const code = head.byte();
    const value = head.one(head.signature());
    if (code === FIELD.answer_to) answer_to = value;
    if (code === FIELD.signature && typeof value === 'string') signature = value;
  }
  const body = new Values(received.subarray(body_begin, next), endian === LITTLE);
  return { type, answer_to, signature, body, next };
}

function padded(length: number, size: number): number {
  return Math.ceil(length / size) * size;
}

/** Lists in lists, as deep as they may be. */
const DEPTH_MAX = 16;

/** Reads values one behind the other. What is not there throws. */
class Values {
  readonly #bytes: Buffer;
  readonly #little: boolean;
  at = 0;

  constructor(bytes: Buffer, little: boolean) {
    this.#bytes = bytes;
    this.#little = little;
  }

  skip(bytes: number): void {
    if (this.at + bytes > this.#bytes.length) throw new NotUnderstood('too short');
    this.at += bytes;
  }

  align(size: number): void {
    this.at = padded(this.at, size);
  }

  byte(): number {
    const { at } = this;
    this.skip(1);
    return this.#bytes[at] ?? 0;
  }

  number(): number {
    this.align(4);
    const { at } = this;
    this.skip(4);
    return this.#little ? this.#bytes.readUInt32LE(at) : this.#bytes.readUInt32BE(at);
  }

  signature(): string {
    return this.#text(this.byte());
  }

  /** The values of several types, `asu`. */
  all(types: string, depth = 0): unknown[] {
    const values: unknown[] = [];
    for (let from = 0; from < types.length; ) {
      const type = firstType(types, from);
      values.push(this.one(type, depth));
      from += type.length;
    }
    return values;
  }

  /** The value of one type. */
  one(type: string, depth = 0): unknown {
    if (depth > DEPTH_MAX) throw new NotUnderstood('too deep');
    switch (type[0]) {
      case 's':
      case 'o':
        return this.#text(this.number());
      case 'g':
        return this.signature();
      case 'u':
        return this.number();
      case 'b':
        return this.number() === 1;
      case '(':
        this.align(8);
        return this.all(type.slice(1, -1), depth + 1);
      case 'a':
        return this.#list(type.slice(1), depth + 1);
      default:
        throw new NotUnderstood(`type ${type}`);
    }
  }

  #text(length: number): string {
    const { at } = this;
    this.skip(length + 1);
    return this.#bytes.toString('utf8', at, at + length);
  }

  #list(type: string, depth: number): unknown[] {
    const length = this.number();
    if (type.startsWith('(')) this.align(8);
    const end = this.at + length;
    const values: unknown[] = [];
    // Each has a byte at least.
    while (this.at < end) values.push(this.one(type, depth));
    if (this.at !== end) throw new NotUnderstood('a list that ends within an element');
    return values;
  }
}

/** The first of several types, whole: of `a(su)b` it is `a(su)`. */
function firstType(types: string, from: number): string {
  let open = 0;
  for (let at = from; at < types.length; at++) {
    const type = types[at];
    if (type === '(') open++;
    if (type === ')' && (--open < 0 || types[at - 1] === '(')) break;
    if (open === 0 && type !== 'a') return types.slice(from, at + 1);
  }
  throw new NotUnderstood(`types ${types}`);
}
