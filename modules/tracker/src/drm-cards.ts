// Graphics processors whose drivers are part of the kernel: AMD's (amdgpu) and Intel's (i915, xe).
//
// From /sys/class/drm and the sensors beside it, see the kernel's gpu/amdgpu/thermal and its sysfs-driver-intel-i915-hwmon. A
// handful of small files a card, each asked in a way that holds up nobody: the driver may have to ask the card. What does not
// change is read once.
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
  /** Where it tells what changes; undefined where it does not. */
  readonly #files: Files;
  /** What does not change. */
  readonly #fixed: GpuFigures;
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
    this.#files = filesOf(sys, card);
    const read = (name: string) => number(sys.read(`${card.folder}/${name}`));
    this.#fixed = {
      memory_total_bytes: read('device/mem_info_vram_total'),
      clock_max_hertz: read(isXe(card) ? `${XE}/freq0/max_freq` : 'gt_max_freq_mhz') * 1e6,
    };
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
    tellFigures(gpu, await this.#ask(now_ms));
    const rests = power('control') === 'auto' && !((gpu.used_percentage ?? 0) > 0);
    this.#resting = rests ? { gpu, until_ms: now_ms + REST_MS } : undefined;
    return gpu;
  }

  async #ask(now_ms: number): Promise<GpuFigures> {
    const files = this.#files;
    const ask = async (name: string | undefined) => {
      return name === undefined ? Number.NaN : number(await this.#sys.ask(name));
    };
    const slept_ms = await ask(files.slept);
    const energy_uj = await ask(files.energy);
    const elapsed_ms = now_ms - this.#read_ms;
    const asleep_ms = grown(this.#slept_ms, slept_ms);
    const drawn_uj = grown(this.#energy_uj, energy_uj);
    this.#read_ms = now_ms;
    this.#slept_ms = slept_ms;
    this.#energy_uj = energy_uj;
    const millidegrees = await ask(files.temperature);
    return {
      ...this.#fixed,
      used_percentage: await ask(files.busy),
      // Its clock may be a little faster than ours.
      awake_percentage: percentageOf(Math.max(0, elapsed_ms - asleep_ms), elapsed_ms),
      memory_used_bytes: await ask(files.memory),
      // Never the nought below nought.
      celsius: Math.round(millidegrees / 100) / 10 + 0,
      watts: inWatts(files.power === undefined ? (drawn_uj / elapsed_ms) * 1_000 : await ask(files.power)),
      watts_max: inWatts(await ask(files.power_max)),
      fan_rpm: await ask(files.fan),
      clock_hertz: (await ask(files.clock)) * (this.#card.driver === 'amdgpu' ? 1 : 1e6),
    };
  }
}

/** Where a card tells what. */
interface Files {
  readonly busy: string | undefined;
  readonly memory: string | undefined;
  /** Milliseconds that it slept. */
  readonly slept: string | undefined;
  /** Hertz of AMD's, megahertz of Intel's. */
  readonly clock: string | undefined;
  readonly temperature: string | undefined;
  readonly fan: string | undefined;
  /** Microwatts; or microjoules, where it counts what it took. */
  readonly power: string | undefined;
  readonly energy: string | undefined;
  readonly power_max: string | undefined;
}

/** Those that it has: to ask for what is not there costs more than what is. */
function filesOf(sys: Folder, card: Card): Files {
  const { folder, sensors, driver } = card;
  const sensed = sensors === undefined ? [] : sys.list(sensors);
  const sensor = (...names: readonly string[]) => {
    const name = names.find((each) => sensed.includes(each));
    return name && `${sensors}/${name}`;
  };
  const file = (name: string) => (sys.has(`${folder}/${name}`) ? `${folder}/${name}` : undefined);
  const is_amd = driver === 'amdgpu';
  return {
    busy: file('device/gpu_busy_percent'),
    memory: file('device/mem_info_vram_used'),
    slept: file(isXe(card) ? `${XE}/gtidle/idle_residency_ms` : 'power/rc6_residency_ms'),
    clock: is_amd ? sensor('freq1_input') : file(isXe(card) ? `${XE}/freq0/act_freq` : 'gt_act_freq_mhz'),
    // The first is that of the card, where it tells several: of its edge, its hottest spot, its memory.
    temperature: sensor('temp1_input', 'temp2_input', 'temp3_input'),
    fan: sensor('fan1_input'),
    power: sensor('power1_average', 'power1_input'),
    energy: sensor('energy1_input'),
    power_max: sensor('power1_cap'),
  };
}

/** The part of one of Intel's newer cards that draws. */
const XE = 'device/tile0/gt0';

function isXe({ driver }: Card): boolean {
  return driver === 'xe';
}

function number(text: string | undefined): number {
  return text !== undefined && /^-?\d{1,19}$/.test(text) ? Number(text) : Number.NaN;
}

function inWatts(microwatts: number): number {
  return Math.round(microwatts / 10_000) / 100;
}
