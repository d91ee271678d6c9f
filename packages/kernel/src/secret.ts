// Secrets: a setting names where one stands, a file or a variable; it never stands in the settings itself.

import { closeSync, openSync, readSync } from 'node:fs';
import Type from 'typebox';
import { reasonOf, secretUnreadable } from './errors.ts';

/** Bytes of a file that holds one, at most. */
const SECRET_BYTES_MAX = 64 * 1024;

/** Where a secret stands. */
export type SecretPlace = { readonly file: string } | { readonly env: string };

/** The schema of a setting that names the place of one. */
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

/**
 * Reads a secret; line ends after it are no part of it.
 *
 * @param path the setting that names it, for the error
 * @throws CodedError `SECRET_UNREADABLE`
 */
export function readSecret(
  path: string,
  place: SecretPlace,
  environment: Readonly<Record<string, string | undefined>> = process.env,
): string {
  const value = 'env' in place ? fromEnvironment(path, place.env, environment) : fromFile(path, place.file);
  const secret = value.replace(/[\r\n]+$/, '');
  if (secret === '') throw secretUnreadable(path, 'it is empty');
  // It would end the header that it goes into.
  if (/[\r\n]/.test(secret)) throw secretUnreadable(path, 'it has more than one line');
  return secret;
}

function fromEnvironment(
  path: string,
  name: string,
  environment: Readonly<Record<string, string | undefined>>,
): string {
  const value = environment[name];
  if (value === undefined) throw secretUnreadable(path, `the variable ${name} is not set`);
  return value;
}

function fromFile(path: string, file: string): string {
  let descriptor: number | undefined;
  try {
    descriptor = openSync(file, 'r');
    // What is no file may have no end.
    const bytes = Buffer.alloc(SECRET_BYTES_MAX + 1);
    const length = readSync(descriptor, bytes, 0, bytes.length, null);
    if (length > SECRET_BYTES_MAX) throw new Error(`it is larger than ${SECRET_BYTES_MAX} bytes`);
    return bytes.toString('utf8', 0, length);
  } catch (error) {
    throw secretUnreadable(path, `the file ${file} cannot be read (${reasonOf(error)})`);
  } finally {
    if (descriptor !== undefined) closeSync(descriptor);
  }
}
