import { describe, expect, it } from 'vitest';
import { clockIn, isWithin, remaining } from './calendar.ts';

const at = (day: 'mon' | 'tue' | 'sun', time: string) => {
  const [hour = 0, minute = 0] = time.split(':').map(Number);
  return { day, minute: hour * 60 + minute };
};

describe('hours', () => {
  it('are told in the time zone that is asked for', () => {
    const moment_ms = Date.UTC(2026, 0, 4, 23, 30); // A Sunday.
    expect(clockIn('UTC')(moment_ms)).toEqual(at('sun', '23:30'));
    expect(clockIn('Europe/Berlin')(moment_ms)).toEqual(at('mon', '00:30'));
    expect(() => clockIn('Europe/Nowhere')).toThrow(RangeError);
  });

  it('begin at the first time of day and end before the second', () => {
    expect(isWithin('08:00-18:00', undefined, at('mon', '07:59'))).toBe(false);
    expect(isWithin('08:00-18:00', undefined, at('mon', '08:00'))).toBe(true);
    expect(isWithin('08:00-18:00', undefined, at('mon', '18:00'))).toBe(false);
    expect(isWithin(undefined, ['mon'], at('tue', '12:00'))).toBe(false);
  });

  it('go over midnight, and belong to the day on which they begin', () => {
    expect(isWithin('22:00-06:00', ['mon'], at('mon', '23:00'))).toBe(true);
    expect(isWithin('22:00-06:00', ['mon'], at('tue', '05:59'))).toBe(true);
    expect(isWithin('22:00-06:00', ['mon'], at('mon', '05:00'))).toBe(false);
    expect(isWithin('22:00-06:00', ['mon'], at('tue', '06:00'))).toBe(false);
  });

  it('tell how long they last yet', () => {
    expect(remaining('22:00-06:00', at('mon', '23:00'))).toBe(7 * 3_600_000);
    expect(remaining('22:00-06:00', at('mon', '05:59'))).toBe(60_000);
    expect(remaining('22:00-06:00', at('mon', '12:00'))).toBe(0);
    expect(remaining('00:00-24:00', at('mon', '00:00'))).toBe(24 * 3_600_000);
    expect(remaining(undefined, at('mon', '12:00'))).toBe(0);
  });
});
