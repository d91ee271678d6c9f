// The settings file: which one, and its TOML.

import { existsSync, readFileSync } from 'node:fs';
import { fileSyntax, fileUnreadable } from '../errors.ts';

/** A settings file, read but not yet checked. */
export interface SettingsFile {
  readonly path: string;
  /** As it was read: to say on which line something stands. */
  readonly text: string;
  readonly tables: Readonly<Record<string, unknown>>;
}

/** Looked for in this order when no file is named. */
const FILES = ['ganglion.toml', '/etc/ganglion/ganglion.toml'] as const;

/**
 * Reads the file that is named, else the first of {@link FILES} that is there, else none.
 *
 * @throws CodedError `FILE_UNREADABLE`, `FILE_SYNTAX`
 */
export async function readSettingsFile(named: string | undefined): Promise<SettingsFile | undefined> {
  const path = named ?? FILES.find((file) => existsSync(file));
  if (path === undefined) return undefined;
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    throw fileUnreadable(path, error);
  }
  const { parse, TomlError } = await import('smol-toml');
  try {
    return { path, text, tables: parse(text) };
  } catch (error) {
    if (!(error instanceof TomlError)) throw error;
    // Its message goes on with a picture of the place.
    const [reason = ''] = error.message.replace('Invalid TOML document: ', '').split('\n', 1);
    throw fileSyntax(path, error.line, error.column, reason);
  }
}
