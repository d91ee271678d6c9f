// The recorder's settings.

import { homedir } from 'node:os';
import { join } from 'node:path';
import { Secret } from '@ganglion/kernel';
import Type, { type Static } from 'typebox';
import { LEVELS } from './levels.ts';

const DAY_MS = 86_400_000;

const keep = (level: number, minimum_ms: number, says: string) =>
  Type.Integer({
    default: LEVELS[level]?.keep_ms ?? 0,
    minimum: minimum_ms,
    maximum: 3_650 * DAY_MS,
    description: `How long ${says} are kept`,
    wanted: `milliseconds, a whole number from ${minimum_ms}`,
  });

export const config = Type.Object(
  {
    folder: Type.String({
      default: '',
      description: 'Folder of the past; without one, "history" in the folder of the service or the user',
    }),
    database: Type.String({
      default: '',
      description: 'A PostgreSQL that keeps the past instead of a folder, as postgres://USER:PASSWORD@HOST:PORT/NAME',
    }),
    database_password: Type.Optional(Secret('the password of the user in the database, where the address has none')),
    // No shorter than two blocks of what is made of them.
    keep_samples_ms: keep(0, 20 * 60_000, 'samples as they came'),
    keep_10s_ms: keep(1, 2 * 3_600_000, 'cells of ten seconds'),
    keep_1min_ms: keep(2, 2 * DAY_MS, 'cells of a minute'),
    keep_15min_ms: keep(3, 60 * DAY_MS, 'cells of a quarter of an hour and of six hours'),
    max_bytes: Type.Integer({
      default: 0,
      minimum: 0,
      description: 'Bytes of the past at most, or 0 for no limit; the oldest of the finest goes first',
    }),
  },
  { additionalProperties: false },
);

export type Config = Static<typeof config>;

/** How long each level is kept, milliseconds. */
export function keepOf(given: Omit<Config, 'folder' | 'database' | 'database_password' | 'max_bytes'>): number[] {
  const { keep_samples_ms, keep_10s_ms, keep_1min_ms, keep_15min_ms } = given;
  return [keep_samples_ms, keep_10s_ms, keep_1min_ms, keep_15min_ms, keep_15min_ms];
}

/** The folder of the past: as set, else where systemd or the desktop puts such things. */
export function historyFolder(
  folder: string,
  environment: Readonly<Record<string, string | undefined>> = process.env,
): string {
  if (folder !== '') return folder;
  const { STATE_DIRECTORY = '', XDG_STATE_HOME = '' } = environment;
  // systemd gives a list when a service has several.
  const [service = ''] = STATE_DIRECTORY.split(':');
  return join(service || join(XDG_STATE_HOME || join(homedir(), '.local', 'state'), 'ganglion'), 'history');
}
