// The health of disks, as they judge themselves (SMART): whether they pass, how old and how worn they are, sectors that were lost.
//
// From smartctl of the smartmontools, 7.0 or newer, once an hour: a process to list the disks and one for each of them, one after
// the other, each killed after 20 s. A disk that sleeps is not woken. Absent where there is no smartctl, where the tracker is not
// root, in containers, and where no disk tells it, as in virtual machines.

import { oneLine } from '@ganglion/kernel';
import Type, { type Static, type TSchema } from 'typebox';
import { Value } from 'typebox/value';
import { Celsius, Count, Percentage } from '../figures.ts';
import { defineProbe, type Reading } from '../probe.ts';
import type { Programs } from '../programs.ts';
import { tell } from '../rate.ts';

/** Disks that are asked, and told; the others are counted. */
export const DISKS_MAX = 32;

const NAME_MAX = 64;

const Disk = Type.Object({
  model: Type.Optional(Type.String({ title: 'Model' })),
  passed: Type.Optional(Type.Boolean({ title: 'Judges itself to be well' })),
  asleep: Type.Optional(Type.Boolean({ title: 'Asleep, as it was told before' })),
  celsius: Type.Optional(Celsius('Temperature')),
  power_on_hours: Type.Optional(Count('Hours it was on')),
  reallocated_sectors: Type.Optional(Count('Sectors given up and replaced')),
  pending_sectors: Type.Optional(Count('Sectors that could not be read, not yet given up')),
  uncorrectable_sectors: Type.Optional(Count('Sectors that could not be corrected')),
  media_errors: Type.Optional(Count('Times that data was damaged')),
  worn_percentage: Type.Optional(Percentage('Worn, of what it is made to bear')),
  spare_percentage: Type.Optional(Percentage('Spare space left')),
});

type Disk = Static<typeof Disk>;

const schema = Type.Object({
  failing: Count('Disks that judge themselves not to be well'),
  disks: Type.Record(Type.String(), Disk, { title: 'By disk' }),
  left_out: Type.Optional(Count(`Disks beyond the first ${DISKS_MAX}`)),
});

type Figures = Static<typeof schema>;

export const disk_health = defineProbe({
  name: 'disk_health',
  schema,
  every_ms: 3_600_000,
  open: ({ programs }) => {
    let before: ReadonlyMap<string, Disk> = new Map();
    return {
      read: async () => {
        if (programs === undefined || !programs.as_root || !programs.has(SMARTCTL)) return undefined;
        const { disks, left_out } = await askDisks(programs, before);
        before = disks;
        return healthOf(disks, left_out);
      },
    };
  },
});

const SMARTCTL = 'smartctl';

/**
 * Asks each disk, one after the other.
 *
 * @param before what they told the last time: one that sleeps has this still
 */
async function askDisks(
  programs: Pick<Programs, 'run'>,
  before: ReadonlyMap<string, Disk>,
): Promise<{ disks: Map<string, Disk>; left_out: number }> {
  const devices = parseScan((await programs.run(SMARTCTL, ['--json', '--scan-open'])) ?? '');
  const disks = new Map<string, Disk>();
  for (const { name, path, type } of devices.slice(0, DISKS_MAX)) {
    const args = ['--json', '-i', '-H', '-A', '-n', 'standby', '-d', type, path];
    const told = parseDisk((await programs.run(SMARTCTL, args)) ?? '');
    if (told === undefined) continue;
    disks.set(name, told === 'asleep' ? { ...asleep(before.get(name)), asleep: true } : told);
  }
  return { disks, left_out: Math.max(0, devices.length - DISKS_MAX) };
}

/** A sleeping disk is as it was, but for its temperature. */
function asleep({ celsius: _, ...rest }: Disk = {}): Disk {
  return rest;
}

function healthOf(disks: ReadonlyMap<string, Disk>, left_out: number): Reading<Figures> | undefined {
  if (disks.size === 0) return undefined;
  const failing = [...disks.values()].filter(({ passed }) => passed === false).length;
  const figures: Figures = { failing, disks: Object.fromEntries(disks) };
  if (left_out > 0) figures.left_out = left_out;
  return { figures };
}

/** A disk to be asked. */
export interface Device {
  /** `sda`; behind a controller, where several have one path, `bus/0 megaraid,4`. */
  readonly name: string;
  readonly path: string;
  /** How it is spoken to: `sat`, `nvme`. */
  readonly type: string;
}

const Scan = Type.Object({
  devices: Type.Array(
    Type.Object({ name: Type.String(), type: Type.String(), open_error: Type.Optional(Type.Unknown()) }),
  ),
});

/** Parses what `smartctl --json --scan-open` prints: the disks that could be opened. */
export function parseScan(text: string): Device[] {
  const devices = new Map<string, Device>();
  for (const { name: path, type, open_error } of parse(Scan, text)?.devices ?? []) {
    // They become arguments of a program.
    if (open_error !== undefined || !/^\/dev\/[\w/.:-]{1,48}$/.test(path) || !/^\w[\w,+/-]{0,31}$/.test(type)) continue;
    const short = path.slice('/dev/'.length);
    const name = type.includes(',') ? oneLine(`${short} ${type}`, NAME_MAX) : short;
    if (!devices.has(name)) devices.set(name, { name, path, type });
  }
  return [...devices.values()];
}

const Whole = Type.Integer({ minimum: 0 });

const Attribute = Type.Object({ id: Whole, raw: Type.Object({ string: Type.String() }) });

/** What is looked at, each by itself: a disk may tell one thing as it should and not another. */
const TOLD = {
  model: Type.Union([Type.Object({ model_name: Type.String() }), Type.Object({ scsi_model_name: Type.String() })]),
  passed: Type.Object({ smart_status: Type.Object({ passed: Type.Boolean() }) }),
  celsius: Type.Object({ temperature: Type.Object({ current: Type.Number({ minimum: -60, maximum: 200 }) }) }),
  hours: Type.Object({ power_on_time: Type.Object({ hours: Whole }) }),
  attributes: Type.Object({ ata_smart_attributes: Type.Object({ table: Type.Array(Attribute) }) }),
  nvme: Type.Object({
    nvme_smart_health_information_log: Type.Object({
      percentage_used: Whole,
      available_spare: Type.Integer({ minimum: 0, maximum: 100 }),
      media_errors: Whole,
    }),
  }),
  worn: Type.Object({ endurance_used: Type.Object({ current_percent: Whole }) }),
  spare: Type.Object({ spare_available: Type.Object({ current_percent: Type.Integer({ minimum: 0, maximum: 100 }) }) }),
  grown: Type.Object({ scsi_grown_defect_list: Whole }),
};

const Messages = Type.Object({
  smartctl: Type.Object({ messages: Type.Array(Type.Object({ string: Type.String() })) }),
});

/** Attributes of a disk's own table, by their numbers, on which makers agree. */
const REALLOCATED = 5;
const PENDING = 197;
const UNCORRECTABLE = 198;

/**
 * Parses what `smartctl --json -i -H -A -n standby` prints of a disk.
 *
 * @returns undefined when it says nothing of it
 */
export function parseDisk(text: string): Disk | 'asleep' | undefined {
  const told = parse(Type.Unknown(), text);
  if (
    Value.Check(Messages, told) &&
    told.smartctl.messages.some(({ string }) => /(?:STANDBY|SLEEP).* mode, exit/.test(string))
  ) {
    return 'asleep';
  }
  const disk: Disk = {};
  if (Value.Check(TOLD.model, told)) {
    const model = oneLine('model_name' in told ? told.model_name : told.scsi_model_name, NAME_MAX);
    if (model !== '') disk.model = model;
  }
  if (Value.Check(TOLD.passed, told)) disk.passed = told.smart_status.passed;
  // Nought where an NVMe or SCSI disk does not know; no disk in use is as cold.
  if (Value.Check(TOLD.celsius, told) && told.temperature.current !== 0) disk.celsius = told.temperature.current;
  if (Value.Check(TOLD.hours, told)) disk.power_on_hours = told.power_on_time.hours;
  if (Value.Check(TOLD.attributes, told)) {
    const raw = new Map(told.ata_smart_attributes.table.map((each) => [each.id, countIn(each.raw.string)]));
    tell(disk, 'reallocated_sectors', raw.get(REALLOCATED) ?? Number.NaN);
    tell(disk, 'pending_sectors', raw.get(PENDING) ?? Number.NaN);
    tell(disk, 'uncorrectable_sectors', raw.get(UNCORRECTABLE) ?? Number.NaN);
  }
  if (Value.Check(TOLD.grown, told)) disk.reallocated_sectors = told.scsi_grown_defect_list;
  if (Value.Check(TOLD.nvme, told)) {
    const { percentage_used, available_spare, media_errors } = told.nvme_smart_health_information_log;
    // It counts on, when it has borne what it is made for.
    disk.worn_percentage = Math.min(percentage_used, 100);
    disk.spare_percentage = available_spare;
    disk.media_errors = media_errors;
  }
  if (Value.Check(TOLD.worn, told)) disk.worn_percentage = Math.min(told.endurance_used.current_percent, 100);
  if (Value.Check(TOLD.spare, told)) disk.spare_percentage = told.spare_available.current_percent;
  const says_more = Object.keys(disk).some((name) => name !== 'model');
  return says_more ? disk : undefined;
}

/** A raw value as smartctl understands it: `8`, and `8 (0 3)` where the disk packs more into it. NaN when it is no count. */
function countIn(text: string): number {
  const [, count] = /^(\d{1,15})(?: \(.*\))?$/.exec(text) ?? [];
  return count === undefined ? Number.NaN : Number(count);
}

/** What a text of JSON says, if it is as expected. */
function parse<Schema extends TSchema>(schema: Schema, text: string): Static<Schema> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return Value.Check(schema, value) ? value : undefined;
  } catch {
    return undefined;
  }
}
