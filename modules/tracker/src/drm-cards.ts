// Graphics processors whose drivers are part of the kernel: AMD's (amdgpu) and Intel's (i915, xe).
//
// From /sys/class/drm and the sensors beside it, see the kernel's gpu/amdgpu/thermal and its sysfs-driver-intel-i915-hwmon. A
// handful of small files a card, each asked in a way that holds up nobody: the driver may have to ask the card.
//
// Whether one is in use AMD's tell as they are asked. Intel's tell for how long they slept; what is not sleep need not be work,
// so it has a name of its own. A card that may sleep and has nothing to do is left alone for a while, so that it can.

import { oneLine } from '@ganglion/kernel';
import { type Gpu, type GpuFigures, tellFigures } from './gpu.ts';
import type { Folder, Host } from './host.ts';
import { percentageOf } from './probe.ts';
import { grown } from './rate.ts';

/** How long a card that may sleep is left alone when it has nothing to do. By default they fall asleep after 5 to 10 s. */
export const REST_MS = 15_000;

const DRM = 'class/drm';

/** A card of such a driver. */
export interface Card {
  /** Where it is plugged in: `0000:03:00.0`. */
  readonly slot: string;
  readonly driver: 'amdgpu' | 'i915' | 'xe';
  /** Its folder, and that of its sensors, if it has any. */
  readonly folder: string;
  readonly sensors: string | undefined;
  readonly name: string | undefined;
}

/** The cards of a machine. */
export function cardsIn(sys: Folder): Card[] {
  return sys.list(DRM).flatMap((entry): Card[] => {
    if (!/^card\d+$/.test(entry)) return [];
    const folder = `${DRM}/${entry}`;
    const about = sys.read(`${folder}/device/uevent`) ?? '';
    const [, driver] = /^DRIVER=(amdgpu|i915|xe)$/m.exec(about) ?? [];
    const [, slot] = /^PCI_SLOT_NAME=([0-9a-f:.]{7,16})$/m.exec(about) ?? [];
    if ((driver !== 'amdgpu' && driver !== 'i915' && driver !== 'xe') || slot === undefined) return [];
    const hwmon = sys.list(`${folder}/device/hwmon`).find((each) => /^hwmon\d+$/.test(each));
    const sensors = hwmon && `${folder}/device/hwmon/${hwmon}`;
    const name = oneLine(sys.read(`${folder}/device/product_name`) ?? '', 64) || undefined;
    return [{ slot, driver, folder, sensors, name }];
  });
}

/** A card, from reading to reading. */
export class CardReader {
  readonly #sys: Folder;
  readonly #card: Card;
  readonly #now: Host['now'];
  readonly #temperature: string | undefined;
  #read_ms = Number.NaN;
  /** What it counts: the time it slept, and the energy it took. */
  #slept_ms = Number.NaN;
  #energy_uj = Number.NaN;
  /** What it told last, until it is to be asked again. */
  #resting: { readonly gpu: Gpu; readonly until_ms: number } | undefined;

  constructor(sys: Folder, card: Card, now: Host['now']) {
    this.#sys = sys;
    this.#card = card;
    this.#now = now;
    // The first is that of the card, where it tells several: of its edge, its hottest spot, its memory.
    this.#temperature = card.sensors && temperatureIn(sys, card.sensors);
  }

  /** The figures now. */
  async read(): Promise<Gpu> {
    const { driver, name, folder } = this.#card;
    const now_ms = this.#now();
    const power = (what: string) => this.#sys.read(`${folder}/device/power/${what}`);
    const gpu: Gpu = { driver, ...(name !== undefined && { name }) };
    if (power('runtime_status') === 'suspended') {
      this.#resting = undefined;
      return { ...gpu, asleep: true };
    }
    if (this.#resting !== undefined && now_ms < this.#resting.until_ms) return this.#resting.gpu;
    tellFigures(gpu, await (driver === 'amdgpu' ? this.#amd() : this.#intel(now_ms)));
    const rests = power('control') === 'auto' && !((gpu.used_percentage ?? 0) > 0);
    this.#resting = rests ? { gpu, until_ms: now_ms + REST_MS } : undefined;
    return gpu;
  }

  async #amd(): Promise<GpuFigures> {
    return {
      used_percentage: await this.#ask('device/gpu_busy_percent'),
      memory_used_bytes: await this.#ask('device/mem_info_vram_used'),
      memory_total_bytes: await this.#ask('device/mem_info_vram_total'),
      ...(await this.#measured()),
      watts: inWatts(await this.#sensor('power1_average', 'power1_input')),
      watts_max: inWatts(await this.#sensor('power1_cap')),
      clock_hertz: await this.#sensor('freq1_input'),
    };
  }

  async #intel(now_ms: number): Promise<GpuFigures> {
    const is_xe = this.#card.driver === 'xe';
    const slept_ms = await this.#ask(is_xe ? `${XE}/gtidle/idle_residency_ms` : 'power/rc6_residency_ms');
    const energy_uj = await this.#sensor('energy1_input');
    const elapsed_ms = now_ms - this.#read_ms;
    const asleep_ms = grown(this.#slept_ms, slept_ms);
    const drawn_uj = grown(this.#energy_uj, energy_uj);
    this.#read_ms = now_ms;
    this.#slept_ms = slept_ms;
    this.#energy_uj = energy_uj;
    const megahertz = async (name: string) => (await this.#ask(name)) * 1e6;
    return {
      // Its clock may be a little faster than ours.
      awake_percentage: percentageOf(Math.max(0, elapsed_ms - asleep_ms), elapsed_ms),
      ...(await this.#measured()),
      watts: inWatts((drawn_uj / elapsed_ms) * 1_000),
      clock_hertz: await megahertz(is_xe ? `${XE}/freq0/act_freq` : 'gt_act_freq_mhz'),
      clock_max_hertz: await megahertz(is_xe ? `${XE}/freq0/max_freq` : 'gt_max_freq_mhz'),
    };
  }

  async #measured(): Promise<GpuFigures> {
    const millidegrees = this.#temperature === undefined ? Number.NaN : await this.#sensor(this.#temperature);
    // Never the nought below nought.
    return { celsius: Math.round(millidegrees / 100) / 10 + 0, fan_rpm: await this.#sensor('fan1_input') };
  }

  async #ask(name: string): Promise<number> {
    return number(await this.#sys.ask(`${this.#card.folder}/${name}`));
  }

  /** The first of these sensors that it has. */
  async #sensor(...names: readonly string[]): Promise<number> {
    const { sensors } = this.#card;
    for (const name of names) {
      const told = sensors === undefined ? Number.NaN : number(await this.#sys.ask(`${sensors}/${name}`));
      if (!Number.isNaN(told)) return told;
    }
    return Number.NaN;
  }
}

/** The part of one of Intel's newer cards that draws. */
const XE = 'device/tile0/gt0';

/** The first sensor of how hot it is. */
function temperatureIn(sys: Folder, folder: string): string | undefined {
  const numberOf = (name: string) => Number(/\d+/.exec(name)?.[0]);
  const inputs = sys.list(folder).filter((name) => /^temp\d+_input$/.test(name));
  return inputs.toSorted((a, b) => numberOf(a) - numberOf(b))[0];
}

function number(text: string | undefined): number {
  return text !== undefined && /^-?\d{1,19}$/.test(text) ? Number(text) : Number.NaN;
}

function inWatts(microwatts: number): number {
  return Math.round(microwatts / 10_000) / 100;
}
