import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ascii, Scanner } from './scanner.ts';

const scan = (text: string) => new Scanner(ascii(text));

describe('a scanner', () => {
  it('takes whole numbers and the spaces between them', () => {
    const scanner = scan('12  0 345');
    const numbers: number[] = [];
    for (; !scanner.ended; scanner.spaces()) numbers.push(scanner.whole());
    expect(numbers).toEqual([12, 0, 345]);
  });

  it.each(['', 'x', '-1', '.5', ' 1', '1234567890123456'])('takes nothing where there is no number: %j', (text) => {
    const scanner = scan(text);
    expect(scanner.whole()).toBe(-1);
    expect(scanner.rest()).toBe(text);
  });

  it('takes counters of 64 bits, rounded where they must be', () => {
    expect(scan('18446744073709551615').counter()).toBe(2 ** 64);
    expect(scan('9007199254740991 ').counter()).toBe(Number.MAX_SAFE_INTEGER);
    expect(scan('118446744073709551615').counter()).toBe(-1);
  });

  it('takes the numbers of a line, as many as there is room for', () => {
    const scanner = scan('  1   22 333\n4 5 6\n7 x 9\n-1');
    const numbers = new Float64Array(2);
    expect(scanner.numbers(numbers, 2)).toBe(2);
    expect([...numbers]).toEqual([1, 22]);
    const all: number[] = [];
    expect(scanner.numbers(all, 9)).toBe(3);
    expect(all).toEqual([4, 5, 6]);
    expect(scanner.numbers(all, 9)).toBe(1);
    expect(scanner.numbers(all, 9)).toBe(0);
    expect(scanner.ended).toBe(true);
  });

  it('seeks a label from here on, then from the front', () => {
    const scanner = scan('pgfault 1\npswpin 22\noom_kill 333\n');
    expect(scanner.counterAfter(ascii('\npgfault '))).toBe(1);
    expect(scanner.counterAfter(ascii('\noom_kill '))).toBe(333);
    expect(scanner.counterAfter(ascii('\npgfault '))).toBe(1);
    expect(scanner.counterAfter(ascii('\npswpin '))).toBe(22);
    expect(scanner.counterAfter(ascii('\nfault '))).toBeNaN();
    expect(scanner.seek(ascii('\nswpin '))).toBe(false);
    expect(scanner.rest()).toBe('\noom_kill 333\n');
  });

  it('seeks the beginning of a line from such a beginning on', () => {
    const scanner = scan('x 0\na 1\na 2\n');
    scanner.nextLine();
    expect(scanner.counterAfter(ascii('\na '))).toBe(1);
    scanner.line();
    expect(scanner.counterAfter(ascii('\na '))).toBe(2);
    scanner.line();
    expect(scanner.counterAfter(ascii('\na '))).toBe(1);
  });

  it('compares long beginnings as short ones', () => {
    const long = 'column '.repeat(20);
    expect(scan(`${long}x`).take(ascii(`${long}y`))).toBe(false);
    const scanner = scan(`${long}x`);
    expect(scanner.take(ascii(long))).toBe(true);
    expect(scanner.rest()).toBe('x');
    expect(scan(long).take(ascii(`${long}x`))).toBe(false);
  });

  it('takes a word only as a whole', () => {
    const scanner = scan('MemTotal: 1');
    expect(scanner.take(ascii('MemTotals'))).toBe(false);
    expect(scanner.take(ascii('MemTotal: 12'))).toBe(false);
    expect(scanner.take(ascii('MemTotal:'))).toBe(true);
    expect(scanner.rest()).toBe(' 1');
  });

  it('goes from line to line', () => {
    const scanner = scan('one\n\nthree');
    const lines: string[] = [];
    while (!scanner.ended) lines.push(scanner.line());
    expect(lines).toEqual(['one', '', 'three']);
    expect(scanner.line()).toBe('');
    scanner.restart();
    scanner.nextLine();
    scanner.nextLine();
    expect(scanner.rest()).toBe('three');
  });

  it('reads nothing behind the bytes that count', () => {
    // A buffer that is used again still holds the end of something longer.
    const scanner = new Scanner(ascii('12.5 7\n'), 2);
    expect(scanner.take(ascii('12.'))).toBe(false);
    expect(scanner.seek(ascii('.'))).toBe(false);
    expect(scanner.rest()).toBe('12');
    expect(scanner.whole()).toBe(12);
    scanner.spaces();
    expect(scanner.ended).toBe(true);
    expect(new Scanner(ascii('129'), 2).whole()).toBe(12);
    expect(new Scanner(ascii('12\n7'), 2).line()).toBe('12');
    expect(new Scanner(ascii('ab'), 1).seek(ascii('\nab'))).toBe(false);
  });

  it('reads every number that JavaScript writes, exactly', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 1e15 - 1 }), (number) => {
        expect(scan(`${number}`).whole()).toBe(number);
      }),
    );
  });
});
