// Secrets: they stand in files or in the environment, never in the settings, and never leave by a log.

import { closeSync, openSync, readSync } from 'node:fs';
import { reasonOf } from '@ganglion/kernel';
import Type, { type Static } from 'typebox';
import { secretUnreadable } from './errors.ts';

/** What a secret may take at most. */
const SECRET_BYTES_MAX = 16 * 1024;

/** What is shorter is not taken out of a text: it would take apart words that have nothing to do with it. */
const HIDDEN_CHARACTERS_MIN = 6;

/** What the log shows instead. */
const MASK = '***';

/** Where a secret stands. */
export type SecretPlace = { readonly file: string } | { readonly env: string };

/** The schema of a setting that holds one. */
export function Secret(description: string) {
  return Type.Union(
    [
      Type.Object({ file: Type.String({ minLength: 1 }) }, { additionalProperties: false }),
      // Variables of our own prefix are settings, and an unknown one ends the start.
      Type.Object(
        { env: Type.String({ pattern: '^(?!GANGLION_)[A-Za-z_][A-Za-z0-9_]*$' }) },
        { additionalProperties: false },
      ),
    ],
    {
      description,
      wanted: `where it stands: { file = "/run/secrets/NAME" }, or { env = "NAME" } with a NAME not of ours (${description})`,
    },
  );
}

export type Secret = Static<ReturnType<typeof Secret>>;

/** The secrets that were read, for the time that the notifier runs. */
export class Secrets {
  readonly #values = new Set<string>();
  readonly #environment: Readonly<Record<string, string | undefined>>;

  constructor(environment: Readonly<Record<string, string | undefined>> = process.env) {
    this.#environment = environment;
  }

  /**
   * Reads a secret; line ends after it are no part of it.
   *
   * @param path the setting that names it, for the error
   * @throws CodedError `SECRET_UNREADABLE`
   */
  read(path: string, place: SecretPlace): string {
    const value = 'env' in place ? this.#fromEnvironment(path, place.env) : fromFile(path, place.file);
    if (value === '') throw secretUnreadable(path, 'it is empty');
    this.hide(value);
    return value;
  }

  /** Takes a text out of all that is logged. */
  hide(value: string): void {
    if (value.length >= HIDDEN_CHARACTERS_MIN) this.#values.add(value);
    const encoded = encodeURIComponent(value);
    if (encoded.length >= HIDDEN_CHARACTERS_MIN) this.#values.add(encoded);
  }

  /** A text without any of them. */
  cleared(text: string): string {
    // The longest first: one may be part of another.
    const values = [...this.#values].sort((a, b) => b.length - a.length);
    return values.reduce((rest, value) => rest.replaceAll(value, MASK), text);
  }

  #fromEnvironment(path: string, name: string): string {
    const value = this.#environment[name];
    if (value === undefined) throw secretUnreadable(path, `the variable ${name} is not set`);
    return value.replace(/[\r\n]+$/, '');
  }
}

function fromFile(path: string, file: string): string {
  let descriptor: number | undefined;
  try {
    descriptor = openSync(file, 'r');
    const bytes = Buffer.alloc(SECRET_BYTES_MAX + 1);
    const length = readSync(descriptor, bytes, 0, bytes.length, null);
    if (length > SECRET_BYTES_MAX) throw new Error(`it is larger than ${SECRET_BYTES_MAX} bytes`);
    return bytes.toString('utf8', 0, length).replace(/[\r\n]+$/, '');
  } catch (error) {
    throw secretUnreadable(path, `the file ${file} cannot be read (${reasonOf(error)})`);
  } finally {
    if (descriptor !== undefined) closeSync(descriptor);
  }
}
