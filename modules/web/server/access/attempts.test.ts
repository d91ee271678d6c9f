import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Attempts, FREE_OF_ACCOUNT, FREE_OF_ADDRESS, networkOf } from './attempts.ts';

/** Guesses one after another, each as soon as it may; returns how long each had to wait. */
function guess(attempts: Attempts, n: number, name: (i: number) => string, address: (i: number) => string): number[] {
  const waits: number[] = [];
  let now_ms = 1_000_000;
  for (let i = 0; i < n; i++) {
    const wait_ms = attempts.begin(name(i), address(i), now_ms);
    waits.push(typeof wait_ms === 'number' ? wait_ms : 0);
    if (typeof wait_ms !== 'number') continue;
    now_ms += wait_ms;
    expect(attempts.begin(name(i), address(i), now_ms)).toBeTypeOf('object');
  }
  return waits;
}

const own = (what: string) => (i: number) => `${what}${i}`;
const same = (what: string) => () => what;

test('each failure at an account makes the next wait longer, up to a minute, from wherever it comes', () => {
  const waits = guess(new Attempts(), FREE_OF_ACCOUNT + 9, same('ada'), own('10.0.0.'));
  expect(waits.slice(0, FREE_OF_ACCOUNT)).toEqual(new Array(FREE_OF_ACCOUNT).fill(0));
  expect(waits.slice(FREE_OF_ACCOUNT)).toEqual([1000, 2000, 4000, 8000, 16_000, 32_000, 60_000, 60_000, 60_000]);
});

test('so does each failure from an address, at whatever account', () => {
  const waits = guess(new Attempts(), FREE_OF_ADDRESS + 3, own('user'), same('10.0.0.1'));
  expect(waits.slice(0, FREE_OF_ADDRESS)).toEqual(new Array(FREE_OF_ADDRESS).fill(0));
  expect(waits.slice(FREE_OF_ADDRESS)).toEqual([1000, 2000, 4000]);
});

test('a right password forgets what was wrong at the account, and no more than its own at the address', () => {
  const attempts = new Attempts();
  for (let i = 0; i < FREE_OF_ACCOUNT - 1; i++) attempts.begin('ada', 'a', 0);
  const right = attempts.begin('ada', 'a', 0);
  expect(right).toBeTypeOf('object');
  if (typeof right === 'object') right.succeed();
  for (let i = 0; i < FREE_OF_ACCOUNT; i++) expect(attempts.begin('ada', 'b', 0)).toBeTypeOf('object');
  expect(attempts.begin('ada', 'b', 0)).toBe(1000);
  // The address has four failures left from before.
  for (let i = 0; i < FREE_OF_ADDRESS - 4; i++) expect(attempts.begin(`user${i}`, 'a', 0)).toBeTypeOf('object');
  expect(attempts.begin('somebody else', 'a', 0)).toBe(1000);
});

test('a browser that the owner was in with waits for its own failures alone', () => {
  const attempts = new Attempts();
  while (typeof attempts.begin('ada', 'a', 0) !== 'number');
  for (let i = 0; i < FREE_OF_ACCOUNT; i++) expect(attempts.beginKnown('hers', 0)).toBeTypeOf('object');
  expect(attempts.beginKnown('hers', 0)).toBe(1000);
  expect(attempts.beginKnown('another of hers', 0)).toBeTypeOf('object');
});

test('an hour without a failure forgets them', () => {
  const attempts = new Attempts();
  for (let i = 0; i < FREE_OF_ACCOUNT; i++) attempts.begin('ada', 'a', 0);
  expect(attempts.begin('ada', 'b', 0)).toBe(1000);
  for (let i = 0; i < FREE_OF_ACCOUNT; i++) expect(attempts.begin('ada', 'b', 4_000_000)).toBeTypeOf('object');
});

test('a sender of IPv6 counts as its network, and IPv4 is itself however it is written', () => {
  expect(networkOf('2001:db8:1:2:3:4:5:6')).toBe('2001:db8:1:2');
  expect(networkOf('2001:db8:1:2::6')).toBe('2001:db8:1:2');
  expect(networkOf('fe80::1%eth0')).toBe('fe80:0:0:0');
  expect(networkOf('::1')).toBe('0:0:0:0');
  expect(networkOf('::ffff:192.0.2.1')).toBe('192.0.2.1');
  fc.assert(fc.property(fc.ipV6(), (address) => networkOf(address).length <= 39));
});

test('any number of names and addresses takes no memory', () => {
  setFlagsFromString('--expose-gc');
  const collect: () => void = runInNewContext('gc');
  const attempts = new Attempts();
  const guessAll = () => {
    for (let i = 0; i < 10_000; i++) attempts.begin(`${i} ${'x'.repeat(2000)}`, `10.0.${i >> 8}.${i & 255}`, i);
  };
  guessAll();
  collect();
  const before = process.memoryUsage();
  for (let i = 0; i < 5; i++) guessAll();
  collect();
  const after = process.memoryUsage();
  // 50,000 names of 2 KB would be 100 MB.
  expect(after.heapUsed + after.external - before.heapUsed - before.external).toBeLessThan(10_000_000);
});
