import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ascii, Scanner } from './scanner.ts';

const scan = (text: string) => new Scanner(ascii(text));

describe('a scanner', () => {
  it('takes whole numbers and the spaces between them', () => {
    const scanner = scan('  12 0 345\n');
    const numbers: number[] = [];
    for (scanner.spaces(); !scanner.lineEnd(); scanner.spaces()) numbers.push(scanner.whole());
    expect(numbers).toEqual([12, 0, 345]);
    expect(scanner.ended).toBe(true);
  });

  it('takes numbers with decimals', () => {
    const scanner = scan('1.68 0.05 12.345');
    expect(scanner.decimal()).toBe(1.68);
    scanner.spaces();
    expect(scanner.decimal()).toBe(0.05);
    scanner.spaces();
    expect(scanner.decimal()).toBe(12.345);
  });

  it.each(['', 'x', '-1', '.5', ' 1', '1234567890123456'])('takes nothing where there is no number: %j', (text) => {
    const scanner = scan(text);
    expect(scanner.whole()).toBe(-1);
    expect(scanner.decimal()).toBe(-1);
    expect(scanner.restOfLine()).toBe(text);
  });

  it.each(['1', '1.', '1.x', '1 .5'])('takes nothing where there are no decimals: %j', (text) => {
    const scanner = scan(text);
    expect(scanner.decimal()).toBe(-1);
    expect(scanner.restOfLine()).toBe(text);
  });

  it('takes a word only as a whole', () => {
    const scanner = scan('MemTotal: 1');
    expect(scanner.take(ascii('MemTotals'))).toBe(false);
    expect(scanner.take(ascii('MemTotal: 12'))).toBe(false);
    expect(scanner.take(ascii('MemTotal:'))).toBe(true);
    expect(scanner.restOfLine()).toBe(' 1');
  });

  it('goes from line to line', () => {
    const scanner = scan('one\n\nthree');
    const lines: string[] = [];
    for (; !scanner.ended; scanner.nextLine()) lines.push(scanner.restOfLine());
    expect(lines).toEqual(['one', '', 'three']);
    expect(scanner.peek()).toBe(-1);
    expect(scanner.lineEnd()).toBe(true);
  });

  it('reads nothing behind the bytes that count', () => {
    // A buffer that is used again still holds the end of something longer.
    const scanner = new Scanner(ascii('12.5 7\n'), 2);
    expect(scanner.take(ascii('12.'))).toBe(false);
    expect(scanner.decimal()).toBe(-1);
    expect(scanner.restOfLine()).toBe('12');
    expect(scanner.whole()).toBe(12);
    scanner.spaces();
    expect(scanner.ended).toBe(true);
    expect(new Scanner(ascii('129'), 2).whole()).toBe(12);
    const one_line = new Scanner(ascii('12\n7'), 2);
    one_line.nextLine();
    expect(one_line.ended).toBe(true);
    expect(one_line.peek()).toBe(-1);
    expect(new Scanner(ascii('1   9'), 2).restOfLine()).toBe('1 ');
  });

  it('reads every number that JavaScript writes, exactly', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 1e15 - 1 }), (number) => {
        expect(scan(`${number}`).whole()).toBe(number);
      }),
    );
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 1e9 }), (hundredths) => {
        expect(scan((hundredths / 100).toFixed(2)).decimal()).toBeCloseTo(hundredths / 100, 9);
      }),
    );
  });
});
