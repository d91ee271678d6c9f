import os from 'node:os';
import { describe, expect, it } from 'vitest';
import { REST_MS } from '../drm-cards.ts';
import type { Folder, Host } from '../host.ts';
import { filesOf, folderFrom, folderOf, programsIn, within } from './captured.ts';
import { GPUS_MAX, gpus } from './gpus.ts';

interface Clock {
  now_ms: number;
  files: Folder;
}

/** A host with these files, which a test may exchange, and this time. */
function hostAt(clock: Clock, asked: string[] = []): Host {
  const through = (part: string): Folder => {
    const of = () => within(clock.files, part);
    const read = (name: string) => {
      asked.push(name);
      return of().read(name);
    };
    return folderFrom({
      read,
      has: (name) => of().has(name),
      list: (name) => of().list(name),
      about: (name) => of().about(name),
    });
  };
  const proc = { folder: through('proc'), read: () => undefined, text: () => undefined };
  return {
    proc,
    sys: through('sys'),
    files: clock.files,
    programs: programsIn(clock.files),
    os,
    statfs: () => Promise.reject(new Error('not asked')),
    now: () => clock.now_ms,
  };
}

/** What is read on a captured machine, and about a second later. */
async function readTwice(machine: string) {
  const clock = { now_ms: 0, files: filesOf(machine) };
  const reader = gpus.open(hostAt(clock));
  const first = await reader.read();
  clock.now_ms += 1_000;
  clock.files = filesOf(machine, true);
  return { first, second: await reader.read() };
}

/** One of AMD's cards. */
function card(number: number, files: Readonly<Record<string, string>>, control = 'on'): Record<string, string> {
  const folder = `sys/class/drm/card${number}`;
  const slot = `0000:${String(number).padStart(2, '0')}:00.0`;
  const entries = Object.entries(files).map(([name, text]) => [`${folder}/device/${name}`, text]);
  return {
    [`${folder}/device/uevent`]: `DRIVER=amdgpu\nPCI_SLOT_NAME=${slot}\n`,
    [`${folder}/device/power/control`]: control,
    ...Object.fromEntries(entries),
  };
}

describe('graphics processors', () => {
  it('tell how busy they are and all else, whoever made them; the headline is the busiest', async () => {
    const { first } = await readTwice('server-128-cores-linux-5.15');
    expect(first).toEqual({
      percentage: 63,
      figures: {
        cards: {
          '0000:17:00.0': {
            driver: 'nvidia',
            name: 'NVIDIA A100-SXM4-80GB',
            used_percentage: 63,
            memory_used_bytes: 40_536 * 2 ** 20,
            memory_total_bytes: 81_920 * 2 ** 20,
            memory_percentage: 49.48,
            celsius: 51,
            watts: 287.31,
            watts_max: 400,
            clock_hertz: 1_410_000_000,
            clock_max_hertz: 1_410_000_000,
          },
          // Split into several, its use is told of none.
          '0000:65:00.0': {
            driver: 'nvidia',
            name: 'NVIDIA A100-SXM4-80GB',
            memory_used_bytes: 4 * 2 ** 20,
            memory_total_bytes: 81_920 * 2 ** 20,
            memory_percentage: 0,
            celsius: 33,
            watts: 58.02,
            watts_max: 400,
            clock_hertz: 210_000_000,
            clock_max_hertz: 1_410_000_000,
          },
          '0000:c3:00.0': {
            driver: 'amdgpu',
            name: 'AMD INSTINCT MI210',
            used_percentage: 37,
            memory_used_bytes: 17_179_869_184,
            memory_total_bytes: 68_702_699_520,
            memory_percentage: 25.01,
            celsius: 44,
            watts: 92,
            watts_max: 300,
            clock_hertz: 1_700_000_000,
          },
        },
      },
    });
  });

  it('tell what they drew and how long they were awake between two readings, where they count it', async () => {
    const { first, second } = await readTwice('workstation-linux-6.12');
    const told = {
      driver: 'xe',
      celsius: 52,
      fan_rpm: 1_320,
      clock_hertz: 2_400_000_000,
      clock_max_hertz: 2_850_000_000,
    };
    expect(first?.figures).toMatchObject({ cards: { '0000:0e:00.0': told } });
    expect(second?.percentage).toBe(88);
    expect(second?.figures).toMatchObject({
      cards: {
        '0000:0a:00.0': { driver: 'amdgpu', used_percentage: 88, celsius: 48, watts: 38.45, fan_rpm: 0 },
        '0000:0b:00.0': { driver: 'amdgpu', asleep: true },
        '0000:0e:00.0': { ...told, awake_percentage: 75, watts: 62.25 },
      },
    });
  });

  it('have no headline where none tells whether it is in use, and are not woken', async () => {
    expect((await readTwice('laptop-linux-6.1')).second).toEqual({
      figures: {
        cards: {
          '0000:00:02.0': {
            driver: 'i915',
            awake_percentage: 60,
            clock_hertz: 1_000_000_000,
            clock_max_hertz: 1_150_000_000,
          },
          '0000:01:00.0': { driver: 'nvidia', name: 'NVIDIA GeForce GTX 1650 Ti', asleep: true },
        },
      },
    });
  });

  it('are left alone for a while when they have nothing to do and may sleep', async () => {
    const file = 'class/drm/card1/device/gpu_busy_percent';
    const idle = { now_ms: 0, files: folderOf(card(1, { gpu_busy_percent: '0' }, 'auto')) };
    const asked: string[] = [];
    const reader = gpus.open(hostAt(idle, asked));
    const times = () => asked.filter((name) => name === file).length;
    const first = await reader.read();
    for (idle.now_ms = 2_000; idle.now_ms < REST_MS; idle.now_ms += 2_000) {
      expect(await reader.read()).toEqual(first);
    }
    expect(times()).toBe(1);
    idle.now_ms = REST_MS;
    idle.files = folderOf(card(1, { gpu_busy_percent: '7' }, 'auto'));
    expect((await reader.read())?.percentage).toBe(7);
    // Now that it works it is asked each time.
    idle.now_ms += 2_000;
    await reader.read();
    expect(times()).toBe(3);
  });

  it('are bounded, and what is left out is counted and not asked', async () => {
    const numbers = Array.from({ length: GPUS_MAX + 2 }, (_, n) => n);
    const files = folderOf(Object.assign({}, ...numbers.map((n) => card(n, { gpu_busy_percent: '1' }))));
    const asked: string[] = [];
    const figures = (await gpus.open(hostAt({ now_ms: 0, files }, asked)).read())?.figures;
    expect(figures).toMatchObject({ left_out: 2 });
    expect(asked.filter((name) => name.endsWith('gpu_busy_percent'))).toHaveLength(GPUS_MAX);
  });

  it('leave out what cannot be', async () => {
    const absurd = {
      gpu_busy_percent: '101',
      mem_info_vram_used: '-1',
      mem_info_vram_total: 'x',
      'hwmon/hwmon0/temp1_input': '999999',
    };
    const reading = await gpus.open(hostAt({ now_ms: 0, files: folderOf(card(1, absurd)) })).read();
    expect(reading).toEqual({ figures: { cards: { '0000:01:00.0': { driver: 'amdgpu' } } } });
  });
});
