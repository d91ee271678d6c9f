// Where the programs of RabbitMQ and PostgreSQL are.

import { accessSync, constants, readdirSync } from 'node:fs';
import { postgresMissing, rabbitmqMissing } from './errors.ts';

/** Where Debian keeps RabbitMQ's own scripts; those on its PATH want root and change the user. */
const DEBIAN_FOLDER = '/usr/lib/rabbitmq/bin';

/** Where Debian keeps PostgreSQL's programs, by version; only some of them are on its PATH, behind scripts of its own. */
const DEBIAN_POSTGRES_FOLDER = '/usr/lib/postgresql';

/**
 * The path of a program of RabbitMQ.
 *
 * @throws CodedError `RABBITMQ_MISSING`
 */
export function findProgram(name: string): string {
  const path = firstProgram(name, [DEBIAN_FOLDER, ...onPath()]);
  if (path === undefined) throw rabbitmqMissing(name);
  return path;
}

/**
 * The path of a program of PostgreSQL, of the newest version that is here.
 *
 * @throws CodedError `POSTGRES_MISSING`
 */
export function findPostgresProgram(name: string): string {
  const path = firstProgram(name, [...postgresFolders(), ...onPath()]);
  if (path === undefined) throw postgresMissing(name);
  return path;
}

/** The newest first. */
function postgresFolders(): string[] {
  try {
    const versions = readdirSync(DEBIAN_POSTGRES_FOLDER).map(Number).filter(Number.isFinite);
    return versions.sort((a, b) => b - a).map((version) => `${DEBIAN_POSTGRES_FOLDER}/${version}/bin`);
  } catch {
    return [];
  }
}

function firstProgram(name: string, folders: readonly string[]): string | undefined {
  return folders
    .map((folder) => `${folder}/${name}`)
    .find((path) => {
      try {
        accessSync(path, constants.X_OK);
        return true;
      } catch {
        return false;
      }
    });
}

function onPath(): string[] {
  return (process.env['PATH'] ?? '').split(':');
}
