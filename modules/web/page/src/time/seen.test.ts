import { expect, test } from 'vitest';
import { csvOf, jsonOf } from './seen.ts';

const table = {
  columns: ['time', 'machine', 'cpu_percentage'],
  rows: [
    ['2026-11-26T03:12:00.000Z', 'db-01', 12.5],
    ['2026-11-26T03:12:01.000Z', 'a, "b"\nc', undefined],
    ['2026-11-26T03:12:02.000Z', '=cmd()', -1],
  ],
} as const;

test('values with commas, quotes and line ends are quoted, a formula is a text, and what is not known is empty', () => {
  expect(csvOf(table)).toBe(
    'time,machine,cpu_percentage\r\n' +
      '2026-11-26T03:12:00.000Z,db-01,12.5\r\n' +
      '2026-11-26T03:12:01.000Z,"a, ""b""\nc",\r\n' +
      "2026-11-26T03:12:02.000Z,'=cmd(),-1\r\n",
  );
});

test('a row is an object, and has no field for what is not known', () => {
  expect(JSON.parse(jsonOf(table))).toEqual([
    { time: '2026-11-26T03:12:00.000Z', machine: 'db-01', cpu_percentage: 12.5 },
    { time: '2026-11-26T03:12:01.000Z', machine: 'a, "b"\nc' },
    { time: '2026-11-26T03:12:02.000Z', machine: '=cmd()', cpu_percentage: -1 },
  ]);
});
