// NVIDIA's graphics processors. Their driver tells its figures through its own library alone, so they come from its program
// nvidia-smi: one process that goes on and prints a line a second for each card. It is started only where the kernel has such a
// card and the driver for it; when it ends, hangs or cannot be started there is a growing pause before the next try.
//
// Being asked keeps a card awake. One that its driver would let sleep (Runtime D3, in laptops) is left alone: its name is told
// and whether it sleeps, from /proc/driver/nvidia and /sys, no more.

import { oneLine } from '@ganglion/kernel';
import { type Gpu, type GpuFigures, tellFigures } from './gpu.ts';
import type { Host } from './host.ts';
import type { Followed } from './programs.ts';

/** What a card told is forgotten after this time: nvidia-smi, or the card, hangs. */
export const FRESH_MS = 3_000;

/** Cards that are remembered. */
export const NVIDIA_MAX = 64;

const NVIDIA_SMI = 'nvidia-smi';

/** What is asked of each card, in this order. */
const QUERY = [
  'pci.bus_id',
  'name',
  'utilization.gpu',
  'memory.used',
  'memory.total',
  'temperature.gpu',
  'power.draw',
  'power.limit',
  'fan.speed',
  'clocks.sm',
  'clocks.max.sm',
].join(',');

const DRIVER = 'driver/nvidia/gpus';
const SLOT = /^[0-9a-f]{4,8}:[0-9a-f]{2}:[0-9a-f]{2}\.[0-7]$/;

/** The cards of a machine, from reading to reading. */
export class NvidiaCards {
  readonly #host: Host;
  /** What each told last, by its slot. */
  readonly #told = new Map<string, { readonly gpu: Gpu; readonly told_ms: number }>();
  #cards: readonly NvidiaCard[] = [];
  #followed: Followed | undefined;
  #args: readonly string[] = [];

  constructor(host: Host) {
    this.#host = host;
  }

  /** Looks which cards there are, and starts, restarts or ends nvidia-smi when it is others than before. */
  lookUp(): void {
    this.#cards = nvidiaIn(this.#host);
    const awake = this.#cards.filter(({ may_sleep }) => !may_sleep);
    const args = awake.length === 0 ? [] : argsFor(awake.length === this.#cards.length ? [] : awake);
    if (args.join() === this.#args.join()) return;
    this.close();
    const { programs, now } = this.#host;
    if (args.length === 0 || programs === undefined || !programs.has(NVIDIA_SMI)) return;
    this.#args = args;
    this.#followed = programs.follow(NVIDIA_SMI, args, (line) => {
      const told = parseLine(line);
      if (told === undefined || (this.#told.size >= NVIDIA_MAX && !this.#told.has(told.slot))) return;
      this.#told.set(told.slot, { gpu: told.gpu, told_ms: now() });
    });
  }

  /** The figures now, by slot: what nvidia-smi pushed last, of each card for as long as it is fresh. */
  read(): Map<string, Gpu> {
    const now_ms = this.#host.now();
    const gpus = new Map<string, Gpu>();
    for (const { slot, name, may_sleep } of this.#cards) {
      const asleep = may_sleep && this.#isAsleep(slot);
      if (name !== undefined) gpus.set(slot, { driver: 'nvidia', name, ...(asleep && { asleep }) });
    }
    for (const [slot, { gpu, told_ms }] of this.#told) {
      if (now_ms - told_ms <= FRESH_MS) gpus.set(slot, gpu);
      else this.#told.delete(slot);
    }
    return gpus;
  }

  close(): void {
    this.#followed?.close();
    this.#followed = undefined;
    this.#args = [];
    this.#told.clear();
  }

  #isAsleep(slot: string): boolean {
    return this.#host.sys?.read(`bus/pci/devices/${slot}/power/runtime_status`) === 'suspended';
  }
}

/** @param cards those that may be asked; none: all */
function argsFor(cards: readonly NvidiaCard[]): string[] {
  const only = cards.length === 0 ? [] : ['-i', cards.map(({ slot }) => slot).join(',')];
  return [`--query-gpu=${QUERY}`, '--format=csv,noheader,nounits', ...only, '-lms', '1000'];
}

export interface NvidiaCard {
  readonly slot: string;
  readonly name: string | undefined;
  /** Whether its driver lets it sleep when it has nothing to do. */
  readonly may_sleep: boolean;
}

/** The cards that the driver has, as the kernel tells them. */
export function nvidiaIn({ proc, sys }: Pick<Host, 'proc' | 'sys'>): NvidiaCard[] {
  const folder = proc?.folder;
  const in_driver = folder?.list(DRIVER) ?? [];
  // Where the driver has no folder of its own, as in some containers, by the bus.
  const slots = in_driver.length > 0 ? in_driver : (sys?.list('bus/pci/drivers/nvidia') ?? []);
  return slots
    .filter((slot) => SLOT.test(slot))
    .toSorted()
    .slice(0, NVIDIA_MAX)
    .map((slot) => {
      const [, model] = /^Model:\s+(\S.*)$/m.exec(folder?.read(`${DRIVER}/${slot}/information`) ?? '') ?? [];
      const power = folder?.read(`${DRIVER}/${slot}/power`) ?? '';
      return {
        slot,
        name: model === undefined ? undefined : oneLine(model, 64),
        may_sleep: /^Runtime D3 status:\s+Enabled/m.test(power),
      };
    });
}

/** Parses a line of nvidia-smi: `00000000:17:00.0, NVIDIA A100-SXM4-80GB, 63, 40536, 81920, 51, 287.31, 400.00, [N/A], 1410, 1410`. */
export function parseLine(line: string): { slot: string; gpu: Gpu } | undefined {
  const [id = '', name = '', ...rest] = line.split(', ');
  // The domain has eight digits here, and four everywhere else.
  const slot = id.toLowerCase().replace(/^0000(?=[0-9a-f]{4}:)/, '');
  if (rest.length !== 9 || !SLOT.test(slot)) return undefined;
  // What it does not know is `[N/A]`, `[Not Supported]` or `[Unknown Error]`.
  const numbers = rest.map((text) => (/^\d{1,9}(?:\.\d{1,3})?$/.test(text) ? Number(text) : Number.NaN));
  const [used, mebibytes_used, mebibytes, celsius, watts, watts_max, fan, megahertz, megahertz_max] = numbers;
  const figures: GpuFigures = {
    used_percentage: used,
    memory_used_bytes: times(mebibytes_used, 2 ** 20),
    memory_total_bytes: times(mebibytes, 2 ** 20),
    celsius,
    watts,
    watts_max,
    // It may turn faster than its maker means by all.
    fan_percentage: Math.min(fan ?? Number.NaN, 100),
    clock_hertz: times(megahertz, 1e6),
    clock_max_hertz: times(megahertz_max, 1e6),
  };
  const gpu: Gpu = { driver: 'nvidia', name: oneLine(name, 64) };
  tellFigures(gpu, figures);
  return { slot, gpu };
}

function times(number = Number.NaN, factor: number): number {
  return Math.round(number * factor);
}
