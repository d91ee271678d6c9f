// What can be done about the past from a shell, and before a recorder starts.

import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { CodedError } from '@ganglion/kernel';
import { Value } from 'typebox/value';
import { askCounter } from './counter.ts';
import { backupElsewhere, backupFailed } from './errors.ts';
import { isOutOfReach, keepingOf } from './keeping.ts';
import { config, keepOf } from './settings.ts';
import { FILE, openSqlite } from './sqlite/store.ts';

export { type LevelPlan, type PlanOptions, planOf } from './plan.ts';

/** What keeps a recorder with these settings from keeping the past here; undefined when nothing does, or it may be waited for. */
export async function historyFault(settings: unknown): Promise<CodedError | undefined> {
  try {
    const { open } = await keepingOf(settingsIn(settings));
    await (await open()).close();
    return undefined;
  } catch (error) {
    if (isOutOfReach(error)) return undefined;
    if (error instanceof CodedError) return error;
    throw error;
  }
}

/**
 * Copies the past into one file, also while a recorder uses it: then that one does it.
 *
 * @param path absolute; it must not be there
 * @throws CodedError `BACKUP_FAILED`, `BACKUP_BY_DATABASE`, and what opening the past throws
 */
export async function backupHistory(settings: unknown, path: string): Promise<void> {
  const { folder, place } = await keepingOf(settingsIn(settings));
  if (folder === undefined) throw backupElsewhere(place);
  if (!existsSync(join(folder, FILE))) throw backupFailed(path, new Error(`there is no past in ${folder}`));
  let store: ReturnType<typeof openSqlite>;
  try {
    store = openSqlite({ folder });
  } catch (error) {
    if (!(error instanceof CodedError) || error.code !== 'HISTORY_IN_USE') throw error;
    try {
      return await askCounter(folder, { backup: path });
    } catch (cause) {
      throw backupFailed(path, cause);
    }
  }
  try {
    await store.backup(path);
  } finally {
    await store.close();
  }
}

/** How long each level is kept by settings that were not checked yet; what is none of ours counts as not given. */
export function keepIn(settings: unknown): number[] {
  const given = typeof settings === 'object' && settings !== null ? settings : {};
  const numbers = Object.entries(given).filter(
    ([name, value]) => name.startsWith('keep_') && typeof value === 'number',
  );
  return keepOf(Value.Parse(config, Value.Default(config, Object.fromEntries(numbers))));
}

/** Where the past is by settings that were not checked yet: what is wrong in them is said by whoever checks them. */
function settingsIn(settings: unknown): Parameters<typeof keepingOf>[0] {
  const given = typeof settings === 'object' && settings !== null ? settings : {};
  const { folder, database, database_password } = given as Readonly<Record<string, unknown>>;
  return {
    folder: typeof folder === 'string' ? folder : '',
    database: typeof database === 'string' ? database : '',
    ...(Value.Check(config.properties.database_password, database_password) && { database_password }),
  };
}
