import { describe, expect, it } from 'vitest';
import { sentenceOf } from './anomaly-words.ts';

const sentence = (figure: string, value: number, low: number, high: number, device?: string, scale = 0) =>
  sentenceOf({ figure, device, value, low, high, scale }).replaceAll('\u00a0', ' ');

describe('a sentence about a figure', () => {
  it('says what it is, how much, and how much is usual', () => {
    expect(sentence('cpu_percentage', 97.4, 4.91, 12.3)).toBe('CPU 97 %, usually 4.9 to 12 %');
    expect(sentence('cpu.iowait_percentage', 31, 0.09, 1)).toBe('CPU I/O wait 31 %, usually 0.09 to 1 %');
    expect(sentence('pressure.io.some_percentage', 73, 0, 1.2)).toBe('Pressure I/O some 73 %, usually 0 to 1.2 %');
    expect(sentence('sensors.hottest_celsius', 98, 40, 53)).toBe('Sensors hottest 98 °C, usually 40 to 53 °C');
    expect(sentence('processes.total', 4_711, 180, 210)).toBe('Processes total 4,711, usually 180 to 210');
  });

  it('names the device, and counts bytes in a unit that a person reads', () => {
    const figure = 'network.interfaces.*.received_bytes_per_second';
    expect(sentence(figure, 81_400_000, 900_000, 4_200_000, 'eth0')).toBe(
      'Network eth0 received 81 MB/s, usually 0.9 to 4.2 MB/s',
    );
    expect(sentence('disks.devices.*.read_latency_ms', 240, 1, 2.5, 'sda')).toBe(
      'Disks sda read latency 240 ms, usually 1 to 2.5 ms',
    );
  });

  it('says over which time where that is minutes', () => {
    const figure = 'disks.devices.*.written_bytes_per_second';
    expect(sentence(figure, 61e6, 1e6, 22e6, 'sda', 1)).toBe(
      'Disks sda written 61 MB/s over two minutes, usually 1 to 22 MB/s',
    );
    expect(sentence(figure, 61e6, 1e6, 22e6, 'sda', 2)).toContain('61 MB/s over a quarter of an hour, usually');
  });

  it('gives one figure where nothing else is usual', () => {
    expect(sentence('network.interfaces.*.receive_drops_per_second', 120, 0, 0, 'eth0')).toBe(
      'Network eth0 receive drops 120/s, usually 0/s',
    );
  });

  it('says yes and no of what is true or false', () => {
    expect(sentence('system.clock_synchronized', 0, 1, 1)).toBe('System clock synchronized: no, usually yes');
    expect(sentence('system.reboot_required', 1, 0, 0)).toBe('System reboot required: yes, usually no');
  });
});
