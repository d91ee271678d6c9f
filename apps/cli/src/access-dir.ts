// What the commands about logins and links need of the web server's settings.

import { hostname } from 'node:os';
import type { Arguments } from './arguments.ts';
import { loadModule } from './modules.ts';
import { settingsFor } from './settings/index.ts';

/** Of the settings of the module `web`. */
export interface AccessSettings {
  readonly access_dir: string;
  readonly host: string;
  readonly port: number;
  readonly origins: readonly string[];
  readonly tls: boolean;
}

/** Reads them as the web server itself does, from the file, the environment and the flags. */
export async function accessSettingsOf(args: Arguments): Promise<AccessSettings> {
  const { entries } = await settingsFor(args, [await loadModule('web')]);
  const settingOf = (key: string): unknown => entries.find(({ setting }) => setting.key === `web.${key}`)?.value;
  const origins = settingOf('origins');
  return {
    access_dir: String(settingOf('access_dir')),
    host: String(settingOf('host')),
    port: Number(settingOf('port')),
    origins: Array.isArray(origins) ? origins.map(String) : [],
    tls: settingOf('tls_cert') !== '',
  };
}

/** The folder of the users, the links and the key. */
export async function accessDirOf(args: Arguments): Promise<string> {
  return (await accessSettingsOf(args)).access_dir;
}

/** Where others open the page, as far as the settings tell. */
export function addressOf({ host, port, origins, tls }: AccessSettings): string {
  const origin = origins.find((each) => /^https?:\/\//i.test(each));
  if (origin !== undefined) return origin.replace(/\/$/, '');
  const everywhere = host === '0.0.0.0' || host === '::';
  const name = host === '127.0.0.1' || host === '::1' ? 'localhost' : everywhere ? hostname() : host;
  return `${tls ? 'https' : 'http'}://${name.includes(':') ? `[${name}]` : name}:${port}`;
}
