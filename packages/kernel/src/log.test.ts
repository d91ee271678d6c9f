import { describe, expect, it } from 'vitest';
import { oneLine, reasonOf } from './errors.ts';
import { LogLimiter } from './log.ts';

describe('a log limiter', () => {
  it('lets a key pass once an interval and tells how many it held back', () => {
    const limiter = new LogLimiter(1000);
    expect(limiter.pass('a', 0)).toBe(0);
    expect(limiter.pass('a', 500)).toBeUndefined();
    expect(limiter.pass('a', 999)).toBeUndefined();
    expect(limiter.pass('b', 999)).toBe(0);
    expect(limiter.pass('a', 1000)).toBe(2);
    expect(limiter.pass('a', 2000)).toBe(0);
  });

  it('holds a bounded number of keys, whatever comes', () => {
    const limiter = new LogLimiter(1000, 2);
    limiter.pass('a', 0);
    limiter.pass('b', 0);
    expect(limiter.pass('c', 0)).toBe(0);
    expect(limiter.pass('d', 0)).toBeUndefined();
  });
});

describe('text from outside', () => {
  it('stays on one line and within its length', () => {
    expect(oneLine('a\r\nb\u001b[31m\u2028c')).toBe('a b [31m c');
    expect(oneLine('x'.repeat(400))).toHaveLength(300);
    expect(reasonOf(new Error('two\nlines'))).toBe('two lines');
    expect(reasonOf('thrown text')).toBe('thrown text');
  });
});
