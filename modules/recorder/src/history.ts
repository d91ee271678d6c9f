// What can be done about the past from a shell, and before a recorder starts.

import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { CodedError } from '@ganglion/kernel';
import { Value } from 'typebox/value';
import { askCounter } from './counter.ts';
import { backupFailed } from './errors.ts';
import { config, historyFolder, keepOf } from './settings.ts';
import { FILE, openSqlite } from './sqlite/store.ts';

export { type LevelPlan, type PlanOptions, planOf } from './plan.ts';

/** What keeps a recorder with these settings from keeping the past here; undefined when nothing does. */
export async function historyFault(settings: unknown): Promise<CodedError | undefined> {
  try {
    await openSqlite({ folder: folderIn(settings) }).close();
    return undefined;
  } catch (error) {
    if (error instanceof CodedError) return error;
    throw error;
  }
}

/**
 * Copies the past into one file, also while a recorder uses it: then that one does it.
 *
 * @param path absolute; it must not be there
 * @throws CodedError `BACKUP_FAILED`, and what opening the past throws
 */
export async function backupHistory(settings: unknown, path: string): Promise<void> {
  const folder = folderIn(settings);
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

/** The folder of the past by settings that were not checked yet: what is wrong in them is said by whoever checks them. */
function folderIn(settings: unknown): string {
  const folder = typeof settings === 'object' && settings !== null && 'folder' in settings ? settings.folder : '';
  return historyFolder(typeof folder === 'string' ? folder : '');
}
