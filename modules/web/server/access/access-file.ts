// A small file of secrets: JSON, for its owner alone, replaced as a whole, and read again when it has changed.

import { randomBytes } from 'node:crypto';
import {
  closeSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeSync,
} from 'node:fs';
import { dirname } from 'node:path';
import { CodedError, reasonOf } from '@ganglion/kernel';
import type { Static, TSchema } from 'typebox';
import { Value } from 'typebox/value';
import { accessFileInvalid, accessFileOpen, accessFileUnwritable } from './errors.ts';

/** Bytes that such a file may have. */
const FILE_BYTES_MAX = 4_194_304;

/** Mode bits that let others than the owner read or write. */
const OTHERS = 0o077;

/** Creates a file for its owner alone, with its folder; as a whole or not at all. */
export function writeSecret(path: string, text: string): void {
  const fresh = `${path}.${randomBytes(6).toString('hex')}`;
  try {
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
    const file = openSync(fresh, 'wx', 0o600);
    try {
      writeSync(file, text);
      fsyncSync(file);
    } finally {
      closeSync(file);
    }
    renameSync(fresh, path);
  } catch (error) {
    rmSync(fresh, { force: true });
    throw accessFileUnwritable(path, error);
  }
}

/**
 * Reads such a file; undefined when there is none.
 *
 * @throws CodedError `ACCESS_FILE_OPEN`, `ACCESS_FILE_INVALID`
 */
export function readSecret(path: string): string | undefined {
  try {
    const status = statSync(path, { throwIfNoEntry: false });
    if (status === undefined) return undefined;
    const mode = status.mode & 0o777;
    if ((mode & OTHERS) !== 0 && process.platform !== 'win32') throw accessFileOpen(path, mode);
    if (status.size > FILE_BYTES_MAX) throw accessFileInvalid(path, `it has more than ${FILE_BYTES_MAX} bytes`);
    return readFileSync(path, 'utf8');
  } catch (error) {
    throw error instanceof CodedError ? error : accessFileInvalid(path, reasonOf(error));
  }
}

/** The content of one such file. */
export class AccessFile<Schema extends TSchema> {
  readonly path: string;
  readonly #schema: Schema;
  readonly #none: Static<Schema>;
  #value: Static<Schema>;
  #stamp = '';

  /** @param none what it holds while it is not there */
  constructor(path: string, schema: Schema, none: Static<Schema>) {
    this.path = path;
    this.#schema = schema;
    this.#none = none;
    this.#value = none;
  }

  /** What was read or written last. */
  get latest(): Static<Schema> {
    return this.#value;
  }

  /**
   * What it holds now. Costs one look at the file's state when nothing has changed. A change that cannot be read throws
   * once, and what was read before stays in force until the next one.
   *
   * @throws CodedError `ACCESS_FILE_OPEN`, `ACCESS_FILE_INVALID`
   */
  read(): Static<Schema> {
    const stamp = stampOf(this.path);
    if (stamp === this.#stamp) return this.#value;
    this.#stamp = stamp;
    const text = readSecret(this.path);
    this.#value = text === undefined ? this.#none : this.#parse(text);
    return this.#value;
  }

  /** @throws CodedError `ACCESS_FILE_UNWRITABLE`; the value holds in this process all the same */
  write(value: Static<Schema>): void {
    this.#value = value;
    writeSecret(this.path, `${JSON.stringify(value, null, 2)}\n`);
    this.#stamp = stampOf(this.path);
  }

  #parse(text: string): Static<Schema> {
    let value: unknown;
    try {
      value = JSON.parse(text);
    } catch {
      throw accessFileInvalid(this.path, 'it is not JSON');
    }
    const [fault] = Value.Errors(this.#schema, value);
    if (fault === undefined) return value as Static<Schema>;
    throw accessFileInvalid(this.path, `${fault.instancePath.slice(1).replaceAll('/', '.')} ${fault.message}`.trim());
  }
}

/** A text that changes whenever a file does; empty while there is none, or none that can be seen. */
export function stampOf(path: string): string {
  try {
    const { ino, size, mtimeNs, ctimeNs } = statSync(path, { bigint: true });
    return `${ino} ${size} ${mtimeNs} ${ctimeNs}`;
  } catch {
    return '';
  }
}
