// The settings in force for a run of the command.

import type { Module } from '@ganglion/kernel';
import type { Arguments } from '../arguments.ts';
import { readSettingsFile } from './file.ts';
import { readSettings, type Settings } from './layers.ts';

/**
 * Reads the settings of the command and of the modules it runs, from the file, the environment and the flags.
 *
 * @throws CodedError `FILE_UNREADABLE`, `FILE_SYNTAX`, `SETTING_UNKNOWN`, `SETTING_INVALID`, `FLAG_UNKNOWN`
 */
export async function settingsFor(args: Arguments, modules: readonly Module[]): Promise<Settings> {
  const sections = modules.map(({ name, config }) => ({ name, schema: config }));
  const file = await readSettingsFile(args.options.config.at(-1));
  return readSettings(sections, { file, environment: process.env, flags: args.flags, command: args.command ?? '' });
}
