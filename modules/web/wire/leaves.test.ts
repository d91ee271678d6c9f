import { expect, test } from 'vitest';
import { eachLeaf, fieldsOf, LEAF_DEPTH_MAX, pathPart } from './leaves.ts';

function leavesOf(body: object): Record<string, number> {
  const leaves: [string, number][] = [];
  eachLeaf(body, (path, value) => leaves.push([path, value]));
  return Object.fromEntries(leaves);
}

test('every number and boolean has a path, and nothing else has', () => {
  const body = {
    cpu_percentage: 12.5,
    cpu: { cores: 2, core_percentages: [3, 4], model: 'x', none: null },
    network: { interfaces: { eth0: { up: true, down: false } } },
    empty: {},
  };
  expect(leavesOf(body)).toEqual({
    cpu_percentage: 12.5,
    'cpu/cores': 2,
    'cpu/core_percentages/0': 3,
    'cpu/core_percentages/1': 4,
    'network/interfaces/eth0/up': 1,
    'network/interfaces/eth0/down': 0,
  });
});

test('an element with a name goes by it, wherever it stands', () => {
  const [sda, sdb] = [
    { name: 'sda', busy: 1 },
    { id: 'sdb', busy: 2 },
  ];
  expect(leavesOf({ disks: [sda, sdb] })).toEqual({ 'disks/sda/busy': 1, 'disks/sdb/busy': 2 });
  expect(leavesOf({ disks: [sdb, sda] })).toEqual({ 'disks/sda/busy': 1, 'disks/sdb/busy': 2 });
  // One that another had before has its place.
  expect(leavesOf({ disks: [sda, { name: 'sda', busy: 3 }, { name: 7, busy: 4 }] })).toEqual({
    'disks/sda/busy': 1,
    'disks/1/busy': 3,
    'disks/2/name': 7,
    'disks/2/busy': 4,
  });
});

test('a name with a slash is one part', () => {
  expect(leavesOf({ file_systems: { '/var/log': { 'a~b': 1 } } })).toEqual({ 'file_systems/~1var~1log/a~0b': 1 });
});

test('what stands too deep is left out', () => {
  let body: object = { leaf: 1 };
  for (let depth = 1; depth < LEAF_DEPTH_MAX; depth++) body = { a: body, leaf: 1 };
  expect(Object.keys(leavesOf(body))).toHaveLength(LEAF_DEPTH_MAX);
  expect(Object.keys(leavesOf({ a: body }))).toHaveLength(LEAF_DEPTH_MAX - 1);
});

test('texts and booleans are told apart from numbers to who asks, by the same paths', () => {
  const words: [string, string | boolean][] = [];
  const body = { network: { fullest: 'eth0', interfaces: { 'a/b': { up: true, speed: 1 } }, none: null } };
  eachLeaf(
    body,
    () => {},
    (path, value) => words.push([path, value]),
  );
  expect(words).toEqual([
    ['network/fullest', 'eth0'],
    ['network/interfaces/a~1b/up', true],
  ]);
});

test('a path says which fields it goes through, whatever their names hold', () => {
  for (const fields of [['cpu_percentage'], ['disks', 'a/b', 'c~d'], ['~1', '~01', '/~'], ['', '']]) {
    expect(fieldsOf(fields.map(pathPart).join('/'))).toEqual(fields);
  }
});
