import { describe, expect, it } from 'vitest';
import { CounterTable } from '../counter-table.ts';
import { ascii, Scanner } from '../scanner.ts';
import { captured, capturedLater } from './captured.ts';
import { DISKS, DISKS_MAX, disksIn, isDisk } from './disks.ts';

/** What is told after each of some texts, a second apart. */
function disksOf(...texts: readonly string[]) {
  let time_ms = 0;
  const table = new CounterTable(DISKS, () => time_ms);
  return texts.map((text) => {
    time_ms += 1_000;
    return disksIn(table.parse(new Scanner(ascii(text))));
  });
}

const disksOn = (machine: string) =>
  disksOf(captured(machine, 'diskstats') ?? '', capturedLater(machine, 'diskstats') ?? '')[1];

describe('the disks', () => {
  it('tell what they read and write, how long that takes and how busy they are', () => {
    const { percentage, figures } = disksOn('server-128-cores-linux-5.15') ?? {};
    expect(percentage).toBe(98);
    expect(figures?.busiest).toBe('sdb');
    expect(figures?.devices['nvme0n1']).toEqual({
      busy_percentage: 45,
      read_bytes_per_second: 9_600 * 512,
      written_bytes_per_second: 102_400 * 512,
      queue: 0.64,
      reads_per_second: 1_200,
      read_latency_ms: 0.2,
      writes_per_second: 800,
      write_latency_ms: 0.5,
      discards_per_second: 0,
      flushes_per_second: 10,
      flush_latency_ms: 2,
    });
    // Idle: there is no saying how long an operation takes.
    expect(figures?.devices['sda']).not.toHaveProperty('read_latency_ms');
    expect(figures?.devices['sda']).toMatchObject({ busy_percentage: 0, reads_per_second: 0 });
  });

  it('are whole: no partitions, no loops, no empty drives', () => {
    expect(Object.keys(disksOn('server-128-cores-linux-5.15')?.figures.devices ?? {})).toEqual([
      'nvme0n1',
      'sda',
      'sdb',
      'md127',
      'dm-0',
      'dm-1',
      'dm-10',
    ]);
    expect(Object.keys(disksOn('raspberry-pi-linux-6.6')?.figures.devices ?? {})).toEqual(['mmcblk0']);
    expect(Object.keys(disksOn('vm-2-cores-linux-6.18')?.figures.devices ?? {})).toEqual(['vda']);
  });

  it.each([
    ['sda1', 'sda', false],
    ['nvme0n1p12', 'nvme0n1', false],
    ['mmcblk0boot0', 'mmcblk0', true],
    ['dm-10', 'dm-1', true],
    ['md10', 'md1', true],
    ['md1p1', 'md1', false],
    ['xvda1', 'xvdb', true],
    ['loop0', 'sda', false],
    ['zram0', 'sda', false],
  ])('tell %s beside %s', (name, other, whole) => {
    expect(isDisk(name, new Set([name, other]))).toBe(whole);
  });

  it('have no discards and flushes on an old kernel, and go on where a time of 32 bits wraps', () => {
    const { percentage, figures } = disksOn('linux-2.6.18') ?? {};
    expect(percentage).toBe(21);
    expect(figures?.devices['sda']).toEqual({
      busy_percentage: 21,
      read_bytes_per_second: 320 * 512,
      written_bytes_per_second: 160 * 512,
      queue: 0.32,
      reads_per_second: 40,
      read_latency_ms: 5,
      writes_per_second: 10,
      write_latency_ms: 12,
    });
  });

  const line = (name: string, counted: number) => `   8       0 ${name} ${Array(11).fill(counted).join(' ')}\n`;

  it('that come are told from their second reading on, and those that go no more', () => {
    const [first, second, third, fourth] = disksOf(
      line('sda', 1),
      line('sda', 2) + line('sdb', 5),
      line('sdb', 6) + line('sda', 3),
      line('sda', 4),
    );
    expect(first).toBeUndefined();
    expect(Object.keys(second?.figures.devices ?? {})).toEqual(['sda']);
    expect(Object.keys(third?.figures.devices ?? {})).toEqual(['sdb', 'sda']);
    expect(third?.figures.devices['sda']?.reads_per_second).toBe(1);
    expect(Object.keys(fourth?.figures.devices ?? {})).toEqual(['sda']);
  });

  it('are not told in the moment in which their counters began again', () => {
    const readings = disksOf(line('sda', 1_000), line('sda', 7), line('sda', 9));
    expect(readings[1]).toBeUndefined();
    expect(readings[2]?.figures.devices['sda']?.reads_per_second).toBe(2);
  });

  it('are bounded, and the others count for the headline', () => {
    const names = Array.from({ length: DISKS_MAX + 8 }, (_, n) => `dm-${n}`);
    const text = (counted: number) => names.map((name) => line(name, counted)).join('');
    const last = `dm-${DISKS_MAX + 7}`;
    const [, reading] = disksOf(text(0), text(1).replace(line(last, 1), line(last, 500)));
    expect(Object.keys(reading?.figures.devices ?? {})).toHaveLength(DISKS_MAX);
    expect(reading).toMatchObject({ percentage: 50, figures: { busiest: last, left_out: 8 } });
  });
});
