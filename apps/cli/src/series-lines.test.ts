import { describe, expect, test } from 'vitest';
import { isHeader, isTooLong, Lines, readRow, readTime } from './series-lines.ts';

describe('a timestamp', () => {
  test.each([
    ['2014-02-14 14:30:00', '2014-02-14T14:30:00Z'],
    ['2014-02-14 14:30', '2014-02-14T14:30:00Z'],
    ['2014-02-14T14:30:00.5Z', '2014-02-14T14:30:00.500Z'],
    ['2014-02-14 14:30:00+01:00', '2014-02-14T13:30:00Z'],
    ['1392388200', '2014-02-14T14:30:00Z'],
    ['1392388200000', '2014-02-14T14:30:00Z'],
    ['1392388200.25', '2014-02-14T14:30:00.250Z'],
  ])('may be %s', (text, is) => {
    expect(readTime(text)).toBe(Date.parse(is));
  });

  test.each(['', 'now', '2014-02-14', '14:30', '2014-13-40 25:00:00', '0x10', 'Infinity'])('is not "%s"', (text) => {
    expect(readTime(text)).toBeNaN();
  });
});

describe('a row', () => {
  test('is a time and a number', () => {
    expect(readRow(' 1392388200 , -1.5e3 ')).toEqual({
      timestamp: '1392388200',
      value: '-1.5e3',
      time_ms: 1_392_388_200_000,
      number: -1_500,
    });
  });

  test.each(['1392388200', '1392388200,', '1392388200,NaN', '1392388200,1e999', '1392388200,0x1', ',1'])(
    'is not "%s"',
    (line) => {
      expect(readRow(line)).toMatch(/is no|there is no/);
    },
  );
});

test('a header names the two columns first', () => {
  expect(['timestamp,value', '\uFEFFTimestamp, Value', 'timestamp,value,label'].map(isHeader)).toEqual([
    true,
    true,
    true,
  ]);
  expect(['value,timestamp', 'timestamp,values', '2014-02-14 14:30:00,1', ''].some(isHeader)).toBe(false);
});

describe('lines', () => {
  test('are whole, however they come in pieces', () => {
    const lines = new Lines();
    const text = 'one\r\ntwo\n\nthree';
    expect([...[...text].flatMap((letter) => lines.add(letter)), ...lines.end()]).toEqual(['one', 'two', '', 'three']);
    expect(lines.end()).toEqual([]);
  });

  test('without an end are held no further than a bound', () => {
    const lines = new Lines();
    for (let piece = 0; piece < 100; piece++) expect(lines.add('9'.repeat(1_000))).toEqual([]);
    const [line = ''] = lines.add('\n');
    expect(line.length).toBeLessThan(10_000);
    expect(isTooLong(line)).toBe(true);
  });
});
