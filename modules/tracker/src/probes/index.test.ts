// What holds for every probe in the list, also for the next one: nobody has to write it again.

import { CodedError } from '@ganglion/kernel';
import fc from 'fast-check';
import { Value } from 'typebox/value';
import { describe, expect, it } from 'vitest';
import type { Host, Os, Parse } from '../host.ts';
import type { Probe, Reading } from '../probe.ts';
import { ascii, Scanner } from '../scanner.ts';
import { captured, capturedLater, machines } from './captured.ts';
import * as every from './index.ts';

const probes: readonly Probe[] = Object.values(every);

/** A host whose files can be changed between two readings. */
function hostOf(files: { read: ReadText }): Host {
  const read = <Parsed>(name: string, parse: Parse<Parsed>) => {
    const text = files.read(name);
    return text === undefined ? undefined : parse(new Scanner(ascii(text)));
  };
  return { proc: { read }, os: NO_OS };
}

type ReadText = (name: string) => string | undefined;

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
function readTwice(probe: Probe, first: ReadText, second: ReadText): Reading | undefined {
  const files = { read: first };
  try {
    const reader = probe.open(hostOf(files));
    files.read = second;
    return reader.read();
  } catch (error) {
    expect(error).toBeInstanceOf(CodedError);
    return undefined;
  }
}

it('every probe has a name of its own that is one word', () => {
  const names = probes.map(({ name }) => name);
  expect(new Set(names).size).toBe(names.length);
  for (const name of names) expect(name).toMatch(/^[a-z][a-z0-9_]*$/);
});

describe.each(probes)('the probe $name', (probe) => {
  it('has a title on each figure', () => {
    const properties = Object.values(
      (probe.schema as { properties?: Record<string, { title?: string }> }).properties ?? {},
    );
    expect(properties).not.toEqual([]);
    for (const property of properties) expect(property.title).toMatch(/\w/);
  });

  it.each(machines)('reads %s', (machine) => {
    const reading = readTwice(
      probe,
      (name) => captured(machine, name),
      (name) => capturedLater(machine, name),
    );
    expectSound(probe, reading);
  });

  it('reads at least one captured machine', () => {
    const read = machines.filter((machine) =>
      readTwice(
        probe,
        (name) => captured(machine, name),
        (name) => capturedLater(machine, name),
      ),
    );
    expect(read).not.toEqual([]);
  });

  it('is nothing where its files are not there or are empty', () => {
    expect(
      readTwice(
        probe,
        () => undefined,
        () => undefined,
      ),
    ).toBeUndefined();
    expect(
      readTwice(
        probe,
        () => '',
        () => '',
      ),
    ).toBeUndefined();
  });

  it('tells sound figures, nothing, or a coded error of any text', () => {
    const text = fc.oneof(fc.string(), fc.string({ unit: fc.constantFrom(...'cpu0129 .-/:kB\n') }));
    fc.assert(
      fc.property(text, text, (first, second) => {
        expectSound(
          probe,
          readTwice(
            probe,
            () => first,
            () => second,
          ),
        );
      }),
    );
  });

  it('tells sound figures, nothing, or a coded error of a damaged file', () => {
    const piece = fc.oneof(
      fc.constantFrom(
        '',
        '\n',
        ' ',
        '-',
        '0',
        '999999999999999',
        'NaN',
        '1e999',
        'cpu',
        'cpu9 1 2 3 4\n',
        ' kB',
        ':',
        '/',
      ),
      fc.string({ maxLength: 5 }),
    );
    const edit = fc.record({ at: fc.double({ min: 0, max: 1, noNaN: true }), remove: fc.nat(30), insert: piece });
    const edits = fc.array(edit, { maxLength: 5 });
    fc.assert(
      fc.property(fc.constantFrom(...machines), edits, edits, (machine, first, second) => {
        expectSound(
          probe,
          readTwice(
            probe,
            (name) => damaged(captured(machine, name), first),
            (name) => damaged(capturedLater(machine, name), second),
          ),
        );
      }),
    );
  });

  it.each(['darwin', 'win32', 'freebsd', 'sunos'] as const)('reads what Node knows on %s', (platform) => {
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
    const reader = probe.open({ proc: undefined, os });
    seconds++;
    expectSound(probe, reader.read());
  });
});

function damaged(
  text: string | undefined,
  edits: readonly { at: number; remove: number; insert: string }[],
): string | undefined {
  return edits.reduce((whole, { at, remove, insert }) => {
    if (whole === undefined) return undefined;
    const from = Math.floor(at * whole.length);
    return whole.slice(0, from) + insert + whole.slice(from + remove);
  }, text);
}
