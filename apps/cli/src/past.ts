// The past is good to have, and nothing waits for it: when it cannot be kept, that is said and the others run without it.

import type { Module } from '@ganglion/kernel';
import type { RootLog } from './log.ts';
import type { Settings } from './settings/layers.ts';

/** What `--history` is to keep no past. */
const NONE = 'none';

const RECORDER = 'recorder';

/** The modules without the recorder where nobody wants a past, or it cannot be kept here: then that is logged in a line. */
export async function withoutLostPast(
  modules: readonly Module[],
  settings: Settings,
  log: RootLog,
): Promise<readonly Module[]> {
  if (!modules.some(({ name }) => name === RECORDER)) return modules;
  const others = modules.filter(({ name }) => name !== RECORDER);
  const given = settings.given(RECORDER);
  if (typeof given === 'object' && given !== null && 'folder' in given && given.folder === NONE) return others;
  const { historyFault } = await import('@ganglion/recorder/history');
  const fault = await historyFault(given);
  if (fault === undefined) return modules;
  log.warn({ code: fault.code }, fault.message);
  return others;
}
