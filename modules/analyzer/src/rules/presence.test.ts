import { describe, expect, it } from 'vitest';
import type { Gone } from '../rule.ts';
import { BEGIN_MS, RuleUnderTest } from '../rule-under-test.ts';
import { presence } from './presence.ts';

const UTC = { time_zone: 'UTC' };
const cut_off: Gone = { cause: 'connection_lost', died_ms: BEGIN_MS + 500 };
const stopped: Gone = { cause: 'stopped', died_ms: BEGIN_MS };

/** A machine that has spoken once, at noon. */
function here(settings: object = {}, machine = 'db-01'): RuleUnderTest {
  const rule = new RuleUnderTest(presence, { ...UTC, ...settings }, machine);
  rule.sample({});
  return rule;
}

const found = (rule: RuleUnderTest, given: Parameters<RuleUnderTest['pause']>[0] = {}) => rule.pause(given).found[0];

describe('a machine that is gone', () => {
  it('is critical as soon as presence tells it, and says since when and why', () => {
    expect(here().pause({ after_ms: 501, gone: cut_off }).found).toEqual([
      {
        key: 'machine',
        resource: 'machine',
        severity: 'critical',
        sentence: 'gone since 12:00:00: its connection ended',
        since_ms: cut_off.died_ms,
      },
    ]);
  });

  it('is told in the time zone of the reader', () => {
    const rule = here({ time_zone: 'Asia/Kolkata' });
    expect(found(rule, { gone: { ...cut_off, cause: 'silent' } })?.sentence).toBe(
      'gone since 17:30:00: it fell silent',
    );
  });

  it('is found for as long as it is gone, and no longer when it speaks', () => {
    const rule = here();
    expect(found(rule, { gone: cut_off })).toEqual(found(rule, { after_ms: 3_600_000, gone: cut_off }));
    expect(rule.sample({}).found).toEqual([]);
    expect(found(rule)).toBeUndefined();
  });

  it('is no longer gone when presence takes it back, before it has spoken', () => {
    const rule = here({ silent_intervals: 100 });
    expect(found(rule, { gone: cut_off })).toBeDefined();
    expect(found(rule)).toBeUndefined();
  });

  it('is not said of one that comes and goes as it likes', () => {
    expect(found(here({ ignore: ['laptop.#'] }, 'laptop.ann'), { gone: cut_off })).toBeUndefined();
  });
});

describe('a machine that was stopped in order', () => {
  it('is worth knowing when it is not back after a minute', () => {
    const rule = here();
    expect(found(rule, { after_ms: 59_999, gone: stopped })).toMatchObject({ severity: 'info', pending: true });
    const after = found(rule, { after_ms: 1, gone: stopped });
    expect(after).toMatchObject({ severity: 'info', sentence: 'stopped at 12:00:00' });
    expect(after).not.toHaveProperty('pending');
  });

  it('is no finding where it is not wanted', () => {
    expect(found(here({ stopped: 'none' }), { after_ms: 90_000, gone: stopped })).toBeUndefined();
  });

  it('is critical when it should be there', () => {
    const rule = here({ stopped: 'none', expect: ['db-*', 'db.#', 'db-01'] });
    expect(found(rule, { after_ms: 90_000, gone: stopped })).toMatchObject({ severity: 'critical' });
  });
});

describe('a machine of which nobody tells', () => {
  it('is silent after five of its intervals and ten seconds', () => {
    const rule = here();
    expect(found(rule, { after_ms: 9_999 })).toBeUndefined();
    expect(found(rule, { after_ms: 1 })).toMatchObject({
      severity: 'critical',
      sentence: 'silent since 12:00:00',
      since_ms: BEGIN_MS,
    });
  });

  it('is silent never, where that is set', () => {
    expect(found(here({ silent_intervals: 0 }), { after_ms: 90_000_000 })).toBeUndefined();
  });

  it('stays silent for an analyzer that takes it over', () => {
    const rule = here();
    const before = found(rule, { after_ms: 20_000 });
    rule.restart();
    expect(found(rule)).toEqual(before);
  });
});

describe('a machine that should be there', () => {
  it('is found a minute after the start when it never came', () => {
    const rule = new RuleUnderTest(presence, { ...UTC, expect: ['db-01', 'site1.#'] });
    expect(found(rule)).toMatchObject({ pending: true });
    expect(found(rule, { after_ms: 59_000 })).toMatchObject({ pending: true });
    expect(found(rule, { after_ms: 1_000 })).toEqual({
      key: 'machine',
      resource: 'machine',
      severity: 'critical',
      sentence: 'should be there, and was never heard',
      since_ms: BEGIN_MS + 1_000,
    });
    expect(rule.sample({}).found).toEqual([]);
  });
});

describe('the settings', () => {
  it('name a time zone that there is', () => {
    expect(() => here({ time_zone: 'Mars/Olympus' })).toThrow(
      'setting analyzer.presence.time_zone: "Mars/Olympus" is no time zone; give one as "Europe/Berlin"',
    );
  });
});
