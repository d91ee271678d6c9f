// There is no such card here. In place of nvidia-smi stand small programs that print as it does, or fail as it may.

import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import os, { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, afterEach, describe, expect, it } from 'vitest';
import type { Host } from './host.ts';
import { FRESH_MS, NvidiaCards, nvidiaIn, parseLine } from './nvidia.ts';
import { folderOf } from './probes/captured.ts';
import { openPrograms, PROGRAM_LIMITS, type ProgramLimits, type Programs } from './programs.ts';

const folder = mkdtempSync(join(tmpdir(), 'ganglion-nvidia-'));
afterAll(() => rmSync(folder, { recursive: true }));
const closing: (() => void)[] = [];
afterEach(() => {
  for (const close of closing.splice(0)) close();
});

const SLOT = '0000:17:00.0';
const LINE = '00000000:17:00.0, NVIDIA H100 PCIe, 63, 40536, 81559, 51, 287.31, 350.00, 30, 1755, 1755';

/** The kernel's files of a card. */
function kernelFiles(slot = SLOT, runtime_d3 = 'Disabled by default'): Record<string, string> {
  return {
    [`driver/nvidia/gpus/${slot}/information`]: `Model: \t\t NVIDIA H100 PCIe\nIRQ:   \t\t 16\nBus Location: \t ${slot}\n`,
    [`driver/nvidia/gpus/${slot}/power`]: `Runtime D3 status:          ${runtime_d3}\nVideo Memory: Active\n`,
  };
}

interface Machine {
  now_ms: number;
  files: Record<string, string>;
  programs: Programs | undefined;
}

function hostOf(machine: Machine): Host {
  const proc = {
    read: () => undefined,
    text: () => undefined,
    get folder() {
      return folderOf(machine.files);
    },
  };
  return {
    proc,
    sys: folderOf({}),
    files: undefined,
    get programs() {
      return machine.programs;
    },
    os,
    statfs: () => Promise.reject(new Error('not asked')),
    now: () => machine.now_ms,
  };
}

/** A machine with a card, and a program in place of nvidia-smi. */
function open(lines: readonly string[], limits: Partial<ProgramLimits> = {}) {
  const place = mkdtempSync(join(folder, 'machine-'));
  writeFileSync(join(place, 'nvidia-smi'), ['#!/bin/sh', ...lines, ''].join('\n'), { mode: 0o755 });
  const programs = openPrograms([place], { ...PROGRAM_LIMITS, pause_ms_min: 1, ...limits });
  let told = () => {};
  const machine: Machine = {
    now_ms: 0,
    files: kernelFiles(),
    programs: {
      ...programs,
      follow: (name, args, onLine) =>
        programs.follow(name, args, (line) => {
          onLine(line);
          told();
        }),
    },
  };
  const cards = new NvidiaCards(hostOf(machine));
  closing.push(() => {
    cards.close();
    programs.close();
  });
  return {
    machine,
    cards,
    place,
    /** Resolves when the next line has been taken. */
    line: () =>
      new Promise<void>((resolve) => {
        told = resolve;
      }),
  };
}

describe("NVIDIA's cards", () => {
  it('tell what nvidia-smi pushes last', async () => {
    const until_told = 'until [ -e "$(dirname "$0")/go" ]; do sleep 0.01; done';
    const later = `echo "${LINE.replace('63', '64')}"`;
    const { cards, line, place } = open([`echo "${LINE}"`, until_told, later, 'exec sleep 600']);
    const next = line();
    cards.lookUp();
    await next;
    expect(cards.read().get(SLOT)).toEqual({
      driver: 'nvidia',
      name: 'NVIDIA H100 PCIe',
      used_percentage: 63,
      memory_used_bytes: 40_536 * 2 ** 20,
      memory_total_bytes: 81_559 * 2 ** 20,
      memory_percentage: 49.7,
      celsius: 51,
      watts: 287.31,
      watts_max: 350,
      fan_percentage: 30,
      clock_hertz: 1_755_000_000,
      clock_max_hertz: 1_755_000_000,
    });
    const last = line();
    writeFileSync(join(place, 'go'), '');
    await last;
    expect(cards.read().get(SLOT)?.used_percentage).toBe(64);
  });

  it('are asked by one program that goes on, once a second', async () => {
    const { cards, line, place } = open([`echo "$@" >> "$(dirname "$0")/args"`, `echo "${LINE}"`, 'exec sleep 600']);
    const next = line();
    cards.lookUp();
    await next;
    cards.lookUp();
    cards.lookUp();
    expect(readFileSync(join(place, 'args'), 'utf8')).toMatch(
      /^--query-gpu=pci.bus_id,\S+ --format=csv,noheader,nounits -lms 1000\n$/,
    );
  });

  it('have no figures when it hangs: what is older than three seconds is not told', async () => {
    const { machine, cards, line } = open([`echo "${LINE}"`, 'exec sleep 600']);
    const next = line();
    cards.lookUp();
    await next;
    machine.now_ms = FRESH_MS;
    expect(cards.read().get(SLOT)?.used_percentage).toBe(63);
    machine.now_ms = FRESH_MS + 1;
    expect(cards.read().get(SLOT)).toEqual({ driver: 'nvidia', name: 'NVIDIA H100 PCIe' });
  });

  it('are told on when it hung, and was started anew', async () => {
    const { cards, line } = open([`echo "${LINE}"`, 'exec sleep 600'], { silence_ms_max: 20 });
    let next = line();
    cards.lookUp();
    for (let start = 0; start < 3; start++) {
      await next;
      next = line();
    }
    expect(cards.read().get(SLOT)?.used_percentage).toBe(63);
  });

  it('are told on when it died, and was started anew', async () => {
    const { cards, line } = open([`echo "${LINE}"`, 'kill -9 $$']);
    let next = line();
    cards.lookUp();
    for (let start = 0; start < 3; start++) {
      await next;
      next = line();
    }
    expect(cards.read().get(SLOT)?.used_percentage).toBe(63);
  });

  it('have what is known of them when it talks rubbish', async () => {
    const rubbish = ['', 'Field "x" is not a valid field to query.', 'No devices were found', LINE.slice(0, 40)];
    const { cards, line } = open([
      ...rubbish.map((text) => `echo '${text}'`),
      `echo "${LINE.replace('63', '[N/A]').replace('30,', '[Not Supported],')}"`,
      'exec sleep 600',
    ]);
    let next = line();
    cards.lookUp();
    let gpu = cards.read().get(SLOT);
    while (gpu?.celsius === undefined) {
      await next;
      next = line();
      gpu = cards.read().get(SLOT);
    }
    expect(cards.read().size).toBe(1);
    expect(gpu).not.toHaveProperty('used_percentage');
    expect(gpu).not.toHaveProperty('fan_percentage');
    expect(gpu).toMatchObject({ watts: 287.31, memory_percentage: 49.7 });
  });

  it('are not asked where the kernel has none, nor where there is no program', () => {
    const { machine, cards } = open(['exec sleep 600']);
    const { programs } = machine;
    let started = 0;
    const follow: Programs['follow'] = () => {
      started++;
      return { close() {} };
    };
    if (programs === undefined) throw new Error('there are programs');
    machine.files = {};
    machine.programs = { ...programs, follow };
    cards.lookUp();
    machine.files = kernelFiles();
    machine.programs = { ...programs, has: () => false, follow };
    cards.lookUp();
    machine.programs = undefined;
    cards.lookUp();
    expect(started).toBe(0);
    expect(cards.read().get(SLOT)).toEqual({ driver: 'nvidia', name: 'NVIDIA H100 PCIe' });
    // One that comes later is found.
    machine.programs = { ...programs, follow };
    cards.lookUp();
    cards.lookUp();
    expect(started).toBe(1);
  });

  it('that may sleep are not kept awake by being asked', () => {
    const started: (readonly string[])[] = [];
    let ended = 0;
    const { machine, cards } = open([]);
    const { programs } = machine;
    if (programs === undefined) throw new Error('there are programs');
    const follow: Programs['follow'] = (_name, args) => {
      started.push(args);
      return { close: () => ended++ };
    };
    machine.programs = { ...programs, follow };
    machine.files = kernelFiles(SLOT, 'Enabled (fine-grained)');
    cards.lookUp();
    expect(started).toEqual([]);
    // Of several only those that do not are asked.
    Object.assign(machine.files, kernelFiles('0000:65:00.0'));
    cards.lookUp();
    expect(started.map((args) => args.slice(2, 4))).toEqual([['-i', '0000:65:00.0']]);
    // And when that is gone, none.
    machine.files = kernelFiles(SLOT, 'Enabled (fine-grained)');
    cards.lookUp();
    expect([started.length, ended]).toEqual([1, 1]);
  });

  it('are found by the bus where the driver has no folder', () => {
    const sys = folderOf({ [`bus/pci/drivers/nvidia/${SLOT}/uevent`]: '', 'bus/pci/drivers/nvidia/bind': '' });
    expect(nvidiaIn({ proc: undefined, sys })).toEqual([{ slot: SLOT, name: undefined, may_sleep: false }]);
  });
});

it('of any line figures are sound, or there are none', () => {
  const field = fc.oneof(fc.string(), fc.constantFrom('[N/A]', '63', '1e9', '-1', '999999999', '0.5'));
  const line = fc.array(field, { maxLength: 12 }).map((fields) => fields.join(', '));
  fc.assert(
    fc.property(
      fc.oneof(
        line,
        fc.array(field, { minLength: 10, maxLength: 10 }).map((fields) => `${SLOT}, ${fields.join(', ')}`),
      ),
      (text) => {
        const { gpu } = parseLine(text) ?? {};
        if (gpu === undefined) return;
        for (const [name, value] of Object.entries(gpu)) {
          if (name.endsWith('_percentage')) expect(value).toSatisfy((share: number) => share >= 0 && share <= 100);
          if (typeof value === 'number') expect(Number.isFinite(value)).toBe(true);
        }
      },
    ),
  );
});
