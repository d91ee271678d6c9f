import { describe, expect, it } from 'vitest';
import { ascii, Scanner } from '../scanner.ts';
import { captured, capturedLater } from './captured.ts';
import { parsePressure as parse, pressureOf } from './pressure.ts';

const parsePressure = (text = '') => parse(new Scanner(ascii(text)));

/** Between the two captured moments of a machine, taken for a second. */
function pressureOn(machine: string, resource: 'cpu' | 'memory' | 'io', elapsed_ms = 1_000) {
  const after = parsePressure(capturedLater(machine, `pressure/${resource}`));
  return after && pressureOf(resource, parsePressure(captured(machine, `pressure/${resource}`)), after, elapsed_ms);
}

describe('pressure', () => {
  it('is the share of the time that tasks waited, and its averages', () => {
    expect(pressureOn('laptop-linux-6.1', 'io', 2_000)).toEqual({
      some_percentage: 22.5,
      some_10_percentage: 45,
      some_60_percentage: 23,
      some_300_percentage: 9.6,
      full_percentage: 50.01,
      full_10_percentage: 40,
      full_60_percentage: 21,
      full_300_percentage: 8.8,
    });
  });

  it('of all tasks for a CPU is not told: the kernel writes nought, or no such line', () => {
    for (const machine of ['laptop-linux-6.1', 'kvm-host-4-cores-linux-5.10']) {
      expect(pressureOn(machine, 'cpu')).toEqual({
        some_percentage: 15,
        some_10_percentage: 13.75,
        some_60_percentage: 10.3,
        some_300_percentage: 8.02,
      });
    }
  });

  it('is never above the whole, though more was counted than time has passed', () => {
    expect(pressureOn('laptop-linux-6.1', 'io')).toMatchObject({ some_percentage: 45, full_percentage: 100 });
  });

  it('has its averages alone at the first reading, and where the counters began again', () => {
    const text = 'some avg10=1.00 avg60=2.00 avg300=3.00 total=7\n';
    const now = parsePressure(text);
    if (now === undefined) throw new Error('not parsed');
    const averages = { some_10_percentage: 1, some_60_percentage: 2, some_300_percentage: 3 };
    expect(pressureOf('io', undefined, now, 1_000)).toEqual(averages);
    expect(pressureOf('io', parsePressure(text.replace('=7', '=8')), now, 1_000)).toEqual(averages);
  });

  it.each([
    'some\n',
    'full avg10=1.00 avg60=2.00 avg300=3.00 total=7\n',
    'some avg10=101.00 avg60=2.00 avg300=3.00 total=7',
  ])('is refused when it is not written as the kernel does: %j', (text) => {
    expect(() => parsePressure(text)).toThrow(expect.objectContaining({ code: 'PROC_UNEXPECTED' }));
  });
});
