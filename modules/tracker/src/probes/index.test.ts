// What holds for every probe in the list, also for the next one: nobody has to write it again.

import { CodedError } from '@ganglion/kernel';
import fc from 'fast-check';
import { Value } from 'typebox/value';
import { describe, expect, it } from 'vitest';
import type { Folder, Host, Os, Parse } from '../host.ts';
import type { Probe, Reading } from '../probe.ts';
import { ascii, Scanner } from '../scanner.ts';
import { captured, capturedLater, filesOf, folderFrom, machines, programsIn, systemBusIn, within } from './captured.ts';
import * as every from './index.ts';

const probes: readonly Probe[] = Object.values(every);

type ReadText = (name: string) => string | undefined;

/** A machine at a moment. */
interface Moment {
  /** A file of its /proc. */
  readonly read: ReadText;
  readonly files: Folder;
}

/** A host that can be moved to another moment between two readings. */
function hostAt(clock: { moment: Moment; time_ms: number }): Host {
  const read = <Parsed>(name: string, parse: Parse<Parsed>) => {
    const text = clock.moment.read(name);
    return text === undefined ? undefined : parse(new Scanner(ascii(text)));
  };
  const text = (name: string) => clock.moment.read(name);
  const files = folderFrom({
    read: (name) => clock.moment.files.read(name),
    has: (name) => clock.moment.files.has(name),
    list: (name) => clock.moment.files.list(name),
    about: (name) => clock.moment.files.about(name),
  });
  return {
    proc: { read, text, folder: within(files, 'proc') },
    sys: files.has('sys/class') ? within(files, 'sys') : undefined,
    files,
    programs: programsIn(files),
    system_bus: systemBusIn(files),
    os: NO_OS,
    now: () => clock.time_ms,
    statfs: async () => HALF_FULL,
  };
}

const HALF_FULL = { bsize: 4_096, blocks: 1_000, bfree: 500, bavail: 450, files: 100, ffree: 90 };

/** Where there is a /proc, Node's view is not asked. */
const NO_OS = new Proxy({} as Os, {
  get: (_, name) => {
    throw new Error(`os.${String(name)} was asked on Linux`);
  },
});

/** What must hold of whatever a probe reads. */
function expectSound(probe: Probe, reading: Reading | undefined): void {
  if (reading === undefined) return;
  const { percentage = 0, figures } = reading;
  expect(percentage).toSatisfy((value: number) => value >= 0 && value <= 100);
  expect([...Value.Errors(probe.schema, figures)]).toEqual([]);
  // What is not known is absent: nothing is undefined, NaN or infinite, which JSON would drop or turn into null.
  expect(JSON.parse(JSON.stringify(figures))).toStrictEqual(figures);
}

/** Reads now and a second later; undefined where the probe refuses what it reads. */
async function readTwice(probe: Probe, first: Moment, second: Moment): Promise<Reading | undefined> {
  const clock = { moment: first, time_ms: 5_000 };
  try {
    const reader = probe.open(hostAt(clock));
    // What costs much takes its first counters with its first reading.
    if (probe.every_ms !== undefined) expectSound(probe, await reader.read());
    clock.moment = second;
    clock.time_ms += 1_000;
    return await reader.read();
  } catch (error) {
    expect(error).toBeInstanceOf(CodedError);
    return undefined;
  }
}

const momentOf = (machine: string): Moment => ({
  read: (name) => captured(machine, name),
  files: filesOf(machine),
});
const laterMomentOf = (machine: string): Moment => ({
  read: (name) => capturedLater(machine, name),
  files: filesOf(machine, true),
});

/** What a probe reads on a captured machine. */
function readCaptured(probe: Probe, machine: string): Promise<Reading | undefined> {
  return readTwice(probe, momentOf(machine), laterMomentOf(machine));
}

/** A machine whose every file, whatever its name, says the same; or where there is none. */
function momentOfText(text: string | undefined): Moment {
  const files = filesOf(LARGEST);
  // What lies elsewhere may speak by being there.
  const isTold = (name: string) => text !== undefined && /^(?:proc|sys)\//.test(name);
  return {
    read: () => text,
    files: folderFrom({
      read: (name) => (files.list(name).length > 0 ? undefined : text?.trim()),
      has: (name) => isTold(name) && files.has(name),
      list: (name) => (text === undefined ? [] : files.list(name)),
      about: (name) => (isTold(name) ? files.about(name) : undefined),
    }),
  };
}

/** The captured machine that has the most. */
const LARGEST = 'server-128-cores-linux-5.15';

it('every probe has a name of its own that is one word', () => {
  const names = probes.map(({ name }) => name);
  expect(new Set(names).size).toBe(names.length);
  for (const name of names) expect(name).toMatch(/^[a-z][a-z0-9_]*$/);
});

describe.each(probes)('the probe $name', (probe) => {
  it('has a title on each figure', () => {
    const expectTitles = ({ properties = {}, patternProperties = {} }: SchemaNode) => {
      for (const property of Object.values(properties)) {
        expect(property.title).toMatch(/\w/);
        expectTitles(property);
      }
      for (const each of Object.values(patternProperties)) expectTitles(each);
    };
    expect(Object.keys((probe.schema as SchemaNode).properties ?? {})).not.toEqual([]);
    expectTitles(probe.schema as SchemaNode);
  });

  it.each(machines)('reads %s', async (machine) => {
    expectSound(probe, await readCaptured(probe, machine));
  });

  it('reads at least one captured machine', async () => {
    const readings = await Promise.all(machines.map((machine) => readCaptured(probe, machine)));
    expect(readings.filter((reading) => reading !== undefined)).not.toEqual([]);
  });

  it.each(['not there', 'empty'])('is nothing where its files are %s', async (state) => {
    const moment = momentOfText(state === 'empty' ? '' : undefined);
    expect(await readTwice(probe, moment, moment)).toBeUndefined();
  });

  it('tells sound figures, nothing, or a coded error of any text', async () => {
    const text = fc.oneof(fc.string(), fc.string({ unit: fc.constantFrom(...'cpu0129 .-/:kB\n') }));
    await fc.assert(
      fc.asyncProperty(text, text, async (first, second) => {
        expectSound(probe, await readTwice(probe, momentOfText(first), momentOfText(second)));
      }),
    );
  });

  it('tells sound figures, nothing, or a coded error of a damaged file', async () => {
    const piece = fc.oneof(fc.constantFrom(...PIECES), fc.string({ maxLength: 5 }));
    const edit = fc.record({ at: fc.double({ min: 0, max: 1, noNaN: true }), remove: fc.nat(30), insert: piece });
    const edits = fc.array(edit, { maxLength: 5 });
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...machines), edits, edits, async (machine, first, second) => {
        const reading = await readTwice(
          probe,
          momentDamaged(momentOf(machine), first),
          momentDamaged(laterMomentOf(machine), second),
        );
        expectSound(probe, reading);
      }),
    );
  });

  it.each(['darwin', 'win32', 'freebsd', 'sunos'] as const)('reads what Node knows on %s', async (platform) => {
    let seconds = 0;
    const times = () => ({ user: seconds * 300, nice: 0, sys: seconds * 100, idle: seconds * 600, irq: 0 });
    const os: Os = {
      platform: () => platform,
      cpus: () => [0, 1].map(() => ({ model: 'any', speed: 1, times: times() })),
      availableParallelism: () => 2,
      freemem: () => 400,
      totalmem: () => 1000,
      loadavg: () => (platform === 'win32' ? [0, 0, 0] : [0.5, 0.25, 0.125]),
    };
    const now = () => seconds * 1_000;
    const reader = probe.open({
      proc: undefined,
      sys: undefined,
      files: undefined,
      os,
      now,
      statfs: async () => HALF_FULL,
    });
    seconds++;
    expectSound(probe, await reader.read());
  });
});

/** What each probe reads on a captured machine, by its name. */
async function readAll(machine: string): Promise<Record<string, Reading>> {
  const readings: Record<string, Reading> = {};
  for (const probe of probes) {
    const reading = await readCaptured(probe, machine);
    if (reading !== undefined) readings[probe.name] = reading;
  }
  return readings;
}

describe('a machine', () => {
  it('with 200 disks, a file system on each, and 500 interfaces has 32 of each told and the others counted', async () => {
    const { disks, file_systems, network } = await readAll('storage-server-linux-6.6');
    expect(disks?.figures).toMatchObject({ left_out: 200 - 32 });
    expect(file_systems?.figures).toMatchObject({ left_out: 201 - 32 });
    // The one to itself is not among them.
    expect(network?.figures).toMatchObject({ left_out: 499 - 32 });
    expect(JSON.stringify([disks, file_systems, network]).length).toBeLessThan(32_768);
  });

  it('with a kernel of 2014 tells all but what came later', async () => {
    const told = await readAll('linux-3.16');
    for (const name of IN_EACH) expect(told).toHaveProperty(name);
    expect(told).not.toHaveProperty('pressure');
  });

  it('with a kernel of today tells that too', async () => {
    const told = await readAll('vm-2-cores-linux-6.18');
    for (const name of [...IN_EACH, 'pressure']) expect(told).toHaveProperty(name);
  });

  it('that is a container without /sys tells what its /proc does', async () => {
    expect(filesOf('lxc-container').has('sys')).toBe(false);
    const told = await readAll('lxc-container');
    for (const name of ['cpu', 'file_systems', 'memory', 'network']) expect(told).toHaveProperty(name);
    for (const name of ['disk_health', 'gpus', 'sensors', 'units']) expect(told).not.toHaveProperty(name);
  });
});

/** What every kernel of these years tells. */
const IN_EACH = ['cpu', 'disks', 'file_systems', 'load', 'memory', 'network', 'paging', 'processes', 'sockets'];

/** The part of a schema that holds figures. */
interface SchemaNode {
  readonly title?: string;
  readonly properties?: Readonly<Record<string, SchemaNode>>;
  readonly patternProperties?: Readonly<Record<string, SchemaNode>>;
}

/** What may get into a file that should not be there. */
const PIECES = [
  '',
  '\n',
  ' ',
  '-',
  '0',
  '999999999999999',
  '99999999999999999999999',
  'NaN',
  '1e999',
  '0x7',
  'cpu',
].concat(['cpu9 1 2 3 4\n', ' kB', ':', '/', 'eth0:', '__proto__:', ' 8 0 sda ', 'some', 'Tcp: ', ' - ']);

interface Edit {
  readonly at: number;
  readonly remove: number;
  readonly insert: string;
}

function momentDamaged({ read, files }: Moment, edits: readonly Edit[]): Moment {
  return {
    read: (name) => damaged(read(name), edits),
    files: folderFrom({ ...files, read: (name) => damaged(files.read(name), edits) }),
  };
}

function damaged(text: string | undefined, edits: readonly Edit[]): string | undefined {
  return edits.reduce((whole, { at, remove, insert }) => {
    if (whole === undefined) return undefined;
    const from = Math.floor(at * whole.length);
    return whole.slice(0, from) + insert + whole.slice(from + remove);
  }, text);
}
