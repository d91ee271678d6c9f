import { expect, it } from 'vitest';
import { FAILED_MAX, failedIn } from './units.ts';

/** A unit as systemd tells it. */
function unit(name: string): unknown[] {
  return [
    name,
    `What ${name} is for`,
    'loaded',
    'failed',
    'failed',
    '',
    '/org/freedesktop/systemd1/unit/a',
    0,
    '',
    '/',
  ];
}

it('tells which units failed', () => {
  expect(failedIn([[unit('nginx.service'), unit('mnt-backup.mount')]])).toEqual({
    figures: { failed: 2, failed_units: ['mnt-backup.mount', 'nginx.service'] },
  });
});

it('tells that none did', () => {
  expect(failedIn([[]])).toEqual({ figures: { failed: 0 } });
});

it('names so many and counts the others', () => {
  const units = Array.from({ length: FAILED_MAX + 3 }, (_, n) => unit(`n${n}.service`));
  const { failed, failed_units, left_out } = failedIn([units])?.figures ?? {};
  expect([failed, failed_units?.length, left_out]).toEqual([FAILED_MAX + 3, FAILED_MAX, 3]);
});

it('has names in one line, of bounded length', () => {
  expect(failedIn([[unit(`a\nb${'c'.repeat(1_000)}`)]])?.figures.failed_units?.[0]).toMatch(/^a b.{93}$/);
});

it.each([[[]], [['text']], [[[['a'], 'b']]], [[[[1]]]], [[[[]]]]])('tells nothing of an answer like %j', (answer) => {
  expect(failedIn(answer)).toBeUndefined();
});
