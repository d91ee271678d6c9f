import type { Finding } from '@ganglion/bus-amqp';
import { CodedError } from '@ganglion/kernel';
import { expect, test } from 'vitest';
import { tell } from './commands/doctor.ts';

const NOW_MS = Date.parse('2026-11-24T12:00:00Z');
const DAY_MS = 24 * 60 * 60 * 1000;

function stateOf(finding: Finding): string | undefined {
  return tell(finding, { exchange: 'ganglion' }, NOW_MS).find(({ state }) => state !== 'ok')?.state ?? 'ok';
}

test.each([
  ['the same', { ahead_ms: 2, within_ms: 3 }, 'ok', "the same as the broker's, within 3 ms"],
  ['a little off', { ahead_ms: -400, within_ms: 3 }, 'ok', "the broker's is 400 ms behind, within 3 ms"],
  ['far off', { ahead_ms: 60_000, within_ms: 3 }, 'warn', "the broker's is 60000 ms ahead, within 3 ms"],
  ['perhaps far off', { ahead_ms: 1200, within_ms: 900 }, 'ok', "the broker's is 1200 ms ahead, within 900 ms"],
  ['not known', { unknown: 'no events' }, 'unknown', 'no events'],
])('a clock that is %s', (_what, clock, state, found) => {
  expect(tell({ check: 'clock', ...clock }, { exchange: 'ganglion' })).toEqual([
    expect.objectContaining({ state, found }),
  ]);
});

test.each([
  ['3.10.8', 'ok'],
  ['4.1.0', 'ok'],
  ['3.9.29', 'warn'],
])('version %s is %s', (version, state) => {
  expect(stateOf({ check: 'version', product: 'RabbitMQ', version })).toBe(state);
});

test('a node that is away is a warning, nodes that know nothing of each other are a failure', () => {
  const error = new CodedError('BROKER_UNREACHABLE', { what: 'no broker at b', why: 'refused', todo: 'start it' });
  expect(stateOf({ check: 'node', node: 'amqp://me@b:5672', took_ms: 4, version: 'RabbitMQ 3.10.8' })).toBe('ok');
  expect(stateOf({ check: 'node', node: 'amqp://me@b:5672', error })).toBe('warn');
  expect(stateOf({ check: 'cluster', names: ['rabbit@a'] })).toBe('ok');
  expect(stateOf({ check: 'cluster', names: ['rabbit@a', 'rabbit@b'] })).toBe('fail');
});

test('a certificate that ends soon is told in time', () => {
  const connection = (days: number): Finding => ({
    check: 'connection',
    took_ms: 5,
    loopback: false,
    tls: { protocol: 'TLSv1.3', expires_ms: NOW_MS + days * DAY_MS },
  });
  expect(stateOf(connection(14))).toBe('ok');
  expect(stateOf(connection(13))).toBe('warn');
  expect(stateOf(connection(-1))).toBe('warn');
});

test('a message that does not come back fails', () => {
  expect(stateOf({ check: 'round', failed: 'it was not confirmed' })).toBe('fail');
});

test('a connection without TLS is told, unless it stays on this machine', () => {
  const connection = (loopback: boolean): Finding => ({ check: 'connection', took_ms: 5, loopback, tls: undefined });
  expect([stateOf(connection(true)), stateOf(connection(false))]).toEqual(['ok', 'warn']);
});
