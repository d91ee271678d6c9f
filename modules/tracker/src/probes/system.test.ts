import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { folderFrom, folderOf } from './captured.ts';
import { PACKAGES_MAX, parseDrift, parsePackages, SYNCHRONIZED_MS, systemOf } from './system.ts';

const NOW_MS = 1_800_000_000_000;

/** What is told where there are these files, written at that time. */
function systemWith(texts: Readonly<Record<string, string>>, written_ms = NOW_MS) {
  const files = folderOf(texts);
  const about = (name: string) => (files.has(name) ? { size_bytes: 0, written_ms } : undefined);
  return systemOf(folderFrom({ ...files, about }), undefined, NOW_MS)?.figures;
}

describe('the system', () => {
  const WRITER = { 'usr/share/update-notifier/notify-reboot-required': '', 'run/lock/x': '' };

  it('waits to be started anew when its updates say so, and for the sake of what', () => {
    const files = {
      'run/reboot-required': '*** System restart required ***',
      'run/reboot-required.pkgs': 'libc6\nlinux-base\nlibc6\n',
    };
    expect(systemWith(files)).toEqual({ reboot_required: true, reboot_packages: ['libc6', 'linux-base'] });
  });

  it('does not where there is someone who would say so, and it is not known where there is none', () => {
    expect(systemWith(WRITER)).toEqual({ reboot_required: false });
    expect(systemWith({ 'run/lock/x': '' })).toBeUndefined();
  });

  it('tells so many packages and counts the others', () => {
    const names = Array.from({ length: PACKAGES_MAX + 3 }, (_, n) => `package-${n}`);
    const told = systemWith({ 'run/reboot-required': '', 'run/reboot-required.pkgs': names.join('\n') });
    expect(told?.reboot_packages).toHaveLength(PACKAGES_MAX);
    expect(told?.left_out).toBe(3);
  });

  it('has a clock that is right when it was set not long ago', () => {
    const files = { 'run/systemd/timesync/synchronized': '' };
    const told = { clock_keeper: 'systemd-timesyncd', clock_synchronized_ms: NOW_MS };
    expect(systemWith(files)).toEqual({ ...told, clock_synchronized: true });
    const old_ms = NOW_MS - SYNCHRONIZED_MS - 1;
    expect(systemWith(files, old_ms)).toEqual({ ...told, clock_synchronized: false, clock_synchronized_ms: old_ms });
  });

  it('has one that is not, while who sets it has not yet; where nobody does, it is not known', () => {
    expect(systemWith({ 'run/systemd/timesync/other': '' })).toEqual({
      clock_keeper: 'systemd-timesyncd',
      clock_synchronized: false,
    });
    expect(systemWith({})).toBeUndefined();
  });

  it('tells what chrony knows of it', () => {
    expect(systemWith({ 'var/lib/chrony/drift': '             -12.345678             0.012345\n' })).toEqual({
      clock_keeper: 'chrony',
      clock_synchronized: true,
      clock_synchronized_ms: NOW_MS,
      clock_drift_ppm: -12.346,
    });
  });

  it('tells what the clock counts by', () => {
    const sys = folderOf({ 'devices/system/clocksource/clocksource0/current_clocksource': 'tsc\n' });
    expect(systemOf(folderOf({}), sys, NOW_MS)?.figures).toEqual({ clock_source: 'tsc' });
  });
});

it('of any text packages have short names, and a drift is a number or unknown', () => {
  fc.assert(
    fc.property(fc.oneof(fc.string(), fc.string({ unit: fc.constantFrom(...'0129.- \n') })), (text) => {
      for (const name of parsePackages(text)) expect(name).toMatch(/^\P{Cc}{1,64}$/u);
      expect(Number.isFinite(parseDrift(text) ?? 0)).toBe(true);
    }),
  );
});
