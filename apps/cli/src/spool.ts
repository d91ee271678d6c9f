// Where a tracker's measures wait when the broker is away for longer than memory should hold them.

import { hostname } from 'node:os';
import { join } from 'node:path';
import type { SpoolOptions } from '@ganglion/bus-amqp';
import { CodedError, type Log, type Module } from '@ganglion/kernel';
import type { Settings } from './settings/layers.ts';
import type { OwnSettings } from './settings/own.ts';
import { stateFolder } from './state-folder.ts';

/** Measures that wait in memory while the broker is away: what a kill then costs at most, ten seconds of a tracker. */
const MEMORY_MESSAGES = 10;

/** Measures a second that are sent beside the live ones when the broker is back: a day of a tracker in three minutes. */
const REPLAY_PER_SECOND = 500;

/** The value of the setting `spool` for which there is none. */
const NO_SPOOL = 'none';

export interface SpoolPlace {
  readonly modules: readonly Module[];
  readonly settings: Settings;
  readonly log: Log;
  /** Whether to have one where no folder is set, if its default folder can be used. */
  readonly by_default: boolean;
}

/**
 * Opens the spool that the settings ask for; undefined when there is to be none, or nobody publishes measures.
 *
 * @throws CodedError `SPOOL_IN_USE`, `SPOOL_UNUSABLE`, unless it is the default folder: then the log tells
 */
export async function openMeasureSpool(place: SpoolPlace): Promise<SpoolOptions | undefined> {
  const { modules, settings, log, by_default } = place;
  const { spool, spool_bytes, spool_age_ms } = settings.own;
  if (spool === NO_SPOOL || (spool === undefined && !by_default)) return undefined;
  const [{ openSpool }, { measure }] = await Promise.all([import('@ganglion/spool'), import('@ganglion/topics')]);
  const publishes = ({ publishes }: Module) => Object.values(publishes).some(({ family }) => family === measure.family);
  if (!modules.some(publishes)) return undefined;
  const folder = spool ?? defaultFolder(settings.own, machineOf(settings), process.env);
  try {
    const store = openSpool({ folder, limit_bytes: spool_bytes, limit_age_ms: spool_age_ms });
    if (store.torn_bytes > 0) log.info({ folder }, `${store.torn_bytes} bytes of the spool were no whole message`);
    if (store.size > 0) log.info({ folder, messages: store.size }, `${store.size} measures wait from an earlier run`);
    return {
      store,
      pattern: `#.${measure.family}`,
      memory_messages: MEMORY_MESSAGES,
      replay_per_second: REPLAY_PER_SECOND,
    };
  } catch (error) {
    if (spool !== undefined || !(error instanceof CodedError)) throw error;
    log.warn({ code: error.code }, `${error.message}; measures wait in memory alone`);
    return undefined;
  }
}

/** `<state>/spool/<exchange>.<machine>`, see {@link stateFolder}. */
export function defaultFolder(
  { exchange }: Pick<OwnSettings, 'exchange'>,
  machine: string,
  environment: Readonly<Record<string, string | undefined>>,
): string {
  return join(stateFolder(environment), 'spool', [exchange, machine].map(encodeURIComponent).join('.'));
}

function machineOf(settings: Settings): string {
  const given: unknown = settings.given('tracker');
  const machine: unknown =
    typeof given === 'object' && given !== null && 'machine' in given ? given.machine : undefined;
  return typeof machine === 'string' ? machine : hostname();
}
