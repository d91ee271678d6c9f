// The system: whether it waits to be started anew, and whether its clock is right. Only what files tell: for failed units, which
// systemd alone knows, see units.ts.
//
// From /run/reboot-required, which Debian's and Ubuntu's updates leave; from what systemd-timesyncd and chrony leave when they
// have set the clock, see systemd-timesyncd(8) and chrony.conf(5); and from /sys. The kernel's own word for whether its clock
// is synchronized is in no file.

import { basename, dirname } from 'node:path';
import { oneLine } from '@ganglion/kernel';
import Type, { type Static } from 'typebox';
import { Count } from '../figures.ts';
import type { Folder } from '../host.ts';
import { defineProbe, type Reading } from '../probe.ts';

/** Packages that are told; the others are counted. */
export const PACKAGES_MAX = 32;

/** Both write at least once an hour while all is well, unless they were told otherwise. */
export const SYNCHRONIZED_MS = 3 * 3_600_000;

const schema = Type.Object({
  reboot_required: Type.Optional(Type.Boolean({ title: 'Waits to be started anew' })),
  reboot_packages: Type.Optional(Type.Array(Type.String(), { title: 'For the sake of' })),
  left_out: Type.Optional(Count(`Packages beyond the first ${PACKAGES_MAX}`)),
  clock_synchronized: Type.Optional(Type.Boolean({ title: 'Clock set by others within three hours' })),
  clock_synchronized_ms: Type.Optional(Count('Clock set last, epoch milliseconds')),
  clock_keeper: Type.Optional(Type.String({ title: 'Who sets the clock' })),
  clock_drift_ppm: Type.Optional(
    Type.Number({ title: 'How much faster or slower the clock would run by itself', unit: 'ppm' }),
  ),
  clock_source: Type.Optional(Type.String({ title: 'What the clock counts by' })),
});

type Figures = Static<typeof schema>;

export const system = defineProbe({
  name: 'system',
  schema,
  every_ms: 60_000,
  open: ({ files, sys }, changed = () => {}) => {
    if (files === undefined) return { read: () => undefined };
    const close = files.watch(dirname(REBOOT), (file) => {
      if (file === basename(REBOOT)) changed();
    });
    return { read: () => systemOf(files, sys, Date.now()), close };
  },
});

/** @param now_ms epoch milliseconds */
export function systemOf(files: Folder, sys: Folder | undefined, now_ms: number): Reading<Figures> | undefined {
  const figures: Figures = { ...rebootIn(files), ...clockIn(files, now_ms) };
  const clock_source = sys?.read('devices/system/clocksource/clocksource0/current_clocksource');
  if (clock_source !== undefined && /^[\w-]{1,32}$/.test(clock_source)) figures.clock_source = clock_source;
  return Object.keys(figures).length === 0 ? undefined : { figures };
}

const REBOOT = 'run/reboot-required';

/** Who writes it. Where none of them is, that there is no such file says nothing. */
const REBOOT_WRITERS = [
  'usr/share/update-notifier/notify-reboot-required',
  'etc/kernel/postinst.d/update-notifier',
  'etc/kernel/postinst.d/unattended-upgrades',
];

function rebootIn(files: Folder): Partial<Figures> {
  if (!files.has(REBOOT)) {
    return files.has('run') && REBOOT_WRITERS.some((name) => files.has(name)) ? { reboot_required: false } : {};
  }
  const packages = parsePackages(files.read(`${REBOOT}.pkgs`) ?? '');
  if (packages.length === 0) return { reboot_required: true };
  const reboot_packages = packages.slice(0, PACKAGES_MAX);
  const left_out = packages.length - reboot_packages.length;
  return { reboot_required: true, reboot_packages, ...(left_out > 0 && { left_out }) };
}

/** Parses a list of packages, a line each; some are there twice. */
export function parsePackages(text: string): string[] {
  const names = text.split('\n').map((line) => oneLine(line, 64));
  return [...new Set(names.filter((name) => name !== ''))];
}

/** Of those who set the clock, who did so last. */
function clockIn(files: Folder, now_ms: number): Partial<Figures> {
  const timesyncd = files.about('run/systemd/timesync/synchronized')?.written_ms;
  const drift = 'var/lib/chrony/';
  const drift_file = [`${drift}chrony.drift`, `${drift}drift`].find((name) => files.has(name));
  const chrony = drift_file === undefined ? undefined : files.about(drift_file)?.written_ms;
  if (drift_file !== undefined && chrony !== undefined && chrony > (timesyncd ?? 0)) {
    const parts = parseDrift(files.read(drift_file) ?? '');
    return {
      ...synchronized('chrony', chrony, now_ms),
      ...(parts !== undefined && { clock_drift_ppm: parts }),
    };
  }
  if (timesyncd !== undefined) return synchronized('systemd-timesyncd', timesyncd, now_ms);
  // It runs and has not set it yet.
  return files.has('run/systemd/timesync') ? { clock_keeper: 'systemd-timesyncd', clock_synchronized: false } : {};
}

function synchronized(clock_keeper: string, written_ms: number, now_ms: number): Partial<Figures> {
  // A clock that was set back has been set all the same.
  const clock_synchronized = now_ms - written_ms <= SYNCHRONIZED_MS;
  return { clock_keeper, clock_synchronized, clock_synchronized_ms: Math.max(0, written_ms) };
}

/** Parses chrony's drift, `-12.345678 0.012345`: parts of a million, and how sure it is. */
export function parseDrift(text: string): number | undefined {
  const [, parts] = /^\s*(-?\d{1,6}(?:\.\d{1,12})?)\s+\d/.exec(text) ?? [];
  return parts === undefined ? undefined : Math.round(Number(parts) * 1_000) / 1_000 || 0;
}
