import { expect, test } from 'vitest';
import { jsonState, StateColumns } from './state-lines.ts';
import type { State } from './states.ts';
import { styleFor } from './terminal.ts';

// Where the reader is, so that the test says the same everywhere.
const NOON_MS = new Date(2026, 10, 24, 12, 0, 0, 123).getTime();
const SECOND_MS = 1000;
const DAY_MS = 24 * 60 * 60 * SECOND_MS;

const plain = styleFor({ write: () => true });

function state(parts: Partial<State>): State {
  const nobody = { kind: 'machine', source: 'db-01', life: 'live', since_ms: undefined, cause: undefined } as const;
  return { ...nobody, last_seen_ms: NOON_MS, instance: 'tracker-7f3a@db-01', about: {}, ...parts };
}

test('a person is told what, who, and since when, in columns', () => {
  const columns = new StateColumns(plain, () => 120);
  const lineOf = (parts: Partial<State>) => columns.line(state(parts), NOON_MS);
  expect(lineOf({ since_ms: NOON_MS - DAY_MS, about: { system: 'Linux 6.1', cores: 8 } })).toBe(
    '12:00:00.123  LIVE   db-01         machine   since 2026-11-23 12:00:00, Linux 6.1, 8 cores\n',
  );
  expect(lineOf({ kind: 'instance', source: 'web-7f3a@db-01', about: { role: 'web', version: '0.1.0' } })).toBe(
    '12:00:00.123  LIVE   web-7f3a@db-01  instance  web, 0.1.0\n',
  );
  const late = { life: 'stale', since_ms: NOON_MS - 3 * SECOND_MS, last_seen_ms: NOON_MS - 3 * SECOND_MS } as const;
  expect(lineOf(late)).toBe('12:00:00.123  STALE  db-01           machine   last seen 11:59:57\n');
  const gone = {
    life: 'dead',
    cause: 'connection_lost',
    since_ms: NOON_MS,
    last_seen_ms: NOON_MS - SECOND_MS,
  } as const;
  expect(lineOf(gone)).toBe(
    '12:00:00.123  DEAD   db-01           machine   connection lost at 12:00:00, last seen 11:59:59\n',
  );
});

test('a program is told the same as JSON', () => {
  const gone = { life: 'dead', cause: 'silent', since_ms: NOON_MS } as const;
  const now = new Date(NOON_MS).toISOString();
  expect(JSON.parse(jsonState(state(gone), NOON_MS))).toEqual({
    time: now,
    state: 'DEAD',
    kind: 'machine',
    source: 'db-01',
    instance: 'tracker-7f3a@db-01',
    since: now,
    cause: 'silent',
    last_seen: now,
  });
  const live = JSON.parse(jsonState(state({ kind: 'instance' }), NOON_MS));
  expect(live).toEqual({ time: now, state: 'LIVE', kind: 'instance', source: 'db-01', since: null, last_seen: now });
});

test('is one line within the terminal, whatever a stranger says of itself and when', () => {
  const nasty = '\u001b[2J\r\n\u0007\u009b31m'.repeat(50);
  const columns = new StateColumns(plain, () => 100);
  const strange = { source: nasty, since_ms: 1e300, about: { system: nasty, cores: Number.NaN, role: [nasty] } };
  for (const life of ['live', 'stale', 'dead'] as const) {
    const line = columns.line(state({ ...strange, life, last_seen_ms: Number.NaN }), NOON_MS);
    // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what must not pass.
    expect(line).toMatch(/^[^\u0000-\u001f\u007f-\u009f]+\n$/);
    expect(line.length).toBeLessThanOrEqual(101);
    expect(jsonState(state({ ...strange, life }), NOON_MS).split('\n')).toHaveLength(2);
  }
});
