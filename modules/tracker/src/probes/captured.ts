// For the tests beside this file: the captured machines in fixtures/.

import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { type Folder, openFolder, openSys } from '../host.ts';
import type { Programs } from '../programs.ts';
import type { SystemBus } from '../system-bus.ts';

const folder = fileURLToPath(new URL('./fixtures', import.meta.url));

/** Every captured machine. */
export const machines: readonly string[] = readdirSync(folder, { withFileTypes: true })
  .filter((entry) => entry.isDirectory())
  .map(({ name }) => name);

/** Its /proc, as a root for `openHost`. */
export function rootOf(machine: string): string {
  return `${folder}/${machine}/proc`;
}

/** Its /sys; undefined when it has none. */
export function sysOf(machine: string): Folder | undefined {
  return openSys(rootOf(machine));
}

/** All its files, now or about a second later. What was captured once only is the same still. */
export function filesOf(machine: string, later = false): Folder {
  const first = openFolder(`${folder}/${machine}`);
  if (!later) return first;
  const second = openFolder(`${folder}/${machine}/later`);
  return folderFrom({
    read: (name) => second.read(name) ?? first.read(name),
    has: (name) => second.has(name) || first.has(name),
    list: (name) => [...new Set([...first.list(name), ...second.list(name)])],
    about: (name) => second.about(name) ?? first.about(name),
  });
}

/** A folder, given how to read in it. */
export function folderFrom({ read, has, list, about }: Pick<Folder, 'read' | 'has' | 'list' | 'about'>): Folder {
  const keep = () => ({ read, keepOnly() {}, close() {} });
  return { read, ask: async (name) => read(name), has, list, about, watch: () => () => {}, keep };
}

/** A folder in a folder. */
export function within(whole: Folder, part: string): Folder {
  return folderFrom({
    read: (name) => whole.read(`${part}/${name}`),
    has: (name) => whole.has(`${part}/${name}`),
    list: (name) => whole.list(`${part}/${name}`),
    about: (name) => whole.about(`${part}/${name}`),
  });
}

/** A folder of the files that a test writes down, by their names. */
export function folderOf(texts: Readonly<Record<string, string>>): Folder {
  const inside = (name: string) => {
    const front = name === '.' ? '' : `${name}/`;
    return Object.keys(texts).flatMap((path) => (path.startsWith(front) ? [path.slice(front.length)] : []));
  };
  const has = (name: string) => Object.hasOwn(texts, name) || inside(name).length > 0;
  return folderFrom({
    read: (name) => (Object.hasOwn(texts, name) ? texts[name]?.trim() : undefined),
    has,
    list: (name) => [...new Set(inside(name).map((path) => path.split('/')[0] ?? ''))],
    about: (name) => (has(name) ? { size_bytes: texts[name]?.length ?? 0, written_ms: 0 } : undefined),
  });
}

/** The text of a file of its /proc; undefined when it has none. */
export function captured(machine: string, file: string): string | undefined {
  return read(`${rootOf(machine)}/${file}`);
}

/** The same about a second later. What was captured once only is the same still. */
export function capturedLater(machine: string, file: string): string | undefined {
  return read(`${folder}/${machine}/later/proc/${file}`) ?? captured(machine, file);
}

function read(path: string): string | undefined {
  return existsSync(path) ? readFileSync(path, 'latin1') : undefined;
}

/**
 * A machine's programs, which print what was captured of them: `programs/smartctl/--json --scan-open`, with `_` for each slash
 * of what they are called with.
 */
export function programsIn(files: Folder): Programs {
  const printed = (name: string, args: readonly string[]) => {
    return files.read(`programs/${name}/${args.join(' ').replaceAll('/', '_')}`);
  };
  return {
    as_root: true,
    has: (name) => files.list('programs').includes(name),
    run: async (name, args) => printed(name, args),
    follow: (name, args, onLine) => {
      for (const line of printed(name, args)?.split('\n') ?? []) onLine(line);
      return { close() {} };
    },
  };
}

/** A machine's services, which answer what was captured of them: `services/<service> <method>`, as JSON. */
export function systemBusIn(files: Folder): SystemBus {
  return {
    ask: async ({ service, method }) => {
      try {
        const answer: unknown = JSON.parse(files.read(`services/${service} ${method}`) ?? '');
        return Array.isArray(answer) ? answer : undefined;
      } catch {
        return undefined;
      }
    },
  };
}
