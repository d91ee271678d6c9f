import { describe, expect, it } from 'vitest';
import type { Folder, Host } from '../host.ts';
import { ascii, Scanner } from '../scanner.ts';
import { captured, capturedLater, folderOf, sysOf } from './captured.ts';
import { INTERFACES_MAX, LINK_MS, network } from './network.ts';

/** What is told after each of some texts, a second apart; the first is read at the opening. */
function networkOf(sys: Folder | undefined, first: string, ...texts: readonly string[]) {
  let time_ms = 0;
  let text = first;
  const host: Pick<Host, 'proc' | 'sys' | 'now'> = {
    proc: { read: (_, parse) => parse(new Scanner(ascii(text))), text: () => text, folder: folderOf({}) },
    sys,
    now: () => time_ms,
  };
  const reader = network.open(host as Host);
  return texts.map((next) => {
    text = next;
    time_ms += 1_000;
    const reading = reader.read();
    if (reading instanceof Promise) throw new Error('the network was promised');
    return reading;
  });
}

const networkOn = (machine: string) =>
  networkOf(sysOf(machine), captured(machine, 'net/dev') ?? '', capturedLater(machine, 'net/dev') ?? '')[0];

const HEAD = 'Inter-|   Receive\n face |bytes\n';
const line = (name: string, counted: number) => `${name}: ${Array(16).fill(counted).join(' ')}\n`;

describe('the network', () => {
  it('tells what passes each interface, and its link; its headline is the link that is used most', () => {
    const { percentage, figures } = networkOn('server-128-cores-linux-5.15') ?? {};
    expect(percentage).toBe(25);
    expect(figures?.fullest).toBe('eno1');
    expect(figures?.interfaces['eno1']).toEqual({
      received_bytes_per_second: 312_500_000,
      sent_bytes_per_second: 62_500_000,
      received_packets_per_second: 250_000,
      sent_packets_per_second: 90_000,
      receive_errors_per_second: 0,
      send_errors_per_second: 0,
      receive_drops_per_second: 12,
      send_drops_per_second: 0,
      up: true,
      speed_bits_per_second: 10_000_000_000,
    });
  });

  it('leaves out what the machine says to itself, and what the kernel has and nobody uses; a cable that is out is told', () => {
    const interfaces = networkOn('server-128-cores-linux-5.15')?.figures.interfaces ?? {};
    expect(Object.keys(interfaces)).toEqual(['eno1', 'eno2', 'bond0', 'veth3f1a']);
    expect(interfaces['eno2']).toMatchObject({ up: false, received_bytes_per_second: 0 });
    expect(interfaces['eno2']).not.toHaveProperty('speed_bits_per_second');
  });

  it('has no links and no headline without a /sys', () => {
    const reading = networkOn('lxc-container');
    expect(reading?.percentage).toBeUndefined();
    expect(reading?.figures.interfaces['eth0']).toMatchObject({ received_bytes_per_second: 10_000 });
    expect(reading?.figures.interfaces['eth0']).not.toHaveProperty('up');
  });

  it('goes on where a counter of 32 bits wraps, and stands without a space before it', () => {
    expect(networkOn('linux-2.6.18')?.figures.interfaces['eth0']).toMatchObject({
      received_bytes_per_second: 1_000,
      received_packets_per_second: 8,
    });
  });

  it('does not tell an interface in the moment in which its counters began again', () => {
    const [begun, after] = networkOf(
      undefined,
      HEAD + line('eth0', 900),
      HEAD + line('eth0', 3),
      HEAD + line('eth0', 5),
    );
    expect(begun).toBeUndefined();
    expect(after?.figures.interfaces['eth0']?.sent_bytes_per_second).toBe(2);
  });

  it('takes an interface of any name', () => {
    const [reading] = networkOf(undefined, HEAD + line('__proto__', 1), HEAD + line('__proto__', 2));
    expect(Object.keys(reading?.figures.interfaces ?? {})).toEqual(['__proto__']);
  });

  it('reads a link when it is new and again after a while, one at a time', () => {
    const asked: string[] = [];
    const sys: Folder = {
      ...folderOf({}),
      has: () => true,
      read: (name) => {
        if (name.endsWith('operstate')) asked.push(name.split('/')[2] ?? '');
        return undefined;
      },
    };
    const moments = Array.from({ length: 3 + LINK_MS / 1_000 }, (_, n) => HEAD + line('a', n) + line('b', n));
    const [first = '', ...rest] = moments;
    networkOf(sys, first, ...rest);
    expect(asked).toEqual(['a', 'b', 'b', 'a']);
  });

  it('is bounded, and says how many are left out', () => {
    const names = Array.from({ length: INTERFACES_MAX + 500 }, (_, n) => `veth${n}`);
    const text = (counted: number) => HEAD + names.map((name) => line(name, counted)).join('');
    const [reading] = networkOf(undefined, text(1), text(2));
    expect(Object.keys(reading?.figures.interfaces ?? {})).toHaveLength(INTERFACES_MAX);
    expect(reading?.figures.left_out).toBe(500);
  });

  it('is refused when a line names no interface', () => {
    expect(() => networkOf(undefined, `${HEAD}1 2 3\n`)).toThrow(expect.objectContaining({ code: 'PROC_UNEXPECTED' }));
  });
});
