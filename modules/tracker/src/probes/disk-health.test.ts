// There is no disk here that would tell anything: what smartctl prints is written after its format, and programs.test.ts shows
// what becomes of one that hangs or prints without end.

import fc from 'fast-check';
import { Value } from 'typebox/value';
import { describe, expect, it } from 'vitest';
import type { Host } from '../host.ts';
import type { Programs } from '../programs.ts';
import { filesOf, programsIn } from './captured.ts';
import { DISKS_MAX, disk_health, parseDisk, parseScan } from './disk-health.ts';

const SERVER = 'server-128-cores-linux-5.15';
const server = programsIn(filesOf(SERVER));

/** The probe at work where there are these programs. */
function openWith(programs: Programs | undefined) {
  const host: Pick<Host, 'programs'> = { programs };
  return disk_health.open(host as Host);
}

/** Programs of which smartctl prints this, by its last argument. */
function smartctl(printed: Readonly<Record<string, unknown>>, asked: string[] = []): Programs {
  const run: Programs['run'] = async (_name, args) => {
    const last = args.at(-1) ?? '';
    asked.push(last);
    const told = printed[last];
    return typeof told === 'object' ? JSON.stringify(told) : undefined;
  };
  return { ...server, run };
}

const SCAN = '--scan-open';

describe('the health of disks', () => {
  it('is what each tells of itself, whatever kind it is', async () => {
    expect((await openWith(server).read())?.figures).toEqual({
      failing: 1,
      disks: {
        sda: {
          model: 'ST14000NM001G-2KJ103',
          passed: true,
          celsius: 34,
          power_on_hours: 21_602,
          reallocated_sectors: 8,
          pending_sectors: 2,
          uncorrectable_sectors: 2,
        },
        sdb: { asleep: true },
        sdc: {
          model: 'SEAGATE ST4000NM0023',
          passed: false,
          celsius: 41,
          power_on_hours: 61_113,
          reallocated_sectors: 1_147,
        },
        nvme0: {
          model: 'SAMSUNG MZQL21T9HCJR-00A07',
          passed: true,
          celsius: 38,
          power_on_hours: 14_390,
          worn_percentage: 12,
          spare_percentage: 97,
          media_errors: 3,
        },
        'bus/0 megaraid,4': {
          model: 'INTEL SSDSC2KB480G8',
          passed: true,
          celsius: 29,
          power_on_hours: 30_122,
          reallocated_sectors: 0,
          worn_percentage: 2,
          spare_percentage: 100,
        },
      },
    });
  });

  it('is not asked where there is no smartctl, nor as anybody but root', async () => {
    const asked: string[] = [];
    const programs = smartctl({}, asked);
    expect(await openWith({ ...programs, as_root: false }).read()).toBeUndefined();
    expect(await openWith({ ...programs, has: () => false }).read()).toBeUndefined();
    expect(await openWith(undefined).read()).toBeUndefined();
    expect(asked).toEqual([]);
  });

  it('is nothing where there is no disk, or none that tells anything', async () => {
    const device = { name: '/dev/sda', type: 'scsi' };
    expect(await openWith(smartctl({ [SCAN]: {} })).read()).toBeUndefined();
    expect(await openWith(smartctl({})).read()).toBeUndefined();
    const silent = smartctl({ [SCAN]: { devices: [device] }, '/dev/sda': { scsi_model_name: 'Virtual disk' } });
    expect(await openWith(silent).read()).toBeUndefined();
  });

  it('of a disk that fell asleep is as it was, but for how hot it is', async () => {
    const printed: Record<string, unknown> = {
      [SCAN]: { devices: [{ name: '/dev/sda', type: 'sat' }] },
      '/dev/sda': { smart_status: { passed: true }, temperature: { current: 30 } },
    };
    const reader = openWith(smartctl(printed));
    expect((await reader.read())?.figures).toEqual({ failing: 0, disks: { sda: { passed: true, celsius: 30 } } });
    printed['/dev/sda'] = { smartctl: { messages: [{ string: 'Device is in STANDBY mode, exit(2)' }] } };
    for (let time = 0; time < 2; time++) {
      expect((await reader.read())?.figures).toEqual({ failing: 0, disks: { sda: { passed: true, asleep: true } } });
    }
  });

  it('is asked of so many disks, one after the other, and the others are counted', async () => {
    const devices = Array.from({ length: DISKS_MAX + 8 }, (_, n) => ({ name: `/dev/sd${n}`, type: 'sat' }));
    let at_once = 0;
    let most = 0;
    const run: Programs['run'] = async (_name, args) => {
      most = Math.max(most, ++at_once);
      await new Promise((resolve) => setImmediate(resolve));
      at_once--;
      return JSON.stringify(args.at(-1) === SCAN ? { devices } : { smart_status: { passed: true } });
    };
    const figures = (await openWith({ ...server, run }).read())?.figures;
    expect(Value.Check(disk_health.schema, figures)).toBe(true);
    expect(figures).toMatchObject({ failing: 0, left_out: 8 });
    expect(most).toBe(1);
  });
});

describe('a disk', () => {
  it('is found when it could be opened, and has a name of its own', () => {
    const found = parseScan(
      JSON.stringify({
        devices: [
          { name: '/dev/sda', type: 'sat' },
          { name: '/dev/sda', type: 'sat' },
          { name: '/dev/sdb', type: 'sat', open_error: 'Permission denied' },
          { name: '/dev/bus/0', type: 'megaraid,0' },
          { name: '/dev/bus/0', type: 'megaraid,1' },
          // What could be taken for something else by whom it is passed to.
          { name: '--version', type: 'sat' },
          { name: '/dev/sdc', type: '-x' },
        ],
      }),
    );
    expect(found.map(({ name }) => name)).toEqual(['sda', 'bus/0 megaraid,0', 'bus/0 megaraid,1']);
  });

  it('that has borne more than it is made for is worn, and no more than that', () => {
    const log = { percentage_used: 130, available_spare: 5, media_errors: 0 };
    expect(parseDisk(JSON.stringify({ nvme_smart_health_information_log: log }))).toEqual({
      worn_percentage: 100,
      spare_percentage: 5,
      media_errors: 0,
    });
  });

  it('tells counts as smartctl understands them, and no others', () => {
    const table = ['8 (0 3)', '0x01', '12'].map((string, n) => ({ id: [5, 197, 198][n], raw: { value: 1, string } }));
    expect(parseDisk(JSON.stringify({ ata_smart_attributes: { table } }))).toEqual({
      reallocated_sectors: 8,
      uncorrectable_sectors: 12,
    });
  });

  it('of any JSON is sound, asleep or nothing', () => {
    fc.assert(
      fc.property(fc.oneof(fc.json(), fc.string()), (text) => {
        const disk = parseDisk(text);
        if (typeof disk === 'object') expect(Value.Check(disk_health.schema.properties.disks, { a: disk })).toBe(true);
        expect(parseScan(text)).toBeInstanceOf(Array);
      }),
    );
  });
});
