import { describe, expect, test } from 'vitest';
import { amountOf, sayAmount, sayMark, sayName, sayResource } from './names.ts';

describe('a name', () => {
  test('is said as people say it', () => {
    expect(
      ['tcp_time_wait', 'context_switches', 'iowait', 'load_15', 'gpu', '__proto__', '_', ''].map(sayName),
    ).toEqual(['TCP time wait', 'Context switches', 'I/O wait', '15 min', 'GPU', 'Proto', '_', '']);
    expect(['cpu', 'file_systems', 'constructor'].map(sayResource)).toEqual(['CPU', 'File systems', 'Constructor']);
  });
});

describe('an amount', () => {
  test.each([
    [12.345, 'percentage', '12.3\u{a0}%'],
    [8_200, 'bytes_per_second', '8.20\u{a0}kB/s'],
    [25_276_510_208, 'bytes', '25.3\u{a0}GB'],
    [512, 'bytes', '512\u{a0}B'],
    [0, 'per_second', '0\u{a0}/s'],
    [1_890, 'per_second', '1.89\u{a0}k/s'],
    [0.12, 'ms', '0.12\u{a0}ms'],
    [1_500, 'ms', '1.50\u{a0}s'],
    [41.4, 'celsius', '41\u{a0}°C'],
    [16_384, 'count', '16,384'],
    [16_777_216, 'count', '16.8\u{a0}M'],
    [3.37, 'count', '3.37'],
    [Number.NaN, 'bytes', '–'],
  ] as const)('%s in %s is %s', (value, unit, said) => {
    expect(sayAmount(value, unit)).toBe(said);
  });

  test('keeps its width while it changes by a little', () => {
    const widths = [1e6, 1.234e6, 9.98e6, 9.99e6].map((value) => amountOf(value, 'bytes').figure.length);
    expect(new Set(widths).size).toBe(1);
  });

  test('has no decimals on an axis that say nothing', () => {
    expect([
      sayMark(50, 'percentage'),
      sayMark(2_000_000, 'bytes_per_second'),
      sayMark(2.5, 'count'),
      sayMark(2_000, 'ms'),
    ]).toEqual(['50\u{a0}%', '2\u{a0}MB/s', '2.5', '2\u{a0}s']);
  });
});
